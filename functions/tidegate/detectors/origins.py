"""What is remembered about where an identity calls models from, and what it did lately. Not a detector.

One memory for the detectors that look at the same past from different sides. A record is folded into up to three of
them: of the principal (what it did), of the role behind it where sessions change their names (where it comes from),
and of the address (what several principals did from there). Noting is idempotent and a thing is new all day, so
neither order of arrival nor redelivery changes what is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

import msgspec

from tidegate.callers.firsts import LEARNING_ACTIVE, LEARNING_DAYS, Firsts
from tidegate.callers.origins import agent_family, model_family, network_of
from tidegate.callers.sightings import Sightings
from tidegate.detectors.about import Known, Reads, Signal, api_calls
from tidegate.detectors.acts import (
    ACTS,
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
)  # fmt: skip
from tidegate.detectors.model_calls import MODEL_CALLS
from tidegate.detectors.opening import opened, text
from tidegate.detectors.threat_types import is_ai, is_stolen
from tidegate.model import (
    ApiCall,
    Invocation,
    Joined,
    Principal,
    Seen,
    ServiceEvent,
    Severity,
    ThreatFinding,
    narrowest_caller,
    related_callers,
)

SHARED = "origins"
BEARER = "b"  # among the acts of an identity: it called with an API key
SERVICES = ("bedrock", "bedrock-runtime", "bedrock-agent-runtime", "bedrock-mantle", "aws-external-anthropic")
DIMENSIONS = ("network", "agent", "region", "model")
ACT_STEP = 1800  # seconds; the 64 steps kept are 32 hours
_MOST_ACTS = 32
_MOST_NAMES = 4
_HABIT_DAYS = 3  # what an identity did before these days is a habit of it
_ROAMS = 6  # things known of a dimension from which on another one says nothing: Lambda's addresses, a phone's
_CHANGING = re.compile(r"\d{5,}|[0-9a-f]{8,}|^i-")  # in a session's name: a time, a task, an instance
_INSIDE = tuple(
    ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_BY_ADDRESS = "address:"


class Look(NamedTuple):
    """One record as it looks against the past of the identity, whose memory is open: what detectors judge."""

    record: Telling
    seen: Mapping[str, str]  # dimension -> thing, as far as the record says
    new: tuple[str, ...]  # the dimensions in which that is new; empty while there is no history
    fresh: bool  # an act came up in a half hour in which it had not been seen
    acts: tuple[str, ...]


class Origins(msgspec.Struct, array_like=True):
    firsts: Firsts = msgspec.field(default_factory=lambda: Firsts(seen={}))
    acts: Sightings = msgspec.field(default_factory=lambda: Sightings(seconds=ACT_STEP, seen={}))
    raised: list[str] = msgspec.field(default_factory=list)
    names: list[str] = msgspec.field(default_factory=list)  # of an address: the principals that acted from there

    def observe(self, record: Telling, known: Known) -> Look | None:
        if known.name.startswith(_BY_ADDRESS):
            return self._from_address(record)
        principal = narrowest_caller(record.principal)
        if isinstance(record, ThreatFinding):
            return self._acted(record, {}, ())
        seen: dict[str, str] = {}
        new: tuple[str, ...] = ()
        if known.name == lasting_name(record.principal):
            seen = dimensions(record)
            for dimension, thing in seen.items():
                self.firsts.saw(dimension, thing, record.time)
            new = self._new(seen, record.time)
            if not isinstance(record, Invocation) and record.bearer:
                self.firsts.saw("act", BEARER, record.time)
        if known.name != principal:
            return Look(record, seen, new, False, ())  # the role of a session: where from, not what
        return self._acted(record, seen, new)

    def _new(self, seen: Mapping[str, str], time: float) -> tuple[str, ...]:
        if not self.firsts.past(time).is_history:
            return ()
        return tuple(
            dimension
            for dimension, thing in seen.items()
            if self.firsts.is_new(dimension, thing, time) and not roams(self.firsts, dimension, time)
        )

    def _acted(self, record: Telling, seen: Mapping[str, str], new: tuple[str, ...]) -> Look:
        acts = (*acts_of(record), *self._by_comparison(record, seen, new))
        fresh = False
        for act in acts:
            fresh |= self.acts.add(act, record.time, most=_MOST_ACTS)
            if act in ACTS and ACTS[act].habit:
                self.firsts.saw("act", act, record.time)
        return Look(record, seen, new, fresh, acts)

    def _by_comparison(self, record: Telling, seen: Mapping[str, str], new: tuple[str, ...]) -> Iterable[str]:
        """The acts that only the past makes one."""
        if "network" in new:
            yield NEW if "agent" in new else NEW_NETWORK
        if isinstance(record, ThreatFinding) or not is_model_call(record) or record.error:
            return
        if "agent" in new and is_proxy(seen["agent"]):
            yield PROXY
        if "model" in new:
            yield NEW_MODEL
        model = seen.get("model", "")
        if is_expensive(model):
            first = self.firsts.first_day("model", model)
            if first is None or first >= int(record.time) // 86_400 - 1:
                yield COSTLY

    def _from_address(self, record: Telling) -> Look | None:
        acts = acts_of(record)
        self.firsts.saw("act", "any", record.time)  # since when this address is one of the account's
        if not acts:
            return None
        who = narrowest_caller(record.principal)
        if acts[0] != CALLED and who not in self.names:
            self.names = sorted([*self.names, who])[-_MOST_NAMES:]
        fresh = [self.acts.add(act, record.time, most=_MOST_ACTS) for act in acts]
        return Look(record, {}, (), any(fresh), acts)

    def habits(self, time: float) -> frozenset[str]:
        """The acts that were seen before the last days: they count nothing."""
        until = int(time) // 86_400 - _HABIT_DAYS
        found = set()
        for code, act in ACTS.items():
            first = self.firsts.first_day("act", code) if act.habit else None
            if first is not None and first < until:
                found.add(code)
        return frozenset(found)

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
            yield narrowest_caller(record.principal)
            yield from map(narrowest_caller, record.actors)
        return
    principal = record.principal
    if isinstance(record, ServiceEvent) or principal.invoked_by or principal.kind == "AWSService":
        return  # AWS, on someone's behalf: from where and how is its own business
    yield narrowest_caller(principal)
    yield lasting_name(principal)
    if isinstance(record, ApiCall) and is_outside(record.address):
        yield _BY_ADDRESS + record.address


def lasting_name(principal: Principal) -> str:
    """Who has a past: the session where its name lasts, else the role. `Role/i-0a1b2c` is another one tomorrow."""
    if principal.session and _CHANGING.search(principal.session):
        return "role:" + principal.name
    return narrowest_caller(principal)


def roams(firsts: Firsts, dimension: str, time: float) -> bool:
    """Whether an identity is known in so many of a dimension that one more says nothing."""
    return firsts.known(dimension, time) >= _ROAMS


def is_outside(address: str) -> bool:
    """Whether an address means somebody: services call by name, and private ones are shared behind an endpoint."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not any(parsed in net for net in _INSIDE if net.version == parsed.version)


