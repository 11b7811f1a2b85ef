"""Plays one scenario: the account before, the attack, the plan, each step with its proof, the account then, and undone.

The finding goes to the finding queue; from there on everything is the deployed thing: correlation, the state machines
of the template, the functions under their own roles, the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from tidegate import wiring
from tidegate.model import Mode, Receipt, Run, RunStatus
from tidegate.response.record import change_line, reason_lines
from tidegate_local.acting import template_path
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.scenarios.scenario import ScenarioModule, Stage
from tidegate_local.stack import OPERATOR_KEYS, settings_of

RESPONDER = "a.responder"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SHOWN = 240  # characters of a line

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
    with Embedded(template_path(), parameters, clock=RunClock(START)) as aws:
        known = settings_of(aws.outputs, "tidegate", aws.region)
        services = wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=aws.region), aws.clock)
        return _played(Stage(aws, services), scenario, tell)


def _played(stage: Stage, scenario: ScenarioModule, tell: Tell) -> Outcome:
    aws = stage.aws
    scenario.prepare(stage)
    before = _told(scenario, stage, "before", tell)
    aws.clock.advance(3600)
    finding = scenario.attack(stage)
    aws.clock.advance(120)
    tell("event", finding.title)
    attacked = _told(scenario, stage, "attacked", tell)
    stage.services.findings.send([finding])
    aws.deliver()
    run = _run(stage)
    tell("finding", f"{finding.detector}: {finding.severity.value}, asks for {finding.playbook}")
    for line in _planned(run):
        tell("plan", line)
    if run.status is RunStatus.AWAITING_APPROVAL:
        tell("approved", f"by {RESPONDER}")
        stage.services.response.decide(run.approval_id, decision="approved", by=RESPONDER)
        aws.deliver()
        run = _run(stage)
    for receipt in stage.services.ledger.receipts(run.id):
        tell("action", _stepped(receipt))
    if run.error:
        tell("failed", run.error)
    held = _told(scenario, stage, "now", tell)
    undone = held
    if run.status is RunStatus.CONTAINED:
        ends = f"until {run.expires_at:%H:%M} UTC" if run.expires_at else "until a person undoes it"
        tell("verified", f"contained and proven {run.times['contain']:.0f} s after the first event, {ends}")
        stage.services.responses.release(run.id, reason="undone", by=RESPONDER)
        aws.deliver()
        run = _run(stage)
        tell("undone", f"by {RESPONDER}: {run.status.value}")
        undone = _told(scenario, stage, "undone", tell)
    refused = sum(not call.allowed for call in aws.calls)
    return Outcome(run, before, attacked, held, undone, scenario.about.stays, refused)


def _run(stage: Stage) -> Run:
    (run,) = stage.services.ledger.runs()
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
    for step in run.plan.steps:
        yield f"{step.action} on {step.target}, by {', '.join(step.calls)}"
        yield from (f"  {_short(change_line(each))}" for each in step.difference if each.before != each.after)
    yield from (f"stops working meanwhile: {text}" for text in run.plan.stops)
    yield from reason_lines(run.plan)


def _stepped(receipt: Receipt) -> str:
    proof: dict[str, Any] = receipt.proof or {}
    window = proof.get("blind_window") or proof.get("recovery")
    took = f", {window['seconds']} s after it began" if window else ""
    return f"{receipt.step.action}: {receipt.status.value}{took}{f' ({receipt.error})' if receipt.error else ''}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
