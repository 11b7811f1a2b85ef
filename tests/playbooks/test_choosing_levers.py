from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from response_builders import START, an_incident

from tidegate.actions import ACTIONS
from tidegate.errors import Refused
from tidegate.model import Minted
from tidegate.playbooks import PLAYBOOKS, Lever, Surroundings, playbook_named
from tidegate.response.rounds import of_levers

KEY = "AKIAEXAMPLE000000001"
SECOND, OTHERS = "AKIAEXAMPLE000000002", "AKIAEXAMPLE000000003"
OWNERS = {KEY: "builder", SECOND: "builder", OTHERS: "eve"}
ALIAS = "arn:aws:bedrock:eu-west-1:111122223333:agent-alias/AGENT00001/ALIAS00001"

NAMED = [  # callers and resources of every kind, several of each
    "iam-user:builder", "iam-user:BedrockAPIKey-ab12", f"key:{KEY}", f"key:{SECOND}", f"key:{OTHERS}", "user:mallory",
    "session:app/mallory", "session:app/eve", "role:app", ALIAS, ALIAS[:-1] + "2", "arn:aws:s3:::reports",
    "arn:aws:s3:::orders", "arn:aws:bedrock:eu-west-1:111122223333:guardrail/one", "logging/111122223333/eu-west-1",
    "arn:aws:bedrock:eu-west-1:111122223333:guardrail/two", "logging/111122223333/eu-central-1",
    "arn:aws:appconfig:eu-west-1:111122223333:application/abcd/environment/efgh/deployment/1",
    "arn:aws:appconfig:eu-west-1:111122223333:application/abcd/environment/efgh/deployment/2",
]  # fmt: skip


def owner_of(key: str) -> str:
    if key not in OWNERS:
        raise Refused(f"no IAM user has key {key}")
    return OWNERS[key]


def levers(playbook: str, **incident: Any) -> tuple[Lever, ...]:
    known = Surroundings(stack="tidegate", key_owner=owner_of)
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


@pytest.mark.parametrize("resources", [(), ("arn:aws:bedrock:eu-west-1:111122223333:agent/AGENT00001",)])
def test_no_alias_is_a_persons_business(resources: tuple[str, ...]) -> None:
    with pytest.raises(Refused):
        levers("roll_back_model", resources=resources)


def rounds(playbook: str, **incident: Any) -> list[list[tuple[str, str]]]:
    """Action and target's id of each lever, round by round."""
    found = of_levers(levers(playbook, **incident))
    return [[(lever.action, lever.target.id) for lever in each] for each in found]


def test_each_of_two_aliases_is_put_back_in_a_round_of_its_own() -> None:
    assert rounds("roll_back_model", resources=(ALIAS, ALIAS[:-1] + "2")) == [
        [("roll_back_agent_alias", "AGENT00001/ALIAS00001")],
        [("roll_back_agent_alias", "AGENT00001/ALIAS00002")],
    ]


def test_each_protection_is_restored_in_a_round_of_its_own_and_the_log_first() -> None:
    guardrails = [f"arn:aws:bedrock:eu-west-1:111122223333:guardrail/{name}" for name in ("one", "two")]
    log = "logging/111122223333/eu-west-1"
    assert rounds("restore_guardrails", resources=(*guardrails, log, guardrails[0])) == [
        [("restore_invocation_logging", log)],
        [("restore_guardrail", guardrails[0])],
        [("restore_guardrail", guardrails[1])],
    ]


def test_every_stolen_key_of_every_user_is_stopped() -> None:
    """The quarantine comes off a user when its last key is stopped."""
    names = {"caller": "iam-user:builder", "related": (f"key:{KEY}", f"key:{SECOND}", f"key:{OTHERS}", "iam-user:eve")}
    assert rounds("rotate_credentials", **names) == [
        [("deny_iam_user", "builder"), ("deactivate_access_key", KEY), ("replace_access_key", KEY)],
        [("deactivate_access_key", SECOND), ("replace_access_key", SECOND), ("detach_quarantine_policy", "builder")],
        [
            ("deny_iam_user", "eve"),
            ("deactivate_access_key", OTHERS),
            ("replace_access_key", OTHERS),
            ("detach_quarantine_policy", "eve"),
        ],
    ]


def minted(*, standing: frozenset[str] = frozenset(), **incident: Any) -> list[Lever]:
    known = Surroundings(stack="tidegate", key_owner=owner_of, acts_by=START, standing=standing)
    found = playbook_named("rotate_credentials").levers(an_incident(**incident), known)
    return [lever for lever in found if lever.action == "revoke_minted_credentials"]


def test_what_was_made_out_of_a_stolen_key_is_denied_until_the_plan_has_acted() -> None:
    temporary = "key:ASIAEXAMPLE000000001"
    (lever,) = minted(caller="iam-user:builder", related=(f"key:{KEY}", temporary))
    assert lever.target.id == "builder"
    assert lever.parameters == {"before": START.isoformat(), "sessions": [temporary]}
    assert not lever.required


NOW = START.timestamp()
OPENED = Minted("ASIAROLE", NOW - 60, NOW + 3540, role="app", session="mallory", account="123456789012")
OWN = Minted("ASIAEXAMPLE000000002", NOW - 60, NOW + 43_140)


def after_key(*made: Minted, **incident: Any) -> list[Lever]:
    known = Surroundings(
        stack="tidegate", key_owner=owner_of, now=START, acts_by=START, minted=lambda key: made if key == KEY else ()
    )
    given = {"caller": "iam-user:builder", "related": (f"key:{KEY}",)} | incident
    return list(playbook_named("rotate_credentials").levers(an_incident(**given), known))


