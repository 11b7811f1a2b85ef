"""All incidents, what waits for a person and the worst first; what is contained now; what waits for approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from tidegate.console.case import STANDING, UNDOABLE, Response, ending
from tidegate.console.markup import Content, Html, join, path, tag
from tidegate.console.words import badge, clock, moment, said, span, table, time_left
from tidegate.console.world import ConsoleWorld
from tidegate.model import Incident, Run, RunStatus, Severity
from tidegate.response.closing import ends_at
from tidegate.response.world import HOLDING, decisive, runs_of

PAGE = 50  # incidents
ORDER = "What waits for a person first, then the worst, then the latest"
MOST = 2000  # incidents that are looked through


@dataclass(frozen=True)
class Filter:
    """What of the incidents is asked for. Nonsense in an address is as if it weren't there."""

    every: bool = False  # closed ones, too
    least: Severity = Severity.INFORMATIONAL
    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filter:
        least = query.get("severity", "")
        page = query.get("page", "")
        return cls(
            every=query.get("show") == "all",
            least=Severity(least) if least in list(Severity) else Severity.INFORMATIONAL,
            text=query.get("text", "").strip()[:200],
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) < 100_000 else 1,
        )

    def passes(self, incident: Incident) -> bool:
        if incident.severity.rank < self.least.rank:
            return False
        wanted = self.text.casefold()
        named = (incident.id, incident.title, incident.caller, *incident.related, *incident.detectors)
        techniques = (*incident.techniques, *incident.resources, *incident.responses)
        return not wanted or any(wanted in text.casefold() for text in (*named, *techniques))

    def address(self, page: int) -> str:
        query = {"show": "all" if self.every else "", "severity": self.least.value if self.least.rank else ""}
        query |= {"text": self.text, "page": str(page)}
        return "/?" + urlencode({name: value for name, value in query.items() if value})


def incidents(world: ConsoleWorld, wanted: Filter) -> Html:
    every = [one for one in world.incidents.list(open_only=not wanted.every, limit=MOST) if wanted.passes(one)]
    waiting = world.ledger.runs(statuses=[RunStatus.AWAITING_APPROVAL], limit=PAGE)
    asking = {run.incident_id for run in waiting}
    every.sort(key=lambda one: (one.id not in asking, -one.severity.rank, -one.last_seen.timestamp(), one.id))
    first = (wanted.page - 1) * PAGE
    shown = every[first : first + PAGE]
    runs = {one.id: decisive(runs_of(world, one.id, until=one.generation)) for one in shown}
    ends = {run.id: _answer_until(world, run) for run in runs.values() if run and run.approval_id}
    return join(
        tag("h1", "Incidents"),
        _call_to_decide(world, waiting),
        _form(wanted),
        tag("p", _counted(len(every), wanted), role="status"),
        incident_table(shown, runs, world.clock(), answers=ends, order=ORDER) if shown else _nothing(wanted),
        _pages(wanted, len(every)),
    )


def _of_incident(incident: Incident) -> str:
    return path("incidents", incident.id)


def incident_table(
    shown: Sequence[Incident],
    runs: Mapping[str, Run | None],
    now: datetime,
    *,
    address: Callable[[Incident], str] = _of_incident,
    answers: Mapping[str, datetime | None] | None = None,
    order: str = "Worst first, then the latest",
    ages: bool = True,
) -> Html:
    """`answers`: run -> until when a person may answer its plan. `ages`: with how long ago each was seen, which is
    true only of a page that is read when it is made."""
    rows: list[list[Content]] = []
    for one in shown:
        run = runs.get(one.id)
        rows.append(
            [
                badge(one.severity),
                tag("a", one.title or ", ".join(map(said, one.detectors)) or one.id, href=address(one)),
                tag("code", one.caller),
                badge(one.status),
                said(one.playbook or "a person decides"),
                join(badge(run.status), " ", _left(run, now, answers or {})) if run else "no response yet",
                join(
                    tag("span", _ago(one.last_seen, now), class_="ago") if ages else None,
                    " ",
                    clock(one.last_seen),
                    " UTC",
                ),
            ]
        )
    columns = ["Severity", "What", "Caller", "State", "Playbook", "Response", "Last seen"]
    return table(order, columns, rows)


def _left(run: Run, now: datetime, answers: Mapping[str, datetime | None]) -> str:
    if run.status is RunStatus.AWAITING_APPROVAL and (ends := answers.get(run.id)):
        return f"{time_left(ends, now)} to answer" if ends > now else "lapsed"
    if run.status not in HOLDING:
        return ""
    return "does not hold" if run.outlived_at else time_left(run.expires_at, now)


def _answer_until(world: ConsoleWorld, run: Run) -> datetime | None:
    waits = run.status is RunStatus.AWAITING_APPROVAL
    approval = world.approvals.get(run.approval_id) if waits else None
    return datetime.fromtimestamp(approval.expires_at, UTC) if approval else None


def _ago(time: datetime, now: datetime) -> str:
    return f"{span(now - time)} ago" if time < now else "now"


def _nothing(wanted: Filter) -> Html:
    """An empty list is good news only where nothing was filtered out of it."""
    if wanted.text or wanted.least.rank:
        return tag("p", "None fits what is asked for. ", tag("a", "Show all open incidents", href="/"))
    return tag("p", "Nothing has been found that is open. `tidegate doctor` tells whether every source is heard.")


