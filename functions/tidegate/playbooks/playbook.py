"""What a playbook is: for which bad states, which levers in which order, how it ends.

A playbook's file holds `about` and `levers(incident) -> tuple[Lever, ...]`. `levers` is pure: it reads names out of
the incident and picks the narrowest lever; whether a name exists and may be touched is found out by the action's
snapshot. It raises Refused, naming the alternative, when no lever of this playbook fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tidegate.model import Incident, Target


@dataclass(frozen=True)
class Playbook:
    id: str  # also the name of the state machine's file
    summary: str
    answers: tuple[str, ...]  # bad states, by family or detector
    expires: bool  # False: what it did is right for good; only a person undoes it
    undo: str  # how the whole is undone, one sentence


@dataclass(frozen=True)
class Lever:
    """One step to be: what to do to what. Steps are taken in order and undone in reverse."""

    action: str
    target: Target
    parameters: dict[str, Any] = field(default_factory=dict)
    required: bool = True  # False: refused alone, the rest of the plan still goes on
    reach_by: str = ""  # kind:value that the event index counts others by; empty: nobody else can be hit


@dataclass(frozen=True)
class Surroundings:
    """What a playbook may know besides the incident."""

    stack: str
    key_owner: Callable[[str], str]  # access key id -> IAM user; raises Refused when there is none
    standing: frozenset[str] = frozenset()  # ACTION:TARGET of what earlier responses to the incident still hold


class PlaybookModule(Protocol):
    about: Playbook

    def levers(self, incident: Incident, known: Surroundings) -> tuple[Lever, ...]: ...


def names_of(incident: Incident) -> tuple[str, ...]:
    """Every kind:value of the incident, the caller first."""
    return (incident.caller, *incident.related)


def first_of(names: tuple[str, ...], kind: str) -> str | None:
    """The value of the first name of this kind."""
    return next((name.partition(":")[2] for name in names if name.startswith(f"{kind}:")), None)


def target(incident: Incident, kind: str, value: str, **details: str) -> Target:
    return Target(kind=kind, id=value, account=incident.account, region=incident.region, details=details)
