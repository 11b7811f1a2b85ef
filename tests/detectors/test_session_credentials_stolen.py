"""What cases can't say about session_credentials_stolen: the order of arrival, updates, severity."""

from __future__ import annotations

from itertools import permutations

import pytest
from detection_builders import World, a_session, a_threat, a_user, an_api_call, an_invocation

from tidegate.detectors.threat_types import is_stolen
from tidegate.model import Severity

OUTSIDE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (OUTSIDE, True),
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS", True),
        ("CredentialAccess:IAMUser/CompromisedCredentials", True),
        ("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", True),
        ("Recon:IAMUser/TorIPCaller", True),
        ("AttackSequence:IAM/CompromisedCredentials", True),
        ("Impact:IAMUser/AnomalousModelInvocation", False),
        ("Policy:IAMUser/RootCredentialUsage", False),
    ],
)
def test_which_findings_say_that_credentials_were_stolen(type, expected):
    assert is_stolen(type) is expected


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_of_arrival_gives_the_same_finding(order):
    records = [an_invocation(-600), a_threat(OUTSIDE, principal=a_session(), severity=8.0), an_invocation(600)]
    world = World()

    for place in order:
        world.see(records[place])

    [finding] = world.found
    assert finding.caller == "session:SupportAssistant/web-1"
    assert finding.severity == Severity.CRITICAL
    assert finding.id == _undisturbed(records)


def _undisturbed(records):
    world = World()
    world.see(*records)
    return world.found[0].id


def test_an_update_of_a_finding_is_the_same_finding():
    world = World()
    world.see(an_api_call("Converse", principal=a_user()))

    world.see(a_threat(at=0))
    world.see(a_threat(at=900, count=7))

    assert len(world.found) == 1


def test_tor_is_high_and_an_instance_role_outside_aws_is_critical():
    tor, outside = World(), World()
    tor.see(an_api_call("Converse"), a_threat())
    outside.see(an_api_call("Converse"), a_threat(OUTSIDE))

    assert tor.found[0].severity == Severity.HIGH
    assert outside.found[0].severity == Severity.CRITICAL


def test_a_finding_that_names_a_model_needs_no_call_of_its_own():
    world = World()

    world.see(a_threat(models=("anthropic.claude-3-haiku-20240307-v1:0",)))

    assert world.detectors == ["session_credentials_stolen"]


def test_an_archived_finding_is_over():
    world = World()

    world.see(an_api_call("Converse"), a_threat(archived=True))

    assert world.found == []


def test_each_actor_of_an_attack_sequence_is_looked_at():
    world = World()
    caller, other = a_user("caller"), a_user("other")
    world.see(an_api_call("Converse", principal=caller))

    world.see(a_threat("AttackSequence:IAM/CompromisedCredentials", principal=other, actors=(other, caller)))

    assert [finding.caller for finding in world.found] == ["iam-user:caller"]


def test_a_caller_that_only_calls_models_is_written_once_an_hour():
    world = World()
    world.see(an_api_call("Converse", at=0))
    revision = next(iter(world.states._stored.values())).revision

    world.see(an_api_call("Converse", at=30))

    assert next(iter(world.states._stored.values())).revision == revision
