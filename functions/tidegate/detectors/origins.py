"""What is remembered of where an identity calls models from, and of what it did lately. Not a detector.

One memory for the detectors that look at the same past from different sides. A record is folded into up to three of
them: of the principal (what it did), of the role behind it where sessions change their names (where it comes from),
and of the address (what several principals did from there). Noting is idempotent and a thing is new all day, so
neither order of arrival nor redelivery changes what is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from tidegate.callers.firsts import LEARNING_ACTIVE, LEARNING_DAYS, Firsts
from tidegate.callers.sightings import Sightings, raised_once
from tidegate.detectors.about import Known, Reads, api_calls
from tidegate.detectors.acts import (
    ACTS,
    ALL_DAY,
    BEGUN,
    CALLED,
    COSTLY,
    KEYS_MADE,
    NEW,
    NEW_MODEL,
    NEW_NETWORK,
    PROXY,
    TRAIL_STOPS,
    Telling,
    acts_of,
    is_expensive,
    is_proxy,
)
from tidegate.detectors.suspected import Threat, kept, names_of, suspect_of
from tidegate.detectors.threat_types import is_ai, is_stolen
from tidegate.detectors.whence import DIMENSIONS, dimensions, is_model_call, is_outside, lasting_name
from tidegate.model import ApiCall, Invocation, Joined, Principal, Seen, ServiceEvent, ThreatFinding, narrowest_caller

SHARED = "origins"
BEARER = "b"  # among the acts of an identity: it called with an API key
SERVICES = ("bedrock", "bedrock-runtime", "bedrock-agent-runtime", "bedrock-mantle", "aws-external-anthropic")
ACT_STEP = 1800  # seconds; the 64 steps kept are 32 hours
MOST_ACTS = 56  # more than there are: none ever pushes another out
_MOST_NAMES = 4
_MOST_MARKS = 20
_LONG = 6  # half hours of a day
_HABIT_DAYS = 3  # what an identity did before these days is a habit of it
_BY_ADDRESS = "address:"
_DAY = 86_400


class Look(NamedTuple):
    """One record as it looks against the past of the identity whose memory is open: what detectors judge."""

    record: Telling
    who: Principal
    seen: Mapping[str, str]  # dimension -> thing, as far as the record says
    new: tuple[str, ...]  # the dimensions in which that is new; empty while there is no history
    fresh: bool  # an act came up in a half hour in which it had not been seen
    acts: tuple[str, ...]


class Origins(msgspec.Struct, array_like=True, dict=True):
    """`dict`: what is set beside the fields lives as long as a fold and isn't stored."""

    firsts: Firsts = msgspec.field(default_factory=lambda: Firsts(seen={}, overflowed={}))
    acts: Sightings = msgspec.field(default_factory=lambda: Sightings(seconds=ACT_STEP, seen={}))
    raised: list[str] = msgspec.field(default_factory=list)
    names: list[str] = msgspec.field(default_factory=list)  # of an address: the principals that acted from there
    threats: list[Threat] = msgspec.field(default_factory=list)  # GuardDuty's, of this principal
    called: tuple[float, str, str] = (0.0, "", "")  # the first model call of the newest half hour: time, id, model

    def observe(self, record: Telling, known: Known) -> Look | None:
        if self._has_met(record):
            return None
        if isinstance(record, ThreatFinding):
            return self._suspected(record, known)
        if known.name.startswith(_BY_ADDRESS):
            return self._from_address(record)
        seen: dict[str, str] = {}
        new: tuple[str, ...] = ()
        news = False
        if known.name == lasting_name(record.principal):
            seen = dimensions(record)
            for dimension, thing in seen.items():
                news |= self.firsts.saw(dimension, thing, record.time)
            new = self._new(seen, record.time)
            if not isinstance(record, Invocation) and record.bearer:
                news |= self.firsts.saw("act", BEARER, record.time) or True
        if known.name != narrowest_caller(record.principal):
            return Look(record, record.principal, seen, new, False, ()) if news or new else None
        acts = (*acts_of(record), *self._by_comparison(record, seen, new))
        fresh = self._acted(acts, record)
        return Look(record, record.principal, seen, new, fresh, acts) if news or new or fresh else None

    def _has_met(self, record: Telling) -> bool:
        """Whether this fold had a model call from the same origin in the same half hour: nearly all of a busy caller.

        The second one changes nothing and says nothing that the first one didn't: everything here goes by half hours
        and days, and records come oldest first.
        """
        if isinstance(record, ThreatFinding) or record.error or not is_model_call(record):
            return False
        step = int(record.time) // ACT_STEP
        key: tuple[object, ...]
        if isinstance(record, Invocation):
            key = (step, record.region, record.model, record.guardrail_action)
        else:
            which = record.model if isinstance(record, Joined) else bytes(record.parameters or b"")
            key = (step, record.region, which, record.address, record.user_agent, record.bearer, record.principal.arn)
        met: set[tuple[object, ...]] = self.__dict__.setdefault("met", set())
        if key in met:
            return True
        met.add(key)
        return False

    def _new(self, seen: Mapping[str, str], time: float) -> tuple[str, ...]:
        if not self.firsts.past(time).is_history:
            return ()
        return tuple(
            dimension
            for dimension, thing in seen.items()
            if self.firsts.is_new(dimension, thing, time) and not self.firsts.roams(dimension, time)
        )

    def _acted(self, acts: Iterable[str], record: Telling) -> bool:
        fresh = False
        for act in acts:
            fresh |= self.acts.add(act, record.time, most=MOST_ACTS)
            if act in ACTS and ACTS[act].habit:
                self.firsts.saw("act", act, record.time)
            if act == CALLED and not isinstance(record, ThreatFinding):
                self._called(record)
        return fresh

    def _called(self, record: ApiCall | Invocation | Joined) -> None:
        """Keeps the first call of the newest half hour, whichever came first."""
        time, event, _ = self.called
        newer = int(record.time) // ACT_STEP - int(time) // ACT_STEP
        if newer > 0 or (newer == 0 and (record.time, record.id) < (time, event)):
            self.called = (record.time, record.id, record.name if isinstance(record, ApiCall) else record.model)

    def _by_comparison(
        self, record: ApiCall | Invocation | Joined, seen: Mapping[str, str], new: tuple[str, ...]
    ) -> Iterable[str]:
        """The acts that only the past makes one."""
        if "network" in new:
            yield NEW if "agent" in new else NEW_NETWORK
        if record.error or not is_model_call(record):
            return
        if "agent" in new and is_proxy(seen["agent"]):
            yield PROXY
        yield from self._from_nothing(record.time)
        if "model" in new:
            yield NEW_MODEL
        model = seen.get("model", "")
        if model and is_expensive(model) and self.firsts.is_recent("model", model, record.time):
            yield COSTLY

    def _from_nothing(self, time: float) -> Iterable[str]:
        """Use that rose from zero. Half hours with a call are counted and not calls, which may be told twice."""
        if self.firsts.past(time).is_history and self.firsts.is_new("act", CALLED, time):
            yield BEGUN
            day_start = int(time) // _DAY * _DAY // ACT_STEP
            bits = self.acts.seen.get(CALLED, 0) & (1 << max(self.acts.latest - day_start + 1, 0)) - 1
            if bits.bit_count() >= _LONG:
                yield ALL_DAY

    def _suspected(self, threat: ThreatFinding, known: Known) -> Look | None:
        self.threats = kept(self.threats, threat, known.name)
        acts = () if threat.archived else acts_of(threat)
        self._acted(acts, threat)
        if threat.models and CALLED not in acts and not threat.archived:
            self._saw_model(threat)
        return Look(threat, suspect_of(threat, known.name), {}, (), True, acts)

    def _saw_model(self, threat: ThreatFinding) -> None:
        """GuardDuty itself saw it call a model."""
        self.acts.add(CALLED, threat.time, most=MOST_ACTS)
        if int(threat.time) // ACT_STEP > int(self.called[0]) // ACT_STEP:
            self.called = (threat.time, threat.id, threat.models[0])

    def _from_address(self, record: ApiCall | Invocation | Joined) -> Look | None:
        acts = acts_of(record)
        self.firsts.saw("act", "any", record.time)  # since when this address is one of the account's
        if not acts:
            return None
        who = narrowest_caller(record.principal)
        if acts[0] != CALLED and who not in self.names:
            self.names = sorted([*self.names, who])[-_MOST_NAMES:]
        fresh = [self.acts.add(act, record.time, most=MOST_ACTS) for act in acts]
        return Look(record, record.principal, {}, (), True, acts) if any(fresh) else None

    def once(self, mark: str) -> bool:
        """Whether a mark of a finding is new; remembers it."""
        return raised_once(self.raised, mark, keep=_MOST_MARKS)

    def habits(self, time: float) -> frozenset[str]:
        """The acts that were seen before the last days: they count nothing."""
        until = int(time) // _DAY - _HABIT_DAYS
        firsts = ((code, self.firsts.first_day("act", code)) for code, act in ACTS.items() if act.habit)
        return frozenset(code for code, first in firsts if first is not None and first < until)

    def history(self, time: float) -> dict[str, Any]:
        """What a "never before" rests on, for the evidence."""
        past = self.firsts.past(time)
        return {
            "days_since_first_seen": past.days,
            "days_active": past.active,
            "days_needed": LEARNING_DAYS,
            "days_active_needed": LEARNING_ACTIVE,
            "known_before": {dimension: self.firsts.known(dimension, time) for dimension in DIMENSIONS},
        }


def reads() -> tuple[Reads, ...]:
    """Every call of the services that models are called and managed with, and what else tells of a theft."""
    return (
        *(api_calls(service) for service in SERVICES),
        api_calls("iam", *KEYS_MADE),
        api_calls("cloudtrail", *TRAIL_STOPS),
    )


def subjects(record: Seen, _known: Known) -> Iterable[str]:
    """Whose memories a record is folded into."""
    if isinstance(record, ThreatFinding):
        if is_ai(record.type) or is_stolen(record.type):
            yield from sorted(names_of(record))
        return
    principal = record.principal
    if isinstance(record, ServiceEvent) or principal.invoked_by or principal.kind == "AWSService":
        return  # AWS, on someone's behalf: from where and how is its own business
    yield narrowest_caller(principal)
    if not isinstance(record, Invocation):
        yield lasting_name(principal)
        if isinstance(record, ApiCall) and is_outside(record.address):
            yield _BY_ADDRESS + record.address
