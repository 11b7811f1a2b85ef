"""The behaviour of one caller as stored: today, what is usual, and running tests. Shared by the detectors of it.

Today is folded record by record. When a day is over it becomes part of what is usual, unless the caller was accused
on it: a spike never becomes its own baseline. A record of an earlier day that comes late counts for today.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tidegate.callers.behaviour.day import FLOOR, SHAPE, UNIT, Day
from tidegate.callers.behaviour.elicitation import elicits
from tidegate.callers.behaviour.habit import further, with_habit
from tidegate.callers.behaviour.past_day import FINE as STEPS
from tidegate.callers.behaviour.past_day import PastDay
from tidegate.callers.behaviour.phrases import LEFT_OPEN
from tidegate.callers.behaviour.profile import FINE, Profile
from tidegate.callers.behaviour.record import TRAITS, Record
from tidegate.callers.behaviour.summary import Opened, origin_of, size_reached, summary
from tidegate.content.redaction import redacted
from tidegate.model import CallerDay, Invocation
from tidegate.scoring.calibration import UNCALIBRATED, Calibrated
from tidegate.scoring.scale import CLIP
from tidegate.scoring.statistics import (
    ATTACKS,
    ELICITED,
    HEAD,
    REFUSALS,
    RULE,
    RUN,
    STATISTICS,
    TRAINING,
    asked_at,
    deviance,
)
from tidegate.scoring.text import HEADS
from tidegate.scoring.trees import heads_of

if TYPE_CHECKING:
    from tidegate.detectors.about import Known

_DAY = 86_400
_UUID, _UUID_BYTES = 36, 16  # characters, bytes
_EXCERPT = 60  # characters of an example: a caller at work has none, one that stands out three
_FINE = 64  # steps of a tail unit in a running sum
_SINK = 0.35  # tail units by which a caller's usual record sinks a running sum at least
_TEMPLATE = 3  # records that begin or end alike before
_SAME = 0.75  # tail units by which a template's further records sink: they are one piece of evidence again and again
_REPEAT = 12  # of a signature's 64 bits: texts that share nearly all their words
_HIGHEST = 60 * _FINE  # a running sum that has told everything
_BEYOND_HIGH = 0.03
_ELICITED = 0.02  # of records that look so by chance
_HALF = 0.5  # weight of a hint that benign texts give as well
_FEWEST_ASKED = 3  # records of a day, from which one that stands out has the heads asked
_RAPID = 20  # seconds between two records: nobody read the answer
_REFUSED = TRAITS.index("refused")
_OVER_PLACE = SHAPE.index(f"share of {HEADS[0]}")
_GAIN_PLACE = SHAPE.index(f"gain of {HEADS[0]}")
_REFUSED_PLACE = SHAPE.index("share refused")
_ANNOUNCED = 3  # days in a row on which a caller was accused, from which its days are learned again
_LEAST_KNOWN = 20  # records of a caller's own days, from which they raise what is expected of it


class Observation(NamedTuple):
    """A record folded in, and the statistics that it moved."""

    record: Record
    values: dict[int, float]  # place in STATISTICS -> value
    exceeded: dict[int, float]  # those beyond their threshold
    calibration: Calibrated
    limits: Sequence[float]  # the calibration's thresholds, raised where the caller has a habit


class Example(msgspec.Struct, array_like=True, frozen=True, gc=False):
    units: int  # of the tail, in sixteenths
    id: Any  # text or sixteen bytes, see id_of
    asked: str = ""  # the beginning, redacted, of those that stood out at all


class Behaviour(msgspec.Struct, array_like=True):
    day: int = 0  # since the epoch, UTC
    today: Day = msgspec.field(default_factory=Day)
    profile: Profile = msgspec.field(default_factory=Profile)
    runs: list[int] = msgspec.field(default_factory=lambda: [0] * len(HEADS))
    hits: list[int] = msgspec.field(default_factory=lambda: [0] * len(ATTACKS))  # phrases of today, in halves
    usual_hits: list[int] = msgspec.field(default_factory=lambda: [0] * len(ATTACKS))  # a day, in sixteenths
    raised: dict[str, int] = {}  # detector -> tiers reported today, as bits
    accused_days: int = 0  # in a row
    examples: list[Example] = []  # today's records that stood out most
    began: int = 0  # of today's records, seconds of the day
    latest: int = 0
    told: int = 0  # of today's records, when a summary was told last
    most: dict[int, int] = {}  # of today's statistics, see PastDay
    past: PastDay = msgspec.field(default_factory=PastDay)  # the caller's last day before today
    elicited: int = 0  # records of today that ask for reasoning as a harvest does
    usual_elicited: int = 0  # a day, in sixteenths

    def __post_init__(self) -> None:
        if len(self.today.traits) < len(
            TRAITS
        ):  # kept by an earlier version, which measured less, and other statistics
            self.today.traits += [0] * (len(TRAITS) - len(self.today.traits))
            self.most, self.past, self.profile = {}, PastDay(), Profile()

    def observe(self, call: Invocation, known: Known) -> Observation | None:
        """None for a call that failed or in which a user says nothing, and for sums over a principal's end users."""
        if known.through or call.error:
            return None
        calibration = known.calibration or UNCALIBRATED
        record = known.record_of(call, known.contents(call), calibration.scale)
        return None if record is None else self.fold(record, calibration)

    def fold(self, record: Record, calibration: Calibrated) -> Observation:
        day = int(record.call.time) // _DAY
        if day > self.day:
            self._turn(day, calibration)
        today = self.today
        second = max(0, int(record.call.time) - self.day * _DAY)  # of an earlier day: it came late
        rapid = bool(today.records) and 0 <= second - self.latest <= _RAPID
        self.began = min(self.began, second) if today.records else second
        self.latest = max(self.latest, second)
        came = max(today.prefixes.get(record.prefix, 0), today.suffixes.get(record.suffix, 0))
        again = came >= _TEMPLATE
        expects_open = record.suffix in today.suffixes and today.suffixes[record.suffix] > 1
        nearest = today.add(record, rapid=rapid)
        # Until a tenant's own thresholds are known, the same text with another number or name in it tells nothing new.
        sunk = CLIP if nearest <= _REPEAT and not calibration.asks_heads else _SAME if again else 0.0
        values: dict[int, float] = {}
        self._run(record, sunk, values)
        self._count_phrases(record, expects_open, values)
        if record.traits.refused:
            expected = max(calibration.refusals, self._usual(_REFUSED_PLACE)) * today.records
            values[REFUSALS] = deviance(today.traits[_REFUSED], expected)
        if elicits(record, came, nearest, today):
            self.elicited += 1
            usual = self.usual_elicited / 16 / max(self.profile.records, 1)
            values[ELICITED] = deviance(self.elicited, max(_ELICITED, usual) * today.records)
        if asked_at(today.records) or (today.records >= _FEWEST_ASKED and _stands_out(record)):
            # before they are judged by, their usual values are learned
            values.update(zip(range(HEAD, len(STATISTICS)), heads_of(self.features()), strict=True))
        for place, value in values.items():
            steps = round(value * STEPS)
            self.most[place] = max(self.most.get(place, steps), steps)
        self._keep_example(record)
        limits: Sequence[float] = calibration.thresholds
        exceeded = {place: value for place, value in values.items() if value > limits[place]}
        if exceeded and self.profile.habit:
            limits = with_habit(self.profile.habit, calibration)
            exceeded = {place: value for place, value in exceeded.items() if value > limits[place]}
        return Observation(record, values, exceeded, calibration, limits)

    def _turn(self, day: int, calibration: Calibrated) -> None:
        """A day on which the caller was accused is no part of what is usual. Accused day after day, it is a job that
        nobody announced: from the third such day on it is."""
        self.accused_days = self.accused_days + 1 if self.raised else 0
        if self.raised:
            self.runs = [0] * len(HEADS)
        benign = self.day * _DAY < calibration.benign_until
        if benign:
            self.profile.habit = further(self.profile.habit, self.most, calibration)
        learned = benign or self.accused_days == 0 or self.accused_days >= _ANNOUNCED
        if self.today.records and learned:
            self.profile.learn(self.today)
            weight = max(1 / max(self.profile.days, 1), 0.2)
            self.usual_hits = [
                round(old + weight * (8 * new - old)) for old, new in zip(self.usual_hits, self.hits, strict=True)
            ]
            self.usual_elicited += round(weight * (16 * self.elicited - self.usual_elicited))
        if self.today.records:
            self.past = self.measured()
        self.day, self.today, self.most = day, Day(), {}
        self.hits, self.raised, self.examples = [0] * len(ATTACKS), {}, []
        self.began = self.latest = self.told = self.elicited = 0

    def measured(self) -> PastDay:
        """How far today's statistics went so far."""
        return PastDay(self.day, self.today.records, self.most, self.today.over, self.today.surplus)

    def _run(self, record: Record, sink: float, values: dict[int, float]) -> None:
        known = self.profile.days * self.profile.records >= _LEAST_KNOWN
        runs = self.runs
        for head, tail in enumerate(record.tail):
            if not runs[head] and tail <= sink:  # most: it is at its lowest, and falls
                continue
            own = 0.0
            if known:  # drift rises to the caller's own 97th percentile, if its tail falls like the tenant's
                usual = self._usual(_OVER_PLACE + head)
                own = max(self._usual(_GAIN_PLACE + head) + _SINK, math.log10(max(usual / _BEYOND_HIGH, 1.0)))
            run = runs[head] + round((max(tail, FLOOR) - max(own, sink)) * _FINE)
            runs[head] = run = min(max(run, 0), _HIGHEST)
            if run:
                values[RUN + head] = run / _FINE

    def _count_phrases(self, record: Record, expects_open: bool, values: dict[int, float]) -> None:
        found: dict[str, float] = {}
        for phrase in record.phrases:
            weight = 1.0
            if phrase.name == LEFT_OPEN:
                weight = 0.0 if expects_open else _HALF
            found[phrase.attack] = max(found.get(phrase.attack, 0.0), weight)
        if record.given_away >= 0.25:
            found[ATTACKS[1]] = 2.0
        if record.diverged and found.get(TRAINING):
            found[TRAINING] = 2.0
        if record.blocked:
            found[ATTACKS[0]] = max(found.get(ATTACKS[0], 0.0), 1.0)
        for attack, weight in found.items():
            place = ATTACKS.index(attack)
            self.hits[place] += round(2 * weight)
            values[RULE + place] = self.hits[place] / 2 - 2 * self.usual_hits[place] / 16

    def _usual(self, place: int) -> float:
        shape = self.profile.shape
        return shape[place] / FINE if shape else 0.0

    def _keep_example(self, record: Record) -> None:
        tail = round(max(record.tail) * UNIT) + (3 * UNIT if record.phrases else 0)
        if tail <= 0 and len(self.examples) == 3:
            return
        if len(self.examples) < 3 or tail > self.examples[-1].units:
            said = excerpt(record.contents.user, _EXCERPT) if tail > 0 else ""
            some = [*self.examples, Example(tail, short_id(record.call.id), said)]
            self.examples = sorted(some, key=lambda one: (-one.units, id_of(one.id)))[:3]

    def features(self) -> list[float]:
        """What the heads over days are asked about, in the order of FEATURES."""
        today = self.today
        shape = today.shape()
        return [
            *shape,
            *(top / UNIT for top in today.tops),
            *self.profile.difference(shape),
            *self.profile.newness(today),
            min(math.log2(1 + self.profile.days), 4.0),
            math.log2(today.records + 1),
            math.log2((today.records + 1) / (self.profile.records + 1)) if self.profile.days else 0.0,
            *(hits / 2 for hits in self.hits),
        ]

    def tell(self, call: Invocation, known: Known, opened: Opened, *, again: bool) -> CallerDay | None:
        """The day so far, when it has grown to another of SIZES. `call`: the newest; `again`: it came before.

        What is told is not known to have been heard: a delivery that comes again has it told once more.
        """
        size = size_reached(self.today.records)
        if known.through or not size or (size <= self.told and not again):
            return None
        self.told = size
        return summary(self, call, known.contents(call).user, origin_of(call, opened))

    @property
    def has_accused(self) -> bool:
        """Whether its newest day is one on which the caller was accused."""
        return bool(self.raised)

    def raise_once(self, detector: str, tier: int) -> bool:
        """Whether nothing as grave as this tier of a detector was reported today."""
        marks = self.raised.get(detector, 0)
        if marks >> tier:
            return False
        self.raised[detector] = marks | 1 << tier
        return True


def excerpt(text: str, longest: int) -> str:
    """The beginning, with what identifies people or opens doors masked."""
    return redacted(" ".join(text[: 4 * longest].split()))[:longest]


def short_id(event: str) -> str | bytes:
    """A request id is a UUID nearly always: 16 bytes instead of 36."""
    if len(event) == _UUID:
        with suppress(ValueError):
            found = bytes.fromhex(event.replace("-", ""))
            if len(found) == _UUID_BYTES and id_of(found) == event:
                return found
    return event


def id_of(short: str | bytes) -> str:
    if isinstance(short, str):
        return short
    digits = short.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _stands_out(record: Record) -> bool:
    return bool(record.phrases) or max(record.tail) > 1


FEATURES = (
    *SHAPE,
    *(f"largest {head}" for head in HEADS),
    *(f"change of {name}" for name in SHAPE),
    *("new direction", "new vocabulary", "new prefix", "new suffix"),
    "days known",
    "records",
    "change of records",
    *(f"phrases of {attack}" for attack in ATTACKS),
)
