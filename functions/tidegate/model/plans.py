"""What a playbook will do about an incident, and who decides."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from tidegate.model.border import Model, Time


class Mode(StrEnum):
    OBSERVE = "observe"  # record the plan and its exact difference, change nothing
    APPROVE = "approve"  # wait for a person
    AUTO = "auto"


class Unanswered(StrEnum):
    """What becomes of a critical plan that nobody answered in time. Others lapse."""

    LAPSE = "lapse"
    ASK_AGAIN = "ask_again"  # up to three times, then it lapses
    ACT = "act"  # unless there is a reason why a person must decide


class Target(Model):
    """What an action acts on. `kind`: end_user, role_session, iam_user, access_key, agent_alias."""

    kind: str
    id: str  # user, AROA...:session or ROLE/SESSION, user name, AKIA..., AGENT_ID/ALIAS_ID
    account: str
    region: str
    details: dict[str, str] = Field(default_factory=dict)  # role name, user name of a key, ...

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Difference(Model):
    """Exactly what a step changes: a person reads it before approving."""

    resource: str
    before: Any
    after: Any


class Step(Model):
    id: str  # derived from run, action and target
    action: str
    target: Target
    parameters: dict[str, Any] = Field(default_factory=dict)
    calls: tuple[str, ...] = ()  # "iam:PutRolePolicy", in order
    difference: tuple[Difference, ...] = ()
    reach: int = 0  # how many others use this lever, by our own event index; -1: could not be counted
    reached: tuple[str, ...] = ()  # who: the most active of them first, at most ten
    round: int = 1  # steps of one round stand or fall together; rounds are taken one after the other


class Plan(Model):
    """What a playbook will do about an incident: the narrowest lever, how far it reaches, when it ends."""

    run_id: str
    incident_id: str
    playbook: str
    mode: Mode
    steps: tuple[Step, ...]
    reason: str
    reach: int = 0
    mode_reason: str = ""  # why auto became approve, or a step was refused
    created: Time
    expires: Time | None = None
    undo: str = ""  # how it is undone, in a sentence
    must_ask: tuple[str, ...] = ()  # why a person has to decide: silence is no answer then
    remarks: tuple[str, ...] = ()  # what was left out or put in another's place, and why
    stops: tuple[str, ...] = ()  # what stops working meanwhile, in the words of the application's owner
    requested_by: str = "tidegate"
    may_not_decide: tuple[str, ...] = ()  # every known name of who asked for it, or is contained by it
