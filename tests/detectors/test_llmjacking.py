"""What cases can't say about llmjacking: order of arrival, how it grows, what it weighs, what it costs."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from detection_builders import NOW, World, a_session, a_threat, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.acts import ACTS, REGIONS_2, REGIONS_3, STAGES, counted
from tidegate.detectors.llmjacking import TIERS, weigh
from tidegate.model import ApiCall, Finding, Severity

DAY = 86_400
OPUS = "us.anthropic.claude-opus-4-20250514-v1:0"
GO = "aws-sdk-go-v2/1.30 os/linux"
ATTACK = (
    "ListFoundationModels",
    "GetModelInvocationLoggingConfiguration",
    "PutUseCaseForModelAccess",
    "CreateFoundationModelAgreement",
    "InvokeModel",
    "DeleteModelInvocationLoggingConfiguration",
)


def _call(name: str, at: float, **more) -> ApiCall:
    model = {"modelId": OPUS} if name == "InvokeModel" else None
    return an_api_call(name, at=at, parameters=model, **{"user_agent": GO, **more})


def _attack(**more) -> list[ApiCall]:
    return [_call(name, 60 * n, **more) for n, name in enumerate(ATTACK)]


def _of(world: World) -> list[Finding]:
    return [finding for finding in world.found if finding.detector == "llmjacking"]


def test_it_is_said_again_only_when_it_is_worse():
    world = World()
    for _ in range(3):
        for call in _attack():
            world.see(call)

    assert [finding.severity for finding in _of(world)] == [Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
    assert set(_of(world)[-1].evidence["stages"]) >= {"probe", "unlock", "invoke"}


@pytest.mark.parametrize("order", list(permutations(range(6)))[::53])
def test_every_order_of_arrival_ends_with_the_same_findings(order):
    calls, world, in_order = _attack(), World(), World()
    for call in calls:
        in_order.see(call)
    for place in order:
        world.see(calls[place])

    assert {finding.id for finding in _of(world)} == {finding.id for finding in _of(in_order)}


def test_a_redelivery_says_nothing_new():
    world = World()
    world.see(*_attack()[:3])
    before = len(_of(world))
    world.see(*_attack()[:3], delivery="again")

    assert len(_of(world)) == before


def test_a_temporary_key_is_judged_as_a_long_term_one():
    world = World()
    world.see(*_attack(principal=a_session("DataScience", "notebook")))

    assert _of(world)[-1].severity == Severity.CRITICAL


def test_over_midnight_it_is_one_campaign():
    world = World()
    for call in [_call(name, 14 * 3600 - 90 + 60 * n) for n, name in enumerate(ATTACK * 2)]:
        world.see(call)

    assert [finding.severity for finding in _of(world)] == [Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]


def test_the_evidence_says_what_every_act_weighs_and_what_was_needed():
    world = World()
    world.see(*_attack())
    evidence = _of(world)[-1].evidence

    told = sum(int(words.rpartition("+")[2].rstrip(")")) for acts in evidence["stages"].values() for words in acts)
    assert evidence["points"] == told + len(evidence["stages"]) - 1
    assert evidence["points"] >= evidence["points_needed"]
    assert "points in" in evidence["severity_from"]


def test_the_evidence_says_when_each_act_was_first_seen():
    world = World()
    for call in _attack():
        world.see(call)
    world.see(_call("InvokeModel", 7200))
    finding = _of(world)[-1]

    assert finding.first_seen.isoformat() == "2026-09-01T10:00:00+00:00"
    assert set(finding.evidence["seen_since"].values()) == {"2026-09-01T10:00:00Z"}


@pytest.mark.parametrize("model", [OPUS, "amazon.nova-lite-v1:0"])
def test_models_that_were_enabled_already_are_taken_over_in_three_calls(model):
    """The variant that a threshold on distinct APIs misses: list, look at the log, invoke."""
    world = World()
    world.see(_call(ATTACK[0], 0), _call(ATTACK[1], 30), an_api_call("Converse", at=60, parameters={"modelId": model}))

    assert _of(world)[0].severity == Severity.MEDIUM
    assert _of(world)[0].evidence["models_were_enabled_already"]


def test_what_guardduty_suspects_and_a_costly_model_are_not_enough():
    world = World()
    world.see(_call("InvokeModel", 0), a_threat("Impact:IAMUser/AnomalousModelInvocation", at=60))

    assert _of(world) == []


def test_what_guardduty_suspects_counts_beside_two_stages():
    world = World()
    calls = [_call("ListFoundationModels", 0), _call("ListCustomModels", 5), _call("GetFoundationModelAvailability", 9)]
    world.see(*calls, _call("InvokeModel", 20))
    before = len(_of(world))
    world.see(a_threat("Impact:IAMUser/CostHarvesting", at=600))

    assert before == 0
    assert _of(world)[0].evidence["others_agree"]


def test_two_users_from_one_address_are_a_finding_each_and_name_the_address():
    world = World()
    calls = _attack()
    other = a_user("other", "AKIATIDEOTHER0000001")
    world.see(*calls[:2])
    world.see(msgspec.structs.replace(calls[3], principal=other, caller="iam-user:other"))

    [finding] = _of(world)
    assert finding.caller == "iam-user:other"
    assert finding.evidence["principals_from_this_address"] == ["iam-user:ci-user", "iam-user:other"]
    assert "iam-user:ci-user" not in finding.related, "an incident's response contains one caller"


def test_one_user_looks_and_another_one_calls_from_the_same_address():
    world = World()
    calls = _attack()
    world.see(*calls[:2])
    other = a_user("other", "AKIATIDEOTHER0000001")
    world.see(msgspec.structs.replace(calls[4], principal=other, caller="iam-user:other"))

    assert [finding.caller for finding in _of(world)] == ["iam-user:other"]


def test_colleagues_who_only_call_models_are_not_put_together():
    world = World()
    world.see(_call("InvokeModel", 0))
    for n in range(5):
        world.see(_call("InvokeModel", 60 * n, principal=a_user(f"colleague-{n}")))

    assert _of(world) == []


def test_a_private_address_is_nobody():
    world = World()
    calls = [msgspec.structs.replace(call, address="10.0.0.7") for call in _attack()]
    world.see(*calls[:2])
    world.see(msgspec.structs.replace(calls[3], principal=a_user("other"), caller="iam-user:other"))

    assert _of(world) == []


def test_what_it_did_for_weeks_counts_nothing_and_the_evidence_says_so():
    world = World()
    for day in (-14, -10, -5):
        world.see(_call("ListFoundationModels", day * DAY), _call("InvokeModel", day * DAY + 60))
    world.see(*_attack())

    assert "looked which models there are" in _of(world)[-1].evidence["not_counted_as_habits"]


def test_a_habit_excuses_nobody_who_comes_from_elsewhere_with_another_client():
    world, at_home = World(), World()
    for each in (world, at_home):
        for day in (-14, -10, -5):
            each.see(*(_call(name, day * DAY, user_agent="Boto3/1.40") for name in (*ATTACK[:2], "InvokeModel")))
    again = [_call(name, 0, user_agent="Boto3/1.40") for name in (*ATTACK[:2], "InvokeModel")]
    at_home.see(*again)
    world.see(*(msgspec.structs.replace(call, address="198.51.100.9", user_agent=GO) for call in again))

    assert [finding for finding in _of(at_home) if finding.time >= NOW] == []
    assert [finding.severity for finding in _of(world) if finding.time >= NOW] == [Severity.MEDIUM]


@given(st.sets(st.sampled_from(list(ACTS))), st.sets(st.sampled_from(list(ACTS))))
def test_more_acts_never_weigh_less(some, more):
    none = frozenset[str]()
    one, both = weigh(counted(tuple(some)), none), weigh(counted(tuple(some | more)), none)

    assert both.points >= one.points
    assert set(both.stages) >= set(one.stages)
    assert set(one.stages) <= set(STAGES)


def test_regions_count_together_and_alone_say_nothing():
    assert REGIONS_2 not in counted(("i", "@0"))
    assert REGIONS_2 in counted(("i", "@0", "@1"))
    assert REGIONS_3 in counted(("i", "@0", "@1", "@5"))


def test_every_tier_asks_for_more_than_the_one_below():
    assert list(TIERS) == sorted(TIERS, key=lambda tier: tier[1])
    assert [tier[0].rank for tier in TIERS] == sorted({tier[0].rank for tier in TIERS})
