from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from command_line_builders import START
from index_builders import a_receipt, a_run

from tidegate.console.playbook_picture import draw, edges_of, progress
from tidegate.model import Incident, RunStatus, Severity
from tidegate_local.report import Case, Execution, Found, Moment, Report, render

MACHINES = sorted((Path(__file__).parents[2] / "statemachines").glob("*.asl.json"))
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def an_incident() -> Incident:
    return Incident(
        id="inc-1",
        severity=Severity.HIGH,
        title=HOSTILE,
        caller="user:" + HOSTILE,
        account="111122223333",
        region="us-east-1",
        detectors=("quota_abuse",),
        first_seen=START,
        last_seen=START + timedelta(minutes=5),
    )


def a_report() -> Report:
    found = Found("f", "quota_abuse", HOSTILE, START, 50, 3, {"agent": HOSTILE, HOSTILE: 1})
    machine = json.loads(MACHINES[0].read_text())
    return Report(
        title="A morning",
        started=START,
        moments=[Moment(START, "event", HOSTILE, "inc-1")],
        cases=[Case(an_incident(), [found], executions=[Execution(HOSTILE, machine, {})])],
        changes=[(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
    )


@pytest.mark.parametrize("later", [RunStatus.NOT_NEEDED, RunStatus.REFUSED])
def test_what_contains_an_incident_is_told_whatever_a_later_look_at_it_found(later: RunStatus) -> None:
    looked = a_run(id="run-2", status=later, plan=None, contained_at=None, error="nothing is left to do")
    case = Case(an_incident(), [], runs=[a_run(), looked], receipts=[a_receipt()])
    page = render(Report(title="A morning", started=START, cases=[case]))

    assert ">contained: block_end_user</td>" in page
    assert "nothing is left to do" in page


@pytest.mark.parametrize(("reach", "said"), [(-1, "could not be counted"), (3, "Reaches 3 other callers")])
def test_how_many_a_plan_reaches_is_said_or_that_nobody_knows(reach: int, said: str) -> None:
    plan = a_run().plan
    assert plan is not None
    run = a_run(plan=plan.model_copy(update={"reach": reach}))

    page = render(Report(title="A morning", started=START, cases=[Case(an_incident(), [], runs=[run])]))

    assert said in page
    assert "-1 other" not in page


def test_hostile_text_stays_text() -> None:
    page = render(a_report())

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_the_policy_allows_our_style_sheet_by_its_hash_and_nothing_else() -> None:
    page = render(a_report())

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.replace("&#39;", "'").startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert " style=" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_state_and_transition_of_a_machine_is_in_its_picture(path: Path) -> None:
    machine = json.loads(path.read_text())

    picture = draw(machine, {}, title=path.name)

    assert picture.count("<rect") == len(machine["States"])
    assert picture.count("<path") == len(edges_of(machine))


def test_a_history_tells_how_far_each_state_came() -> None:
    def entered(name: str) -> dict[str, object]:
        return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}

    def left(name: str) -> dict[str, object]:
        return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}}

    history = [entered("A"), left("A"), entered("B"), {"type": "TaskFailed"}, left("B"), entered("C"), entered("D")]

    assert progress([*history, {"type": "ExecutionFailed"}]) == {
        "A": "succeeded",
        "B": "caught",
        "C": "running",
        "D": "failed",
    }
