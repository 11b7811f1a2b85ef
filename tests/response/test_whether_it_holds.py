"""A containment is believed by what the contained caller's calls do afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from response_builders import Account, an_incident, release, respond, run_playbook, steps_of

from tidegate.actions import ACTIONS
from tidegate.incidents import asked_again
from tidegate.model import Incident, IncidentStatus, Run, RunStatus, Severity
from tidegate.response.holding import SILENCING
from tidegate.response.world import decisive, runs_of
from tidegate_quota import Quota, QuotaRefused

ROTATE = "rotate_credentials"


@pytest.fixture
def contained(account: Account) -> Account:
    """Mallory's session is denied, and ten minutes have gone by."""
    return after(account, caller="session:app/mallory", related=("role:app",))


def after(account: Account, **incident: Any) -> Account:
    given = {"responses": (incident.get("playbook", "throttle_caller"),), **incident}
    respond(account, account.has(an_incident(**given)))
    account.clock.advance(minutes=10)
    return account


def the_run(account: Account, generation: int = 1) -> Run:
    run = account.ledger.run(account.response.plan("incident-1", generation)["run_id"])  # type: ignore[arg-type]
    assert run is not None
    return run


def started(account: Account) -> list[dict[str, Any]]:
    machine = account.settings.respond_state_machine
    states = account.clients.states
    found = states.list_executions(stateMachineArn=machine)["executions"]
    return [json.loads(states.describe_execution(executionArn=one["executionArn"])["input"]) for one in found]


def test_later_success_means_that_it_does_not_hold_and_asks_for_the_next_rung(contained: Account) -> None:
    contained.events.made["session:app/mallory"] = (4, 0)
    run = the_run(contained)
    assert contained.response.check().outlived == [run.id]
    incident = contained.incidents.get("incident-1")
    assert incident is not None
    assert (incident.generation, incident.status) == (2, IncidentStatus.TRIAGED)
    assert started(contained) == [{"incident_id": "incident-1", "generation": 2}]
    assert the_run(contained).outlived_at == contained.clock()
    assert list(steps_of(contained.response.plan("incident-1", 2))) == ["revoke_older_sessions"]


def test_it_is_asked_for_once_a_rung(contained: Account) -> None:
    contained.events.made["session:app/mallory"] = (4, 0)
    contained.response.check()
    assert contained.response.check() == ([], [])
    incident = contained.incidents.get("incident-1")
    assert incident is not None
    assert incident.generation == 2


def test_a_death_before_it_was_noted_asks_for_the_same_again(contained: Account) -> None:
    contained.events.made["session:app/mallory"] = (4, 0)
    run = the_run(contained)
    contained.response.check()
    noted = the_run(contained)
    contained.ledger.save_run(run.model_copy(update={"revision": noted.revision}))  # as if it had died before
    contained.response.check()
    incident = contained.incidents.get("incident-1")
    assert incident is not None
    assert incident.generation == 2
    assert len(started(contained)) == 1


def test_refused_calls_are_the_containment_at_work(contained: Account) -> None:
    contained.events.made["session:app/mallory"] = (0, 50)
    assert contained.response.check() == ([], [])
    assert the_run(contained).refusals_at is not None
    incident = contained.incidents.get("incident-1")
    assert incident is not None
    assert (incident.generation, incident.status) == (1, IncidentStatus.CONTAINED)


def test_the_minutes_in_which_iam_settles_tell_nothing(contained: Account) -> None:
    contained.response.check()
    *_, (since, _) = contained.events.asked["session:app/mallory"]
    at = the_run(contained).contained_at
    assert at is not None
    assert since == at.timestamp() + 120


def test_an_index_that_is_away_proves_nothing_either_way(contained: Account) -> None:
    contained.events.away = True
    assert contained.response.check() == ([], [the_run(contained).id])
    assert the_run(contained).status is RunStatus.CONTAINED
    contained.events.away = False
    contained.events.made["session:app/mallory"] = (1, 0)
    assert contained.response.check().outlived == [the_run(contained).id]


@pytest.mark.parametrize(("calls", "outlived"), [(12, False), (59, False), (61, False), (600, True)])
def test_a_limited_user_may_go_on_within_its_limit(account: Account, calls: int, outlived: bool) -> None:
    """100 calls a minute before; a tenth of that is allowed, and half again of it for the bucket it found full."""
    incident = an_incident(caller="user:mallory", severity="medium", responses=("throttle_caller",))
    account.clock.advance(minutes=10)
    respond(account, account.has(incident))
    account.clock.advance(minutes=12)
    account.events.during = lambda since, until: 1000 if until - since < 601 and since < after_start(account) else calls
    assert bool(account.response.check().outlived) is outlived


def after_start(account: Account) -> float:
    return account.clock().timestamp() - 15 * 60


