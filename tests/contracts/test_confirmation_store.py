"""Confirmations keep what ports.py promises, in memory and over DynamoDB."""

from __future__ import annotations

from typing import Any

from contract_builders import NOON, an_approval

from tidegate.ports import Confirmation

KEPT = Confirmation("decide", "olga", "inc-1", "run-1", "digest", NOON.timestamp())


def test_a_confirmation_is_taken_once(stores: Any) -> None:
    stores.confirmations.put("hash-1", KEPT)
    assert stores.confirmations.take("hash-1") == KEPT
    assert stores.confirmations.take("hash-1") is None


def test_what_was_never_put_is_nothing(stores: Any) -> None:
    assert stores.confirmations.take("hash-2") is None


def test_confirmations_and_approvals_don_t_meet(stores: Any) -> None:
    stores.approvals.put(an_approval())
    assert stores.confirmations.take("approval-1") is None
    assert stores.approvals.get("approval-1") == an_approval()
    stores.confirmations.put("hash-3", KEPT)
    assert stores.approvals.get("hash-3") is None
