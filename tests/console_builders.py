"""An account of which the console is asked over an HTTP API, and findings as the index would hold them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import urlencode

from response_builders import Account, EventsInMemory, an_incident, respond

from tidegate.console.api_event import event_answer, nobody, request_of
from tidegate.console.console import Console
from tidegate.model import Mode, Run

HOSTILE = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "</textarea></style></title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "&lt;script&gt;\u2028\u202e\x00\x1b[2J",
)


class CallsInMemory(EventsInMemory):
    """Events with what a time line needs; one call a second."""

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]:
        self._answer()
        ours = {"caller": name, "model": "example.model-v1"}
        return [
            {
                "metadata": {"uid": f"event-{n}"},
                "time": (since + n) * 1000,
                "api": {"operation": "Converse"},
                "tidegate": ours,
            }
            for n in range(7)
        ]


class FindingsInMemory:
    """ports.FindingIndex."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    def of_incident(self, incident_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
        return self.documents[:limit]


class Tasks:
    """ports.Tasks: what the state machine is told."""

    def __init__(self) -> None:
        self.outputs: list[Mapping[str, str]] = []

    def succeed(self, token: str, output: Mapping[str, str]) -> None:
        self.outputs.append(dict(output))


class Releases:
    """ports.Responses: which releases are asked for, by whom."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def start(self, incident_id: str, generation: int) -> None:
        raise AssertionError("the console starts no response")

    def release(self, run_id: str, *, reason: str, by: str) -> str:
        self.asked.append((run_id, reason, by))
        return "release-1"


class Site:
    """The console behind an HTTP API, as its function answers."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.audit: list[tuple[str, dict[str, str]]] = []
        self.tasks, self.releases, self.findings = Tasks(), Releases(), FindingsInMemory()
        account.events = CallsInMemory()
        account.__dict__ |= {"tasks": self.tasks, "responses": self.releases, "finding_index": self.findings}
        self.console = Console(account, lambda what, ids: self.audit.append((what, dict(ids))))

    def ask(self, event: Mapping[str, Any]) -> dict[str, Any]:
        request = request_of(event, self.account.settings)
        return event_answer(self.console.answer(request)) if request else nobody()

    def get(self, path: str, *, person: str = "olga", **query: str) -> str:
        answer = self.ask(event("GET", path, person=person, query=urlencode(query)))
        assert answer["statusCode"] == 200, answer["body"]
        return str(answer["body"])

    def post(self, path: str, *, person: str = "olga", **form: str) -> dict[str, Any]:
        return self.ask(event("POST", path, person=person, form=form))

    def token(self, path: str, *, person: str = "olga") -> str:
        """Of the form on a page."""
        found = re.search(r'name="token" value="([^"]+)"', self.get(path, person=person))
        assert found, "the page has no form to send"
        return unescape(found[1])


def event(
    method: str,
    path: str,
    *,
    person: str = "olga",
    query: str = "",
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What an HTTP API hands to its function, payload format 2.0."""
    given = {"host": "console.example.com", "sec-fetch-site": "same-origin", **(headers or {})}
    if form is not None:
        given["content-type"] = "application/x-www-form-urlencoded"
    claims = {"jwt": {"claims": {"sub": person, "iss": "https://id.example.com"}, "scopes": None}}
    return {
        "version": "2.0",
        "routeKey": f"{method} /{{proxy+}}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": given,
        "requestContext": {
            "http": {"method": method, "path": path},
            "authorizer": claims if authorizer is None else authorizer,
        },
        **({"body": urlencode(form), "isBase64Encoded": False} if form is not None else {}),
    }


def waiting(account: Account, **incident: Any) -> Run:
    """A run whose plan waits for approval."""
    stored = account.has(an_incident(**({"id": "inc-1"} | incident)))
    run_id = str(account.response.plan(stored.id, stored.generation)["run_id"])
    account.response.request_approval(run_id, "task-token-1")
    run = account.ledger.run(run_id)
    assert run is not None
    return run


def contained(account: Account, **incident: Any) -> Run:
    """A run that needed nobody's word and contains its incident."""
    automatic = account.settled(response_mode=Mode.AUTO)
    run_id = str(respond(automatic, account.has(an_incident(**({"id": "inc-1"} | incident))))["run_id"])
    run = account.ledger.run(run_id)
    assert run is not None
    return run
