"""The index as a part of the stack: deployed, upgraded and deleted with it, on a real node, in the embedded account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from deployed_account import START, TEMPLATE
from deployed_template import resources
from index_builders import a_finding, an_incident
from opensearchpy import OpenSearch

from tidegate.errors import Retryable
from tidegate.index import migrating, templates
from tidegate.index.documents import finding_document, incident_document
from tidegate.index.installing import Installer, version
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.resources.custom import CustomResourceFailed
from tidegate_local.template import Template

OLD = "tidegate-findings-2026.03"
FINDINGS = [finding_document(a_finding(id=f"f-{number}")) for number in range(30)]


@contextmanager
def deployed(url: str, **parameters: str) -> Iterator[Embedded]:
    with Embedded(TEMPLATE, parameters, clock=RunClock(START), opensearch_url=url) as aws:
        yield aws


def forget_templates(client: OpenSearch) -> None:
    client.indices.delete_index_template(name="tidegate-*")


def of_an_older_version(client: OpenSearch) -> None:
    """An index whose `severity_id` has another type, with thirty documents."""
    body = templates.template("findings")["template"]["mappings"]
    properties = body["properties"] | {"severity_id": {"type": "float"}}
    client.indices.create(
        index=OLD,
        body={"mappings": {"_meta": {"version": "older"}, "dynamic": "strict", "properties": properties}},
    )
    client.bulk(body=b"".join(FINDINGS), params={"refresh": "true"})


@contextmanager
def copying_slowly(client: OpenSearch) -> Iterator[Callable[[], None]]:
    """The cluster copies a document in ten seconds, until it is told to hurry."""
    begun: list[str] = []
    original = client.reindex

    def reindex(*, body: dict[str, Any], params: dict[str, Any]) -> Any:
        answer = original(
            body=body | {"source": body["source"] | {"size": 1}}, params=params | {"requests_per_second": "0.1"}
        )
        begun.append(answer["task"])
        return answer

    def hurry() -> None:
        client.transport.perform_request(
            "POST", f"/_reindex/{begun[0]}/_rethrottle", params={"requests_per_second": "-1"}
        )

    client.reindex = reindex
    try:
        yield hurry
    finally:
        client.reindex = original


@pytest.mark.opensearch
def test_a_deployment_installs_an_upgrade_changes_and_the_end_of_the_stack_keeps(
    opensearch: OpenSearch, opensearch_url: str
) -> None:
    templates.put_templates(opensearch)
    forget_templates(opensearch)
    with deployed(opensearch_url) as aws:
        made = aws.custom_resource("InstalledIndex")
        assert (made.data["Templates"], made.data["Copied"]) == ("7", "")
        assert all(opensearch.indices.exists_index_template(name=f"tidegate-{name}") for name in templates.DOCUMENTS)
        opensearch.bulk(body=incident_document(an_incident()), params={"refresh": "true"})

        of_an_older_version(opensearch)
        first_id = made.physical_id
        made.update(Version="the next")
        assert made.data["Copied"] == OLD
        assert opensearch.count(index=OLD)["count"] == 30
        made.update(Version="the one after")
        assert made.data["Copied"] == ""
        assert made.physical_id == first_id

        made.delete()
        assert opensearch.count(index="tidegate-*")["count"] == 31
        assert aws.failures == []


@pytest.mark.opensearch
def test_the_end_of_the_stack_deletes_only_what_this_stack_made_and_only_if_asked(
    opensearch: OpenSearch, opensearch_url: str
) -> None:
    of_an_older_version(opensearch)
    now = RunClock(datetime.now(UTC))
    parameters = {"IndexOnDelete": "delete"}
    with Embedded(TEMPLATE, parameters, clock=now, opensearch_url=opensearch_url) as aws:
        Installer(opensearch).install()
        made = aws.custom_resource("InstalledIndex")
        opensearch.bulk(body=incident_document(an_incident()), params={"refresh": "true"})
        made.delete()
        assert made.data["Removed"] != "0"
        assert not opensearch.indices.exists(index="tidegate-incidents")


@pytest.mark.opensearch
def test_what_was_there_before_is_not_the_stack_s_to_delete(opensearch: OpenSearch) -> None:
    opensearch.bulk(body=incident_document(an_incident()), params={"refresh": "true"})
    templates.put_templates(opensearch)
    assert Installer(opensearch).remove(since=datetime(2099, 1, 1, tzinfo=UTC)) == []
    assert opensearch.indices.exists_index_template(name="tidegate-incidents")
    assert Installer(opensearch).remove(since=datetime(2020, 1, 1, tzinfo=UTC)) == ["tidegate-incidents"]
    assert not opensearch.indices.exists_index_template(name="tidegate-incidents")
    assert Installer(opensearch).remove(since=datetime(2020, 1, 1, tzinfo=UTC)) == []


@pytest.mark.opensearch
def test_a_copy_that_outlasts_the_function_goes_on_and_is_finished_on_the_schedule(
    opensearch: OpenSearch, opensearch_url: str
) -> None:
    with deployed(opensearch_url) as aws:
        of_an_older_version(opensearch)
        with copying_slowly(opensearch) as hurry:
            installed = Installer(opensearch).install(remaining=lambda: 0.0)
            assert installed.named("copying") == [OLD]
            refused = opensearch.bulk(body=FINDINGS[0])["items"][0]["index"]
            assert (refused["status"], refused["error"]["type"]) == (403, "cluster_block_exception")
            assert Installer(opensearch).finish(remaining=lambda: 0.0)[0].done == "copying"  # begun once
            assert [current for index, _, current in migrating.states(opensearch) if index == OLD] == [False]
            hurry()
        aws.clock.advance(15 * 60)
        assert aws.failures == []
        assert [current for _, _, current in migrating.states(opensearch)] == [True]
        assert opensearch.count(index=OLD)["count"] == 30
        assert not opensearch.bulk(body=finding_document(a_finding(id="new")))["errors"]


@pytest.mark.opensearch
def test_a_copy_cut_short_by_the_cluster_is_made_anew(opensearch: OpenSearch) -> None:
    of_an_older_version(opensearch)
    with copying_slowly(opensearch) as hurry:
        Installer(opensearch).install(remaining=lambda: 0.0)
        (task,) = opensearch.tasks.list(params={"actions": "*reindex", "group_by": "none"})["tasks"]
        opensearch.tasks.cancel(task_id=f"{task['node']}:{task['id']}")
        hurry()
    with suppress(Retryable):  # found while it ends: it lacks documents, and the next makes it anew
        migrating.Migration(opensearch, pause=lambda _: None).run()
    migrating.Migration(opensearch, pause=lambda _: None).run()
    assert [current for _, _, current in migrating.states(opensearch)] == [True]
    assert opensearch.count(index=OLD)["count"] == 30


def test_a_node_that_is_away_fails_the_deployment_with_the_reason_and_is_rolled_back() -> None:
    with pytest.raises(CustomResourceFailed) as caught, deployed("http://127.0.0.1:9"):
        raise AssertionError("it must not stand")
    assert "CREATE_FAILED InstalledIndex (Custom::TidegateIndex): installing the index:" in str(caught.value)
    assert "refused" in str(caught.value)
    assert str(caught.value).endswith("Rolled back.")


def test_without_an_index_there_is_nothing_to_install() -> None:
    assert not {name for name in Template(TEMPLATE, {}, stack="tidegate").declared() if "Install" in name}


def test_whatever_changes_in_the_index_is_an_upgrade_of_the_stack() -> None:
    """A property that differs is what makes CloudFormation call the function. Write this value into template.yaml."""
    assert resources("Custom::TidegateIndex")["InstalledIndex"]["Version"] == version()
