"""The first page of a report, for people who were not there: what happened, to whom, what was done, what remains.

Written for managers and lawyers: sentences, no ids where a name will do, and every word of ours explained below.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tidegate.actions import action_named
from tidegate.console.case import Case, Response
from tidegate.console.markup import Content, Html, tag
from tidegate.console.plans import kept_on_purpose, outcome_in_words
from tidegate.console.situation import waits
from tidegate.console.words import moment, said, span
from tidegate.detectors import BY_ID
from tidegate.model import IncidentStatus, RunStatus
from tidegate.response.closing import ends_at, stays

_CALLERS = {
    "user": "the end user",
    "key": "the access key",
    "session": "a session of the role",
    "role": "the role",
    "iam-user": "the IAM user",
    "account": "the account",
    "address": "the address",
    "service": "the service",
    "agent": "the agent",
}
GLOSSARY = {
    "incident": "What belongs together: findings about one caller, what was planned and what was done.",
    "finding": "One statement of a detector about one caller, with what it rests on.",
    "caller": "Who calls models: a person, an application, a role, a key.",
    "playbook": "The written course of steps that answers a kind of incident.",
    "contained": "The caller is stopped, by the narrowest means that works, and that was read back from AWS.",
    "undone": "Put back exactly as it was found.",
    "guardrail": "Rules of AWS that filter what goes into a model and comes out of it.",
    "session": "One use of a role, for some hours, under a name of its own.",
    "access key": "A long-lived password of a program: whoever has it can act as its owner.",
    "prompt": "What a model is asked.",
    "token": "A piece of a word: what models are paid by.",
    "approval": "A person read the plan and let it run; who asked for it can't be who approves it.",
    "observed": "A plan was recorded, and nothing was changed: this installation only watches.",
    "ATLAS": "MITRE's catalogue of attacks on machine learning; ATT&CK is the same for computer systems at large.",
}  # fmt: skip


def in_short(shown: Case) -> Html:
    parts: dict[str, Iterator[Html]] = {
        "What happened": _happened(shown),
        "Who and what was affected": _affected(shown),
        "What was done": _done(shown),
        "What remains": _remains(shown),
    }
    told = ((tag("h3", title), *lines) for title, lines in parts.items())
    return tag("section", tag("h2", "In short"), told, class_="notice short")


def caller_in_words(caller: str) -> str:
    kind, _, name = caller.partition(":")
    return f"{_CALLERS[kind]} {name}" if kind in _CALLERS and name else caller


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _happened(shown: Case) -> Iterator[Html]:
    incident = shown.incident
    yield tag("p", tag("strong", incident.title or incident.id, "."))
    for detector in incident.detectors:
        yield tag("p", _said_by(detector))
    lasted = span(incident.last_seen - incident.first_seen)
    yield tag("p", "First seen ", moment(incident.first_seen), ", last seen ", moment(incident.last_seen),
              f" ({lasted} later). Severity: {incident.severity.value}.")  # fmt: skip


def _said_by(detector: str) -> str:
    """The first paragraph of a detector's prose, or its name where this version knows it no more."""
    known = BY_ID.get(detector)
    return " ".join(known.prose.strip().partition("\n\n")[0].split()) if known else f"Found by {said(detector)}."


def _affected(shown: Case) -> Iterator[Html]:
    incident = shown.incident
    where = f"account {incident.account}, {incident.region}"
    yield tag("p", _sentence(f"{caller_in_words(incident.caller)}, in {where}."))
    if incident.resources:
        listed = (tag("li", tag("code", one)) for one in incident.resources)
        yield tag("p", "These were used or changed:")
        yield tag("ul", listed)
    dollars = [one.run.dollars for one in shown.responses if one.run.dollars]
    if dollars:
        most = max(dollars)
        cost = f"about {most:,.2f} dollars" if most >= 0.01 else "less than a cent"
        yield tag("p", f"Until it was contained it had cost {cost}, by list prices.")
    stops = sorted({text for one in shown.responses if one.run.plan and one.standing for text in one.run.plan.stops})
    if stops:
        yield tag("p", "The response stops this meanwhile:")
        yield tag("ul", (tag("li", text) for text in stops))


