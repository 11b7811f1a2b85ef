"""Which page answers which request, who may do what, and the audit of both.

A GET changes nothing but makes confirmation tokens; what changes something is a POST from a page of ours, with a
token that was made for this person and this plan. Who the person is comes from the border, never from a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from tidegate.console import case_page, deciding_pages, incidents_page
from tidegate.console.case import case_of, response_of
from tidegate.console.confirming import DECIDE, UNDO, confirm, token_for
from tidegate.console.markup import Html, path
from tidegate.console.page import console_page, headers
from tidegate.console.world import ConsoleWorld
from tidegate.errors import Permanent, Refused, Retryable
from tidegate.model import Run, RunStatus
from tidegate.ports import Approval

_ID = re.compile(r"[a-z]+-[0-9A-Za-z-]{1,80}")
_NOTICES = {
    "approved": "Approved. The playbook runs now; look again in a moment to see it proven.",
    "declined": "Declined. Nothing was changed.",
    "undo": "Undo has been asked for; look again in a moment to see what was put back.",
}

type Audit = Callable[[str, Mapping[str, str]], None]  # what was done, and its ids: never logged text


@dataclass(frozen=True)
class Person:
    """Who is signed in. `decides`: may approve, decline and undo; others read."""

    name: str
    decides: bool = True


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    person: Person
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: Mapping[str, str]


class _Wrong(Exception):
    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class Console:
    def __init__(self, world: ConsoleWorld, audit: Audit | None = None) -> None:
        """Without `audit`, it goes to the function's log."""
        self._world = world
        self._audit = audit or _to_log

    def answer(self, request: Request) -> Answer:
        """Never raises what a person can do something about: that becomes a page which says so."""
        try:
            return self._answer(request)
        except _Wrong as wrong:
            return self._problem(request, wrong.status, wrong.status.phrase, str(wrong))
        except Refused as refused:
            self._log("refused", request, reason=str(refused))
            return self._problem(request, HTTPStatus.CONFLICT, "Refused", str(refused))
        except Retryable as error:
            return self._problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "Try again", str(error))
        except Permanent as error:
            return self._problem(request, HTTPStatus.CONFLICT, "That can't be done", str(error))

    def _answer(self, request: Request) -> Answer:
        parts = [part for part in request.path.split("/") if part]
        if not all(part in _WORDS or _ID.fullmatch(part) for part in parts):
            raise _Wrong(HTTPStatus.NOT_FOUND, "There is no such page.")
        match request.method, parts:
            case "GET", []:
                shown = incidents_page.incidents(self._world, incidents_page.Filter.of(request.query))
                return self._page(request, "Incidents", shown, here="/")
            case "GET", ["contained"]:
                return self._page(request, "Contained", incidents_page.contained(self._world), here="/contained")
            case "GET", ["approvals"]:
                return self._page(request, "Approvals", incidents_page.approvals(self._world), here="/approvals")
            case "GET", ["incidents", incident_id]:
                return self._incident(request, incident_id)
            case "GET", ["approvals", approval_id]:
                return self._ask(request, approval_id)
            case "POST", ["approvals", approval_id]:
                return self._decide(request, approval_id)
            case "GET", ["runs", run_id, "undo"]:
                return self._ask_undo(request, run_id)
            case "POST", ["runs", run_id, "undo"]:
                return self._undo(request, run_id)
            case (("GET" | "POST"), _):
                raise _Wrong(HTTPStatus.NOT_FOUND, "There is no such page.")
        raise _Wrong(HTTPStatus.METHOD_NOT_ALLOWED, "Pages are read with GET; decisions are sent with POST.")

    # --- reading ------------------------------------------------------------------------------------------------

    def _incident(self, request: Request, incident_id: str) -> Answer:
        incident = self._world.incidents.get(incident_id)
        if incident is None:
            raise _Wrong(HTTPStatus.NOT_FOUND, "There is no such incident; it may have been forgotten after 400 days.")
        self._log("evidence viewed", request, incident=incident.id)
        notice = _NOTICES.get(request.query.get("done", ""), "")
        shown = case_page.case(case_of(self._world, incident), notice=notice)
        return self._page(request, incident.title or incident.id, shown, here="/")

    def _ask(self, request: Request, approval_id: str) -> Answer:
        run, asked = self._approval(approval_id)
        self._log("plan viewed", request, incident=run.incident_id, run=run.id)
        why_not = self._why_not_decide(request.person, run, asked)
        token = "" if why_not else token_for(self._world, run, purpose=DECIDE, person=request.person.name)
        shown = deciding_pages.approval(run, asked, self._world.clock(), token=token, why_not=why_not)
        return self._page(request, "Approve?", shown, here="/approvals")

    def _ask_undo(self, request: Request, run_id: str) -> Answer:
        response = response_of(self._world, self._run(run_id), [])
        why_not = "" if response.undoable else f"Nothing of run {run_id} stands: there is nothing to undo."
        if not why_not and not request.person.decides:
            why_not = _READER
        token = "" if why_not else token_for(self._world, response.run, purpose=UNDO, person=request.person.name)
        shown = deciding_pages.undo(response, self._world.clock(), token=token, why_not=why_not)
        return self._page(request, "Undo?", shown, here="/contained")

    # --- deciding -----------------------------------------------------------------------------------------------

    def _decide(self, request: Request, approval_id: str) -> Answer:
        self._may_decide(request)
        run, _ = self._approval(approval_id)
        decision = request.form.get("decision", "")
        if decision not in ("approved", "declined"):
            raise _Wrong(HTTPStatus.BAD_REQUEST, "A decision is approved or declined.")
        confirm(self._world, run, request.form.get("token", ""), purpose=DECIDE, person=request.person.name)
        run = self._world.response.decide(approval_id, decision=decision, by=request.person.name)
        self._log(decision, request, incident=run.incident_id, run=run.id)
        return _see(path("incidents", run.incident_id) + f"?done={decision}")

    def _undo(self, request: Request, run_id: str) -> Answer:
        self._may_decide(request)
        response = response_of(self._world, self._run(run_id), [])
        if not response.undoable:
            raise Refused(f"run {run_id} is {response.run.status.value} and nothing of it stands: nothing to undo.")
        confirm(self._world, response.run, request.form.get("token", ""), purpose=UNDO, person=request.person.name)
        self._world.responses.release(run_id, reason="undone", by=request.person.name)
        self._log("undo asked for", request, incident=response.run.incident_id, run=run_id)
        return _see(path("incidents", response.run.incident_id) + "?done=undo")

    def _may_decide(self, request: Request) -> None:
        if not _from_our_page(request.headers):
            raise _Wrong(HTTPStatus.FORBIDDEN, "Decisions are taken on pages of this console only.")
        if not request.person.decides:
            self._log("not permitted", request)
            raise _Wrong(HTTPStatus.FORBIDDEN, _READER)

    def _why_not_decide(self, person: Person, run: Run, asked: Approval) -> str:
        if asked.decision:
            return f"This was {asked.decision} by {asked.decided_by}. A decision is made once."
        if asked.expires_at <= self._world.clock().timestamp() or run.status is not RunStatus.AWAITING_APPROVAL:
            return "The time to answer is over: the plan has lapsed, and nothing was changed."
        if why := self._world.response.why_not_decide(run, asked.requested_by, person.name):
            return why[0].upper() + why[1:]
        return "" if person.decides else _READER

    # --- what is asked for ---------------------------------------------------------------------------------------

    def _approval(self, approval_id: str) -> tuple[Run, Approval]:
        asked = self._world.approvals.get(approval_id)
        if asked is None:
            raise _Wrong(HTTPStatus.NOT_FOUND, "There is no such approval: it is over, or was never asked for.")
        return self._run(asked.run_id), asked

    def _run(self, run_id: str) -> Run:
        run = self._world.ledger.run(run_id)
        if run is None:
            raise _Wrong(HTTPStatus.NOT_FOUND, "There is no such run.")
        return run

    # --- answering ----------------------------------------------------------------------------------------------

    def _page(self, request: Request, title: str, shown: Html, *, here: str = "", status: int = 200) -> Answer:
        return Answer(status, console_page(title, shown, person=request.person.name, here=here).text, headers())

    def _problem(self, request: Request, status: HTTPStatus, title: str, text: str) -> Answer:
        return self._page(request, title, deciding_pages.problem(title, text), status=status.value)

    def _log(self, what: str, request: Request, **ids: str) -> None:
        self._audit(what, {"person": request.person.name, **ids})


_WORDS = frozenset({"approvals", "contained", "incidents", "runs", "undo"})
_READER = "You may read here, not decide: your sign-in is not among the deciders."


def _see(address: str) -> Answer:
    """POST, redirect, GET: a reload sends nothing again."""
    return Answer(HTTPStatus.SEE_OTHER.value, "", {**headers(), "Location": address})


def _from_our_page(given: Mapping[str, str]) -> bool:
    """What browsers say of where a form came from. The token is what protects; this refuses earlier and plainer."""
    site = given.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = given.get("origin")
    return origin is None or urlsplit(origin).netloc == given.get("host")


def _to_log(what: str, ids: Mapping[str, str]) -> None:
    from tidegate.telemetry import logger

    logger.info("console: %s", what, extra={"audit": dict(ids)})
