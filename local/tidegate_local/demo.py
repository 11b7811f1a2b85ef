"""The demo: the template deployed in memory, a real OpenSearch node, one morning, and what became of it.

The order is the one in which a newcomer understands it: the stack stands, the morning goes by and each containment is
shown as it happens, a person undoes one, analysts ask, and a report is left behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import boto3
from opensearchpy import OpenSearch

from tidegate import wiring
from tidegate.console.playbook_picture import progress
from tidegate.index.client import connect
from tidegate.model import Mode, Run, RunStatus
from tidegate.settings import Settings
from tidegate_local import morning, node, story
from tidegate_local.acting import parameters_of, template_path
from tidegate_local.asking import ask, moment
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.morning import Morning
from tidegate_local.report import Answer, Case, Execution, Moment, Report
from tidegate_local.stack import OPERATOR_KEYS, settings_of

FOLDER = Path(".tidegate/demo")
RESPONDER = "a.responder"
# Long enough that a person may look at the last of them after the story, short enough to see the first ones end.
CONTAINMENT_MINUTES = 60
APPROVAL_MINUTES = 60
MACHINES = {
    "throttle_caller": "ThrottleCaller",
    "rotate_credentials": "RotateCredentials",
    "roll_back_model": "RollBackModel",
    "restore_guardrails": "RestoreGuardrails",
    "contain_exfiltration": "ContainExfiltration",
}


@dataclass(frozen=True)
class Choices:
    mode: Mode
    opensearch: bool
    hold: bool
    start: datetime
    isolated: bool = False  # functions in child processes: they see the wall clock, not the run's


@dataclass
class Demo:
    """A stack that stands, and the morning in it."""

    aws: Embedded
    morning: Morning
    index: OpenSearch | None
    report: Report
    choices: Choices
    _seen: dict[str, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        self.morning.prepare()
        self.note_state()
        self.morning.play(self.choices.start)
        if not self.choices.hold:
            self._undo_one()
        self._finish()

    def note_state(self) -> None:
        """Remembers, of everything the story touches, each state it was in."""
        for what, value in self.morning.state().items():
            seen = self._seen.setdefault(what, [])
            if not seen or seen[-1] != value:
                seen.append(value)

    def _undo_one(self) -> None:
        """The containment that still stands and was last made is taken back by a person."""
        standing = [run for run in self.morning.runs() if run.status is RunStatus.CONTAINED and run.expires_at]
        if standing:
            self.morning.undo(standing[-1], by=RESPONDER)

    def _finish(self) -> None:
        self.note_state()
        self.report.changes = [(what, seen[0], " → ".join(seen), seen[-1]) for what, seen in self._seen.items()]
        self.report.cases = [self._case(incident.id) for incident in self.morning.incidents()]
        self.report.cases.sort(key=lambda case: case.incident.first_seen)
        if self.index is not None:
            self.report.answers = five_answers(self.index, self.choices.start)
        self.report.counts = {
            "deliveries": self.morning.deliveries,
            "findings": len(self.morning.findings),
            "incidents": len(self.report.cases),
            "steps verified": sum(one.verified_at is not None for case in self.report.cases for one in case.receipts),
            "steps undone": sum(one.undone_at is not None for case in self.report.cases for one in case.receipts),
            "calls refused by IAM": sum(not call.allowed for call in self.aws.calls),
        }

    def _case(self, incident_id: str) -> Case:
        incident = next(one for one in self.morning.incidents() if one.id == incident_id)
        runs = [run for run in self.morning.runs() if run.incident_id == incident_id]
        findings = [one for one in self.morning.findings.values() if one.incident_id == incident_id]
        return Case(
            incident=incident,
            findings=sorted(findings, key=lambda one: one.time),
            runs=runs,
            receipts=[receipt for run in runs for receipt in self.morning.services.ledger.receipts(run.id)],
            executions=[picture for run in runs for picture in self._executions(run)],
        )

    def _executions(self, run: Run) -> Iterator[Execution]:
        for playbook, machine in (("respond", "Respond"), (run.playbook, MACHINES.get(run.playbook, ""))):
            if machine and (events := morning.history(self.aws, machine, run.id)):
                definition = json.loads(
                    (template_path().parent / "statemachines" / f"{playbook}.asl.json").read_text("utf-8")
                )
                yield Execution(playbook, definition, progress(events))


@contextmanager
def standing(choices: Choices, tell: Callable[[Moment], None], doing: Callable[[str], None]) -> Iterator[Demo]:
    """Node and stack, for as long as the block lasts. `doing` hears what is being waited for."""
    with _node(choices, doing) as url:
        doing("deploying template.yaml into an account in memory")
        settings = Settings(
            response_mode=choices.mode,
            pipeline_principals=(f"role:{story.PIPELINE.name}",),
            containment_minutes=CONTAINMENT_MINUTES,
            approval_minutes=APPROVAL_MINUTES,
        )
        clock = RunClock(choices.start)
        parameters = parameters_of(settings)
        with Embedded(
            template_path(),
            parameters,
            clock=clock,
            isolated=choices.isolated,
            endpoint=choices.hold,
            opensearch_url=url or None,
        ) as aws:
            yield _demo(aws, choices, tell, url, clock)


def _demo(aws: Embedded, choices: Choices, tell: Callable[[Moment], None], url: str, clock: RunClock) -> Demo:
    known = settings_of(aws.outputs, "tidegate", aws.region)
    services = wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=aws.region), clock)
    shown = Report(title="A morning at the tide gate", started=choices.start)
    shown.notes.append(
        f"Mode {choices.mode}. The account is held in memory by an emulator: this proves wiring and logic, not AWS's "
        "own behaviour. Every person, key and address is invented."
    )
    played = Morning(aws, services, tell=lambda _moment: None, approves=_approves(choices))
    demo = Demo(aws, played, connect(url) if url else None, shown, choices)

    def hear(moment: Moment) -> None:
        shown.moments.append(moment)
        if moment.kind in ("verified", "undone"):
            demo.note_state()
        tell(moment)

    played.tell, played.changed = hear, demo.note_state
    return demo


def _approves(choices: Choices) -> Callable[[Run], str | None]:
    """In mode approve the demo's responder says yes; when the stack is held, the last plan is left to you."""

    def answer(run: Run) -> str | None:
        leave = choices.hold and run.plan is not None and story.PHANTOM in run.plan.reason
        return None if leave else RESPONDER

    return answer


