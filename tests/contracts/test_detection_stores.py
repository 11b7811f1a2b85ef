"""CallerStates, Deliveries and ConfigurationSnapshots keep what ports.py promises, in memory and over DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.errors import Conflict
from tidegate.ports import Stored


def test_a_caller_never_seen_has_an_empty_state_of_revision_0(stores: Any) -> None:
    assert stores.states.load(["111122223333/user:alice"]) == {"111122223333/user:alice": Stored(b"", 0)}


def test_a_state_comes_back_as_written_one_revision_on(stores: Any) -> None:
    stores.states.save("k", b"\x00one", revision=0, forget_at=2e9)
    stores.states.save("k", b"two", revision=1, forget_at=2e9)
    assert stores.states.load(["k"]) == {"k": Stored(b"two", 2)}


@pytest.mark.parametrize("stale", [0, 1, 3])
def test_a_state_written_from_another_revision_is_a_conflict_and_changes_nothing(stores: Any, stale: int) -> None:
    stores.states.save("k", b"one", revision=0, forget_at=2e9)
    stores.states.save("k", b"two", revision=1, forget_at=2e9)
    with pytest.raises(Conflict):
        stores.states.save("k", b"lost", revision=stale, forget_at=2e9)
    assert stores.states.load(["k"])["k"].data == b"two"


def test_more_states_than_one_request_holds_are_loaded_and_names_may_repeat(stores: Any) -> None:
    keys = [f"111122223333/user:{number}" for number in range(230)]
    for key in keys[::2]:
        stores.states.save(key, key.encode(), revision=0, forget_at=2e9)
    loaded = stores.states.load([*keys, keys[0]])
    assert len(loaded) == 230
    assert {key for key, stored in loaded.items() if stored.revision} == set(keys[::2])


def test_loading_nothing_is_nothing(stores: Any) -> None:
    assert stores.states.load([]) == {}
    assert stores.deliveries.done([]) == set()


def test_deliveries_are_done_once_marked_however_often(stores: Any) -> None:
    ids = [f"s3://logs/{number}" for number in range(120)]
    stores.deliveries.mark_done([*ids, ids[0]], forget_at=2e9)
    stores.deliveries.mark_done(ids[:3], forget_at=2e9)
    assert stores.deliveries.done([*ids, "s3://logs/new"]) == set(ids)


def test_the_configuration_before_a_time_is_the_last_one_strictly_before_it(stores: Any) -> None:
    arn = "arn:aws:bedrock:eu-central-1:111122223333:guardrail/abc"
    stores.snapshots.record(arn, 1000.5, "b", {"version": 2})
    stores.snapshots.record(arn, 999.0, "z", {"version": 1})
    stores.snapshots.record("other", 1000.7, "c", {"version": 9})
    assert stores.snapshots.before(arn, 999.0) is None
    assert stores.snapshots.before(arn, 1000.5) == {"version": 1}
    assert stores.snapshots.before(arn, 1000.6) == {"version": 2}
    assert stores.snapshots.before(arn, 99_999_999.0) == {"version": 2}


def test_recording_an_event_twice_records_it_once_and_late_events_find_their_place(stores: Any) -> None:
    configuration = {"filters": [{"type": "HATE", "strength": 0.75}], "topics": {}, "name": "größe"}
    for _ in range(2):
        stores.snapshots.record("g", 50.0, "event", configuration)
    stores.snapshots.record("g", 40.0, "late", {"name": "older"})
    assert stores.snapshots.before("g", 60.0) == configuration
    assert stores.snapshots.before("g", 50.0) == {"name": "older"}


def test_of_two_events_at_the_same_instant_the_later_id_counts(stores: Any) -> None:
    stores.snapshots.record("g", 50.0, "b", {"name": "second"})
    stores.snapshots.record("g", 50.0, "a", {"name": "first"})
    assert stores.snapshots.before("g", 50.000001) == {"name": "second"}


def test_every_state_is_there_once_however_many(stores: Any) -> None:
    for number in range(30):
        stores.states.save(f"111122223333/user:{number}", b"x" * 100_000, revision=0, forget_at=2e9)
    found = list(stores.states.every())
    assert sorted(key for key, _ in found) == sorted(f"111122223333/user:{number}" for number in range(30))
    assert {data for _, data in found} == {b"x" * 100_000}