def _call_to_decide(world: ConsoleWorld, waiting: Sequence[Run]) -> Html | None:
    if not waiting:
        return None
    count = f"{len(waiting)} plan{'s wait' if len(waiting) > 1 else ' waits'} for a decision."
    now = world.clock()
    left = [ends for run in waiting if (ends := _answer_until(world, run)) and ends > now]
    soonest = f" {span(min(left) - now)} left to answer{' the first' if len(waiting) > 1 else ''}. " if left else " "
    return tag("p", tag("strong", count), soonest, tag("a", "Read and decide", href="/approvals"), class_="notice")


def _form(wanted: Filter) -> Html:
    show = [
        tag("option", text, value=value, selected=wanted.every == (value == "all"))
        for value, text in (("open", "open"), ("all", "open and closed"))
    ]
    severities = [
        tag(
            "option", "any" if not one.rank else f"{one.value} and worse", value=one.value, selected=one == wanted.least
        )
        for one in Severity
        if one is not Severity.CRITICAL
    ]
    severities.append(tag("option", "critical", value="critical", selected=wanted.least is Severity.CRITICAL))
    return tag(
        "form",
        tag("p", tag("label", "Show", for_="show"), tag("select", show, id="show", name="show")),
        tag("p", tag("label", "Severity", for_="severity"), tag("select", severities, id="severity", name="severity")),
        tag(
            "p",
            tag("label", "Caller, detector, technique, id", for_="text"),
            tag("input", type="search", id="text", name="text", value=wanted.text, maxlength=200),
        ),
        tag("p", tag("button", "Filter", type="submit")),
        action="/",
        method="get",
        role="search",
        class_="filter",
    )


def _counted(count: int, wanted: Filter) -> str:
    kind = "" if wanted.every else "open "
    return f"{count or 'No'} {kind}incident{'' if count == 1 else 's'}."


def _pages(wanted: Filter, count: int) -> Html | None:
    last = max(1, -(-count // PAGE))
    if last == 1 and wanted.page == 1:
        return None
    return tag(
        "nav",
        tag("a", "Previous", href=wanted.address(wanted.page - 1), rel="prev") if wanted.page > 1 else None,
        tag("span", f" Page {wanted.page} of {last} "),
        tag("a", "Next", href=wanted.address(wanted.page + 1), rel="next") if wanted.page < last else None,
        aria_label="More incidents",
        class_="pages",
    )


def contained(world: ConsoleWorld) -> Html:
    """Everything that holds right now, what ends first on top."""
    runs = world.ledger.runs(statuses=STANDING, limit=1000)
    responses = [Response(run, tuple(world.ledger.receipts(run.id))) for run in runs]
    standing = [one for one in responses if one.standing]
    standing.sort(key=_first_end)
    now = world.clock()
    return join(
        tag("h1", "Contained now"),
        containments(standing, now) if standing else tag("p", "Nothing is contained."),
    )


def containments(standing: Sequence[Response], now: datetime, *, undo: bool = True) -> Html:
    """A row a change, each with its own end; those of one run, which are undone together, one after the other."""
    rows = [_contained(one, number, now, undo=undo) for one in standing for number in range(len(one.standing))]
    columns = ["Change", "On", "State", "Ends", "Approved by", *(["Incident", "Undo"] if undo else ["Run"])]
    return table("What holds, and until when", columns, rows)


def _contained(one: Response, number: int, now: datetime, *, undo: bool) -> list[Content]:
    run, receipt = one.run, one.standing[number]
    cells: list[Content] = [
        said(receipt.step.action),
        tag("code", str(receipt.step.target)),
        badge(run.status),
        join(tag("strong", ending(run, receipt, now)), " ", moment(ends_at(run, receipt))),
        run.approved_by or ("nobody: auto" if run.mode == "auto" else "-"),
    ]
    if not undo:
        return [*cells, run.id]
    cells.append(tag("a", "Incident", href=path("incidents", run.incident_id)))
    if run.status not in UNDOABLE:
        return [*cells, "-"]
    if number:
        return [*cells, "with the one above"]
    count = f" all {len(one.standing)}" if len(one.standing) > 1 else ""
    return [*cells, tag("a", f"Undo{count}...", href=path("runs", run.id, "undo"), class_="button")]


def _first_end(one: Response) -> datetime:
    ends = (ends_at(one.run, receipt) for receipt in one.standing)
    return min((end for end in ends if end), default=datetime.max.replace(tzinfo=UTC))


def approvals(world: ConsoleWorld) -> Html:
    waiting = world.ledger.runs(statuses=[RunStatus.AWAITING_APPROVAL], limit=200)
    asked_for = [(run, world.approvals.get(run.approval_id)) for run in waiting]
    known = sorted(((run, one) for run, one in asked_for if one), key=lambda pair: pair[1].expires_at)
    rows: list[list[Content]] = []
    now = world.clock()
    for run, approval in known:
        ends = datetime.fromtimestamp(approval.expires_at, UTC)
        asked = run.plan.reason if run.plan else run.incident_id
        rows.append(
            [
                tag("a", said(run.playbook), href=path("approvals", run.approval_id)),
                asked,
                f"{len(run.plan.steps) if run.plan else 0}",
                approval.requested_by,
                f"{span(ends - now)} left" if ends > now else "lapsed",
                tag("a", "Incident", href=path("incidents", run.incident_id)),
            ]
        )
    listed = table("Plans that wait for a person", ["Playbook", "Why", "Steps", "Asked by", "Time", "Incident"], rows)
    return join(tag("h1", "Approvals"), listed if rows else tag("p", "Nothing waits for a decision."))