def test_a_session_that_a_stolen_key_opened_is_denied_for_as_long_as_it_can_live() -> None:
    lever = after_key(OPENED)[-1]
    assert (lever.action, lever.target.id, lever.round) == ("deny_role_session", "app/mallory", "session:app/mallory")
    assert lever.reach_by == "session:app/mallory"
    assert lever.parameters == {
        "before": START.isoformat(),
        "lives_until": (START + timedelta(seconds=3540)).isoformat(),
        "sessions": ["key:ASIAROLE"],
    }


def test_a_session_opened_twice_is_one_step_until_the_later_expires() -> None:
    again = OPENED._replace(key="ASIAAGAIN", until=NOW + 9000)
    (lever,) = [each for each in after_key(OPENED, again) if each.action == "deny_role_session"]
    assert lever.parameters["sessions"] == ["key:ASIAROLE", "key:ASIAAGAIN"]
    assert lever.parameters["lives_until"] == (START + timedelta(seconds=9000)).isoformat()


def test_temporary_keys_that_only_our_events_name_are_watched_but_not_those_of_roles() -> None:
    (lever,) = [each for each in after_key(OPENED, OWN) if each.action == "revoke_minted_credentials"]
    assert lever.parameters["sessions"] == [f"key:{OWN.key}"]


def test_a_session_that_the_key_s_incident_names_is_denied_for_the_longest_that_one_can_live() -> None:
    named = after_key(related=(f"key:{KEY}", "session:app/mallory", "session:AWSReservedSSO_Admin_ab/rita"))
    (lever,) = [each for each in named if each.action == "deny_role_session"]
    assert lever.target.id == "app/mallory"
    assert lever.parameters["lives_until"] == (START + timedelta(hours=12)).isoformat()


def test_sessions_of_an_incident_that_is_not_the_key_s_are_left_alone() -> None:
    """An administrator's session made an API key for a user: nothing says that the user's key opened the session."""
    named = after_key(caller="session:admin/rita", related=(f"key:{KEY}", "iam-user:builder"))
    assert [each for each in named if each.action == "deny_role_session"] == []


def test_a_session_in_another_account_is_named_there() -> None:
    lever = after_key(OPENED._replace(account="444455556666"))[-1]
    assert lever.target.account == "444455556666"


def test_a_session_alone_and_a_user_without_a_key_have_nothing_made_out_of_a_key() -> None:
    assert minted(caller="session:app/mallory", related=("key:ASIAEXAMPLE000000001",)) == []
    assert minted(caller="iam-user:builder") == []


def test_a_key_stolen_later_moves_the_moment_though_an_earlier_denial_stands() -> None:
    held = frozenset(
        {"deny_iam_user/escalation:builder", f"deactivate_access_key:{KEY}", "revoke_minted_credentials:builder"}
    )
    both = {"caller": "iam-user:builder", "related": (f"key:{KEY}", f"key:{SECOND}")}
    assert len(minted(standing=held, caller="iam-user:builder", related=(f"key:{KEY}",))) == 0
    assert {lever.target.id for lever in minted(standing=held, **both)} == {"builder"}


def test_a_key_that_nobody_has_keeps_no_other_from_being_stopped() -> None:
    unknown = "AKIAEXAMPLE000000009"
    found = rounds("rotate_credentials", caller=f"key:{unknown}", related=(f"key:{KEY}",))
    assert [step for each in found for step in each if step[0] == "deactivate_access_key"] == [
        ("deactivate_access_key", KEY)
    ]


def test_every_session_and_every_share_is_a_round() -> None:
    sessions = {"caller": "session:app/mallory", "related": ("session:app/eve", "role:app")}
    assert rounds("rotate_credentials", **sessions) == [
        [("deny_role_session", "app/mallory")],
        [("deny_role_session", "app/eve")],
    ]
    opened = {"resources": ("arn:aws:s3:::reports", "arn:aws:s3:::orders"), "detectors": ("data_exfiltration",)}
    assert rounds("contain_exfiltration", **sessions, **opened) == [
        [("close_bucket_policy", "reports")],
        [("close_bucket_policy", "orders")],
        [("deny_role_session", "app/mallory")],
        [("deny_role_session", "app/eve")],
    ]


def test_an_end_users_session_is_the_applications_and_is_left_alone() -> None:
    caller = {"caller": "user:mallory", "related": ("session:app/gateway", "session:app/other")}
    assert rounds("contain_exfiltration", **caller) == [[("block_end_user", "mallory")]]


@given(st.lists(st.sampled_from(NAMED), max_size=12), st.sampled_from(sorted(PLAYBOOKS)))
def test_no_round_takes_an_action_twice(named: list[str], playbook: str) -> None:
    caller, *related = named or ["user:mallory"]
    with suppress(Refused):
        for each in rounds(playbook, caller=caller, related=tuple(related), resources=tuple(named)):
            actions_taken = [action for action, _ in each]
            assert len(set(actions_taken)) == len(actions_taken)


@given(st.text(max_size=40), st.sampled_from(sorted(PLAYBOOKS)))
def test_whatever_a_caller_is_called_it_gets_known_levers_or_a_refusal(name: str, playbook: str) -> None:
    for caller in (name, f"user:{name}", f"session:{name}", f"iam-user:{name}", f"root:{name}"):
        with suppress(Refused):
            assert {lever.action for lever in levers(playbook, caller=caller)} <= set(ACTIONS)