def _done(shown: Case) -> Iterator[Html]:
    if not shown.responses:
        yield tag("p", "Nothing: no playbook answers this, and a person decides.")
    if shown.contained_after is not None:
        yield tag("p", f"It was contained {span(shown.contained_after)} after it began.")
    for one, times in _each_once(shown):
        often = f" ({times} times)" if times > 1 else ""
        playbook = said(one.run.playbook or "response").capitalize()
        yield tag("p", f"{playbook}: {outcome_in_words(one)}{often} ", _who(one))
        steps = [_step(one, number) for number in range(len(one.receipts)) if one.receipts[number].applied_at]
        if steps:
            yield tag("ul", steps)


def _each_once(shown: Case) -> Iterator[tuple[Response, int]]:
    """The oldest first, with how many in a row came to the same without doing anything."""
    for _, same in groupby(reversed(shown.responses), key=_came_to):
        first, *more = same
        yield first, 1 + len(more)


def _came_to(one: Response) -> tuple[object, ...]:
    did = any(receipt.applied_at for receipt in one.receipts)
    return (one.run.playbook, outcome_in_words(one), _who(one), one.run.id if did else "")


def _who(one: Response) -> str:
    run = one.run
    if run.approved_by:
        return f"Approved by {run.approved_by}."
    if one.approval and one.approval.decision:
        return f"{one.approval.decision.capitalize()} by {one.approval.decided_by}."
    return "It ran by itself, as this installation allows." if run.mode == "auto" and run.contained_at else ""


def _step(one: Response, number: int) -> Html:
    receipt = one.receipts[number]
    target = tag("code", str(receipt.step.target))
    text: list[Content] = [action_named(receipt.step.action).about.summary.rstrip("."), " (", target, "), "]
    text.append(moment(receipt.applied_at))
    if receipt.verified_at:
        text.append("; proven by reading it back")
    if receipt.undone_at:
        text += ["; undone by ", receipt.undone_by or "Tidegate", ", ", moment(receipt.undone_at)]
    return tag("li", text, ".")


def _remains(shown: Case) -> Iterator[Html]:
    todo = list(_to_do(shown))
    if todo:
        yield tag("ul", (tag("li", text) for text in todo))
    else:
        yield tag("p", "Nothing: the incident is closed, and nothing that was changed for it stands.")


def _to_do(shown: Case) -> Iterator[Content]:
    if waits(shown):
        yield "A plan waits for a person to approve or decline it."
    for one in shown.responses:
        for receipt in one.standing:
            until = moment(ends_at(one.run, receipt), otherwise="a person undoes it")
            ends: list[Content] = [f" stays: {kept}"] if (kept := stays(receipt)) else [" stands until ", until]
            yield [said(receipt.step.action).capitalize(), *ends, "."]
        for receipt in one.receipts:
            if kept := kept_on_purpose(receipt):
                yield f"Not taken back: {said(receipt.step.action)}. {_sentence(kept)}."
        if one.run.status in (RunStatus.FAILED, RunStatus.PARTLY_CONTAINED):
            what = "failed" if one.run.status is RunStatus.FAILED else "contained only a part"
            yield f"A response {what} and has to be looked at: {one.run.error}"
    if shown.incident.status is IncidentStatus.CLOSED:
        return
    for detector in shown.incident.detectors:
        if detector in BY_ID:
            yield f"What to do about {said(detector)}: {BY_ID[detector].about.runbook}"
    yield "Say what it was, and close the incident."


def glossary(text: str) -> Html:
    """The words of ours that a report uses."""
    lower = text.lower()
    used = {word: meaning for word, meaning in GLOSSARY.items() if word.lower() in lower}
    listed = (tag("div", tag("dt", _sentence(word)), tag("dd", meaning)) for word, meaning in used.items())
    return tag("section", tag("h2", "Words", id="words"), tag("dl", listed, class_="facts"))
