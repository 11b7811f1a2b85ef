from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from response_builders import Account, an_incident, release, respond, steps_of

from tidegate.model import IncidentStatus, Mode, RunStatus
from tidegate.response.record import reach_line
from tidegate.response.rounds import MOST_ROUNDS
from tidegate.response.world import run_of

POLICY = "TidegateContainment"


def plan(account: Account, **incident: Any) -> dict[str, Any]:
    stored = account.has(an_incident(**incident))
    return account.response.plan(stored.id, stored.generation)


def test_a_plan_says_exactly_what_will_change_and_changes_nothing(account: Account) -> None:
    planned = plan(account)
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    (step,) = run.plan.steps
    (difference,) = step.difference
    assert difference.before is None
    assert difference.after["Condition"]["StringLike"]["aws:userid"].endswith(":alice")
    assert account.clients.iam.list_role_policies(RoleName="app")["PolicyNames"] == []
    assert step.calls == ("iam:PutRolePolicy",)


def test_planning_twice_gives_the_same_plan(account: Account) -> None:
    first = plan(account)
    account.clock.advance(minutes=5)
    assert account.response.plan("incident-1", 1) == first
    assert len(account.ledger.receipts(first["run_id"])) == 1


@pytest.mark.parametrize(
    ("caller", "lever"),
    [
        ("user:mallory", "block_end_user"),
        ("session:app/mallory", "deny_role_session"),
        ("iam-user:builder", "deny_iam_user"),
    ],
)
def test_the_narrowest_lever_is_chosen(account: Account, caller: str, lever: str) -> None:
    assert list(steps_of(plan(account, caller=caller, related=("session:app/mallory", "role:app")))) == [lever]


def test_while_the_abuse_goes_on_the_next_wider_lever_is_pulled(account: Account) -> None:
    incident = an_incident(caller="user:mallory", related=("session:app/gateway",))
    respond(account, account.has(incident))
    account.events.others["session:app/gateway"] = [f"user:{number}" for number in range(20)]
    held = account.incidents.get(incident.id)
    assert held is not None
    account.has(held.model_copy(update={"got_through_at": account.clock() + timedelta(minutes=5)}))
    second = account.response.plan(incident.id, 2)
    assert (list(steps_of(second)), second["mode"]) == (["deny_role_session"], "approve")
    release(account, str(account.response.plan(incident.id, 1)["run_id"]))
    assert list(steps_of(account.response.plan(incident.id, 3))) == ["block_end_user"]


def test_an_incident_recovers_when_its_last_run_lets_go(account: Account) -> None:
    stored = account.has(an_incident(caller="user:mallory", severity="medium", generation=2))
    runs = [respond(account, stored.model_copy(update={"generation": number}))["run_id"] for number in (1, 2)]
    release(account, runs[0])
    assert status_of(account) is IncidentStatus.CONTAINED
    release(account, runs[1])
    assert status_of(account) is IncidentStatus.RECOVERED


def status_of(account: Account) -> IncidentStatus:
    incident = account.incidents.get("incident-1")
    assert incident is not None
    return incident.status


def test_a_key_alone_leads_to_its_user(account: Account) -> None:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    planned = plan(account, caller=f"key:{key}")
    assert list(steps_of(planned)) == ["deny_iam_user"]


@pytest.mark.parametrize(
    ("caller", "words"),
    [
        ("root:123456789012", "root user is never acted on"),
        ("service:bedrock.amazonaws.com", "no lever is narrow enough"),
        ("session:AWSServiceRoleForX/y1", "service-linked"),
        ("session:AWSReservedSSO_Admin_0123456789abcdef/ada", "Identity Center"),
        ("session:tidegate-ActOnCallersRole/fn", "Tidegate's own"),
        ("session:nowhere/ada", "not in this account"),
        ("key:AKIAEXAMPLE000000000", "no IAM user of this account"),
    ],
)
def test_what_must_not_be_touched_is_refused_with_the_alternative(account: Account, caller: str, words: str) -> None:
    planned = plan(account, caller=caller)
    assert planned["mode"] == "refused"
    run = account.response.close("incident-1", 1, "refused")
    assert run.status is RunStatus.REFUSED
    assert words in run.error


