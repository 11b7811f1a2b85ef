"""throttle_caller: one rung a response, the narrowest first; rotate_credentials leaves out what stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from response_builders import START, an_incident

from tidegate.errors import HeldAlready, Refused
from tidegate.model import Severity
from tidegate.playbooks import Lever, Means, Surroundings, playbook_named

KEY = "AKIAEXAMPLE000000001"
SCP = Means(containment_policy="p-0123456789")
SET = "arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/1"
EVERYTHING = Means(
    containment_policy="p-0123456789",
    address_set=SET,
    user_pool="eu-west-1_pool",
    identity_center=True,
    gateway_keys=True,
    secrets=("models/",),
)
SSO = "AWSReservedSSO_Builders_0123456789abcdef/ada@example.com"
KNOWN = Surroundings(stack="tidegate", key_owner=lambda key: {KEY: "builder"}[key], now=START)


def levers(playbook: str, known: Surroundings = KNOWN, **incident: Any) -> tuple[Lever, ...]:
    return playbook_named(playbook).levers(an_incident(**incident), known)


def climbed(means: Means, **incident: Any) -> list[list[str]]:
    """The actions of each response, when each holds and the abuse goes on."""
    rungs: list[list[str]] = []
    known = replace(KNOWN, means=means)
    while True:
        try:
            rung = levers("throttle_caller", known, **incident)
        except Refused:
            return rungs
        rungs.append([lever.action for lever in rung])
        held = {f"{lever.action}:{lever.target.id}" for lever in rung}
        known = replace(known, standing=known.standing | held, goes_on=True)


def test_an_end_user_is_limited_blocked_and_then_what_it_comes_through() -> None:
    names = {"related": ("session:app/i-1", "role:app", "address:198.51.100.7"), "severity": Severity.MEDIUM}
    assert climbed(EVERYTHING, caller="user:mallory", **names) == [
        ["limit_end_user"],
        ["block_end_user", "disable_gateway_key", "sign_out_cognito_user"],
        ["block_address"],
        ["deny_role_session"],
        ["revoke_older_sessions"],
        ["deny_role"],
        ["deny_by_scp"],
    ]


def test_only_what_the_account_has_prepared_is_on_the_ladder() -> None:
    names = {"related": ("session:app/i-1", "address:198.51.100.7")}
    rungs = climbed(Means(), caller="user:mallory", **names)
    assert rungs == [["block_end_user"], ["deny_role_session"], ["revoke_older_sessions"], ["deny_role"]]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"severity": Severity.MEDIUM}, "limit_end_user"),
        ({"severity": Severity.HIGH}, "block_end_user"),
        ({"severity": Severity.MEDIUM, "families": ("quota_abuse", "extraction")}, "block_end_user"),
    ],
)
def test_a_limit_answers_quantity_only(changes: dict[str, Any], first: str) -> None:
    assert levers("throttle_caller", caller="user:mallory", **changes)[0].action == first


def test_an_iam_user_is_denied_and_then_denied_above_the_account() -> None:
    assert climbed(SCP, caller="iam-user:builder") == [["deny_iam_user"], ["deny_by_scp"]]
    (deny,) = levers("throttle_caller", caller="iam-user:builder")
    assert [lever.action for lever in deny.otherwise] == ["put_permissions_boundary"]


def test_a_person_of_identity_center_is_denied_in_its_permission_set() -> None:
    assert climbed(EVERYTHING, caller=f"session:{SSO}") == [["deny_identity_center_user"], ["deny_by_scp"]]


def test_what_reaches_everyone_asks_a_person_and_a_session_does_not() -> None:
    (session,) = levers("throttle_caller", caller="session:app/mallory")
    assert not session.asks
    assert all(lever.asks for lever in session.otherwise)
    assert [lever.action for lever in session.otherwise] == ["revoke_older_sessions", "deny_role"]


def test_a_graver_incident_climbs_from_its_limit_to_the_block_and_leaves_out_no_rung() -> None:
    limited = replace(KNOWN, standing=frozenset({"limit_end_user:mallory"}))
    graver = {"caller": "user:mallory", "related": ("session:app/i-1", "role:app"), "severity": Severity.HIGH}
    assert [lever.action for lever in levers("throttle_caller", limited, **graver)] == ["block_end_user"]
    blocked = replace(limited, standing=limited.standing | {"block_end_user:mallory"}, goes_on=True)
    assert [lever.action for lever in levers("throttle_caller", blocked, **graver)] == ["deny_role_session"]


def test_who_is_stopped_already_is_stopped_no_wider_because_the_incident_grew_graver() -> None:
    blocked = replace(KNOWN, standing=frozenset({"limit_end_user:mallory", "block_end_user:mallory"}))
    with pytest.raises(HeldAlready, match="is stopped already"):
        levers("throttle_caller", blocked, caller="user:mallory", related=("session:app/i-1", "role:app"))


@pytest.mark.parametrize("session", ["app/i-1", SSO])
def test_of_one_end_user_a_person_is_asked_before_anything_that_others_come_through(session: str) -> None:
    known = replace(KNOWN, means=EVERYTHING)
    while True:
        try:
            rung = levers("throttle_caller", known, caller="user:mallory", related=(f"session:{session}",))
        except Refused:
            break
        held = {f"{lever.action}:{lever.target.id}" for lever in rung}
        for lever in (each for one in rung for each in (one, *one.otherwise)):
            own = lever.target.kind in ("end_user", "gateway_key", "cognito_user", "address")
            assert own or "on account of one end user, mallory" in lever.asks
        known = replace(known, standing=known.standing | held, goes_on=True)
    assert "deny_by_scp:role:" + session.partition("/")[0] in known.standing


def test_older_sessions_are_those_before_the_plan() -> None:
    known = replace(KNOWN, standing=frozenset({"deny_role_session:app/mallory"}), goes_on=True)
    (revoke,) = levers("throttle_caller", known, caller="session:app/mallory")
    assert revoke.parameters == {"before": START.isoformat()}


def test_a_long_term_api_key_is_stopped_after_escalation_is_denied() -> None:
    names = {"caller": "iam-user:app", "related": ("api-key:LONG_TERM",), "detectors": ("api_key_new_origin",)}
    deny, stop = levers("rotate_credentials", **names)
    assert (deny.action, deny.parameters) == ("deny_iam_user", {"deny": "escalation"})
    assert (stop.action, stop.target.kind) == ("stop_api_key", "api_key")


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (("SHORT_TERM",), ["deny_bearer_tokens"]),
        (("LONG_TERM",), ["stop_api_key"]),
        (("LONG_TERM", "SHORT_TERM"), ["stop_api_key", "deny_bearer_tokens"]),
        ((), ["stop_api_key", "deny_bearer_tokens"]),
    ],
)
def test_the_type_of_the_api_key_decides_and_both_stop_when_nothing_says(types: Any, taken: list[str]) -> None:
    """A user's long-term key stopped for a short-term one would be the wrong key, for good."""
    related = tuple(f"api-key:{one}" for one in types)
    given = levers("rotate_credentials", caller="iam-user:app", related=related, detectors=("api_key_new_origin",))
    assert [lever.action for lever in given] == ["deny_iam_user", *taken]


