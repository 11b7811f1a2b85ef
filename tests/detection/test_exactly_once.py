"""A crash between any two port calls, then redelivery: the same findings, documents and counts as without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from detection_builders import World, a_delivery, a_threat, a_user, an_api_call, an_invocation, ids
from dying_ports import Died, Fate, Mortal

from tidegate.callers.state import decoded
from tidegate.callers.usage import Usage
from tidegate.detection import Delivery
from tidegate.errors import Conflict, DamagedRecord
from tidegate.rules import Rules
from tidegate_local.memory import MemoryCallerStates

TIGHT = Rules.from_toml('[[budget]]\ncaller = "*"\ncalls_per_hour = 5\n')
THIEF = a_user()


def _batch() -> list[Delivery]:
    """Two log files, together over budget, one line damaged; a threat to their caller; a weakened guardrail."""
    first = [an_invocation(n, user="", principal=THIEF) for n in range(4)]
    second = [an_invocation(60 + n, user="", principal=THIEF) for n in range(4)]
    guardrail = an_api_call(
        "UpdateGuardrail",
        parameters={
            "guardrailIdentifier": "gr7tide00001",
            "contentPolicyConfig": {"filtersConfig": [{"type": "PROMPT_ATTACK", "inputStrength": "NONE"}]},
        },
    )
    return [
        a_delivery(*first, id="file-1"),
        Delivery("file-2", second, [DamagedRecord("no JSON", where="file-2 line 5", original=b"{")]),
        a_delivery(a_threat(principal=THIEF), id="event-1"),
        a_delivery(guardrail, id="event-2"),
    ]


def _mortal(world: World, fate: Fate) -> World:
    ports = ("states", "deliveries", "snapshots", "findings", "outbox", "damaged")
    return world.but(**{name: Mortal(getattr(world, name), fate) for name in ports})


def _ledger(world: World) -> dict[str, Any]:
    """Everything that lasts, without how often it was said."""
    documents = {line for batch in world.outbox.batches.values() for line in batch}
    return {
        "findings": {finding.id: finding for finding in world.findings.sent},
        "documents": documents,
        "states": {key: stored.data for key, stored in sorted(world.states._stored.items())},
        "damaged": world.damaged.kept,
        "done": world.deliveries.done(["file-1", "file-2", "event-1", "event-2"]),
    }


def _undisturbed() -> World:
    world = World(rules=TIGHT)
    world.detection.take(_batch())
    return world


def _calls() -> int:
    fate = Fate(at=-1, after=False)
    _mortal(World(rules=TIGHT), fate).detection.take(_batch())
    return fate.calls


def test_the_batch_holds_what_the_crashes_are_about():
    assert _undisturbed().detectors == ["guardrail_weakened", "quota_abuse", "session_credentials_stolen"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, _calls() + 1))
def test_a_crash_at_any_port_call_is_made_good_by_redelivery(at: int, after: bool):
    world = World(rules=TIGHT)
    with pytest.raises(Died):
        _mortal(world, Fate(at, after)).detection.take(_batch())

    world.detection.take(_batch())

    assert _ledger(world) == _ledger(_undisturbed())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, _calls() + 1))
def test_redelivery_one_by_one_and_in_another_order_counts_nothing_twice(at: int, after: bool):
    world = World(rules=TIGHT)
    with pytest.raises(Died):
        _mortal(world, Fate(at, after)).detection.take(_batch())

    for delivery in reversed(_batch()):
        world.detection.take([delivery])

    assert ids(world.found) == ids(_undisturbed().found)
    assert _used(world) == _used(_undisturbed())


def test_delivering_everything_twice_sends_nothing_new():
    world = _undisturbed()
    before = _ledger(world)
    sent = len(world.findings.sent)

    world.detection.take(_batch())

    assert len(world.findings.sent) == sent
    assert _ledger(world) == before


def test_what_is_owed_is_sent_by_whoever_touches_the_caller_next():
    world = World(rules=TIGHT)
    with pytest.raises(Died):
        world.but(findings=Mortal(world.findings, Fate(1, after=False))).detection.take(_batch()[:2])
    assert not world.findings.sent

    world.see(an_invocation(120, user="", principal=THIEF), delivery="file-3")

    assert world.detectors == ["quota_abuse"]


class _Contended(MemoryCallerStates):
    """Someone else folds another delivery of the same caller right before our first writes."""

    def __init__(self, times: int, rival: Delivery) -> None:
        super().__init__()
        self.times, self.rival = times, rival

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
        if self.times > 0:
            self.times -= 1
            rival = Delivery(f"{self.rival.id}-{self.times}", self.rival.records)
            World(states=_Through(self), rules=TIGHT).detection.take([rival])
        super().save(key, data, revision=revision, forget_at=forget_at)


class _Through:
    def __init__(self, states: MemoryCallerStates) -> None:
        self._states = states

    def load(self, keys: Sequence[str]) -> Any:
        return self._states.load(keys)

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
        MemoryCallerStates.save(self._states, key, data, revision=revision, forget_at=forget_at)


def test_a_lost_write_is_folded_again_on_what_the_other_wrote():
    rival = a_delivery(an_invocation(30, user="", principal=THIEF), id="rival")
    world = World(rules=TIGHT, states=_Contended(3, rival))

    failed = world.see(*_four(), delivery="file-1")

    assert not failed
    assert _used(world) == 4 + 3


def test_a_caller_contended_for_too_long_makes_its_deliveries_come_again():
    rival = a_delivery(an_invocation(30, user="", principal=THIEF), id="rival")
    world = World(rules=TIGHT, states=_Contended(50, rival))
    others = a_delivery(an_api_call("ListBuckets", "s3"), id="event-9")

    failed = world.detection.take([a_delivery(*_four(), id="file-1"), others])

    assert failed == {"file-1"}
    assert world.deliveries.done(["file-1", "event-9"]) == {"event-9"}


def test_more_deliveries_than_a_caller_remembers_are_taken_in_parts():
    world = World(rules=TIGHT)
    many = [a_delivery(an_invocation(n, user="", principal=THIEF), id=f"file-{n}") for n in range(130)]
    world.detection.take(many)
    world.deliveries = type(world.deliveries)()
    world.detection.take(many[-40:])

    assert _used(world) == 130


def _four() -> Iterable[Any]:
    return [an_invocation(n, user="", principal=THIEF) for n in range(4)]


def _used(world: World) -> int:
    key = "111122223333/iam-user:ci-user"
    return sum(decoded(world.states.load([key])[key].data, key).memory("quota_abuse", Usage).day_calls.values)


def test_conflict_while_settling_leaves_the_debt_to_the_other_writer():
    class Late(MemoryCallerStates):
        saves = 0

        def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
            self.saves += key.endswith("ci-user")
            if self.saves == 2:
                raise Conflict("someone else wrote first")
            super().save(key, data, revision=revision, forget_at=forget_at)

    world = World(rules=TIGHT, states=Late())
    world.see(*[an_invocation(n, user="", principal=THIEF) for n in range(8)])
    world.see(an_invocation(90, user="", principal=THIEF))

    assert len(world.findings.sent) == 2, "sent by the first, and again by the next: the id is the same"
    assert len(world.found) == 1
