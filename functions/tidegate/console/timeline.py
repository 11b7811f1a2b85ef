"""What happened in an incident, in order: what callers did, what was found, what was decided, done and undone.

Stores tell what Tidegate did; the index, where there is one, what was seen before and since. Each line says which of
the two clocks it is on: `event` is when it happened, `tidegate` when we did something about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tidegate.model import Incident, Receipt, Run


class Moment(NamedTuple):
    time: datetime
    clock: str  # event, tidegate
    kind: str  # call, arrival, finding, incident, plan, decision, step, release
    what: str
    who: str
    reference: str  # id of what it is about

    def as_json(self) -> dict[str, Any]:
        return {**self._asdict(), "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def timeline(
    incident: Incident,
    runs: Iterable[tuple[Run, Iterable[Receipt]]],
    findings: Iterable[Mapping[str, Any]] = (),
    events: Iterable[Mapping[str, Any]] = (),
) -> list[Moment]:
    """`findings` and `events` are documents as the index holds them; oldest first, ties as given."""
    moments = [*map(_call, events), *map(_found, findings)]
    if not moments:
        moments = [
            Moment(incident.first_seen, "event", "incident", "first event", incident.caller, incident.id),
            Moment(incident.last_seen, "event", "incident", "last event", incident.caller, incident.id),
        ]
    moments += _of_heard(incident)
    for run, receipts in runs:
        moments += _of_run(run, receipts)
    return sorted(moments, key=lambda moment: moment.time)


class Stretch(NamedTuple):
    """Moments in a row that say the same: a thousand calls of one model are one line."""

    first: Moment
    last: Moment
    times: int


def stretches(moments: Iterable[Moment]) -> list[Stretch]:
    """What is on one clock, of one kind, by one caller and says the same, in a row, becomes one."""
    found: list[Stretch] = []
    for moment in moments:
        if found and found[-1].first[1:5] == moment[1:5] and moment.kind == "call":
            found[-1] = found[-1]._replace(last=moment, times=found[-1].times + 1)
        else:
            found.append(Stretch(moment, moment, 1))
    return found


def _call(document: Mapping[str, Any]) -> Moment:
    api = document.get("api") or {}
    model = (document.get("tidegate") or {}).get("model", "")
    failed = (document.get("status_code") or "") if document.get("status") == "Failure" else ""
    said = " ".join(filter(None, (api.get("operation", ""), model, f"refused: {failed}" if failed else "")))
    title = (document.get("finding_info") or {}).get("title", "")
    address = (document.get("src_endpoint") or {}).get("ip", "")
    who = (document.get("tidegate") or {}).get("caller", "")
    return Moment(
        _millis(document["time"]),
        "event",
        "call",
        said or title or "event",
        f"{who} from {address}" if address else who,
        str((document.get("metadata") or {}).get("uid", "")),
    )


def _found(document: Mapping[str, Any]) -> Moment:
    ours = document.get("tidegate") or {}
    return Moment(
        _millis(document["time"]),
        "event",
        "finding",
        f"{ours.get('detector', '')}: {(document.get('finding_info') or {}).get('title', '')}",
        ours.get("caller", ""),
        str((document.get("metadata") or {}).get("uid", "")),
    )


def _of_heard(incident: Incident) -> Iterator[Moment]:
    """The first finding's way to us: two clocks' times that are nobody's without the other."""
    if (heard := incident.first_heard) is None:
        return
    yield Moment(heard.arrived, "tidegate", "arrival", "the event that decided reached us", "AWS", incident.id)
    yield Moment(heard.found, "tidegate", "incident", "found", "tidegate", incident.id)


def _of_run(run: Run, receipts: Iterable[Receipt]) -> Iterator[Moment]:
    yield Moment(run.started_at, "tidegate", "plan", f"{run.playbook} planned, mode {run.mode}", "tidegate", run.id)
    if run.decided_at:
        decision = f"approved by {run.approved_by}" if run.approved_by else f"decided: {run.status}"
        yield Moment(run.decided_at, "tidegate", "decision", decision, run.approved_by or "tidegate", run.id)
    for receipt in receipts:
        done = (
            (receipt.applied_at, "applied", "tidegate"),
            (receipt.verified_at, "verified", "tidegate"),
            (receipt.undone_at, "undone", receipt.undone_by or "tidegate"),
        )
        for time, verb, who in done:
            if time:
                said = f"{receipt.step.action} on {receipt.step.target} {verb}"
                yield Moment(time, "tidegate", "step", said, who, receipt.id)
    if run.contained_at:
        until = f" until {run.expires_at:%Y-%m-%d %H:%M} UTC" if run.expires_at else ""
        yield Moment(run.contained_at, "tidegate", "decision", f"contained{until}", "tidegate", run.id)
    if run.released_at:
        yield Moment(run.released_at, "tidegate", "release", f"{run.playbook} released", "tidegate", run.id)
    if run.error:
        yield Moment(
            run.released_at or run.decided_at or run.started_at, "tidegate", "run", run.error, "tidegate", run.id
        )


def _millis(time: float) -> datetime:
    return datetime.fromtimestamp(time / 1000, UTC)