def test_a_short_term_api_key_is_denied_with_the_session_that_made_it() -> None:
    taken = levers("rotate_credentials", caller="session:app/mallory", detectors=("api_key_new_origin",))
    assert [(lever.action, lever.target.id) for lever in taken] == [
        ("deny_role_session", "app/mallory"),
        ("deny_bearer_tokens", "app"),
    ]


@pytest.mark.parametrize(("prefixes", "rotated"), [(("models/",), True), (("other/",), False), ((), False)])
def test_a_secret_is_rotated_where_the_setting_names_it(prefixes: tuple[str, ...], rotated: bool) -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:models/provider-a1b2c3"
    known = replace(KNOWN, means=Means(secrets=prefixes))
    taken = levers("rotate_credentials", known, caller="session:app/mallory", resources=("x", secret))
    assert ("rotate_secret" in [lever.action for lever in taken]) is rotated


def test_two_playbooks_of_one_incident_do_not_deny_the_same_user_twice() -> None:
    known = replace(KNOWN, standing=frozenset({"deny_iam_user:builder"}))
    taken = levers("rotate_credentials", known, caller="iam-user:builder", related=(f"key:{KEY}",))
    assert [lever.action for lever in taken] == [
        "deactivate_access_key",
        "replace_access_key",
        "detach_quarantine_policy",
    ]
    with pytest.raises(HeldAlready, match="holds all"):
        levers("rotate_credentials", known, caller="iam-user:builder")


def test_a_user_denied_escalation_alone_can_still_be_denied_models() -> None:
    known = replace(KNOWN, standing=frozenset({"deny_iam_user/escalation:builder"}))
    (deny,) = levers("throttle_caller", known, caller="iam-user:builder")
    assert (deny.action, deny.parameters) == ("deny_iam_user", {})
    again = levers("rotate_credentials", known, caller="iam-user:builder", related=(f"key:{KEY}",))
    assert "deny_iam_user" not in [lever.action for lever in again]