def test_a_key_that_keeps_models_usable_on_purpose_is_not_judged_by_its_users_calls(account: Account) -> None:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    after(account, caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    account.events.made["iam-user:builder"] = (9, 0)  # by the key that replaced the stolen one
    assert account.response.check().outlived == []
    account.events.made[f"key:{key}"] = (1, 0)
    assert len(account.response.check().outlived) == 1


def test_every_action_that_silences_is_one() -> None:
    assert set(SILENCING) <= set(ACTIONS)


def test_calls_that_an_application_refuses_are_proof_too(account: Account) -> None:
    blocked = after(account, caller="user:mallory", related=("session:app/one",))
    blocked.events.made["user:mallory"] = (0, 0)
    quotas = Quota(blocked.clients.dynamodb, "quota", clock=lambda: blocked.clock().timestamp())
    assert blocked.response.check() == ([], [])
    assert the_run(blocked).refusals_at is None
    with pytest.raises(QuotaRefused, match="blocked"):
        quotas.charge("mallory", "r1")
    assert blocked.response.check() == ([], [])
    assert the_run(blocked).refusals_at == blocked.clock()


def grown_worse(account: Account, **changes: Any) -> Incident:
    """The incident asked for one more response, by a finding that tells of nothing that got through."""
    incident = account.incidents.get("incident-1")
    assert incident is not None
    asked = asked_again(incident.model_copy(update=changes), incident.playbook or "")
    return account.incidents.save(asked, new_findings=(), names=())


def test_what_grew_graver_while_it_holds_stays_contained_and_nobody_is_asked_for_more(account: Account) -> None:
    after(account, caller="user:mallory", related=("session:app/i-1", "role:app"), severity="high")
    worse = grown_worse(account, severity=Severity.CRITICAL)
    planned = account.response.plan(worse.id, 2)
    assert (planned["mode"], steps_of(planned)) == ("refused", {})
    run = account.response.close(worse.id, 2, "refused")
    assert (run.status, "stopped already" in run.error) == (RunStatus.NOT_NEEDED, True)
    incident = account.incidents.get(worse.id)
    assert incident is not None
    assert incident.status is IncidentStatus.CONTAINED
    assert incident.contained_at == the_run(account).contained_at
    told = decisive(runs_of(account, worse.id, until=2))
    assert told is not None
    assert (told.id, told.status) == (the_run(account).id, RunStatus.CONTAINED)


def test_calls_that_succeed_after_a_look_found_nothing_to_do_ask_for_the_next_rung_all_the_same(
    contained: Account,
) -> None:
    grown_worse(contained, severity=Severity.CRITICAL)
    contained.response.plan("incident-1", 2)
    contained.response.close("incident-1", 2, "refused")
    contained.events.made["session:app/mallory"] = (4, 0)
    contained.response.check()
    incident = contained.incidents.get("incident-1")
    assert incident is not None
    assert (incident.generation, incident.status) == (3, IncidentStatus.TRIAGED)
    assert list(steps_of(contained.response.plan("incident-1", 3))) == ["revoke_older_sessions"]


def test_when_the_abuse_goes_on_and_nothing_is_left_a_person_decides(account: Account) -> None:
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    after(account, caller="iam-user:builder", related=(f"key:{key}",), playbook="rotate_credentials")
    grown_worse(account, got_through_at=account.clock())
    account.response.plan("incident-1", 2)
    assert account.response.close("incident-1", 2, "refused").status is RunStatus.REFUSED
    incident = account.incidents.get("incident-1")
    assert incident is not None
    assert incident.status is IncidentStatus.TRIAGED


def test_a_run_that_was_released_is_not_told_for_a_later_one_that_was_refused(contained: Account) -> None:
    first = the_run(contained)
    refused = first.model_copy(update={"id": "later", "status": RunStatus.REFUSED})
    released = first.model_copy(update={"status": RunStatus.RELEASED})
    assert decisive([refused, first]) == first
    assert decisive([refused, released]) == refused
    assert decisive([refused.model_copy(update={"status": RunStatus.NOT_NEEDED}), released]) == released
    assert decisive([first.model_copy(update={"status": RunStatus.FAILED}), first]) != first
    assert decisive([]) is None


def test_what_was_made_out_of_a_stolen_key_and_still_gets_through_climbs_to_the_user(account: Account) -> None:
    """The user's own calls may go on, by its new key; those of the temporary key that the incident names may not."""
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    minted = "key:ASIAEXAMPLE000000001"
    given = {"caller": "iam-user:builder", "related": (f"key:{key}", minted), "playbook": "rotate_credentials"}
    held = after(account, **given)
    held.events.made["iam-user:builder"] = (9, 0)
    assert held.response.check() == ([], [])
    held.events.made[minted] = (2, 0)
    assert held.response.check().outlived == [the_run(held).id]
    assert list(steps_of(held.response.plan("incident-1", 2))) == ["deny_iam_user"]


def test_what_is_contained_in_part_is_watched_for_that_part(account: Account) -> None:
    incident = account.has(an_incident(caller="session:app/mallory", related=("session:app/eve",), playbook=ROTATE))
    planned = account.response.plan(incident.id, 1)
    first, _ = planned["rounds"]  # type: ignore[misc]
    account.response.preserve_evidence(str(planned["run_id"]))
    run_playbook(account, {**planned, "rounds": [first]})
    release(account, str(planned["run_id"]), reason="failed", by="tidegate")
    run = account.response.close(incident.id, 1, "failed", "States.TaskFailed")
    assert (run.status, run.contained_at) == (RunStatus.PARTLY_CONTAINED, None)
    account.clock.advance(minutes=10)
    account.events.made["session:app/eve"] = (4, 0)  # whose round was never taken
    assert account.response.check() == ([], [])
    account.events.made["session:app/mallory"] = (4, 0)
    assert account.response.check().outlived == [run.id]
