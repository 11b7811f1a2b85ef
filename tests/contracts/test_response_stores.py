"""Ledger and Approvals keep what ports.py promises, in memory and over DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from contract_builders import NOON, a_receipt, a_run, an_approval, minutes

from tidegate.errors import Conflict, Refused
from tidegate.model import RunStatus, StepStatus


def test_a_run_comes_back_as_saved_one_revision_on(stores: Any) -> None:
    saved = stores.ledger.save_run(a_run(steps=("s-1",)))
    assert saved.revision == 1
    assert stores.ledger.run("run-1") == saved
    assert stores.ledger.run("run-2") is None


@pytest.mark.parametrize("stale", [0, 2])
def test_a_stale_run_or_receipt_is_a_conflict(stores: Any, stale: int) -> None:
    stores.ledger.save_run(a_run())
    stores.ledger.save_receipt(a_receipt())
    with pytest.raises(Conflict):
        stores.ledger.save_run(a_run(revision=stale, status=RunStatus.FAILED))
    with pytest.raises(Conflict):
        stores.ledger.save_receipt(a_receipt(revision=stale, status=StepStatus.FAILED))
    assert stores.ledger.run("run-1").status is RunStatus.PLANNED
    assert stores.ledger.receipt("run-1", "step-1").status is StepStatus.PLANNED


def test_receipts_come_in_the_order_planned_not_in_that_of_their_ids(stores: Any) -> None:
    stores.ledger.save_run(a_run(steps=("s-c", "s-a", "s-b")))
    for step in ("s-a", "s-b", "s-c"):
        stores.ledger.save_receipt(a_receipt(step))
    stores.ledger.save_receipt(a_receipt("s-a", run_id="run-2"))
    assert [receipt.id for receipt in stores.ledger.receipts("run-1")] == ["s-c", "s-a", "s-b"]
    assert stores.ledger.receipts("run-3") == []


def test_a_receipt_keeps_what_was_found_and_changed(stores: Any) -> None:
    found = {"policy": {"Statement": [{"Effect": "Deny", "Resource": "*"}]}, "limit": 0.5, "absent": None}
    saved = stores.ledger.save_receipt(a_receipt(found=found, expires_at=minutes(60)))
    applied = saved.model_copy(update={"status": StepStatus.APPLIED, "changed": {"name": "größe"}})
    assert stores.ledger.save_receipt(applied).revision == 2
    kept = stores.ledger.receipt("run-1", "step-1")
    assert (kept.found, kept.changed, kept.status) == (found, {"name": "größe"}, StepStatus.APPLIED)
    assert stores.ledger.receipt("run-1", "step-2") is None


def test_runs_are_listed_latest_first_by_status(stores: Any) -> None:
    for number, status in enumerate((RunStatus.CONTAINED, RunStatus.OBSERVED, RunStatus.CONTAINED)):
        stores.ledger.save_run(a_run(f"run-{number}", status=status, started_at=minutes(number)))
        stores.ledger.save_receipt(a_receipt(run_id=f"run-{number}"))
    assert [run.id for run in stores.ledger.runs()] == ["run-2", "run-1", "run-0"]
    assert [run.id for run in stores.ledger.runs(statuses=[RunStatus.CONTAINED])] == ["run-2", "run-0"]
    assert [run.id for run in stores.ledger.runs(limit=1)] == ["run-2"]


def test_a_run_moves_with_its_status(stores: Any) -> None:
    saved = stores.ledger.save_run(a_run(status=RunStatus.ACTING))
    stores.ledger.save_run(saved.model_copy(update={"status": RunStatus.CONTAINED}))
    assert stores.ledger.runs(statuses=[RunStatus.ACTING]) == []
    assert len(stores.ledger.runs(statuses=[RunStatus.ACTING, RunStatus.CONTAINED])) == 1


def test_expired_are_runs_over_their_time_that_may_still_hold_longest_overdue_first(stores: Any) -> None:
    for run_id, status, expires in (
        ("late", RunStatus.CONTAINED, minutes(-1)),
        ("later", RunStatus.FAILED, minutes(-10)),
        ("just", RunStatus.UNDOING, NOON),
        ("not yet", RunStatus.CONTAINED, minutes(0.01)),
        ("released", RunStatus.RELEASED, minutes(-5)),
        ("for good", RunStatus.CONTAINED, None),
        ("observed", RunStatus.OBSERVED, minutes(-5)),
    ):
        stores.ledger.save_run(a_run(run_id, status=status, expires_at=expires))
    assert [run.id for run in stores.ledger.expired(NOON)] == ["later", "late", "just"]


def test_an_approval_comes_back_as_asked_for(stores: Any) -> None:
    stores.approvals.put(an_approval())
    assert stores.approvals.get("approval-1") == an_approval()
    assert stores.approvals.get("approval-2") is None


def test_an_approval_is_decided_once(stores: Any) -> None:
    stores.approvals.put(an_approval())
    now = minutes(-1).timestamp()
    decided = stores.approvals.decide("approval-1", decision="approved", by="carol", now=now)
    assert (decided.decision, decided.decided_by, decided.task_token) == ("approved", "carol", "token-1")
    with pytest.raises(Refused, match="carol"):
        stores.approvals.decide("approval-1", decision="declined", by="dave", now=now)
    assert stores.approvals.get("approval-1") == decided


def test_an_expired_or_unknown_approval_is_refused(stores: Any) -> None:
    stores.approvals.put(an_approval())
    with pytest.raises(Refused, match="expired"):
        stores.approvals.decide("approval-1", decision="approved", by="carol", now=NOON.timestamp())
    with pytest.raises(Refused, match="approval-2"):
        stores.approvals.decide("approval-2", decision="approved", by="carol", now=0)


def test_asking_again_replaces_the_task_token_until_it_is_decided(stores: Any) -> None:
    stores.approvals.put(an_approval())
    stores.approvals.put(an_approval(task_token="token-2"))
    assert stores.approvals.get("approval-1").task_token == "token-2"
    stores.approvals.decide("approval-1", decision="declined", by="carol", now=0)
    with pytest.raises(Conflict):
        stores.approvals.put(an_approval(task_token="token-3"))


def test_the_first_few_are_within_a_cap_and_nothing_grows_beyond_it(stores: Any) -> None:
    def within(entry: str, **once: bool) -> bool:
        answer: bool = stores.ledger.within("cap/x", entry, most=2, now=NOON.timestamp(), **once)
        return answer

    assert [within(entry) for entry in ("a", "b", "c", "a", "d")] == [True, True, False, True, False]
    assert not within("a", once=True)
    assert stores.ledger.within("cap/y", "c", most=2, now=NOON.timestamp())


def test_a_cap_slides_over_the_turn_of_the_hour(stores: Any) -> None:
    def within(entry: str, minutes: int, **once: bool) -> bool:
        answer: bool = stores.ledger.within("cap/x", entry, most=2, now=NOON.timestamp() + 60 * minutes, **once)
        return answer

    assert [within("a", 50), within("b", 59), within("c", 61), within("c", 109)] == [True, True, False, False]
    assert [within("c", 111), within("d", 112), within("d", 120)] == [True, False, True]
    assert within("said", 180, once=True)
    assert not within("said", 239, once=True)
    assert within("said", 241, once=True)


def test_who_may_hold_something_is_noted_once_each(stores: Any) -> None:
    for holder in ("run-1/step-1", "run-2/step-2", "run-1/step-1"):
        stores.ledger.hold("holding-key", holder, forget_at=NOON.timestamp())
    assert stores.ledger.holders("holding-key") == ["run-1/step-1", "run-2/step-2"]
    assert stores.ledger.holders("holding-other") == []
    assert stores.ledger.runs() == []


def test_a_step_for_later_is_due_when_its_time_has_come_and_until_it_is_done(stores: Any) -> None:
    for step, at in (("step-2", 10), ("step-1", 5), ("step-3", 20)):
        stores.ledger.save_receipt(a_receipt(step, later=True, due_at=minutes(at)))
    stores.ledger.save_receipt(a_receipt("step-4"))
    assert [receipt.id for receipt in stores.ledger.receipts("run-1")] == ["step-4"]
    assert {receipt.id for receipt in stores.ledger.later("run-1")} == {"step-1", "step-2", "step-3"}
    assert [receipt.id for receipt in stores.ledger.due(minutes(10))] == ["step-1", "step-2"]
    first = stores.ledger.due(minutes(10))[0]
    stores.ledger.save_receipt(first.model_copy(update={"due_at": None, "status": StepStatus.VERIFIED}))
    assert [receipt.id for receipt in stores.ledger.due(minutes(60))] == ["step-2", "step-3"]
    assert stores.ledger.runs() == []
    assert stores.ledger.expired(minutes(60)) == []
