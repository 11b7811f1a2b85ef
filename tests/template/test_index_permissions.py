"""What installs and fills the index may do that and no more, by the paths it really asks for on a real node."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
from deployed_template import listed, statements
from index_builders import START, KeptOriginals, a_finding, an_incident, time_left
from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthorizationException

from tidegate.index import templates
from tidegate.index.documents import finding_document, incident_document
from tidegate.index.installing import Installer
from tidegate.index.sender import Message, Sender

pytestmark = pytest.mark.opensearch

type Asked = set[tuple[str, str]]  # method and path
OLD = "tidegate-findings-2026.03"


@pytest.fixture
def asked(opensearch: OpenSearch, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Every request that is made from here on."""
    seen: Asked = set()
    original = opensearch.transport.perform_request

    def perform_request(method: str, url: str, *given: Any, **more: Any) -> Any:
        seen.add((method, url.lstrip("/")))
        return original(method, url, *given, **more)

    monkeypatch.setattr(opensearch.transport, "perform_request", perform_request)
    return seen


def grants(role: str) -> Iterator[tuple[str, str]]:
    """(method, pattern of a path) of a role's statements on a domain."""
    for statement in statements(role):
        for resource in listed(statement["Resource"]):
            if isinstance(resource, dict) and resource.get("Fn::If", [""])[0] == "CreateDomain":
                for one in listed(resource["Fn::If"][1]):
                    for action in listed(statement["Action"]):
                        yield action.removeprefix("es:ESHttp").upper(), one["Fn::Sub"].partition("/")[2]


def covered(request: tuple[str, str], grant: tuple[str, str]) -> bool:
    return request[0] == grant[0] and fnmatchcase(request[1], grant[1])


def older_index(client: OpenSearch) -> None:
    body = templates.template("findings")["template"]["mappings"]
    older = {"_meta": {"version": "older"}, "properties": body["properties"] | {"severity_id": {"type": "float"}}}
    client.indices.create(index=OLD, body={"mappings": older})
    client.bulk(body=finding_document(a_finding()), params={"refresh": "true"})


def test_the_installer_s_role_allows_what_it_asks_for_and_each_grant_is_asked_for(
    opensearch: OpenSearch, asked: Asked
) -> None:
    older_index(opensearch)
    asked.clear()
    installer = Installer(opensearch, pause=lambda _: None)
    installer.install()
    installer.remove(since=datetime(2020, 1, 1, tzinfo=UTC))
    granted = set(grants("InstallIndexRole"))
    assert {request for request in asked if not any(covered(request, grant) for grant in granted)} == set()
    unused = {grant for grant in granted if not any(covered(request, grant) for request in asked)}
    # Plugins that this node lacks: what is put there is asked of them once they answer.
    assert {path.partition("/")[0] for _, path in unused} <= {"_plugins", "_index_template"}
    assert {method for method, path in unused if path == "tidegate-*"} == set()


def test_the_sender_s_role_allows_bulks_and_a_look_at_the_templates_and_no_more(
    opensearch: OpenSearch, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its attempt to put what is missing is refused, as IAM refuses it: it is not what it needs."""
    templates.install(opensearch)
    granted = set(grants("IndexRole"))
    asked.clear()
    original = opensearch.transport.perform_request

    def perform_request(method: str, url: str, *given: Any, **more: Any) -> Any:
        if not any(covered((method, url.lstrip("/")), grant) for grant in granted):
            raise AuthorizationException(403, "not authorized to perform: es:ESHttp", {})
        return original(method, url, *given, **more)

    monkeypatch.setattr(opensearch.transport, "perform_request", perform_request)
    sender = Sender(opensearch, damaged=KeptOriginals(), clock=lambda: START)
    sent = sender.send([Message("m", "s3://outbox/m", incident_document(an_incident()))], remaining=time_left())
    assert (sent.failed, sent.indexed) == ({}, 1)
    assert all(any(covered(request, grant) for request in asked) for grant in granted)
