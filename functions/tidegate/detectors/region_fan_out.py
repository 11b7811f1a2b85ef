"""One principal calls models in several Regions at once.

Quotas are per Region: who resells a stolen key spreads it over all of them within minutes. `inferenceRegion` is where
AWS routes a call of an inference profile; that is normal and not looked at. What counts is the Region that was called.
Regions the principal has used on an earlier day are its own; a Region is news only on the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.sightings import Sightings, day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.model_access_unlocked import UNLOCKS
from tidegate.detectors.model_calls import model_calls
from tidegate.model import ApiCall, Severity

_STEP = 600  # seconds; a finer one would rewrite the state of every busy caller more often
_WINDOW_STEPS = 3  # half an hour
_MOST = 20
_TIERS = ((2, Severity.LOW), (3, Severity.MEDIUM), (5, Severity.HIGH))  # Regions


class Memory(msgspec.Struct, array_like=True):
    regions: Sightings = msgspec.field(default_factory=lambda: Sightings(seconds=_STEP))
    first: dict[str, int] = {}  # Region -> the day it was first seen
    raised: list[str] = []


about = Detector(
    id="region_fan_out",
    title="Models called in several Regions at once",
    severity=Severity.LOW,
    family="stolen_credentials",
    reads=(*model_calls(), api_calls("bedrock", "ListFoundationModels", "GetFoundationModelAvailability", *UNLOCKS)),
    covers=(Attack("T1535"), Attack("T1496"), Atlas("AML.T0012"), Atlas("AML.T0034"), Owasp("LLM10:2025")),
    false_positives="The first day of an application that works in several Regions, an inventory tool that walks "
    "through all of them, a person who changes the console's Region. Two Regions are LOW for that reason.",
    blind_spots="Events of other Regions must reach this stack: by trail files of a multi-Region trail, or by "
    "forwarding rules. Steps of ten minutes: a window is between 20 and 30 minutes long. One key a Region, or more "
    "than half an hour between them. Used once on an earlier day, a Region is the principal's own.",
    runbook="Look which Regions the owner works in. Deny the others by a service control policy (aws:RequestedRegion); "
    "if nobody works in them, treat the credentials as stolen.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, _known: Known) -> Iterator[Signal]:
    for call in records:
        if call.principal.invoked_by or not call.region:
            continue  # AWS calling on someone's behalf chooses its Regions itself
        if not memory.regions.add(call.region, call.time, most=_MOST):
            continue
        day = day_of(call.time)
        memory.first[call.region] = min(day, memory.first.get(call.region, day))
        if len(memory.first) > _MOST:
            del memory.first[max(memory.first, key=lambda region: (memory.first[region], region))]
        if len(memory.first) > 1:
            yield from _judge(call, records, memory)


def _judge(call: ApiCall, records: Sequence[ApiCall], memory: Memory) -> Iterator[Signal]:
    for end, regions in memory.regions.windows(call.time, _WINDOW_STEPS):
        day = day_of(end - 1)
        new = [region for region in regions if memory.first.get(region, day) >= day]
        if not new:
            continue
        for least, severity in _TIERS:
            mark = f"{least}:{day}"
            if len(regions) >= least and raised_once(memory.raised, mark, keep=9):
                earlier = [one for one in records if end - _WINDOW_STEPS * _STEP <= one.time <= call.time]
                yield signal_of_call(
                    call,
                    identity=(mark,),
                    title=f"{call.caller} called models in {len(regions)} Regions within half an hour",
                    facts={
                        "regions": list(regions),
                        "regions_new_to_the_principal": new,
                        "window_seconds": _WINDOW_STEPS * _STEP,
                        "severity_from": f"{least} Regions or more",
                    },
                    severity=severity,
                    first_seen=earlier[0].time,
                    event_ids=tuple(one.id for one in earlier if one.id != call.id),
                )
