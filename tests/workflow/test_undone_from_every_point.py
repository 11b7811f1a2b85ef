"""The playbooks that put something back, failing after each call of a real function: each round stands or falls alone.

`test_failing_and_dying_on_the_way.py` does the same with those that stop callers. One account for all cases; each has
resources of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from agent_builders import ATTACKERS, Alias, put_continuity
from bucket_builders import shared_bucket
from failing_responder import PHASES, Responder, error, failing_at
from protection_builders import ELSEWHERE, LOGGED, STRONG, WEAK, a_guardrail, put_guardrail, record_before
from response_builders import ASSUMED_BY_BEDROCK, START, EventsInMemory

from tidegate.actions import ACTIONS
from tidegate.model import Run, RunStatus, StepStatus
from tidegate_local.account_state import differences
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

pytestmark = pytest.mark.end_to_end

# AWS keeps the history of what an alias served, and a parameter's versions: an undo is one more of each.
_HISTORY = ("istory", "ersion")


class Case(NamedTuple):
    begun: Callable[[Responder, int], dict[str, Any]]  # what an attacker did, and the incident it makes
    rounds: tuple[tuple[str, ...], ...]  # the steps of each, in order

    @property
    def points(self) -> list[tuple[str, str]]:
        return [(step, phase) for steps in self.rounds for step in steps for phase in PHASES]


def weakened(responder: Responder, number: int) -> dict[str, Any]:
    bedrock, snapshots = responder.aws.client("bedrock"), responder.services.snapshots
    logging = f"logging/{responder.aws.account}/{responder.aws.region}"
    guardrail = a_guardrail(bedrock, name=f"answers-{number}")
    bedrock.put_model_invocation_logging_configuration(loggingConfig=LOGGED)
    seen = responder.aws.clock().timestamp()
    record_before(snapshots, logging, LOGGED, seen)
    record_before(snapshots, guardrail, STRONG | {"name": f"answers-{number}"}, seen)
    responder.aws.clock.advance(60)
    bedrock.put_model_invocation_logging_configuration(loggingConfig=ELSEWHERE)
    put_guardrail(bedrock, guardrail, WEAK | {"name": f"answers-{number}"})
    return {
        "caller": "iam-user:builder",
        "playbook": "restore_guardrails",
        "detectors": ("guardrail_weakened", "invocation_logging_disabled"),
        "resources": (guardrail, logging),
    }


def opened(responder: Responder, number: int) -> dict[str, Any]:
    bucket = f"reports-{number}"
    shared_bucket(responder.aws.client("s3"), bucket)
    responder.aws.client("iam").create_role(RoleName=f"app-{number}", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    return {
        "caller": f"session:app-{number}/mallory",
        "playbook": "contain_exfiltration",
        "detectors": ("data_exfiltration",),
        "families": ("exfiltration",),
        "resources": (f"arn:aws:s3:::{bucket}",),
    }


def swapped(responder: Responder, number: int, *, seen_before: bool = True) -> dict[str, Any]:
    agents, iam = responder.aws.client("bedrock-agent"), responder.aws.client("iam")
    alias = Alias(agents, iam, role=f"agent-{number}")
    if seen_before:
        bad = alias.version(ATTACKERS)
        responder.aws.clock.advance(60)
        alias.route(bad)
    place = f"agent-alias/{alias.agent}/{alias.alias}"
    arn = f"arn:aws:bedrock:{responder.aws.region}:{responder.aws.account}:{place}"
    return {"caller": f"iam-user:thief-{number}", "playbook": "roll_back_model", "resources": (arn,)}


def nothing_to_go_back_to(responder: Responder, number: int) -> dict[str, Any]:
    return swapped(responder, number, seen_before=False)


CASES = {
    "restore_guardrails": Case(
        weakened, (("restore_invocation_logging",), ("restore_guardrail",), ("enforce_surge_guardrail",))
    ),
    "contain_exfiltration": Case(opened, (("close_bucket_policy",), ("deny_role_session",))),
    "roll_back_model": Case(swapped, (("roll_back_agent_alias",),)),
    "continuity": Case(nothing_to_go_back_to, (("pause_agent_alias", "switch_to_fallback", "announce_maintenance"),)),
}


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    parameters = {
        "ResponseMode": "auto",
        "ContainmentsPerHour": "1000",
        "RulesParameters": "/tidegate/rules",
        "SurgeGuardrail": "surge0000001:1",
    }
    template, events = Path(__file__).parents[2] / "template.yaml", EventsInMemory()
    with Embedded(template, parameters, clock=RunClock(START), events=events) as aws:
        put_continuity(aws.client("ssm"))
        yield Responder(aws, events)
        assert [call for call in aws.calls if not call.allowed] == []


def attacked(responder: Responder, case: Case) -> dict[str, Any]:
    responder.count += 1
    responder.calls.clear()
    given = case.begun(responder, responder.count)
    responder.aws.deliver()
    return given


def responded(responder: Responder, incident: dict[str, Any]) -> Run:
    """Approved where a person is asked: what is closed may have been shared before the incident, too."""
    run = responder.respond(**incident)
    if run.status is RunStatus.AWAITING_APPROVAL:
        responder.services.response.decide(run.approval_id, decision="approved", by="olga")
        responder.aws.deliver()
        responder.aws.clock.advance(60)  # retries
    return responder.run()


def undone_by_a_person(responder: Responder, run: Run) -> None:
    responder.services.responses.release(run.id, reason="undone", by="olga")
    responder.aws.deliver()
    responder.aws.clock.advance(60)
    assert responder.run().status is RunStatus.RELEASED, responder.aws.failures


def left(before: Any, responder: Responder) -> list[str]:
    return [line for line in differences(before, responder.state()) if not any(word in line for word in _HISTORY)]


@pytest.mark.parametrize(
    ("name", "step", "phase"), [(name, *point) for name, case in CASES.items() for point in case.points]
)
def test_the_round_that_fails_is_undone_the_others_stand_and_a_person_undoes_those(
    responder: Responder, name: str, step: str, phase: str
) -> None:
    """The call took effect, and can't go on after it. What the ledger has as proven holds, though its last answer was
    an error."""
    case = CASES[name]
    incident = attacked(responder, case)
    before = responder.state()

    with responder.telling(failing_at(step, phase)):
        run = responded(responder, incident)

    (failed,) = [steps for steps in case.rounds if step in steps]
    holds = phase == "verify" and step == failed[-1]
    proven = [each for steps in case.rounds for each in steps if holds or steps != failed]
    expected = RunStatus.CONTAINED if holds else RunStatus.PARTLY_CONTAINED if proven else RunStatus.FAILED
    assert run.status is expected, (run.error, responder.aws.failures)
    standing = [one.step.action for one in responder.receipts(run) if one.status is StepStatus.VERIFIED]
    assert standing == proven
    begun = [] if holds else list(failed[: failed.index(step) + 1])
    taken_back = [each for each in begun[::-1] if not ACTIONS[each].about.for_good]
    assert [asked.step for asked in responder.calls if asked.word == "undo"] == taken_back
    if proven or begun != taken_back[::-1]:  # what is right for good stays until a person says so, proven or not
        undone_by_a_person(responder, run)
    assert left(before, responder) == []


@pytest.mark.parametrize("name", CASES)
def test_a_process_that_dies_after_every_single_call_changes_nothing_of_the_outcome(
    responder: Responder, name: str
) -> None:
    def dies(_asked: Any, call: int) -> None:
        if call == 1:
            raise error("Runtime.ExitError")

    case = CASES[name]
    incident = attacked(responder, case)
    before = responder.state()

    with responder.telling(dies):
        run = responded(responder, incident)
        assert run.status is RunStatus.CONTAINED, (run.error, responder.aws.failures)
        undone_by_a_person(responder, run)

    acted = [(asked.step, asked.word) for asked in responder.calls if asked.step and asked.word in PHASES]
    steps = [each for some in case.rounds for each in some]
    assert acted == [(each, phase) for each in steps for phase in PHASES for _ in range(2)]
    assert left(before, responder) == []
