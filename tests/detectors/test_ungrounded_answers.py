"""What cases can't say about ungrounded_answers: whose history it is, late data, what is told."""

from __future__ import annotations

from typing import Any

from campaign_builders import DAY, a_call, of
from detection_builders import ACCOUNT, World, a_session

from tidegate.model import Severity


def _graded(at: float, score: float, *, session: str = "web-1", action: str = "NONE", **more: Any):
    filters = [{"type": "GROUNDING", "threshold": 0.5, "score": score, "action": action}]
    assessments = {"gr1tide00001": [{"contextualGroundingPolicy": {"filters": filters}}]}
    return a_call(
        at,
        {"messages": [{"role": "user", "content": [{"text": f"question {at}"}]}]},
        {"output": {}, "trace": {"guardrail": {"outputAssessments": assessments}}},
        principal=a_session(session=session),
        guardrail_action=action if action != "BLOCKED" else "INTERVENED",
        guardrails=("gr1tide00001",),
        **more,
    )


def _week(world: World) -> None:
    for day in range(7):
        scores = [0.9 if number % 12 else 0.6 for number in range(60)]
        world.see(*[_graded(day * DAY + n * 60, score, session=f"i-{n % 5}") for n, score in enumerate(scores)])


def test_the_sessions_of_a_role_are_one_application():
    world = World()
    _week(world)
    assert of(world, "ungrounded_answers") == []

    world.see(*[_graded(7 * DAY + n * 60, 0.3, session=f"i-{n % 9}") for n in range(40)])

    finding = of(world, "ungrounded_answers")[0]
    assert finding.evidence["application"] == finding.caller == "role:SupportAssistant"
    assert finding.related == (), "who asked it has done nothing"
    assert finding.evidence["measure"] == "GROUNDING"
    assert finding.resource == "gr1tide00001"
    assert finding.severity == Severity.HIGH, "nearly all of them are bad"
    assert finding.evidence["threshold"] == 12.0
    assert finding.evidence["history_scores"] == 420
    assert finding.playbook is None


def test_it_is_told_once_a_day_and_not_after_the_application_recovered():
    world = World()
    _week(world)
    world.see(*[_graded(7 * DAY + n, 0.3) for n in range(30)])
    world.see(*[_graded(7 * DAY + 60 + n, 0.3) for n in range(30)])
    told = len(of(world, "ungrounded_answers"))
    world.see(*[_graded(9 * DAY + n * 60, 0.92) for n in range(80)])

    assert told == len(of(world, "ungrounded_answers")) <= 2


def test_late_scores_do_not_hurt():
    world = World()
    _week(world)

    world.see(*[_graded(6 * DAY - 7200 + n, 0.9) for n in range(20)])

    assert of(world, "ungrounded_answers") == []


def test_a_call_that_no_guardrail_saw_leaves_no_trace():
    world = World()

    world.see(a_call(0, {"prompt": "hi"}, {"generation": "ho"}, principal=a_session(), user=""))

    assert world.states.load([f"{ACCOUNT}/role:SupportAssistant"])[f"{ACCOUNT}/role:SupportAssistant"].data == b""


def test_a_new_application_below_the_guardrail_s_threshold_is_told_without_a_history():
    world = World()

    world.see(*[_graded(n * 60, 0.2) for n in range(40)])

    (finding,) = of(world, "ungrounded_answers")
    assert "new application" in finding.title
    assert finding.severity == Severity.MEDIUM
    assert finding.evidence["usual_share"] == 0.25
    assert finding.evidence["history_days"] == 0
