"""Give provisioned throughput back to the model that it served before it was exchanged.

`parameters["former"]` is its configuration from before the incident by our snapshots.
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
    id="roll_back_provisioned_throughput",
    summary="Give provisioned throughput back to the model that it served before.",
    family=Family.MODELS,
    reads=("bedrock:GetProvisionedModelThroughput", "bedrock:GetCustomModel"),
    changes=("bedrock:UpdateProvisionedModelThroughput",),
    calls=("bedrock:UpdateProvisionedModelThroughput",),
    limits="Only to a model of the same base, as AWS demands. Until the change is done the swapped model answers.",
    reach=Reach.ONE_MODEL,
    undo="The throughput is given again to the model that was found.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused without a former model, and when it is gone or of another base."""
    former = str((step.parameters.get("former") or {}).get("modelArn", ""))
    if not former:
        raise Refused(f"no former model of {step.target.id} is known: choose a good one by hand.")
    setting = _setting(step, clients)
    base = _now(step, clients)["foundationModelArn"]
    if (own := base_model(former, clients)) != base:
        raise Refused(f"{former} is made of {own}, and the throughput is bought for {base}: buy some for it, by hand.")
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
    def read() -> State:
        found = _now(step, clients)
        return State(found["desiredModelArn"], settled=found["status"] == "InService", says=found["status"])

    def write(value: Any) -> None:
        clients.named("bedrock").update_provisioned_model_throughput(
            provisionedModelId=step.target.id, desiredModelId=value
        )

    return Setting(step.target.id, read, write)


def _now(step: Step, clients: Clients) -> dict[str, Any]:
    try:
        return dict(clients.named("bedrock").get_provisioned_model_throughput(provisionedModelId=step.target.id))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(f"there is no provisioned throughput {step.target.id} in this account and Region.") from error
