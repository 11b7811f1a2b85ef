"""Put a SageMaker endpoint back to the configuration that it had before it was exchanged.

`parameters["former"]` is its configuration's name from before the incident, from events; `parameters["before"]` (ISO
8601) is when the incident began. The former configuration must still exist, and the artefacts of its models must not
have been written since: going back to a file that was exchanged meanwhile would be no way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="roll_back_sagemaker_endpoint",
    summary="Put a SageMaker endpoint back to its former configuration.",
    family=Family.MODELS,
    reads=(
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "s3:GetObject",
    ),
    changes=("sagemaker:UpdateEndpoint",),
    calls=("sagemaker:UpdateEndpoint",),
    limits="The former configuration and its models must still exist; endpoints of inference components are updated by "
    "hand. Single files in S3 are compared by the time of their last write; what an image's tag "
    "points to, and artefacts that are folders, aren't.",
    reach=Reach.ONE_MODEL,
    undo="The endpoint is put again to the configuration that was found.",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused without a former configuration, when it is gone, and when an artefact was written since."""
    former = str((step.parameters.get("former") or {}).get("endpointConfigName", ""))
    if not former:
        raise Refused(f"no former configuration of {step.target.id} is known: choose a good one by hand.")
    setting = _setting(step, clients)
    now = str(setting.read().value)
    containers = _containers(former, clients)
    for container in containers:
        _refuse_rewritten(step, container, clients)
    return switch.found(setting, former, _differing(_containers(now, clients), containers))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.details.get("arn", step.target.id), found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    sagemaker = clients.named("sagemaker")

    def read() -> State:
        try:
            found = sagemaker.describe_endpoint(EndpointName=step.target.id)
        except ClientError as error:
            raise _refused(error, f"there is no endpoint {step.target.id} in this account and Region.") from error
        pending = (found.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
        status = str(found["EndpointStatus"])
        return State(pending or found["EndpointConfigName"], settled=status == "InService", says=status)

    def write(value: Any) -> None:
        sagemaker.update_endpoint(EndpointName=step.target.id, EndpointConfigName=value)

    return Setting(f"endpoint {step.target.id}", read, write)


def _containers(configuration: str, clients: Clients) -> list[dict[str, Any]]:
    """Every container of every variant: what answers under this configuration."""
    sagemaker = clients.named("sagemaker")
    try:
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=configuration)["ProductionVariants"]
        if not all(variant.get("ModelName") for variant in variants):
            raise Refused(f"configuration {configuration} serves inference components: update those by hand.")
        models = [sagemaker.describe_model(ModelName=variant["ModelName"]) for variant in variants]
    except ClientError as error:
        raise _refused(error, f"configuration {configuration}, or a model of it, is gone: make it anew.") from error
    return [one for model in models for one in (model.get("PrimaryContainer"), *model.get("Containers", ())) if one]


def _differing(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Iterator[str]:
    for part in ("Image", "ModelDataUrl", "ModelDataSource", "Environment", "ModelPackageName"):
        values = [json.dumps([box.get(part) for box in boxes], sort_keys=True, default=str) for boxes in (one, other)]
        if values[0] != values[1]:
            yield part


def _refuse_rewritten(step: Step, container: dict[str, Any], clients: Clients) -> None:
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    place = str(
        container.get("ModelDataUrl") or (source.get("S3Uri", "") if source.get("S3DataType") == "S3Object" else "")
    )
    bucket, _, key = place.removeprefix("s3://").partition("/")
    before = str(step.parameters.get("before", ""))
    if not key or key.endswith("/") or not before:
        return
    try:
        written = clients.named("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    except ClientError as error:
        raise _refused(error, f"artefact s3://{bucket}/{key} of the former configuration is gone.") from error
    if written >= datetime.fromisoformat(before).replace(microsecond=0):  # S3 tells the second only
        raise Refused(
            f"artefact s3://{bucket}/{key} of the former configuration was written at {written:%Y-%m-%d %H:%M} UTC, "
            "after the incident began: restore its former version first, or choose another configuration by hand."
        )


def _refused(error: ClientError, reason: str) -> Exception:
    """SageMaker says "could not find" as ValidationException; S3 says 404."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    missing = code in ("404", "NoSuchKey") or (code == "ValidationException" and "could not find" in message.lower())
    return Refused(reason) if missing else error
