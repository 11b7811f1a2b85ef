"""Who asked for a response, or is contained by it, doesn't decide about it, whatever name they come by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from response_builders import Account, an_incident

from tidegate.errors import Refused
from tidegate.model import Mode, Plan, Severity
from tidegate.response.people import excluded, parts_of, why_not
from tidegate.rules import Rules

ADA = ("ada@example.com", "arn:aws:iam::111122223333:user/eng/ada", "session:Admin/adalovelace")
SSO = "AWSReservedSSO_Builders_0123456789abcdef"


def a_plan(**changes: Any) -> Plan:
    given = {"run_id": "run-1", "incident_id": "incident-1", "playbook": "throttle_caller", "mode": Mode.APPROVE,
             "steps": (), "reason": "", "created": datetime(2026, 3, 2, tzinfo=UTC)}  # fmt: skip
    return Plan(**(given | changes))


def refused(by: str, *, requested_by: str = "tidegate", severity: Severity = Severity.HIGH, **plan: Any) -> bool:
    return bool(why_not(a_plan(**plan), severity, requested_by=requested_by, by=by))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("arn:aws:sts::111122223333:assumed-role/Admin/ada@example.com", "Ada@Example.com"),
        (f"session:{SSO}/ada@example.com", "ada@example.com"),
        ("arn:aws:iam::111122223333:user/eng/ada", "iam-user:ada"),
        ("arn:aws-us-gov:sts::111122223333:assumed-role/Admin/ada", "session:Admin/ada"),
        ("iam-user:ada@example.com", "ada@example.com"),
    ],
)
def test_one_person_is_known_in_either_form(one: str, other: str) -> None:
    assert parts_of(one) & parts_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("iam-user:ada", "session:Admin/ada"),  # the session's name is chosen by whoever assumes the role
        ("session:Admin/ada", "session:Reader/ada"),
        ("ada@example.com", "ada@example.org"),
        ("ada", "iam-user:ada"),
    ],
)
def test_a_likeness_is_not_taken_for_the_same(one: str, other: str) -> None:
    assert not parts_of(one) & parts_of(other)


def test_whoever_asked_does_not_approve_by_another_name() -> None:
    assert refused("ada@example.com", requested_by="session:Admin/ada@example.com")
    assert refused("", requested_by="tidegate")
    assert not refused("olga@example.com", requested_by="ada@example.com", severity=Severity.CRITICAL)


@pytest.mark.parametrize(
    ("severity", "must_ask", "expected"),
    [
        (Severity.HIGH, (), False),
        (Severity.CRITICAL, (), True),
        (Severity.HIGH, ("40 others use the lever",), True),
    ],
)
def test_in_doubt_a_grave_plan_is_for_somebody_else(
    severity: Severity, must_ask: tuple[str, ...], expected: bool
) -> None:
    by_arn = "arn:aws:iam::111122223333:user/ada"
    assert refused("olga@example.com", requested_by=by_arn, severity=severity, must_ask=must_ask) is expected
    assert not refused("iam-user:olga", requested_by=by_arn, severity=severity, must_ask=must_ask)


def test_the_rules_say_which_names_are_one_person() -> None:
    rules = Rules.from_toml(f"[[person]]\nnames = {list(ADA)}".replace("'", '"'))
    people = [person.names for person in rules.person]
    names = excluded(an_incident(caller="session:Admin/adalovelace"), "tidegate", people)
    assert set(ADA) <= set(names)
    assert refused("ada@example.com", may_not_decide=names)
    assert not refused("olga@example.com", may_not_decide=names)


def test_who_is_contained_does_not_decline_it(account: Account) -> None:
    asking = account.settled(response_mode=Mode.APPROVE)
    incident = asking.has(an_incident(caller="iam-user:builder"))
    run_id = str(asking.response.plan(incident.id, 1)["run_id"])
    asking.response.request_approval(run_id, "token-1")
    run = asking.ledger.run(run_id)
    assert run is not None
    with pytest.raises(Refused, match="is contained by it"):
        asking.response.decide(run.approval_id, decision="declined", by="arn:aws:iam::123456789012:user/builder")


def test_an_end_users_name_keeps_nobody_from_deciding() -> None:
    """It is what the caller wrote: an attacker could name every approver."""
    assert excluded(an_incident(caller="user:olga@example.com"), "tidegate", []) == ("tidegate",)
