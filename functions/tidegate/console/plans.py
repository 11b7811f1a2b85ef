"""A plan and what became of it: each step's exact change, whom it reaches, when it ends, how it is undone."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import UTC, datetime

from tidegate.actions import action_named
from tidegate.console import playbook_picture
from tidegate.console.case import Response, ending
from tidegate.console.markup import Content, Html, join, tag, trusted
from tidegate.console.playbook_way import way
from tidegate.console.words import badge, clock, facts, moment, pretty, said, span, table
from tidegate.model import Difference, Plan, Receipt, RunStatus, Step, StepStatus
from tidegate.ports import Execution
from tidegate.response.proofs import sentence
from tidegate.response.world import HOLDING

OUTCOMES = {
    "planned": "Planned; nothing has been changed yet.",
    "observed": "Only observed: the plan is on record, nothing was changed.",
    "awaiting_approval": "Waits for a person to approve or decline.",
    "refused": "No lever may be used: a person decides.",
    "not_needed": "Not needed: an earlier response to the incident holds all that this one would do.",
    "declined": "A person declined it; nothing was changed.",
    "timed_out": "Nobody answered in time; nothing was changed.",
    "acting": "Under way.",
    "contained": "Contained, and proven by reading it back.",
    "partly_contained": "Contained in part: what is proven stands, and a person looks at the rest.",
    "failed": "Failed.",
    "undoing": "Being undone.",
    "released": "Released: what had been changed is as it was before.",
}
FOR_GOOD = "not by itself: it is right for good"
_OR_LATER = ", or with the containment if that ends later"
_KEPT = "Released: what had been changed was put back, but for what stays on purpose."


def kept_on_purpose(receipt: Receipt) -> str:
    """Why an undone step left its change in place; empty where it was put back."""
    undone = receipt.status is StepStatus.UNDONE
    return str((receipt.restored or {}).get("kept") or "") if undone else ""


def outcome_in_words(response: Response) -> str:
    run = response.run
    if run.status is RunStatus.AWAITING_APPROVAL and run.decided_at:
        return "Approved: it is about to run." if run.approved_by else "Declined: it is about to end."
    released = run.status is RunStatus.RELEASED
    return _KEPT if released and any(map(kept_on_purpose, response.receipts)) else OUTCOMES[run.status.value]


def plan(shown: Plan, receipts: tuple[Receipt, ...] = (), *, heading: str = "h4", ends: str = "") -> Html:
    """What is to be done, or was: the part that a person reads before saying yes. `heading`: of a step; `ends`: when,
    where that is known better than when it was planned."""
    state = {receipt.id: receipt for receipt in receipts}
    return join(
        tag("p", shown.reason),
        tag("p", shown.mode_reason, class_="note") if shown.mode_reason else None,
        facts(
            {
                "Mode": said(shown.mode),
                "Who else is affected": _reach(shown.reach),
                "Ends": join(
                    ends or moment(shown.expires, otherwise=FOR_GOOD),
                    ", but for steps that say otherwise"
                    if any(map(its_own_end, shown.steps)) and shown.expires
                    else None,
                ),
                "Undo": shown.undo or "no change to undo",
                **(
                    {"Stops working meanwhile": tag("ul", (tag("li", one) for one in shown.stops))}
                    if shown.stops
                    else {}
                ),
            }
        ),
        tag("ol", (_step(step, state.get(step.id), heading) for step in shown.steps), class_="steps"),
    )


def _step(step: Step, receipt: Receipt | None, heading: str) -> Html:
    about = action_named(step.action).about
    return tag(
        "li",
        tag(heading, said(step.action), " ", badge(receipt.status) if receipt else None),
        tag("p", about.summary),
        facts(
            {
                "On": tag("code", str(step.target)),
                "Calls": tag("code", ", ".join(step.calls)) if step.calls else "none",
                "Reaches": about.reach.value,
                "Others hit": _others(step),
                **({"Ends": own} if (own := its_own_end(step)) else {}),
                "Undo": undo_of(step),
            }
        ),
        (difference(one) for one in step.difference),
        tag("p", receipt.error, class_="trouble") if receipt and receipt.error else None,
    )


def undo_of(step: Step) -> str:
    """How a step is undone; of what was stolen, why it isn't."""
    about = action_named(step.action).about
    kept = about.kept(step)
    return f"It is left: {kept}." if kept else about.undo


def _but_for_some(shown: Plan) -> str:
    return ", but for steps that say otherwise" if shown.expires and any(map(its_own_end, shown.steps)) else ""


