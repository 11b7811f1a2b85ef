"""Where an incident stands, in the words of someone who is woken up by it: what is asked of me, and what holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tidegate.console.case import Case, Response, ending
from tidegate.console.markup import Content, Html, join, path, tag
from tidegate.console.plans import outcome_in_words
from tidegate.console.words import clock, said, span
from tidegate.model import IncidentStatus, Plan, RunStatus


def situation(shown: Case, *, interactive: bool) -> Html:
    """`interactive`: with the way to decide."""
    return tag("section", tag("h2", "Now", id="now"), *_told(shown, interactive=interactive), class_="notice now")


def waits(shown: Case) -> Response | None:
    """The response that a person has to decide about."""
    for one in shown.responses:
        if one.run.status is RunStatus.AWAITING_APPROVAL and one.approval and not one.approval.decision:
            return one
    return None


def _told(shown: Case, *, interactive: bool) -> Iterator[Html]:
    incident, waiting = shown.incident, waits(shown)
    if incident.status is IncidentStatus.CLOSED:
        yield tag("p", tag("strong", "Closed."), " ", incident.closed_reason)
        return
    if waiting:
        yield from _waiting(waiting, shown.now, interactive=interactive)
    for one in shown.responses:
        if one.standing and one is not waiting:
            yield _standing(one, shown.now)
            yield from _holds(one)
    latest = shown.responses[0] if shown.responses else None
    if latest is None:
        yield tag(
            "p", tag("strong", "Nothing has been done."), " No playbook answers this: a person decides what to do."
        )
    elif latest is not waiting and not latest.standing:
        yield tag("p", tag("strong", outcome_in_words(latest)), " ", latest.run.error)


def _waiting(one: Response, now: datetime, *, interactive: bool) -> Iterator[Html]:
    run, asked = one.run, one.approval
    ends = datetime.fromtimestamp(asked.expires_at, UTC) if asked else now
    left = f"{span(ends - now)} left to answer" if ends > now else "the time to answer is over"
    yield tag(
        "p", tag("strong", f"A plan waits for a person to decide: {left}."), " Nothing has been changed by it yet."
    )
    if run.plan:
        yield tag("p", "It would ", would(run.plan), ".")
    if interactive:
        yield tag(
            "p", tag("a", "Read the plan and decide", href=path("approvals", run.approval_id), class_="button yes")
        )


def would(plan: Plan) -> Html:
    """The steps of a plan in one sentence, and whom else they hit."""
    steps: list[Content] = []
    for number, step in enumerate(plan.steps):
        between = "" if not number else " and " if number == len(plan.steps) - 1 else ", "
        steps += [between, said(step.action), " on ", tag("code", str(step.target))]
    others = {-1: "; how many others that hits could not be counted", 0: "; nobody else is hit"}
    return join(steps, others.get(min(plan.reach, 1), f"; {plan.reach} other callers are hit too"))


def _standing(one: Response, now: datetime) -> Html:
    run = one.run
    said_first = (
        "Contained: " if run.status is RunStatus.CONTAINED else f"{said(run.status).capitalize()}, and stands: "
    )
    ends = [ending(run, each, now) for each in one.standing]
    same = ends[0] if len(set(ends)) == 1 else ""
    done = [
        tag("li", said(each.step.action), " on ", tag("code", str(each.step.target)), None if same else f": {its_own}")
        for each, its_own in zip(one.standing, ends, strict=True)
    ]
    return join(tag("p", tag("strong", said_first, same or "each to its own end", ".")), tag("ul", done))


def _holds(one: Response) -> Iterator[Html]:
    """What the caller's later calls tell of the containment."""
    run = one.run
    if run.outlived_at:
        since = (
            "Calls of the caller succeeded after it (",
            clock(run.outlived_at),
            "): the containment does not hold.",
        )
        yield tag("p", *since, class_="trouble")
    elif run.refusals_at:
        yield tag("p", "The caller's calls are refused since ", clock(run.refusals_at), ".")
    if run.error:
        yield tag("p", run.error, class_="trouble")
