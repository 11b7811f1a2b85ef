"""Put an SSM parameter that names a model, a prompt or a version back to its value from before it was changed.

What has no alias (imported models, prompts, models behind an application's own configuration) is switched by such a
pointer, so the pointer is the rollback. SSM keeps 100 versions: the last from before `parameters["before"]` (ISO 8601)
is put again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.parameter_value import described, setting_of
from tidegate.actions.switch import Changed, Found
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="roll_back_model_pointer",
    summary="Put the parameter that names the active model back to its former value.",
    family=Family.MODELS,
    reads=("ssm:GetParameter", "ssm:GetParameterHistory"),
    changes=("ssm:PutParameter",),
    calls=("ssm:PutParameter",),
    limits="Plain parameters below PointerPath: no SecureString is read. Applications that cache the value follow when "
    "their cache ends.",
    reach=Reach.ONE_APPLICATION,
    undo="The value that was found is put again, as a new version.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a SecureString, and when no version from before the incident is left."""
    described(step.target.id, clients)
    return switch.found(setting_of(step.target.id, clients), _before(step, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(setting_of(step.target.id, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(setting_of(step.target.id, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(setting_of(step.target.id, clients), found, changed)


def _before(step: Step, clients: Clients) -> str:
    """The value in force just before the incident."""
    limit = datetime.fromisoformat(str(step.parameters["before"]))
    versions: list[dict[str, Any]] = []
    asked = {"Name": step.target.id}
    while True:
        page = clients.named("ssm").get_parameter_history(**asked)
        versions += page["Parameters"]
        if not page.get("NextToken"):
            break
        asked["NextToken"] = page["NextToken"]
    older = [one for one in sorted(versions, key=lambda one: one["Version"]) if one["LastModifiedDate"] < limit]
    if not older:
        raise Refused(f"parameter {step.target.id} has no version from before the incident: put a good value by hand.")
    return str(older[-1]["Value"])
