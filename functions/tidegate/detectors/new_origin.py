"""An identity with a history calls from a network, with an agent, in a Region or a model never seen of it before.

One thing new is an ordinary day: a colleague travels, an SDK is replaced, a model is tried. It is kept as a weak
signal for whoever investigates later. Network and agent new in the same call, and more so with an unknown model or
Region on top, is what a stolen credential looks like the first time its thief uses it.

The history ends before the day that is judged, so a thief doesn't become usual by being busy. What an identity
changes all the time (Lambda's addresses, a phone's) isn't judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, joined_calls
from tidegate.detectors.acts import is_expensive
from tidegate.detectors.origins import SHARED, Look, Origins, reads, subjects
from tidegate.detectors.told import signal_of
from tidegate.detectors.whence import lasting_name
from tidegate.model import Severity

about = Detector(
    id="new_origin",
    title="Models called from a new origin",
    severity=Severity.LOW,
    family="stolen_credentials",
    reads=(*reads(), joined_calls()),
    covers=(Attack("T1078.004"), Attack("T1550.001"), Atlas("AML.T0012"), Owasp("LLM10:2025")),
    false_positives="A journey, a new laptop, a migration to another SDK or network. One thing new is INFORMATIONAL, "
    "two are LOW for that reason; a whole application that moves shows as MEDIUM, once a day.",
    blind_spots="Identities younger than a week or with fewer than three active days are learned, not judged. A thief "
    "in the same /24 with the same agent. Sessions whose names change are judged by their role, where one odd session "
    "among many is known to the role already. Twelve networks and models, eight agents and Regions are remembered; "
    "of more, the ones used longest ago are new again. Whoever knows more than five networks is not judged by a sixth.",
    runbook="Alone it needs no action. With other findings of the same principal it tells where the thief sits: search "
    "the events for the network in the evidence, and for what else it called.",
    playbook=None,
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def judge(look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    record, new = look.record, look.new
    if not new or known.name != lasting_name(record.principal) or known.is_pipeline(record.principal):
        return
    if new == ("model",) and not is_expensive(look.seen["model"]):
        return  # trying another model is what people do
    severity, reason = weighed(new)
    day = str(day_of(record.time))
    if memory.once(f"o{severity.rank}:{day}"):
        yield signal_of(
            record,
            look.who,
            identity=(known.name, day, severity.value),
            title=f"{known.name} called from a new {' and '.join(new)}",
            facts={
                "new": {dimension: look.seen[dimension] for dimension in new},
                "history": memory.history(record.time),
                "severity_from": reason,
            },
            severity=severity,
        )


def weighed(new: tuple[str, ...]) -> tuple[Severity, str]:
    """How much so many new things say at once."""
    elsewhere = "network" in new and "agent" in new
    if elsewhere and len(new) > 2:
        return Severity.MEDIUM, f"{', '.join(new[:-1])} and {new[-1]} are all new in one call"
    if len(new) > 1:
        return Severity.LOW, f"{' and '.join(new)} are new in one call"
    return Severity.INFORMATIONAL, f"only the {new[0]} is new, which is an ordinary day"
