"""Put the maintenance message where an application reads it, while its agent is paused.

`parameters["value"]` is the message of the application's `[[continuity]]` rule. An application shows it to its users
when its agent refuses calls.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.parameter_value import described, setting_of
from tidegate.actions.switch import Changed, Found
from tidegate.model import Difference, Step

about = Action(
    id="announce_maintenance",
    summary="Put an application's maintenance message where the application reads it.",
    family=Family.MODELS,
    reads=("ssm:GetParameter",),
    changes=("ssm:PutParameter",),
    calls=("ssm:PutParameter",),
    limits="Plain parameters below PointerPath. An application that doesn't read it shows AWS's refusal instead.",
    reach=Reach.ONE_APPLICATION,
    undo="The text that was found is put again, as a new version.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a parameter that isn't there, or is a SecureString."""
    described(step.target.id, clients)
    return switch.found(setting_of(step.target.id, clients), str(step.parameters["value"]))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.id, found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(setting_of(step.target.id, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(setting_of(step.target.id, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(setting_of(step.target.id, clients), found, changed)
