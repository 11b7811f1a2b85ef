"""Move an application's model pointer to the fallback that its owner configured: no good version is left.

`parameters["value"]` is the fallback of the application's `[[continuity]]` rule: a model, an alias, an endpoint, in
whatever form the application reads there.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.parameter_value import described, setting_of
from tidegate.actions.switch import Changed, Found
from tidegate.model import Difference, Step

about = Action(
    id="switch_to_fallback",
    summary="Move an application's model pointer to its configured fallback.",
    family=Family.MODELS,
    reads=("ssm:GetParameter",),
    changes=("ssm:PutParameter",),
    calls=("ssm:PutParameter",),
    limits="Plain parameters below PointerPath. Nobody checks that the fallback answers: exercise it. Applications "
    "that cache the value follow when their cache ends.",
    reach=Reach.ONE_APPLICATION,
    undo="The value that was found is put again, as a new version.",
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
