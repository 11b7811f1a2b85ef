"""One incident: what happened, why it fired, what was planned and done, what holds, and the way back."""

from __future__ import annotations

from tidegate.console import plans
from tidegate.console.case import Case, Response
from tidegate.console.evidence import finding
from tidegate.console.incidents_page import containments
from tidegate.console.markup import Content, Html, join, path, tag
from tidegate.console.situation import situation
from tidegate.console.techniques import technique_list
from tidegate.console.time_picture import time_picture
from tidegate.console.timeline import Stretch, stretches, timeline
from tidegate.console.words import badge, clock, facts, moment, said, span
from tidegate.response.times import spelled

_CLOCKS = {"event": "when it happened", "tidegate": "when Tidegate did it"}


def case(shown: Case, *, notice: str = "", lead: Content = None, interactive: bool = True) -> Html:
    """`lead`: said before anything else. `interactive`: with the ways to decide and undo; a report has none."""
    incident = shown.incident
    return join(
        tag("h1", incident.title or incident.id),
        lead,
        tag("p", notice, role="status", class_="notice") if notice else None,
        tag("p", badge(incident.severity), " ", badge(incident.status), " ", tag("code", incident.id), class_="badges"),
        situation(shown, interactive=interactive) if interactive else None,
        _contents(shown),
        _summary(shown),
        _contained(shown, interactive=interactive),
        _evidence(shown),
        tag("section", tag("h2", "Time line", id="timeline"), _timeline(shown)),
        tag("section", tag("h2", "Response", id="response"), _responses(shown, interactive=interactive)),
        tag("section", tag("h2", "Techniques", id="techniques"), technique_list(incident.techniques))
        if incident.techniques
        else None,
        _missing(shown),
    )


def _contents(shown: Case) -> Html:
    """The way to a part of a long page."""
    parts = {"contained": "Contained"} if any(one.standing for one in shown.responses) else {}
    parts |= {"evidence": "Evidence", "timeline": "Time line", "response": "Response"}
    links = (tag("li", tag("a", name, href=f"#{part}")) for part, name in parts.items())
    return tag("nav", tag("ul", links, class_="contents"), aria_label="On this page")


def _summary(shown: Case) -> Html:
    incident = shown.incident
    rows: dict[str, Content] = {
        "Caller": tag("code", incident.caller),
        "Also known as": tag("ul", (tag("li", tag("code", one)) for one in incident.related))
        if incident.related
        else None,
        "Account and Region": f"{incident.account}, {incident.region}",
        "First seen": moment(incident.first_seen),
        "Last seen": moment(incident.last_seen),
        "Score": f"{incident.score:.0f} of 100",
        "Found by": ", ".join(map(said, incident.detectors)),
        "Resources": tag("ul", (tag("li", tag("code", one)) for one in incident.resources))
        if incident.resources
        else None,
        "Contained": f"{span(shown.contained_after)} after the first event"
        if shown.contained_after is not None
        else None,
        "Times": tag("ul", (tag("li", one) for one in _times(shown))) if _times(shown) else None,
        "Closed because": incident.closed_reason or None,
    }
    return facts({name: value for name, value in rows.items() if value is not None})


def _times(shown: Case) -> tuple[str, ...]:
    """Each stage apart, of the first response that contained; else what is known of how it was heard."""
    contained = [one.run for one in reversed(shown.responses) if one.run.contained_at]
    known = contained or [one.run for one in reversed(shown.responses) if one.run.times]
    if not known:
        heard = shown.incident.first_heard
        return spelled(heard.stages) if heard else ()
    cost = known[0].dollars
    return (*spelled(known[0].times), *([f"cost until contained: {cost:.2f} dollars"] if cost is not None else []))


def _contained(shown: Case, *, interactive: bool) -> Html | None:
    standing = [one for one in shown.responses if one.standing]
    if not standing:
        return None
    listed = containments(standing, shown.now, undo=interactive)
    return tag("section", tag("h2", "Contained", id="contained"), listed)


def _evidence(shown: Case) -> Html:
    severest = max((document.get("severity_id", 0) for document in shown.findings), default=0)
    worst = next((one for one in reversed(shown.findings) if one.get("severity_id", 0) == severest), None)
    found = [finding(document, open_=document is worst) for document in shown.findings]
    none = tag("p", f"{len(shown.incident.finding_ids)} findings: ", ", ".join(shown.incident.finding_ids[-20:]))
    return tag("section", tag("h2", "Evidence and why it fired", id="evidence"), found or none)


def _timeline(shown: Case) -> Html:
    runs = [(one.run, one.receipts) for one in reversed(shown.responses)]
    moments = timeline(shown.incident, runs, shown.findings, shown.calls)
    lines = [tag("li", _stretch(one), class_=f"{one.first.clock} {one.first.kind}") for one in stretches(moments)]
    return join(time_picture(moments), tag("ol", lines, class_="timeline"))


def _stretch(one: Stretch) -> Html:
    first = one.first
    until = join(" to ", clock(one.last.time)) if one.times > 1 else None
    return join(
        tag("p", clock(first.time), until, class_="at"),
        tag("p", tag("span", first.kind, class_="kind", title=_CLOCKS.get(first.clock, "")), " ", first.what,
            f", {one.times:,} times" if one.times > 1 else None),
        tag("p", first.who, class_="who"),
    )  # fmt: skip


def _responses(shown: Case, *, interactive: bool) -> Content:
    if not shown.responses:
        return tag("p", "No response has been asked for: a person decides what to do.")
    return [_response(shown, one, interactive=interactive) for one in shown.responses]


def _response(shown: Case, one: Response, *, interactive: bool) -> Html:
    run = one.run
    undo = None
    if interactive and one.undoable:
        undo = tag("p", tag("a", "Undo this response...", href=path("runs", run.id, "undo"), class_="button"))
    return tag(
        "article",
        tag("h3", said(run.playbook or "response").capitalize(), " ", tag("code", run.id)),
        plans.outcome(one, shown.now),
        undo,
        _folded("The plan and its exact difference", plans.plan(run.plan, one.receipts)) if run.plan else None,
        _folded("The playbook as it ran", plans.pictures(one.executions)) if one.executions else None,
        tag("p", "Evidence: ", tag("code", run.evidence_ref)) if run.evidence_ref else None,
        tag("p", "Events that came later: ", tag("code", run.later_evidence_ref)) if run.later_evidence_ref else None,
        id=run.id,
    )


def _folded(title: str, content: Content) -> Html:
    return tag("details", tag("summary", title), content, open=True)


def _missing(shown: Case) -> Html | None:
    if not shown.missing:
        return None
    listed = tag("ul", (tag("li", one) for one in shown.missing))
    return tag("section", tag("h2", "What is not shown", id="missing"), listed, class_="note")
