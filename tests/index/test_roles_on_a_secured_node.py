"""Each role we install, against each index, on a node with the security plugin over TLS: allowed and refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from index_builders import START, KeptOriginals, a_finding, a_run, an_api_call, an_incident, an_invocation, time_left
from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthorizationException, TransportError

from tidegate.index import migrating, roles, templates
from tidegate.index.documents import (
    error_document,
    finding_document,
    incident_document,
    run_document,
    suppression_document,
)
from tidegate.index.events import bulk_bytes
from tidegate.index.installing import Installer
from tidegate.index.sender import Message, Sender
from tidegate.model import DamagedNote, Suppressed
from tidegate_local.node_secured import SecuredNode

pytestmark = pytest.mark.opensearch

PROMPT = (
    b'{"create":{"_index":"tidegate-prompts-2026.10","_id":"request-0"}}\n'
    b'{"time":0,"class_uid":0,"category_uid":0,"activity_id":99,"type_uid":99,"severity_id":1}\n'
)
DOCUMENTS = {
    "tidegate-events-2026.10": bulk_bytes(an_invocation()),
    "tidegate-prompts-2026.10": PROMPT,
    "tidegate-findings-2026.03": finding_document(a_finding()),
    "tidegate-suppressions-2026.03": suppression_document(
        a_finding(suppressed=Suppressed(rule="detector=quota_abuse", reason="load test", expires=START))
    ),
    "tidegate-incidents": incident_document(an_incident()),
    "tidegate-playbook-runs-2026.03": run_document(a_run()),
    "tidegate-ingest-errors-2026.10": error_document(
        DamagedNote(id="n", time=START, source="index", where="s3://outbox/x", reason="400")
    ),
    "another-teams": b'{"index":{"_index":"another-teams","_id":"1"}}\n{"a":1}\n',
}
OURS = {index for index in DOCUMENTS if index.startswith("tidegate-")}
PROMPTS = {"tidegate-prompts-2026.10"}
READS = {
    "tidegate_analyst": OURS - PROMPTS,
    "tidegate_responder": OURS,
    "tidegate_reader": {"tidegate-events-2026.10"},
    "tidegate_writer": set[str](),
    "tidegate_installer": OURS,
}
WRITES = {"tidegate_writer": OURS, "tidegate_installer": OURS}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, OpenSearch]]:
    """A client for each role, held by somebody who has that role and no other, and the operator's under ``.

    The documents are there, written by the writer.
    """
    with SecuredNode.start(tmp_path_factory.mktemp("secured")) as node:
        operator = node.client()
        assert roles.install(operator)
        assert roles.install(operator)  # safe to repeat
        found = {"": operator}
        for role in roles.roles():
            password = secrets.token_urlsafe(18) + "aA1!"
            api = "/_plugins/_security/api"
            operator.transport.perform_request("PUT", f"{api}/internalusers/{role}", body={"password": password})
            operator.transport.perform_request("PUT", f"{api}/rolesmapping/{role}", body={"users": [role]})
            found[role] = node.client(role, password)
        templates.put_templates(found["tidegate_installer"])
        operator.bulk(body=b"".join(DOCUMENTS.values()), params={"refresh": "true"})
        yield found


def test_the_installer_installs_all_but_roles_which_are_the_owner_s_to_put(people: dict[str, OpenSearch]) -> None:
    done = Installer(people["tidegate_installer"], pause=lambda _: None).install()
    assert (done.templates, done.roles) == (len(templates.DOCUMENTS), False)
    assert {one.done for one in done.indices} <= {"current", "extended"}


def test_every_role_of_ours_is_judged_here() -> None:
    assert set(roles.roles()) == set(READS)


@pytest.mark.parametrize("role", READS)
@pytest.mark.parametrize("index", DOCUMENTS)
def test_a_role_reads_what_it_may_and_nothing_else(people: dict[str, OpenSearch], role: str, index: str) -> None:
    if index in READS[role]:
        assert people[role].search(index=index)["hits"]["total"]["value"] == 1
    else:
        with pytest.raises(AuthorizationException):
            people[role].search(index=index)


@pytest.mark.parametrize("role", READS)
@pytest.mark.parametrize("index", DOCUMENTS)
def test_a_role_writes_what_it_may_and_nothing_else(people: dict[str, OpenSearch], role: str, index: str) -> None:
    try:
        answer = people[role].bulk(body=DOCUMENTS[index])
        (outcome,) = [next(iter(item.values())) for item in answer["items"]]
        status = outcome["status"]
    except AuthorizationException:
        status = 403
    # It is there already: 409 says that it was allowed and changed nothing.
    assert (status in (200, 201, 409)) == (index in WRITES.get(role, ())), status


@pytest.mark.parametrize("role", [role for role in READS if role != "tidegate_installer"])
def test_nobody_but_the_installer_deletes_an_index_or_a_template(people: dict[str, OpenSearch], role: str) -> None:
    with pytest.raises(AuthorizationException):
        people[role].indices.delete(index="tidegate-events-2026.10")
    with pytest.raises(AuthorizationException):
        people[role].indices.delete_index_template(name="tidegate-events")


@pytest.mark.parametrize("role", READS)
def test_no_role_of_ours_touches_roles_or_another_teams_index(people: dict[str, OpenSearch], role: str) -> None:
    with pytest.raises(TransportError) as refused:
        people[role].transport.perform_request(
            "PUT", "/_plugins/_security/api/rolesmapping/all_access", body={"users": [role]}
        )
    assert refused.value.status_code == 403
    with pytest.raises(AuthorizationException):
        people[role].indices.delete(index="another-teams")


def test_the_writer_makes_the_next_week_s_index_by_its_template(people: dict[str, OpenSearch]) -> None:
    answer = people["tidegate_writer"].bulk(body=bulk_bytes(an_api_call(1, time=START.timestamp() + 7 * 86_400)))
    assert not answer["errors"], answer
    mapping = people[""].indices.get_mapping(index="tidegate-events-2026.11")
    assert mapping["tidegate-events-2026.11"]["mappings"]["dynamic"] == "strict"


def test_the_sender_works_with_the_writer_s_role_alone(people: dict[str, OpenSearch]) -> None:
    sender = Sender(people["tidegate_writer"], damaged=KeptOriginals(), clock=lambda: START)
    sent = sender.send([Message("m", "s3://outbox/m", bulk_bytes(an_invocation(5)))], remaining=time_left())
    assert (sent.indexed, sent.failed) == (1, {})


def test_the_installer_migrates(people: dict[str, OpenSearch]) -> None:
    """Last, for it needs the node as the others left it."""
    assert {one.done for one in migrating.Migration(people["tidegate_installer"]).run()} == {"current"}
