"""Plays one scenario: the account before, the attack, the plan, each step with its proof, the account then, and undone.

The finding goes to the finding queue, or the events go onto the bus; from there on everything is the deployed thing:
correlation, the state machines of the template, the functions under their own roles, the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3

from tidegate import wiring
from tidegate.actions import action_named
from tidegate.errors import Permanent
from tidegate.model import Difference, Finding, Incident, Mode, Receipt, Run, RunStatus
from tidegate.response.closing import ends_at, stays
from tidegate.response.proofs import sentence
from tidegate.response.record import change_line, reach_line, reason_lines, value_line
from tidegate.response.releasing import standing_runs
from tidegate.response.world import decisive
from tidegate_local.acting import template_path
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.scenarios.scenario import ScenarioModule, Stage
from tidegate_local.stack import OPERATOR_KEYS, settings_of

RESPONDER = "a.responder"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

type Tell = Callable[[str, str], None]  # kind, text


@dataclass
class Outcome:
    run: Run
    before: dict[str, str]
    attacked: dict[str, str]
    held: dict[str, str]
    undone: dict[str, str]
    stays: tuple[str, ...]
    refused_calls: int  # by IAM: more than none is a fault of the template

    @property
    def as_meant(self) -> bool:
        """It was contained, and undo left what was found, but for what stays on purpose. Observed: nothing changed."""
        found = {name: value for name, value in self.attacked.items() if name not in self.stays}
        left = {name: value for name, value in self.undone.items() if name not in self.stays}
        ends = (RunStatus.RELEASED, RunStatus.OBSERVED)
        return self.run.status in ends and left == found and not self.refused_calls


def play(scenario: ScenarioModule, mode: Mode, tell: Tell) -> Outcome:
    """Raises whatever prepare and attack raise."""
    parameters = {"ResponseMode": mode.value, **scenario.about.parameters}
    events = MemoryEventIndex()
    with Embedded(template_path(), parameters, clock=RunClock(START), events=events) as aws:
        known = settings_of(aws.outputs, "tidegate", aws.region)
        services = wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=aws.region), aws.clock)
        return _played(Stage(aws, services, events), scenario, tell)


def _played(stage: Stage, scenario: ScenarioModule, tell: Tell) -> Outcome:
    aws = stage.aws
    scenario.prepare(stage)
    before = _told(scenario, stage, "before", tell)
    aws.clock.advance(3600)
    found = scenario.attack(stage)
    tell("event", found if isinstance(found, str) else found.title)
    attacked = _told(scenario, stage, "attacked", tell)
    _found(stage, found, tell)
    first = _responded(stage, tell, ())
    for each in scenario.about.later if first.status is RunStatus.CONTAINED else ():
        known = tuple(one.id for one in stage.services.ledger.runs())
        aws.clock.advance(600)
        found = each(stage)
        tell("event", found.title)
        _found(stage, found, tell)
        _responded(stage, tell, known)
    held = _told(scenario, stage, "now", tell)
    undone, run = held, _run(stage, ())
    if run.status is RunStatus.CONTAINED:
        tell("verified", f"contained and proven {run.times['contain']:.0f} s after the first event")
        for line in _standing(run, stage.services.ledger.receipts(run.id)):
            tell("verified", line)
        tell("undone", f"by {RESPONDER}, who says the finding was wrong; this is not done while it may be right")
        for standing in standing_runs(stage.services, run.incident_id):
            stage.services.responses.release(standing.id, reason="undone", by=RESPONDER)
            aws.deliver()
        run = _run(stage, ())
        tell("undone", f"{run.status.value}: {run.plan.undo if run.plan else ''}")
        undone = _told(scenario, stage, "undone", tell)
    refused = sum(not call.allowed for call in aws.calls)
    return Outcome(run, before, attacked, held, undone, scenario.about.stays, refused)


def _incident_line(incident: Incident) -> str:
    findings = "" if len(incident.finding_ids) == 1 else f" in {len(incident.finding_ids)} findings"
    asks = f"asks for {incident.playbook}, by {incident.caller}"
    return f"{', '.join(incident.detectors)}{findings}: {incident.severity.value}, {asks}"


def _found(stage: Stage, found: Finding | str, tell: Tell) -> None:
    """Two minutes later it has reached us: the finding, or the events that detectors find it in."""
    stage.aws.clock.advance(120)
    stage.deliver_logs()
    if isinstance(found, Finding):
        stage.services.findings.send([found])
    stage.aws.deliver()
    for incident in stage.services.incidents.list():
        tell("finding", _incident_line(incident))


def _responded(stage: Stage, tell: Tell, known: Sequence[str]) -> Run:
    """`known`: runs of before."""
    run = _run(stage, known)
    for line in _planned(run):
        tell("plan", line)
    if run.status is RunStatus.AWAITING_APPROVAL:
        tell("waiting", f"nothing has changed yet; on a deployed stack: tidegate approve {run.approval_id}")
        tell("approved", f"by {RESPONDER}")
        stage.services.response.decide(run.approval_id, decision="approved", by=RESPONDER)
        stage.aws.deliver()
        run = _run(stage, known)
    for receipt in stage.services.ledger.receipts(run.id):
        tell("action", _stepped(receipt))
    if run.error and run.plan:
        tell("failed", run.error)
    return run


def _run(stage: Stage, known: Sequence[str]) -> Run:
    """The one that says where the incident stands, of those that aren't known: one that found nothing left to do says
    nothing where another does."""
    run = decisive([one for one in stage.services.ledger.runs() if one.id not in known])
    if run is None:
        raise Permanent(f"no response was started: {'; '.join(each.message for each in stage.aws.failures)[:300]}")
    return run


def _told(scenario: ScenarioModule, stage: Stage, when: str, tell: Tell) -> dict[str, str]:
    state = scenario.state(stage)
    for name, value in state.items():
        tell(when, f"{name}: {value}")
    return state


def _planned(run: Run) -> Iterator[str]:
    if run.plan is None:
        yield f"{run.status.value}: {run.error}"
        return
    for number, step in enumerate(run.plan.steps, 1):
        yield f"{number}. {step.action} on {step.target}: {action_named(step.action).about.summary}"
        yield f"   calls {', '.join(step.calls)}; {reach_line(step)}"
        yield from (f"   {line}" for each in step.difference if each.before != each.after for line in _change(each))
    yield from (f"stops working meanwhile: {text}" for text in run.plan.stops)
    yield f"ends {run.plan.expires:%Y-%m-%d %H:%M} UTC" if run.plan.expires else "ends when a person undoes it"
    yield f"undo: {run.plan.undo}"
    yield from reason_lines(run.plan)


def _stepped(receipt: Receipt) -> str:
    proof = f"; {said}" if (said := sentence(receipt)) else ""
    error = f" ({receipt.error})" if receipt.error else ""
    return f"{receipt.step.action} on {receipt.step.target}: {receipt.status.value}{proof}{error}"


def _change(change: Difference) -> Iterator[str]:
    """The whole of it, whatever its length: a person approves exactly this."""
    if change.resource.endswith("/what-differs"):
        yield change_line(change)
        return
    yield change.resource
    yield f"  - {value_line(change.before)}"
    yield f"  + {value_line(change.after)}"


def _standing(run: Run, receipts: list[Receipt]) -> Iterator[str]:
    """Until when each step holds, and what becomes of it then: a stolen key is not switched on again."""
    for receipt in receipts:
        about, end = action_named(receipt.step.action).about, ends_at(run, receipt)
        until = f"{end:%Y-%m-%d %H:%M} UTC" if end else "a person undoes it"
        kept = stays(receipt)
        yield f"{about.id} on {receipt.step.target} {f'stays: {kept}' if kept else f'holds until {until}'}"
        if end:
            yield f"   then: {about.undo}"
