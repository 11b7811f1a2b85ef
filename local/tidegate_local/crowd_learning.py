"""What many names together reach on a tenant's days, by the detector's own memory: thresholds for crowds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from tidegate.callers.behaviour.crowd import FEWEST_NAMES, Crowd, crowds_of, signer_of
from tidegate.callers.behaviour.record import Record
from tidegate.detectors.about import Known
from tidegate.folding import CROWD_SHARDS
from tidegate.model import Invocation
from tidegate.scoring.calibration import NOT_ASKED, Calibrated, suspicious
from tidegate.scoring.fitting import learned_of_crowds
from tidegate.scoring.statistics import STATISTICS
from tidegate.scoring.text import HEADS

DAY = 86_400
_DELIVERY = 300  # seconds: deployed, a delivery's records go into one half of a crowd


class CrowdDays:
    def __init__(self, calibration: Calibrated) -> None:
        self._known = Known(crowds=calibration)
        self._memories: dict[tuple[str, str, int], Crowd] = defaultdict(Crowd)
        self._days: dict[tuple[str, str, int], dict[int, list[float]]] = defaultdict(dict)
        self._crowds: set[tuple[str, str, int, int]] = set()  # days on which there were names enough

    def fold(self, call: Invocation, record: Record) -> None:
        for name in (call.caller, signer_of(call)):
            self._known.note_first(call.account, name, int(call.time) // DAY)
        half = int(call.time) // _DELIVERY % CROWD_SHARDS
        for name in crowds_of(call):
            key = call.account, name, half
            memory = self._memories[key]
            known = msgspec.structs.replace(self._known, name=name, record_of=lambda *_: record)
            if (seen := memory.observe(call, known)) is None:
                continue
            days = self._days[key]
            if memory.day not in days:
                if days and suspicious(next(reversed(days.values()))):
                    memory.runs = [0] * len(HEADS)  # as after an accusation
                days[memory.day] = [NOT_ASKED if one.startswith("head:") else 0.0 for one in STATISTICS]
            most = days[memory.day]
            for place, value in seen.values.items():
                most[place] = max(most[place], value)
            if memory.names >= FEWEST_NAMES:
                self._crowds.add((*key, memory.day))

    def after(self, border: int) -> list[list[float]]:
        return [
            most
            for key, days in self._days.items()
            for day, most in days.items()
            if day > border and (*key, day) in self._crowds
        ]


def thresholds(days: Sequence[Sequence[float]], rate: float) -> dict[str, float]:
    """By statistic; empty while their days are too few."""
    return dict(zip(STATISTICS, learned_of_crowds(days, rate), strict=False))