@pytest.mark.parametrize("pattern", ["app", "role:app", "arn:aws:iam::*:role/a*", "session:app/mal*"])
def test_a_protected_principal_is_refused(account: Account, pattern: str) -> None:
    guarded = account.settled(protected_principals=(pattern,))
    assert plan(guarded, caller="session:app/mallory")["mode"] == "refused"


def test_an_incident_without_a_playbook_is_refused(account: Account) -> None:
    assert plan(account, playbook=None)["mode"] == "refused"


def test_auto_asks_a_person_when_too_many_others_use_the_lever(account: Account) -> None:
    account.events.others["session:app/mallory"] = [f"user:{number}" for number in range(6)]
    planned = plan(account, caller="session:app/mallory")
    run = account.ledger.run(planned["run_id"])
    assert planned["mode"] == "approve"
    assert run is not None
    assert run.plan is not None
    assert run.plan.reach == 6
    assert "6 others use the lever" in run.plan.mode_reason


def test_the_incidents_own_names_are_nobody_else(account: Account) -> None:
    account.events.others["session:app/mallory"] = ["user:mallory", "user:trudy"]
    planned = plan(account.settled(reach_limit=1), caller="session:app/mallory", related=("user:mallory",))
    assert planned["mode"] == "auto"


@pytest.mark.parametrize("gone", ["away", "none"])
def test_auto_asks_a_person_when_the_reach_is_unknown(account: Account, gone: str) -> None:
    without_count(account, gone)
    planned = plan(account)
    run = account.ledger.run(planned["run_id"])
    assert planned["mode"] == "approve"
    assert run is not None
    assert run.plan is not None
    assert run.plan.reach == -1
    assert "deny_role_session would reach is unknown" in run.plan.mode_reason


def without_count(account: Account, gone: str) -> None:
    account.events.away = True
    if gone == "none":
        account.events = None  # type: ignore[assignment]


@pytest.mark.parametrize("gone", ["away", "none"])
def test_one_end_user_hits_nobody_else_whatever_can_be_counted(account: Account, gone: str) -> None:
    without_count(account, gone)
    assert plan(account, caller="user:mallory")["mode"] == "auto"


@pytest.mark.parametrize(
    ("caller", "playbook", "mode"),
    [
        ("session:app/mallory", "throttle_caller", "approve"),
        ("iam-user:builder", "rotate_credentials", "approve"),
    ],
)
def test_the_setting_opens_the_narrowest_levers_and_nothing_wider(
    account: Account, caller: str, playbook: str, mode: str
) -> None:
    account.events.away = True
    assert plan(account.settled(uncounted_auto=True), caller=caller, playbook=playbook)["mode"] == mode


@pytest.mark.parametrize(
    ("opened", "unknown"),
    [
        (False, "deny_iam_user, deactivate_access_key, revoke_minted_credentials"),
        (True, "deny_iam_user, revoke_minted_credentials"),
    ],
)
def test_the_setting_opens_a_key(account: Account, opened: bool, unknown: str) -> None:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    account.events.away = True
    planned = plan(
        account.settled(uncounted_auto=opened),
        caller="iam-user:builder",
        related=(f"key:{key}",),
        playbook="rotate_credentials",
    )
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    assert f"how many others {unknown} would reach" in run.plan.mode_reason


def test_the_plan_names_who_else_would_be_hit(account: Account) -> None:
    account.events.others["session:app/mallory"] = [f"user:{number}" for number in range(12)]
    planned = plan(account, caller="session:app/mallory")
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    assert run.plan.steps[0].reached == tuple(f"user:{number}" for number in range(10))
    assert reach_line(run.plan.steps[0]).endswith("user:9 and 2 more)")


def test_observe_stays_observe_however_far_it_would_reach(account: Account) -> None:
    account.events.away = True
    assert plan(account.settled(response_mode=Mode.OBSERVE))["mode"] == "observe"


def test_each_playbook_has_its_own_mode(account: Account) -> None:
    assert plan(account.settled(throttle_caller_mode=Mode.APPROVE))["mode"] == "approve"