@contextmanager
def _node(choices: Choices, doing: Callable[[str], None]) -> Iterator[str]:
    """The address of OpenSearch, or "" where the demo was asked to go without."""
    if not choices.opensearch:
        yield ""
        return
    doing("starting OpenSearch")
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A folder of its own: two demos at once, or one that was killed, don't share a data folder.
    with TemporaryDirectory(prefix="opensearch-", dir=FOLDER) as folder, node.running(Path(folder)) as url:
        yield url


def hold(demo: Demo) -> None:
    """Keeps the account alive, its clock with the wall clock's, until interrupted.

    Looking costs a tenth of a second. What it tells is written by functions, and each of their calls is on record.
    """
    from time import sleep

    demo.aws.clock.advance(max((datetime.now(UTC) - demo.aws.clock()).total_seconds(), 0.0))
    last, seen = monotonic(), -1
    while True:
        sleep(0.3)
        now = monotonic()
        demo.aws.clock.advance(now - last)
        last = now
        demo.aws.deliver()
        if len(demo.aws.calls) != seen:
            seen = len(demo.aws.calls)
            demo.morning.look()


def five_answers(client: OpenSearch, start: datetime) -> list[Answer]:
    """Five of the saved queries, over the morning."""
    client.indices.refresh(index="tidegate-*")
    window = {"since": start.isoformat(), "until": (start + timedelta(days=1)).isoformat()}
    return [
        _spenders(client, window),
        _from_address(client, window),
        _refused(client, window),
        _open(client),
        _steps(client, window),
    ]


def _spenders(client: OpenSearch, window: dict[str, str]) -> Answer:
    found = ask(client, "token_spikes", window)
    rows = [
        [one["key"], f"{one['tokens']['value']:,.0f}", one["doc_count"], _keys(one["models"]["buckets"])]
        for one in _buckets(found, "callers")[:6]
    ]
    return Answer("Who spent the most tokens?", ("caller", "tokens", "calls", "models"), rows, found["took"])


def _from_address(client: OpenSearch, window: dict[str, str]) -> Answer:
    found = ask(client, "events_of_address", {**window, "address": story.THIEF.address})
    rows = [
        [moment(one["time"]), _operation(one), one.get("status", "")]
        for one in (hit["_source"] for hit in found["hits"]["hits"][:12])
    ]
    question = f"What came from {story.THIEF.address}?"
    return Answer(question, ("time", "operation", "status"), rows, found["took"])


def _operation(event: Mapping[str, Any]) -> str:
    """Of a call, or the title of what GuardDuty found."""
    return str(event.get("api", {}).get("operation") or event.get("finding_info", {}).get("title", ""))


def _refused(client: OpenSearch, window: dict[str, str]) -> Answer:
    found = ask(client, "access_denied", window)
    rows = [
        [one["key"], one["doc_count"], _keys(one["operations"]["buckets"]), _keys(one["addresses"]["buckets"])]
        for one in _buckets(found, "callers")[:6]
    ]
    return Answer("Who is being refused?", ("caller", "refusals", "operations", "addresses"), rows, found["took"])


def _open(client: OpenSearch) -> Answer:
    found = ask(client, "open_incidents")
    rows = [
        [one["severity"], one["status"], one["tidegate"]["caller"], one["finding_info_list"][0]["title"]]
        for one in (hit["_source"] for hit in found["hits"]["hits"])
    ]
    return Answer(
        "Which incidents are open, worst first?", ("severity", "status", "caller", "what"), rows, found["took"]
    )


def _steps(client: OpenSearch, window: dict[str, str]) -> Answer:
    found = ask(client, "playbook_steps", window)
    rows = [
        [playbook["key"], action["key"], _counted(action["statuses"]["buckets"])]
        for playbook in _buckets(found, "playbooks")
        for action in playbook["actions"]["buckets"]
    ]
    return Answer(
        "Which playbook steps ran, failed, were undone?", ("playbook", "action", "steps"), rows, found["took"]
    )


def _buckets(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Of an aggregation; none where there is no index yet to aggregate over."""
    return list(answer.get("aggregations", {}).get(name, {}).get("buckets", ()))


def _counted(buckets: Sequence[dict[str, object]]) -> str:
    return ", ".join(f"{bucket['doc_count']} {bucket['key']}" for bucket in buckets)


def _keys(buckets: Sequence[dict[str, object]]) -> str:
    return ", ".join(str(bucket["key"]) for bucket in buckets[:4])
