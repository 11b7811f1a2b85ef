"""A stolen key that was stopped and replaced is deleted days later, unless anybody has had another opinion since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from dying_ports import Died, Fate, Mortal
from response_builders import Account, an_incident, release, respond

from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.model import Mode, Receipt, StepStatus
from tidegate.response.world import run_of
from tidegate_local.aws_extensions import service_credentials

RUN = run_of("incident-1", 1)


class Stolen:
    """A user whose stolen key a response has stopped and replaced."""

    def __init__(self, account: Account) -> None:
        self.account = account
        iam = account.clients.iam
        iam.create_user(UserName="ci")
        self.key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
        incident = an_incident(
            caller="iam-user:ci", related=(f"key:{self.key}",), detectors=("leaked_access_key",),
            families=("stolen_credentials",), playbook="rotate_credentials",
        )  # fmt: skip
        respond(account, account.has(incident))

    def status(self) -> str:
        return statuses_of("ci", self.account.clients).get(self.key, "Deleted")

    def deletion(self) -> Receipt:
        (found,) = self.account.ledger.later(RUN)
        return found

    def after(self, **time: float) -> list[str]:
        self.account.clock.advance(**time)
        return self.account.response.delete_stopped_keys()


@pytest.fixture
def stolen(account: Account) -> Stolen:
    return Stolen(account)


def test_it_is_deleted_when_its_days_are_over_and_not_before(stolen: Stolen) -> None:
    assert stolen.after(days=6, hours=23) == []
    assert stolen.status() == "Inactive"
    assert stolen.after(hours=1) == [stolen.deletion().id]
    assert stolen.status() == "Deleted"
    assert stolen.deletion().status is StepStatus.VERIFIED
    assert stolen.deletion().verified_at == stolen.account.clock()
    assert stolen.after(days=1) == []  # once


def test_it_is_deleted_after_the_containment_has_expired_too(stolen: Stolen) -> None:
    release(stolen.account, RUN, reason="expired", by="tidegate")
    stolen.after(days=7)
    assert stolen.status() == "Deleted"


def reactivated(stolen: Stolen) -> str:
    stolen.account.clients.iam.update_access_key(UserName="ci", AccessKeyId=stolen.key, Status="Active")
    return "made it active again"


def undone_by_a_person(stolen: Stolen) -> str:
    release(stolen.account, RUN, by="olga")
    return "olga undid the run"


def protected_since(stolen: Stolen) -> str:
    stolen.account = stolen.account.settled(protected_principals=("ci",))
    return "protected by 'ci'"


@pytest.mark.parametrize("otherwise", [reactivated, undone_by_a_person, protected_since])
def test_it_is_left_when_somebody_was_of_another_opinion(stolen: Stolen, otherwise: Callable[[Stolen], str]) -> None:
    stolen.account.clock.advance(hours=2)
    why, before = otherwise(stolen), stolen.status()
    stolen.after(days=7)
    assert stolen.status() == before
    assert stolen.deletion().status is StepStatus.REFUSED
    assert why in stolen.deletion().error
    assert stolen.after(days=30) == []  # a decision, not a delay


def test_it_is_left_when_it_was_used_after_it_was_stopped(stolen: Stolen, monkeypatch: pytest.MonkeyPatch) -> None:
    used(stolen, monkeypatch, hours=3)
    stolen.after(days=8)
    assert stolen.status() == "Inactive"
    assert "after it was stopped" in stolen.deletion().error


def test_a_use_from_before_it_was_stopped_is_no_hindrance(stolen: Stolen, monkeypatch: pytest.MonkeyPatch) -> None:
    used(stolen, monkeypatch, hours=-3)
    stolen.after(days=8)
    assert stolen.status() == "Deleted"


def used(stolen: Stolen, monkeypatch: pytest.MonkeyPatch, **when: float) -> None:
    """moto knows no use of a key that nobody calls with."""
    at = stolen.account.clock() + timedelta(**when)
    answer = {"UserName": "ci", "AccessKeyLastUsed": {"LastUsedDate": at, "ServiceName": "bedrock", "Region": "x"}}
    monkeypatch.setattr(stolen.account.clients.iam, "get_access_key_last_used", lambda **_: answer)


def test_in_mode_observe_nothing_is_deleted_until_the_mode_is_another(stolen: Stolen) -> None:
    acting, stolen.account = stolen.account, stolen.account.settled(response_mode=Mode.OBSERVE)
    assert stolen.after(days=7) == []
    assert stolen.status() == "Inactive"
    stolen.account = acting
    assert len(stolen.after(days=1)) == 1
    assert stolen.status() == "Deleted"


def test_with_no_days_given_it_is_kept(account: Account) -> None:
    stolen = Stolen(account.settled(delete_stopped_keys_days=0))
    assert stolen.after(days=100) == []
    assert stolen.status() == "Inactive"


@pytest.mark.parametrize(
    ("days", "said"),
    [(7, "deleted 7 days after"), (1, "deleted a day after"), (0, "not deleted by itself")],
)
def test_the_plan_says_how_many_days(account: Account, days: int, said: str) -> None:
    stolen = Stolen(account.settled(delete_stopped_keys_days=days))
    run = stolen.account.ledger.run(RUN)
    assert run
    assert run.plan
    assert said in run.plan.undo
    assert "DeleteStoppedKeys" not in run.plan.undo


def test_a_plan_that_deletes_no_key_speaks_of_none(account: Account) -> None:
    """A user with two keys gets no third: the stolen one is stopped, not replaced, and so never deleted."""
    account.clients.iam.create_user(UserName="ci")
    key, _ = (account.clients.iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"] for _ in range(2))
    incident = an_incident(caller="iam-user:ci", related=(f"key:{key}",), playbook="rotate_credentials")
    account.has(incident)
    account.response.plan(incident.id, 1)
    run = account.ledger.run(RUN)
    assert run
    assert run.plan
    assert {"deactivate_access_key"} <= {step.action for step in run.plan.steps}
    assert "delete" not in run.plan.undo


def test_of_a_planned_rotation_only_once_the_new_key_is_used(stolen: Stolen, monkeypatch: pytest.MonkeyPatch) -> None:
    deletion = stolen.deletion()
    step = deletion.step.model_copy(update={"parameters": deletion.step.parameters | {"planned": True}})
    stolen.account.ledger.save_receipt(deletion.model_copy(update={"step": step}))
    assert stolen.after(days=7) == []
    assert "not been used yet" in stolen.deletion().error
    used(stolen, monkeypatch, days=-7)  # of both: the old one was used before it was stopped
    assert len(stolen.after(days=1)) == 1
    assert stolen.status() == "Deleted"


def test_one_whose_new_key_is_never_used_is_left_in_the_end(stolen: Stolen) -> None:
    deletion = stolen.deletion()
    step = deletion.step.model_copy(update={"parameters": deletion.step.parameters | {"planned": True}})
    stolen.account.ledger.save_receipt(deletion.model_copy(update={"step": step}))
    assert len(stolen.after(days=91)) == 1
    assert stolen.status() == "Inactive"
    assert "within 90 days" in stolen.deletion().error


def test_a_key_that_a_person_deleted_first_is_deleted(stolen: Stolen) -> None:
    stolen.account.clients.iam.delete_access_key(UserName="ci", AccessKeyId=stolen.key)
    assert len(stolen.after(days=7)) == 1
    assert stolen.deletion().status is StepStatus.VERIFIED


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_call_is_finished_by_the_next_sweep(stolen: Stolen, after: bool) -> None:
    """Every write to the ledger, the outbox, to people and to IAM: one row each until a sweep survives."""
    stolen.account.clock.advance(days=7)
    for at in range(1, 60):
        mortal, fate = stolen.account.settled(), Fate(at, after)
        mortal.ledger = Mortal(stolen.account.ledger, fate)
        mortal.outbox, mortal.notifier = Mortal(stolen.account.outbox, fate), Mortal(stolen.account.notifier, fate)
        try:
            mortal.response.delete_stopped_keys()
        except Died:
            continue
        break
    assert fate.survived
    assert stolen.after(days=1) == []
    assert stolen.status() == "Deleted"
    assert stolen.deletion().status is StepStatus.VERIFIED
    assert stolen.deletion().due_at is None


def test_closing_again_plans_no_second_deletion_and_stays_contained(stolen: Stolen) -> None:
    run = stolen.account.response.close("incident-1", 1, "contained")
    assert stolen.deletion().revision == 1
    assert "act" in run.times
    stolen.after(days=7)
    assert stolen.account.response.close("incident-1", 1, "contained").times == run.times


def test_a_stolen_api_key_is_deleted_the_same_way(account: Account) -> None:
    service_credentials.install()
    iam = account.clients.iam
    iam.create_user(UserName="caller")
    iam.create_service_specific_credential(UserName="caller", ServiceName="bedrock.amazonaws.com")
    incident = an_incident(
        caller="iam-user:caller", detectors=("api_key_new_origin",), families=("stolen_credentials",),
        playbook="rotate_credentials",
    )  # fmt: skip
    respond(account, account.has(incident))
    account.clock.advance(days=7)
    assert len(account.response.delete_stopped_keys()) == 1
    assert iam.list_service_specific_credentials(UserName="caller")["ServiceSpecificCredentials"] == []


def test_people_are_told_how_it_ended(stolen: Stolen, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    sns = stolen.account.clients.sns
    monkeypatch.setattr(sns, "publish", lambda **given: told.append(given["Subject"]))
    stolen.after(days=7)
    assert told == [f"Tidegate: stopped access_key:{stolen.key} of ci deleted"]
