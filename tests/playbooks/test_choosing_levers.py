from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from response_builders import START, an_incident

from tidegate.actions import ACTIONS
from tidegate.errors import Refused
from tidegate.playbooks import PLAYBOOKS, Lever, Surroundings, playbook_named

KEY = "AKIAEXAMPLE000000001"
ALIAS = "arn:aws:bedrock:eu-west-1:111122223333:agent-alias/AGENT00001/ALIAS00001"


def levers(playbook: str, **incident: Any) -> tuple[Lever, ...]:
    known = Surroundings(stack="tidegate", key_owner=lambda key: {KEY: "builder"}[key])
    return playbook_named(playbook).levers(an_incident(**incident), known)


def actions(playbook: str, **incident: Any) -> list[str]:
    return [lever.action for lever in levers(playbook, **incident)]


def test_a_stolen_key_of_a_user_is_stopped_and_replaced_after_escalation_is_denied() -> None:
    names = {"caller": "iam-user:builder", "related": (f"key:{KEY}",)}
    deny, stop, replace, detach = levers("rotate_credentials", **names)
    assert (deny.action, deny.parameters) == ("deny_iam_user", {"deny": "escalation"})
    assert (stop.action, stop.target.id) == ("deactivate_access_key", KEY)
    assert replace.parameters == {"secret": "tidegate/access-keys/builder"}
    assert (detach.action, detach.parameters) == ("detach_quarantine_policy", {"leaked": KEY})
    assert not replace.required
    assert not detach.required


def test_a_key_alone_leads_to_its_user() -> None:
    assert levers("rotate_credentials", caller=f"key:{KEY}")[0].target.id == "builder"


def test_a_phantom_users_key_is_not_replaced() -> None:
    names = {"caller": "iam-user:BedrockAPIKey-ab12", "related": (f"key:{KEY}",)}
    deny, api_key, stop = levers("rotate_credentials", **names)
    assert deny.parameters == {"deny": "models_and_escalation"}
    assert (api_key.action, api_key.required) == ("stop_api_key", False)
    assert stop.action == "deactivate_access_key"


def test_a_temporary_key_is_never_rotated() -> None:
    names = {"caller": "session:app/mallory", "related": ("role:app", "key:ASIAEXAMPLE000000001")}
    assert actions("rotate_credentials", **names) == ["deny_role_session"]


def test_a_user_without_a_known_key_is_denied() -> None:
    assert actions("rotate_credentials", caller="iam-user:builder") == ["deny_iam_user"]


@pytest.mark.parametrize("key", ["AKIAEXAMPLE", "AKIA$(whoami)0000000000", "AKIA" + "A" * 200])
def test_what_is_no_key_id_denies_the_user_instead_of_failing_the_plan(key: str) -> None:
    assert actions("rotate_credentials", caller="iam-user:builder", related=(f"key:{key}",)) == ["deny_iam_user"]


def test_an_alias_is_put_back_to_before_the_incident() -> None:
    (lever,) = levers("roll_back_model", resources=("other", ALIAS))
    assert lever.target.id == "AGENT00001/ALIAS00001"
    assert lever.parameters["before"] == START.isoformat()


@pytest.mark.parametrize(
    "resources", [(), ("arn:aws:bedrock:eu-west-1:111122223333:agent/AGENT00001",), (ALIAS, ALIAS[:-1] + "2")]
)
def test_no_alias_or_several_are_a_persons_business(resources: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        levers("roll_back_model", resources=resources)


@given(st.text(max_size=40), st.sampled_from(sorted(PLAYBOOKS)))
def test_whatever_a_caller_is_called_it_gets_known_levers_or_a_refusal(name: str, playbook: str) -> None:
    for caller in (name, f"user:{name}", f"session:{name}", f"iam-user:{name}", f"root:{name}"):
        with suppress(Refused):
            assert {lever.action for lever in levers(playbook, caller=caller)} <= set(ACTIONS)