def its_own_end(step: Step) -> str:
    """When a step ends, where that is another time than its plan's; empty where it is the same."""
    about, lives = action_named(step.action).about, step.parameters.get("lives_until")
    if about.kept(step):
        return "never"
    if about.for_good:
        return FOR_GOOD
    if lives:
        until = datetime.fromisoformat(str(lives)).astimezone(UTC)
        return f"when the session has expired, {until:%Y-%m-%d %H:%M} UTC{_OR_LATER}"
    return f"{span(about.outlasts)} after it is made{_OR_LATER}" if about.outlasts else ""


def _reach(count: int) -> str:
    if count < 0:
        return "could not be counted: there is no index, or it is away"
    return "nobody else" if count == 0 else f"{count} other callers"


def _others(step: Step) -> Content:
    if step.reach <= 0:
        return _reach(step.reach)
    more = step.reach - len(step.reached)
    named = [tag("li", tag("code", one)) for one in step.reached]
    return join(f"{step.reach}: ", tag("ul", named, tag("li", f"and {more} more") if more > 0 and named else None))


def difference(one: Difference, *, title: str = "Change of ") -> Html:
    """Before and after as one text, line by line."""
    before, after = pretty(one.before).splitlines(), pretty(one.after).splitlines()
    return tag(
        "figure",
        tag("figcaption", title, tag("code", one.resource)),
        tag("pre", list(_lines(before, after)), tabindex=0, aria_label="Difference, removed and added lines"),
        class_="difference",
    )


def _lines(before: list[str], after: list[str]) -> Iterator[Html]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            yield from (tag("span", f"  {line}\n") for line in before[start:end])
            continue
        yield from (tag("del", f"- {line}\n") for line in before[start:end])
        yield from (tag("ins", f"+ {line}\n") for line in after[first:last])


def outcome(response: Response, now: datetime) -> Html:
    """Where a run stands, in words, and its steps with their times and proofs."""
    run = response.run
    return join(
        tag("p", badge(run.status), " ", outcome_in_words(response), " ", _until(response, now)),
        tag("p", run.error, class_="trouble") if run.error else None,
        tag("p", _decision(response)) if _decision(response) else None,
        tag("ul", (tag("li", line) for line in run.history), class_="note") if run.history else None,
        _receipts(response.receipts),
    )


def _until(response: Response, now: datetime) -> Content:
    """Where all that stands ends together; each own end is in the list of what holds."""
    if response.run.status not in HOLDING:
        return None
    ends = {ending(response.run, receipt, now) for receipt in response.standing}
    return tag("strong", ends.pop() if len(ends) == 1 else "Each change to its own end")


def _decision(response: Response) -> str:
    approval, run = response.approval, response.run
    if approval and approval.decision:
        return f"{approval.decision.capitalize()} by {approval.decided_by}."
    if run.approved_by:
        return f"Approved by {run.approved_by}."
    return ""


def _receipts(receipts: tuple[Receipt, ...]) -> Html | None:
    if not any(receipt.applied_at or receipt.undone_at for receipt in receipts):
        return None
    rows: list[list[Content]] = [
        [
            said(receipt.step.action),
            badge(receipt.status),
            _time(receipt.applied_at),
            _time(receipt.verified_at),
            join(_time(receipt.undone_at), f" by {receipt.undone_by}" if receipt.undone_by else None),
            join(sentence(receipt), tag("pre", pretty(receipt.proof), tabindex=0)) if receipt.proof else "none yet",
        ]
        for receipt in receipts
    ]
    return table("What was done", ["Step", "State", "Applied", "Verified", "Undone", "Proof"], rows)


def _time(time: datetime | None) -> Html:
    return clock(time) if time else tag("span", "-")


def pictures(executions: tuple[Execution, ...]) -> Html | None:
    """The state machines as they ran: a picture, and in a narrow window the list of its steps instead."""
    if not executions:
        return None
    several = len(executions) > 2
    drawn = [
        tag(
            "figure",
            tag("figcaption", said(one.playbook), f", round {number}" if several and number else None),
            # ElementTree has escaped every name and text in it.
            trusted(playbook_picture.draw(one.definition, reached, title=one.playbook)),
            way(one.definition, reached),
            tabindex=0,
            class_="picture",
        )
        for number, one in enumerate(executions)  # the frame, then the rounds
        for reached in (playbook_picture.progress(one.events),)
    ]
    return tag("div", drawn, class_="pictures")
