"""Thresholds out of callers' states alone: kept by day, learned in two stages, in force from the next day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import msgspec
import pytest
from detection_builders import REGION, an_invocation

from tidegate.calibrating import Calibrating, Calibration, stored_calibration
from tidegate.callers.behaviour.day import SHAPE
from tidegate.callers.behaviour.kept_days import (
    DayKept,
    drift,
    from_configuration,
    mark_of,
    scale_of,
    to_configuration,
)
from tidegate.detection import Delivery, Detection
from tidegate.model import Invocation
from tidegate.rules import Rules
from tidegate.scoring.calibration import NOT_ASKED, UNCALIBRATED
from tidegate.scoring.scale import SHIPPED
from tidegate.scoring.statistics import HEAD, STATISTICS
from tidegate.scoring.text import HEADS
from tidegate.settings import Settings
from tidegate_local.memory import (
    MemoryBytes,
    MemoryCallerStates,
    MemoryConfigurationSnapshots,
    MemoryDeliveries,
    MemoryFindingQueue,
    MemoryNotifier,
    MemoryOutbox,
)

DAY = 86_400
ASKED = (
    "Where is order {n}?", "Write a mail about parcel {n} that came late.", "What does a tent for {n} people weigh?",
    "Translate label {n} into German, please.", "Sum up note {n} in one line: the tide was high, the boat was late.",
    "Can I return shoe {n}?", "List three names for shop {n}.",
)  # fmt: skip


class Tenant:
    """A tenant whose days are lived through, with a calibration each night."""

    def __init__(self) -> None:
        self.states, self.snapshots, self.notifier = (
            MemoryCallerStates(),
            MemoryConfigurationSnapshots(),
            MemoryNotifier(),
        )
        self.now = datetime(2026, 9, 1, tzinfo=UTC)
        self.detection = Detection(
            self.states, MemoryDeliveries(), self.snapshots, MemoryFindingQueue(), MemoryOutbox(), MemoryBytes(),
            Rules(), Settings(region=REGION), lambda: self.now,
        )  # fmt: skip
        self.calibrating = Calibrating(self.states, self.snapshots, self.notifier, lambda: self.now, REGION)
        self._numbers = count()

    def live(self, records: list[Invocation]) -> None:
        self.detection.take([Delivery(f"d-{next(self._numbers)}", records)])

    def night_after(self, day: int) -> Calibration:
        self.now = datetime.fromtimestamp((day + 1) * DAY + 5400, UTC)
        return self.calibrating.run()


FIRST = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp()) // DAY


def calls(day: int, callers: int = 30, each: int = 6) -> Iterator[Invocation]:
    for caller in range(callers):
        for number in range(each):
            text = ASKED[(caller + number + day) % len(ASKED)].replace("{n}", str(day * 1000 + caller * 7 + number))
            body = msgspec.Raw(msgspec.json.encode({"messages": [{"role": "user", "content": [{"text": text}]}]}))
            at = (FIRST + day) * DAY - datetime(2026, 9, 1, 10, tzinfo=UTC).timestamp() + caller * 900 + number * 60
            yield an_invocation(at, user=f"u-{caller}", input_body=body)


@pytest.fixture(scope="module")
def lived() -> tuple[Tenant, list[Calibration]]:
    tenant = Tenant()
    runs = []
    for day in range(8):
        tenant.live(list(calls(day)))
        runs.append(tenant.night_after(FIRST + day))
    return tenant, runs


def test_a_scale_is_learned_first_and_then_thresholds_in_it(lived: tuple[Tenant, list[Calibration]]) -> None:
    assert [run.stage for run in lived[1]] == ["collecting"] * 2 + ["scale"] + ["collecting"] * 3 + ["thresholds"] * 2
    assert all(run.caller_days == 30 for run in lived[1])
    assert not any(run.unreadable for run in lived[1])


def test_what_is_learned_is_in_force_from_the_next_day_on(lived: tuple[Tenant, list[Calibration]]) -> None:
    snapshots = lived[0].snapshots
    scale_day, threshold_day = FIRST + 3, FIRST + 7  # the days on whose nights they were learned

    assert stored_calibration(snapshots, REGION, scale_day) is None
    with_scale = stored_calibration(snapshots, REGION, scale_day + 1)
    assert with_scale is not None
    assert with_scale.scale != SHIPPED
    assert not with_scale.rate
    assert with_scale.thresholds == UNCALIBRATED.thresholds
    learned = stored_calibration(snapshots, REGION, threshold_day + 1)
    assert learned is not None
    assert learned.rate
    assert learned.asks_heads
    assert learned.scale == with_scale.scale
    assert len(learned.thresholds) == len(STATISTICS)
    assert len(learned.usual) == len(SHAPE), "and what is usual among its callers"


def test_running_again_keeps_the_same_day_once() -> None:
    tenant = Tenant()
    tenant.live(list(calls(0)))
    tenant.night_after(FIRST)
    before = tenant.snapshots.before(f"calibration/{REGION}/day/{FIRST}", (FIRST + 1) * DAY)
    tenant.live(list(calls(1)))

    assert tenant.calibrating.run().stage == "collecting"
    assert tenant.snapshots.before(f"calibration/{REGION}/day/{FIRST}", (FIRST + 1) * DAY) == before


def test_a_damaged_state_is_said_and_the_others_are_learned_from() -> None:
    tenant = Tenant()
    tenant.live(list(calls(0)))
    tenant.states.save("111122223333/user:damaged", b"\x91\x63", revision=0, forget_at=2e9)
    done = tenant.night_after(FIRST)

    assert (done.caller_days, done.unreadable) == (30, 1)


def a_kept_day(*, over: float = 0.03, rows: int = 60, far: int = 0) -> DayKept:
    row = [0.5] * HEAD + [NOT_ASKED] * (len(STATISTICS) - HEAD)
    loud = [50.0] * HEAD + [3.0] * (len(STATISTICS) - HEAD)
    days = [list(row) for _ in range(rows - far)] + [list(loud) for _ in range(far)]
    return DayKept(mark_of(SHIPPED), days, 1000.0, [1000 * over] * len(HEADS), [100 * over] * len(HEADS))


def test_a_kept_day_comes_back_as_it_was() -> None:
    day = a_kept_day(far=2)
    assert from_configuration(to_configuration(day)) == day
    assert from_configuration({**to_configuration(day), "statistics": ["others"]}) is None


def test_a_tail_like_the_shipped_one_gives_the_shipped_scale_and_a_heavier_one_a_higher() -> None:
    same, heavier = scale_of([a_kept_day()]), scale_of([a_kept_day(over=0.12)])
    assert same is not None
    assert heavier is not None
    assert same.q97 == pytest.approx(SHIPPED.q97, abs=0.06)
    assert all(more > less for more, less in zip(heavier.q97, same.q97, strict=True))
    assert scale_of([DayKept(0, [], 10.0, [0.0] * len(HEADS), [0.0] * len(HEADS))]) is None


def test_drift_is_noticed_in_who_is_accused_and_in_what_is_asked() -> None:
    learned = msgspec.structs.replace(UNCALIBRATED, thresholds=(9.0,) * len(STATISTICS), rate=0.001)
    assert drift([a_kept_day()], learned) == []
    assert "10 of 60 caller-days" in drift([a_kept_day(far=10)], learned)[0]
    assert len(drift([a_kept_day(over=0.3)], learned)) == len(HEADS)
    assert drift([a_kept_day(over=0.3)], UNCALIBRATED) == []
