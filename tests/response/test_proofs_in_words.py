"""The proof of a step is a sentence. That of every action is looked at where each is applied to random accounts."""

from __future__ import annotations

from typing import Any

import pytest
from lever_builders import LEVERS
from response_builders import START, an_incident

from tidegate.model import Incident, Mode, Receipt, Run, RunStatus, Step, StepStatus
from tidegate.response.proofs import SAID, sentence
from tidegate.response.world import planned_receipt


def receipt_of(step: Step, incident: Incident, **proof: Any) -> Receipt:
    run = Run(
        id="run-1", incident_id=incident.id, playbook="", mode=Mode.AUTO, status=RunStatus.ACTING, started_at=START
    )
    changes = {"status": StepStatus.VERIFIED, "proof": proof or None}
    return planned_receipt(run, step, START).model_copy(update=changes)


def test_nothing_is_said_of_what_is_not_proven() -> None:
    assert sentence(receipt_of(BLOCK, an_incident())) == ""


BLOCK = Step.model_validate(
    {
        "id": "step-1",
        "action": "block_end_user",
        "target": {"kind": "end_user", "id": "mallory", "account": "111122223333", "region": "eu-west-1"},
        "parameters": {},
        "calls": [],
    }
)


def test_a_block_that_no_application_asks_for_says_that_it_stops_nobody() -> None:
    facts = {"blocked": True, "blocked_by": ["run-1"], "asked": "no application has charged or refused this user"}
    said = sentence(receipt_of(BLOCK, an_incident(), **facts))
    assert said == (
        "read back: the user is blocked; no application has asked about this user lately, and one that never asks is "
        "not stopped by this"
    )


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ({"succeeded": 0, "denied": 31}, "since then our events show 0 calls that succeeded and 31 refused"),
        ("unknown: the index did not answer", "its calls since are unknown: the index did not answer"),
    ],
)
def test_what_our_events_say_since_is_part_of_it(calls: Any, said: str) -> None:
    facts = {"blocked": True, "last_charged": "2026-03-02T09:00:00+00:00", "refused": 1204, "calls_since": calls}
    text = sentence(receipt_of(BLOCK, an_incident(), **facts))
    assert "last counted a call at 2026-03-02T09:00:00+00:00, 1,204 calls were refused so far" in text
    assert text.endswith(said)


@pytest.mark.parametrize(
    ("deny", "said"), [("escalation", "may still call models"), ("models_and_escalation", "denies user builder models")]
)
def test_of_a_user_it_is_said_whether_models_are_denied_too(deny: str, said: str) -> None:
    step = BLOCK.model_copy(update={"action": "deny_iam_user", "parameters": {"deny": deny}})
    facts = {"policy": "TidegateContainment", "statement": "Tidegate1", "denied": "builder"}
    assert said in sentence(receipt_of(step, an_incident(), **facts))


def test_where_the_new_key_lies_is_named() -> None:
    where = "tidegate/access-keys/builder"
    step = BLOCK.model_copy(update={"action": "replace_access_key", "parameters": {"secret": where}})
    facts = {"key": "AKIANEW", "secret": where, "version": "v", "consumers": "not seen to use it yet"}
    said = sentence(receipt_of(step, an_incident(), **facts))
    assert said == (
        f"read back: new key AKIANEW is active and current in secret {where}; no application has used it yet"
    )


@pytest.mark.parametrize(
    ("action", "facts", "said"),
    [
        ("pause_agent_alias", {"value": "REJECT_INVOCATIONS", "status": "PREPARED"}, "the alias takes no calls"),
        (
            "roll_back_agent_alias",
            {"status": "PREPARED", "routing": [{"agentVersion": "1"}], "invocations": "ACCEPT_INVOCATIONS"},
            "the alias leads to version 1, takes calls (PREPARED)",
        ),
        ("switch_to_fallback", {"value": "amazon.nova-lite-v1:0"}, "the parameter says 'amazon.nova-lite-v1:0'"),
    ],
)
def test_what_an_application_goes_on_by_is_named(action: str, facts: dict[str, Any], said: str) -> None:
    step = BLOCK.model_copy(update={"action": action})
    assert sentence(receipt_of(step, an_incident(), **facts)) == f"read back: {said}"


def test_every_sentence_is_of_an_action_that_there_is() -> None:
    assert set(SAID) <= {*LEVERS, "delete_access_key", "delete_api_key"}


def test_facts_that_an_earlier_version_kept_are_said_as_they_are() -> None:
    kept = {"policy_name": "TidegateContainment", "statements": 2, "calls_since": {"succeeded": 0, "denied": 3}}
    step = BLOCK.model_copy(update={"action": "deny_role_session"})

    said = sentence(receipt_of(step, an_incident(), **kept))

    assert said.startswith("read back: policy name TidegateContainment, statements 2; since then our events show 0")


def test_a_setting_whose_value_was_not_kept_is_not_said_to_be_gone() -> None:
    step = BLOCK.model_copy(update={"action": "roll_back_flow_alias"})

    assert "not there" not in sentence(receipt_of(step, an_incident(), status="PREPARED"))
