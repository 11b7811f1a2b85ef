"""Deploy the custom model again that a deployment served before it was exchanged.

`parameters["former"]` is the deployment's configuration from before the incident by our snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.base_models import base_model
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="roll_back_custom_model_deployment",
    summary="Deploy the custom model again that was served before.",
    family=Family.MODELS,
    reads=("bedrock:GetCustomModelDeployment", "bedrock:GetCustomModel"),
    changes=("bedrock:UpdateCustomModelDeployment",),
    calls=("bedrock:UpdateCustomModelDeployment",),
    limits="The former model must still exist and have the same base model. Until it is deployed, the swapped one "
    "answers: pause the application if that must not be.",
    reach=Reach.ONE_MODEL,
    undo="The model that was found is deployed again.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused without a former model, and when it is gone or of another base."""
    former = str((step.parameters.get("former") or {}).get("modelArn", ""))
    if not former:
        raise Refused(f"no former model of {step.target.id} is known: choose a good one by hand.")
    setting = _setting(step, clients)
    now = str(setting.read().value)
    if (own := base_model(former, clients)) != (other := base_model(now, clients)):
        raise Refused(f"{former} is made of {own}, not of {other} as what is deployed: deploy it anew by hand.")
    return switch.found(setting, former)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    bedrock, named = clients.named("bedrock"), {"customModelDeploymentIdentifier": step.target.id}

    def read() -> State:
        try:
            found = bedrock.get_custom_model_deployment(**named)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise Refused(f"there is no deployment {step.target.id} in this account and Region.") from error
        update = found.get("updateDetails") or {}
        if update.get("updateStatus") == "Updating":
            return State(update["modelArn"], settled=False, says="Updating")
        return State(found["modelArn"], settled=found["status"] == "Active", says=found["status"])

    def write(value: Any) -> None:
        bedrock.update_custom_model_deployment(**named, modelArn=value)

    return Setting(step.target.id, read, write)
