"""Sessions of roles that a stolen access key opened, and temporary keys that it made: found in our own events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from response_builders import ACCOUNT, START, Account, an_incident, release, respond

from tidegate.model import Minted, Plan, Run, RunStatus
from tidegate.response.closing import ends_at
from tidegate.response.world import run_of

NOW = START.timestamp()
POLICY = "TidegateContainment"
SESSION = Minted("ASIAROLE", NOW - 600, NOW + 3 * 3600, role="app", session="mallory", account=ACCOUNT)
OWN = Minted("ASIAOWN0000000001", NOW - 600, NOW + 36_000)


class Stolen:
    """A stolen key of a user, and what our events say was made out of it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
        names = {"caller": "iam-user:builder", "related": (f"key:{self.key}",), "playbook": "rotate_credentials"}
        self.incident = account.has(an_incident(responses=("rotate_credentials",), **names))

    def makes(self, *made: Minted, key: str = "") -> None:
        self.account.events.credentials.setdefault(key or self.key, []).extend(made)

    def responded(self) -> Run:
        return self.run(str(respond(self.account, self.incident)["run_id"]))

    def run(self, run_id: str) -> Run:
        found = self.account.ledger.run(run_id)
        assert found is not None
        return found

    def planned(self, generation: int = 1) -> Plan:
        self.account.response.plan(self.incident.id, generation)
        plan = self.run(run_of(self.incident.id, generation)).plan
        assert plan is not None
        return plan

    def statements(self, role: str = "app") -> list[dict[str, Any]]:
        iam = self.account.clients.iam
        if POLICY not in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            return []
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]
        return list(document["Statement"])


@pytest.fixture
def stolen(account: Account) -> Stolen:
    return Stolen(account)


def denied(plan: Plan) -> list[str]:
    return [step.target.id for step in plan.steps if step.action == "deny_role_session"]


def test_each_session_is_denied_in_a_round_of_its_own_behind_the_key(stolen: Stolen) -> None:
    stolen.makes(SESSION, SESSION._replace(key="ASIAOTHER", session="trudy"))
    run = stolen.responded()
    assert run.status is RunStatus.CONTAINED
    assert run.plan is not None
    assert denied(run.plan) == ["app/mallory", "app/trudy"]
    assert [step.round for step in run.plan.steps] == [1, 1, 1, 1, 2, 3]
    ids = [each["Condition"]["StringLike"]["aws:userid"].partition(":")[2] for each in stolen.statements()]
    assert ids == ["mallory", "trudy"]


def test_it_stays_until_the_session_expires_by_itself_and_is_taken_back_then(stolen: Stolen) -> None:
    stolen.makes(SESSION)
    run = stolen.responded()
    (receipt,) = [one for one in stolen.account.ledger.receipts(run.id) if one.step.action == "deny_role_session"]
    assert ends_at(run, receipt) == START + timedelta(hours=3)
    stolen.account.clock.advance(hours=1, minutes=1)
    release(stolen.account, run.id, reason="expired", by="tidegate")
    assert len(stolen.statements()) == 1
    assert stolen.run(run.id).expires_at == START + timedelta(hours=3)
    stolen.account.clock.advance(hours=2)
    release(stolen.account, run.id, reason="expired", by="tidegate")
    assert stolen.statements() == []


def test_undo_by_a_person_takes_it_back_at_once(stolen: Stolen) -> None:
    stolen.makes(SESSION)
    release(stolen.account, stolen.responded().id)
    assert stolen.statements() == []


def test_what_has_expired_is_left_alone(stolen: Stolen) -> None:
    stolen.makes(SESSION._replace(until=NOW))
    assert denied(stolen.planned()) == []


def test_a_session_that_a_session_opened_is_found_too(stolen: Stolen) -> None:
    stolen.makes(SESSION)
    stolen.makes(SESSION._replace(key="ASIACHAIN", session="chained"), key="ASIAROLE")
    stolen.makes(SESSION, key="ASIACHAIN")  # in a circle
    assert denied(stolen.planned()) == ["app/mallory", "app/chained"]


def test_a_protected_role_keeps_no_key_from_being_stopped(account: Account) -> None:
    stolen = Stolen(account.settled(protected_principals=("role:app",)))
    stolen.makes(SESSION)
    plan = stolen.planned()
    assert denied(plan) == []
    assert "deactivate_access_key" in [step.action for step in plan.steps]
    assert any("role_session:app/mallory: " in remark and "protected" in remark for remark in plan.remarks)


def test_a_session_in_another_account_touches_no_role_of_the_same_name_here(stolen: Stolen) -> None:
    stolen.makes(SESSION._replace(account="444455556666"))
    run = stolen.responded()
    assert run.plan is not None
    assert denied(run.plan) == []
    assert stolen.statements() == []
    assert any("is in account 444455556666" in remark for remark in run.plan.remarks)
    stolen.account.clock.advance(minutes=10)
    assert stolen.account.response.check() == ([], [])  # said already: a person contains it there


def test_an_index_that_is_away_is_said_and_keeps_no_key_from_being_stopped(stolen: Stolen) -> None:
    stolen.account.events.away = True
    plan = stolen.planned()
    assert "deactivate_access_key" in [step.action for step in plan.steps]
    assert any(f"what was made out of key {stolen.key} could not be looked for" in remark for remark in plan.remarks)


def test_a_session_opened_between_plan_and_stop_is_denied_by_a_response_of_its_own(stolen: Stolen) -> None:
    run = stolen.responded()
    assert run.plan is not None
    assert denied(run.plan) == []
    stolen.makes(SESSION._replace(at=NOW + 30))
    stolen.account.clock.advance(minutes=10)
    assert stolen.account.response.check().outlived == [run.id]
    incident = stolen.account.incidents.get(stolen.incident.id)
    assert incident is not None
    assert incident.playbook_of(2) == "rotate_credentials"
    second = stolen.planned(2)
    assert [(step.action, step.target.id) for step in second.steps] == [("deny_role_session", "app/mallory")]
    assert stolen.account.response.check() == ([], [])


def test_the_application_s_new_session_of_the_same_name_is_no_sign_that_it_does_not_hold(stolen: Stolen) -> None:
    stolen.makes(SESSION)
    run = stolen.responded()
    stolen.account.clock.advance(minutes=10)
    stolen.account.events.made["session:app/mallory"] = (9, 0)
    assert stolen.account.response.check() == ([], [])
    stolen.account.events.made["key:ASIAROLE"] = (1, 0)
    assert stolen.account.response.check().outlived == [run.id]


@pytest.mark.parametrize("at", [NOW - 600, NOW + 60], ids=["before the plan", "after it"])
def test_temporary_keys_of_the_user_that_no_finding_named_are_watched(stolen: Stolen, at: float) -> None:
    stolen.makes(OWN._replace(at=at))
    run = stolen.responded()
    stolen.account.clock.advance(minutes=10)
    assert stolen.account.response.check() == ([], [])
    stolen.account.events.made[f"key:{OWN.key}"] = (2, 0)
    assert stolen.account.response.check().outlived == [run.id]
