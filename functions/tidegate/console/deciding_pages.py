"""The pages that ask for a decision: the plan in full, and a form that can be sent once, by one person."""

from __future__ import annotations

from datetime import UTC, datetime

from tidegate.console import plans
from tidegate.console.case import Response, ending
from tidegate.console.markup import Content, Html, join, path, tag
from tidegate.console.situation import would
from tidegate.console.words import badge, facts, moment, said, span, time_left
from tidegate.model import Run
from tidegate.ports import Approval


def approval(run: Run, asked: Approval, now: datetime, *, token: str, why_not: str) -> Html:
    """`why_not`: why this person can't decide here; empty, then there is a token."""
    until = datetime.fromtimestamp(asked.expires_at, UTC)
    left = time_left(until, now) if until > now else "the time to answer is over"
    holds = run.plan.expires - run.started_at if run.plan and run.plan.expires else None
    ends = f"{span(holds)} after it is approved" if holds else plans.FOR_GOOD
    buttons: list[Content] = [
        tag("button", "Approve: let it run", type="submit", name="decision", value="approved", class_="yes"),
        tag("button", "Decline: change nothing", type="submit", name="decision", value="declined", class_="no"),
    ]
    return join(
        tag("h1", "Approve ", said(run.playbook), "?"),
        _state(run),
        _in_a_sentence(run),
        facts(
            {
                "Asked by": asked.requested_by,
                "Answer until": join(moment(until), ", ", tag("strong", left)),
                "Run": tag("code", run.id),
            }
        ),
        tag("h2", "What will be done"),
        plans.plan(run.plan, heading="h3", ends=ends) if run.plan else None,
        tag("h2", "Your decision", id="decision"),
        tag("p", why_not, class_="trouble")
        if why_not
        else _form(path("approvals", asked.id), token, buttons, "It is recorded with your name, and made once."),
    )  # fmt: skip


def undo(response: Response, now: datetime, *, token: str, why_not: str) -> Html:
    run = response.run
    listed = [
        tag(
            "li",
            tag("h3", said(one.step.action), " ", badge(one.status)),
            facts(
                {
                    "On": tag("code", str(one.step.target)),
                    "Ends by itself": ending(run, one, now),
                    "Undo": plans.undo_of(one.step),
                }
            ),
            (plans.difference(difference, title="Was changed: ") for difference in one.step.difference),
        )
        for one in reversed(response.standing)
    ]
    buttons: list[Content] = [tag("button", "Undo it now", type="submit", class_="no")]
    return join(
        tag("h1", "Undo ", said(run.playbook), "?"),
        _state(run),
        facts({"Approved by": run.approved_by or "nobody: auto"}),
        tag("h2", "What stands, and how each is undone, in this order"),
        tag("ol", listed, class_="steps"),
        tag("p", "What someone else has changed since is left alone, and reported.", class_="note"),
        tag("h2", "Your decision"),
        tag("p", why_not, class_="trouble")
        if why_not
        else _form(path("runs", run.id, "undo"), token, buttons, "The caller can act again as soon as it is undone. "
                   "Your name is recorded with it."),
    )  # fmt: skip


def _in_a_sentence(run: Run) -> Html | None:
    if run.plan is None:
        return None
    return tag("p", "It would ", would(run.plan), ". ", tag("a", "To your decision", href="#decision"))


def _state(run: Run) -> Html:
    incident = tag("a", "The incident, with its evidence", href=path("incidents", run.incident_id))
    return tag("p", badge(run.status), " ", incident)


def _form(action: str, token: str, buttons: list[Content], said_below: str) -> Html:
    return tag(
        "form",
        tag("input", type="hidden", name="token", value=token),
        tag("p", buttons, class_="buttons"),
        tag("p", said_below, class_="note"),
        action=action,
        method="post",
        autocomplete="off",
        class_="ask",
    )


def problem(title: str, text: str, *, back: str = "/") -> Html:
    return join(tag("h1", title), tag("p", text, class_="trouble"), tag("p", tag("a", "Back", href=back)))
