"""What is true of every action: it holds, is undone byte for byte, and a death between two calls costs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
from response_builders import REGION, clients_of

from tidegate.actions import Clients
from tidegate.aws.clients import AwsClients
from tidegate.model import Step

MOST_CALLS = 30  # of one verb


class Death(BaseException):
    """The process ends here: the call before was made, its answer never arrived."""


def taken(action: Any, step: Step, clients: Clients) -> tuple[Any, Any]:
    """Snapshot, apply and verify, as records that went through the ledger."""
    found = through_ledger(action.Found, action.snapshot(step, clients))
    changed = through_ledger(action.Changed, action.apply(step, found, clients))
    assert action.verify(step, found, changed, clients).facts
    return found, changed


def through_ledger(kind: Any, record: Any) -> Any:
    return kind.model_validate(json.loads(json.dumps(record.model_dump(mode="json"))))


class Mortal:
    """Clients of the same account that die right after a call: made once, for a process that is started often."""

    def __init__(self, clients: AwsClients) -> None:
        session = boto3.Session(region_name=REGION)
        session.events.register("after-call", self._count)
        self._clients = clients_of(session)
        self._clients.quota_table = clients.quota_table
        self._left = 0

    def dying_after(self, calls: int) -> AwsClients:
        """Call number `calls` from now is made, and then nothing more happens."""
        self._left = calls
        return self._clients

    def _count(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            raise Death


def prove(action: Any, step: Step, clients: AwsClients, state: Callable[[], Any]) -> None:
    """Undo restores `state` after a whole run, a run said twice, and a death after any call of apply or undo."""
    before = state()
    found, changed = taken(action, step, clients)
    assert state() != before
    held = state()
    assert through_ledger(action.Changed, action.apply(step, found, clients))
    assert state() == held
    action.verify(step, found, changed, clients)
    _undone(action, step, found, changed, clients)
    assert state() == before
    mortal = Mortal(clients)
    for calls in range(1, MOST_CALLS):
        if _dies(lambda dying: action.apply(step, found, dying), calls, mortal):
            _undone(action, step, found, None, clients)
            assert state() == before, f"undo after a death at call {calls} of apply"
            _dies(lambda dying: action.apply(step, found, dying), calls, mortal)
            changed = action.apply(step, found, clients)
            action.verify(step, found, changed, clients)
            assert state() == held, f"apply after a death at call {calls} of apply"
            _undone(action, step, found, changed, clients)
    for calls in range(1, MOST_CALLS):
        changed = action.apply(step, found, clients)
        died = _dies(lambda dying, made=changed: action.undo(step, found, made, dying), calls, mortal)
        _undone(action, step, found, changed, clients)
        assert state() == before, f"undo after a death at call {calls} of undo"
        if not died:
            return


def _undone(action: Any, step: Step, found: Any, changed: Any, clients: AwsClients) -> None:
    action.undo(step, found, changed, clients)
    assert action.undo(step, found, changed, clients).already


def _dies(verb: Callable[[AwsClients], Any], calls: int, mortal: Mortal) -> bool:
    try:
        verb(mortal.dying_after(calls))
    except Death:
        return True
    return False