def is_model_call(record: Telling) -> bool:
    return isinstance(record, Invocation | Joined) or (isinstance(record, ApiCall) and record.name in MODEL_CALLS)


def dimensions(record: ApiCall | Invocation | Joined) -> dict[str, str]:
    """What a record says of its origin; empty where it says nothing."""
    model = ""
    if isinstance(record, ApiCall):
        if record.name in MODEL_CALLS and not record.error:
            parameters = opened(record.parameters)
            model = text(parameters, "modelId") or text(parameters, "model")
    elif not record.error:
        model = record.model
    if isinstance(record, Invocation):
        return {"region": record.region, "model": model_family(model)}
    return {
        "network": network_of(record.address),
        "agent": agent_family(record.user_agent),
        "region": record.region,
        "model": model_family(model),
    }


def signal_of(
    record: Telling,
    *,
    identity: tuple[str, ...],
    title: str,
    facts: Mapping[str, Any],
    severity: Severity,
    score: float | None = None,
    first_seen: float = 0.0,
    related: tuple[str, ...] = (),
    event_ids: tuple[str, ...] = (),
) -> Signal:
    """A signal that one record decides, of whatever kind it is. Said of who signed, never of an end user behind it."""
    shown: dict[str, Any] = {}
    addresses: tuple[str, ...] = ()
    if isinstance(record, ThreatFinding):
        addresses = record.addresses
        shown = {"guardduty_type": record.type}
    elif isinstance(record, ApiCall):
        shown = {"api": f"{record.service}:{record.name}", "error": record.error}
    else:
        shown = {"operation": record.operation, "error": record.error}
    if isinstance(record, ApiCall | Joined):
        addresses = (record.address,) if record.address else ()
        shown |= {"address": record.address, "user_agent": record.user_agent}
    return Signal(
        identity=identity,
        title=title,
        facts={**shown, **facts},
        time=record.time,
        first_seen=first_seen,
        severity=severity,
        score=score,
        account=record.account,
        region=record.region,
        caller=narrowest_caller(record.principal),
        related=(*related_callers(record.principal), *related, *(f"address:{address}" for address in addresses)),
        principal=record.principal,
        event_ids=(*event_ids, record.id),
    )
