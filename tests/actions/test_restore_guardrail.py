from __future__ import annotations

from typing import Any

import pytest
from protection_builders import STRONG, WEAK, a_guardrail, put_guardrail
from response_builders import a_step

from tidegate.actions import restore_guardrail as action
from tidegate.aws.clients import AwsClients
from tidegate.configurations.read_back import guardrail as as_put
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()


class Weakened:
    def __init__(self, bedrock: Any) -> None:
        self.bedrock = bedrock
        self.arn = a_guardrail(bedrock)
        put_guardrail(bedrock, self.arn, WEAK)

    def now(self) -> dict[str, Any]:
        return as_put(self.bedrock.get_guardrail(guardrailIdentifier=self.arn))

    def step(self, former: Any = STRONG) -> Step:
        return a_step("restore_guardrail", "guardrail", self.arn, former=former)


@pytest.fixture
def weakened(clients: AwsClients) -> Weakened:
    return Weakened(clients.named("bedrock"))


def test_the_draft_has_its_former_policies_again(clients: AwsClients, weakened: Weakened) -> None:
    found = action.snapshot(weakened.step(), clients)
    changed = action.apply(weakened.step(), found, clients)
    assert weakened.now() == STRONG
    proof = action.verify(weakened.step(), found, changed, clients)
    assert proof.facts == {"status": "READY", "restored": ["contentPolicyConfig", "wordPolicyConfig"]}


def test_tiers_reasoning_policies_and_the_profile_of_other_regions_come_back_too(
    clients: AwsClients, weakened: Weakened
) -> None:
    profile = "arn:aws:bedrock:us-east-1:111122223333:guardrail-profile/us.guardrail.v1:0"
    former = STRONG | {
        "topicPolicyConfig": {
            "topicsConfig": [{"name": "tax", "definition": "Advice on taxes.", "type": "DENY"}],
            "tierConfig": {"tierName": "STANDARD"},
        },
        "automatedReasoningPolicyConfig": {
            "policies": ["arn:aws:bedrock:us-east-1:111122223333:automated-reasoning-policy/abcdef123456"],
            "confidenceThreshold": 0.8,
        },
        "crossRegionConfig": {"guardrailProfileIdentifier": profile},
    }
    found = action.snapshot(weakened.step(former), clients)
    action.apply(weakened.step(former), found, clients)
    assert weakened.now() == former


def test_undo_weakens_it_exactly_as_found(clients: AwsClients, weakened: Weakened) -> None:
    before = weakened.now()
    found = action.snapshot(weakened.step(), clients)
    action.undo(weakened.step(), found, action.apply(weakened.step(), found, clients), clients)
    assert weakened.now() == before
    assert action.undo(weakened.step(), found, None, clients).already


def test_a_policy_that_was_added_meanwhile_is_not_overwritten(clients: AwsClients, weakened: Weakened) -> None:
    found = action.snapshot(weakened.step(), clients)
    changed = action.apply(weakened.step(), found, clients)
    topic = {"name": "tax", "definition": "Advice on taxes.", "type": "DENY"}
    put_guardrail(weakened.bedrock, weakened.arn, STRONG | {"topicPolicyConfig": {"topicsConfig": [topic]}})
    with pytest.raises(ChangedSince):
        action.undo(weakened.step(), found, changed, clients)
    with pytest.raises(NotProven):
        action.verify(weakened.step(), found, changed, clients)


def test_a_former_state_that_only_an_event_told_of_keeps_what_the_update_needs(
    clients: AwsClients, weakened: Weakened
) -> None:
    """CloudTrail names what the call named: a guardrail's messages may not be among it."""
    told = {name: STRONG[name] for name in ("contentPolicyConfig", "wordPolicyConfig")}
    found = action.snapshot(weakened.step(told), clients)
    action.apply(weakened.step(told), found, clients)
    assert weakened.now() == STRONG


def test_a_deleted_guardrail_is_refused_and_the_alternative_named(clients: AwsClients, weakened: Weakened) -> None:
    weakened.bedrock.delete_guardrail(guardrailIdentifier=weakened.arn)
    with pytest.raises(Refused, match="surge guardrail"):
        action.snapshot(weakened.step(), clients)


def test_a_guardrail_that_was_restored_by_hand_is_left_alone(clients: AwsClients, weakened: Weakened) -> None:
    put_guardrail(weakened.bedrock, weakened.arn, STRONG)
    with pytest.raises(Refused, match="nothing is left"):
        action.snapshot(weakened.step(), clients)


@pytest.mark.parametrize("former", [None, {"deleted": True}, STRONG | {"name": "***"}])
def test_without_a_whole_former_configuration_nothing_is_invented(
    clients: AwsClients, weakened: Weakened, former: Any
) -> None:
    with pytest.raises(Refused):
        action.snapshot(weakened.step(former), clients)