def test_after_a_release_the_same_incident_is_not_contained_again_by_itself(account: Account) -> None:
    first = respond(account, account.has(an_incident()))
    release(account, first["run_id"])
    account.clock.advance(minutes=5)
    assert account.response.plan("incident-1", 2)["mode"] == "approve"
    account.clock.advance(minutes=60)
    assert account.response.plan("incident-1", 3)["mode"] == "auto"


def test_a_replacement_that_is_not_possible_does_not_hold_up_the_rest(account: Account) -> None:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    account.clients.iam.create_access_key(UserName="builder")
    names = {"caller": "iam-user:builder", "related": (f"key:{key}",), "playbook": "rotate_credentials"}
    planned = plan(account, **names)
    run = account.ledger.run(planned["run_id"])
    assert list(steps_of(planned)) == ["deny_iam_user", "deactivate_access_key", "revoke_minted_credentials"]
    assert run is not None
    assert run.plan is not None
    assert "two keys" in run.plan.mode_reason


def two_sessions(account: Account, **changes: Any) -> dict[str, Any]:
    given = {"caller": "session:app/mallory", "related": ("session:app/eve",), "playbook": "rotate_credentials"}
    return plan(account, **(given | changes))


def test_several_sessions_are_rounds_with_executions_of_their_own(account: Account) -> None:
    planned = two_sessions(account)
    names = [each["name"] for each in planned["rounds"]]
    assert names == [planned["run_id"], f"{planned['run_id']}-2"]
    assert [list(each["steps"]) for each in planned["rounds"]] == [["deny_role_session"], ["deny_role_session"]]
    assert account.response.plan("incident-1", 1) == planned


def test_a_protected_one_is_left_out_and_keeps_no_other_from_being_stopped(account: Account) -> None:
    planned = two_sessions(account.settled(protected_principals=("session:app/mallory",)))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    assert [step.target.id for step in run.plan.steps] == ["app/eve"]
    assert [each["name"] for each in planned["rounds"]] == [run.id]
    assert any("nothing is done about" in remark and "protected" in remark for remark in run.plan.remarks)


def test_when_none_of_several_may_be_touched_a_person_decides(account: Account) -> None:
    planned = two_sessions(account.settled(protected_principals=("role:app",)))
    assert (planned["mode"], planned["rounds"]) == ("refused", [])
    assert account.response.close("incident-1", 1, "refused").error.count("protected") == 2


def test_what_a_run_that_waits_is_about_to_do_is_left_to_it_while_it_can_do_it(account: Account) -> None:
    waits = account.settled(response_mode=Mode.APPROVE)
    waits.has(an_incident(caller="role:app", related=("session:app/eve",), playbook="rotate_credentials"))
    waits.response.plan("incident-1", 1)
    waits.response.plan("incident-1", 2)
    second = waits.ledger.run(run_of("incident-1", 2))
    assert second
    assert second.status is RunStatus.NOT_NEEDED
    account.clock.advance(hours=2)
    assert waits.response.plan("incident-1", 3)["mode"] == "approve"


def test_others_reached_by_several_rounds_add_up(account: Account) -> None:
    """Three each, all known by name: one of them is behind both."""
    account.events.others["session:app/mallory"] = ["user:a", "user:b", "user:c"]
    account.events.others["session:app/eve"] = ["user:c", "user:d", "user:e"]
    planned = two_sessions(account.settled(reach_limit=4))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    assert (planned["mode"], run.plan.reach) == ("approve", 5)
    assert "5 others use the levers" in run.plan.mode_reason


def test_each_round_counts_as_a_containment_of_the_hour(account: Account) -> None:
    assert two_sessions(account.settled(containments_per_hour=1))["mode"] == "approve"


def test_what_an_incident_names_beyond_measure_is_left_to_a_person(account: Account) -> None:
    """Whoever can make an incident name things must not make a plan of any length."""
    planned = two_sessions(account, related=tuple(f"session:app/eve-{number}" for number in range(30)))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.plan is not None
    assert len(planned["rounds"]) == MOST_ROUNDS
    assert any("11 more are named" in remark for remark in run.plan.remarks)
