"""Reject a version of a model in the SageMaker registry, so that no pipeline deploys it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="reject_model_package",
    summary="Reject a version of a model in the SageMaker registry.",
    family=Family.MODELS,
    reads=("sagemaker:DescribeModelPackage",),
    changes=("sagemaker:UpdateModelPackage",),
    calls=("sagemaker:UpdateModelPackage",),
    limits="What is deployed already goes on: the endpoint is rolled back besides. Only versions of a group.",
    reach=Reach.NOBODY,
    undo="The version has the approval status again that was found.",
)

REJECTED = "Rejected"


def snapshot(step: Step, clients: Clients) -> Found:
    return switch.found(_setting(step, clients), REJECTED)


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
            found = sagemaker.describe_model_package(ModelPackageName=step.target.id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
                raise
            raise Refused(f"there is no model package {step.target.id} in this account and Region.") from error
        return State(found.get("ModelApprovalStatus", "PendingManualApproval"))

    def write(value: Any) -> None:
        sagemaker.update_model_package(ModelPackageArn=step.target.id, ModelApprovalStatus=value)

    return Setting(step.target.id, read, write)
