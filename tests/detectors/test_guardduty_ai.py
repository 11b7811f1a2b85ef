"""What cases can't say about guardduty_ai: the order of arrival, how far it is raised, what is near enough."""

from __future__ import annotations

from itertools import permutations

import msgspec
from detection_builders import World, a_session, a_threat, an_api_call, an_invocation

from tidegate.model import Severity

COSTS = "Impact:IAMUser/CostHarvesting"
INJECTION = "Impact:IAMUser/PromptInjection.Direct"


def _of_guardduty(world: World):
    return [finding for finding in world.found if finding.detector == "guardduty_ai"]


def _graver(*records) -> Severity:
    world = World()
    world.see(*records)
    return max((finding.severity for finding in _of_guardduty(world)), key=lambda severity: severity.rank)


def test_each_further_kind_of_evidence_is_a_step():
    unlock, look = an_api_call("PutUseCaseForModelAccess"), an_api_call("GetModelInvocationLoggingConfiguration", at=5)

    assert _graver(a_threat(COSTS, at=60)) == Severity.LOW
    assert _graver(unlock, a_threat(COSTS, at=60)) == Severity.MEDIUM
    assert _graver(unlock, look, a_threat(COSTS, at=60)) == Severity.HIGH


def test_every_order_of_arrival_gives_the_same_findings():
    records = [
        an_api_call("PutUseCaseForModelAccess", at=-3600),
        a_threat(COSTS),
        an_api_call("Converse", at=3600, error="ThrottlingException"),
    ]
    found = set()
    for order in permutations(records):
        world = World()
        for record in order:
            world.see(record)
        found.add(frozenset(finding.id for finding in _of_guardduty(world)))

    assert [len(ids) for ids in found] == [3]


def test_evidence_of_another_day_does_not_agree():
    assert _graver(an_api_call("PutUseCaseForModelAccess", at=-30 * 3600), a_threat(COSTS)) == Severity.LOW
    assert _graver(a_threat(COSTS), an_api_call("PutUseCaseForModelAccess", at=30 * 3600)) == Severity.LOW


def test_a_block_now_and_then_is_no_attack():
    blocks = [an_invocation(-3600 * n, guardrail_action="INTERVENED") for n in range(1, 4)]
    threat = a_threat(INJECTION, principal=a_session())

    assert _graver(*blocks[:2], threat) == Severity.LOW
    assert _graver(*blocks, threat) == Severity.MEDIUM


def test_a_copy_from_security_hub_is_the_same_finding():
    world = World()
    world.see(an_api_call("PutUseCaseForModelAccess", at=-60), a_threat(COSTS))
    before = {finding.id for finding in world.found}
    copy = msgspec.structs.replace(a_threat(COSTS, at=300), id="securityhub/f1@x", product="securityhub", severity=2.0)
    world.see(copy)

    assert {finding.id for finding in world.found} == before


def test_a_network_new_to_the_principal_agrees():
    history = [an_api_call("Converse", at=-day * 86_400) for day in (14, 10, 5)]
    elsewhere = msgspec.structs.replace(an_api_call("Converse", at=-600), address="198.51.100.9")

    assert _graver(*history, a_threat(COSTS)) == Severity.LOW
    assert _graver(*history, elsewhere, a_threat(COSTS)) == Severity.MEDIUM


def test_a_habit_does_not_agree():
    habit = [an_api_call("Converse", at=-day * 86_400, error="ThrottlingException") for day in (14, 10, 5, 0)]

    assert _graver(*habit, a_threat(COSTS, at=60)) == Severity.LOW


def test_an_update_of_a_finding_is_the_same_finding():
    world = World()
    world.see(a_threat(COSTS), an_api_call("PutUseCaseForModelAccess"))
    before = len(_of_guardduty(world))
    world.see(a_threat(COSTS, at=1800, count=40))

    assert len(_of_guardduty(world)) == before == 2
