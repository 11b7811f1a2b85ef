"""What a playbook is: for which bad states, which levers in which order, how it ends.

A playbook's file holds `about` and `levers(incident) -> tuple[Lever, ...]`. `levers` is pure: it reads names out of
the incident and picks the narrowest lever; whether a name exists and may be touched is found out by the action's
snapshot. It raises Refused, naming the alternative, when no lever of this playbook fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tidegate.model import Incident, Minted, Target


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
    asks: str = ""  # why a person decides even in auto; empty: the mode decides
    unless: str = ""  # an action: when the plan takes it already, this lever is left out without a word
    otherwise: tuple[Lever, ...] = ()  # tried in this order, each alone, when this one is refused
    round: str = ""  # levers of one round stand or fall together, and take each action once; named by the playbook


@dataclass(frozen=True)
class Means:
    """What the account has prepared for a response, by setting. Empty: not there, so its lever is left out."""

    containment_policy: str = ""  # id of a service control policy that is attached already (p-...)
    address_set: str = ""  # ARN of the WAFv2 IP set that web ACLs block
    user_pool: str = ""  # id of the Cognito user pool whose users are the end users
    identity_center: bool = False  # this account administers Identity Center
    gateway_keys: bool = False  # API Gateway keys carry the end user as customer id or name
    secrets: tuple[str, ...] = ()  # beginnings of the names of secrets that rotate_credentials may rotate
    surge_guardrail: str = ""  # id or ARN of a guardrail, a colon, its version: enforced while protections are open


@dataclass(frozen=True)
class Continuity:
    """How an application goes on when no good version is left: from a `[[continuity]]` rule."""

    application: str
    resources: tuple[str, ...]  # ARN patterns of what it answers by
    pointer: str = ""  # SSM parameter that names the active model; empty: it has none
    fallback: str = ""  # what the pointer is moved to
    message_parameter: str = ""  # SSM parameter where the application reads that it is under maintenance
    maintenance_message: str = ""
    stops: str = ""  # what stops working meanwhile, in its owner's words


ANY_API_KEY = ""  # no event says which of a user's Bedrock API keys was used


@dataclass(frozen=True)
class Surroundings:
    """What a playbook may know besides the incident."""

    stack: str
    key_owner: Callable[[str], str]  # access key id -> IAM user; raises Refused when there is none
    standing: frozenset[str] = frozenset()  # `held_as` of what earlier responses to the incident still hold
    goes_on: bool = False  # calls of the caller succeeded although the latest containment had had time to hold
    means: Means = Means()
    now: datetime | None = None  # of the plan: sessions opened before it are the older ones
    acts_by: datetime | None = None  # by when the plan has acted, if it acts at all: people take their time
    continuity: tuple[Continuity, ...] = ()
    minted: Callable[[str], tuple[Minted, ...]] = lambda _key: ()  # what was made out of an access key and still lives
    # Of a key: why it is not stopped, which is that an earlier response to the incident made it. Empty: it may be.
    ours: Callable[[str], str] = lambda _key: ""
    # Of a user, and its access key or ANY_API_KEY: why a person decides, which is that it was made after the incident's
    # first containment and may be the owner's new one. Empty: it is older.
    newer: Callable[[str, str], str] = lambda _user, _key: ""
    before: Callable[[str, float], dict[str, Any] | None] = lambda _resource, _time: None  # ConfigurationSnapshots


def held_as(action: str, target_id: str, parameters: Mapping[str, Any]) -> str:
    """How a step that holds is named in `standing`: a denial of escalation alone leaves the models open."""
    narrow = "/escalation" if parameters.get("deny") == "escalation" else ""
    return f"{action}{narrow}:{target_id}"


class PlaybookModule(Protocol):
    about: Playbook

    def levers(self, incident: Incident, known: Surroundings) -> tuple[Lever, ...]: ...


def names_of(incident: Incident) -> tuple[str, ...]:
    """Every kind:value of the incident, the caller first."""
    return (incident.caller, *incident.related)


def first_of(names: tuple[str, ...], kind: str) -> str | None:
    """The value of the first name of this kind."""
    return next(iter(all_of(names, kind)), None)


def all_of(names: tuple[str, ...], kind: str) -> list[str]:
    """The values of every name of this kind, in the order of the names."""
    return [name.partition(":")[2] for name in names if name.startswith(f"{kind}:")]


def target(incident: Incident, kind: str, value: str, **details: str) -> Target:
    return Target(kind=kind, id=value, account=incident.account, region=incident.region, details=details)
