"""The whole morning on the template, without an index: what the demo shows is what happened in the account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from command_line_builders import START

from tidegate.model import Mode
from tidegate_local import demo
from tidegate_local.report import Case, Moment, render

pytestmark = pytest.mark.end_to_end


@dataclass
class Played:
    demo: demo.Demo
    heard: list[Moment] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def case(self, detector: str) -> Case:
        return next(case for case in self.demo.report.cases if detector in case.incident.detectors)

    def state(self, what: str) -> tuple[str, str]:
        return next((states, now) for name, _, states, now in self.demo.report.changes if name.startswith(what))


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    heard: list[Moment] = []
    choices = demo.Choices(mode=Mode.AUTO, opensearch=False, hold=False, start=START)
    with demo.standing(choices, heard.append, lambda _what: None) as playing:
        playing.run()
        yield Played(playing, heard, [f"{one.where}: {one.message}" for one in playing.aws.failures])


def test_nothing_failed_on_the_way(played: Played) -> None:
    assert played.failures == []
    assert played.demo.report.counts["calls refused by IAM"] == 0


def test_the_stolen_key_is_stopped_and_replaced_and_stays_stopped(played: Played) -> None:
    assert played.state("access key AKIATIDEEVALUATOR001") == ("Active → Inactive", "Inactive")
    assert played.state("keys of model-evaluation") == ("1 → 2", "2")
    assert played.state("policies of model-evaluation")[1] == "TidegateContainment"  # what was made out of it: 36 h


def test_the_greedy_user_is_limited_then_blocked_for_a_time(played: Played) -> None:
    assert played.state("end user u-2043")[0].startswith("allowed → blocked")
    case = next(case for case in played.demo.report.cases if case.incident.caller == "user:u-2043")
    assert {receipt.undone_by for receipt in case.receipts} <= {"tidegate", ""}  # at its end, by itself
    assert all(receipt.verified_at for receipt in case.receipts)


def test_the_alias_is_back_on_the_released_version(played: Played) -> None:
    assert played.state("agent")[0] == "version 3 → version 5 → version 3"


def test_a_person_undoes_the_last_containment(played: Played) -> None:
    receipts = played.case("phantom_user_pivot").receipts
    assert {receipt.undone_by for receipt in receipts} == {demo.RESPONDER}
    assert played.state("policies of BedrockAPIKey")[0] == "none → TidegateContainment → none"


def test_a_weakened_guardrail_is_put_back_as_it_was(played: Played) -> None:
    run = played.case("guardrail_weakened").run
    assert run is not None
    assert (run.playbook, run.status.value) == ("restore_guardrails", "contained")


def test_each_step_is_told_in_its_order(played: Played) -> None:
    kinds = [moment.kind for moment in played.heard if moment.incident_id == played.case("model_swapped").incident.id]

    assert list(dict.fromkeys(kinds)) == ["finding", "incident", "plan", "action", "verified"]


def test_the_report_pictures_every_playbook_that_ran(played: Played) -> None:
    machines = {picture.machine for case in played.demo.report.cases for picture in case.executions}

    assert machines == {"respond", "throttle_caller", "rotate_credentials", "roll_back_model", "restore_guardrails"}
    assert "<svg" in render(played.demo.report)
