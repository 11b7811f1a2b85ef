"""A process that keeps states open finds, stores and tells what one finds that opens them anew for each batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from detection_builders import World, an_invocation

from tidegate.callers.opened import OpenedStates
from tidegate.callers.state import CallerState, decoded, encoded, mark_of, unpacked
from tidegate.callers.usage import Usage
from tidegate.detection import Delivery, Detection
from tidegate.errors import DamagedRecord
from tidegate.sources import read_any

EVENTS = Path(__file__).parents[2] / "events"
FILES = sorted(EVENTS.glob("*.json"))


def _deliveries(case: dict[str, Any]) -> Iterator[Delivery]:
    """A record each."""
    for number, given in enumerate(case["records"]):
        read = read_any(json.dumps(given.get("record", given)).encode(), "events")
        yield Delivery(f"{number}", [one for one in read if not isinstance(one, DamagedRecord)])


def _lasting(world: World) -> tuple[dict[str, bytes], list[str]]:
    states = {key: stored.data for key, stored in sorted(world.states._stored.items())}
    return states, [finding.model_dump_json() for finding in world.found]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_of_a_detector_ends_alike(file: Path) -> None:
    told = json.loads(file.read_text())
    for case in (*told["fires"], *told["quiet"]):
        keeping, forgetting = World(), World()
        detection, said = keeping.detection, list[str]()
        for delivery in _deliveries(case):
            detection.take([delivery])
            said += [finding.model_dump_json() for finding in keeping.findings.sent[len(said) :]]
            forgetting.detection.take([delivery])
        assert _lasting(keeping) == _lasting(forgetting)
        assert [finding.model_dump_json() for finding in keeping.findings.sent] == said, "what was said stays"


def _state() -> CallerState:
    return CallerState(memories={"quota_abuse": Usage(latest=7)}, folded=mark_of("file-1"))


def test_a_state_is_taken_up_where_it_was_left() -> None:
    states, left = OpenedStates(), _state()
    states.keep("key", encoded(left), left)

    assert states.take("key", encoded(left)) is left


def test_what_somebody_else_wrote_is_opened() -> None:
    states, left = OpenedStates(), _state()
    states.keep("key", encoded(left), left)
    written = encoded(CallerState(folded=mark_of("file-2")))

    assert states.take("key", written).folded == mark_of("file-2")


def test_a_state_whose_fold_failed_is_opened_again() -> None:
    states, left = OpenedStates(), _state()
    data = encoded(left)
    states.keep("key", data, left)
    states.take("key", data).memories.clear()

    assert states.take("key", data).memories


def test_the_states_used_longest_ago_go() -> None:
    states, left = OpenedStates(most=2), _state()
    data = encoded(left)
    for key in ("one", "two", "three"):
        states.keep(key, data, left)

    assert states.take("one", data) is not left
    assert states.take("three", data) is left


def test_a_store_in_memory_keeps_states_as_they_are() -> None:
    world = World()
    detection = Detection(
        world.states, world.deliveries, world.snapshots, world.findings, world.outbox, world.damaged, world.rules,
        world.settings, lambda: world.now, as_stored=unpacked,
    )  # fmt: skip
    detection.take([Delivery("file-1", [an_invocation(n, user="somebody") for n in range(3)])])
    [data] = [stored.data for key, stored in world.states._stored.items() if key.endswith("user:somebody")]

    assert data == unpacked(decoded(data, "key"))
