"""Stop an AppConfig deployment, or revert one that has ended within 72 hours, so that the former version is served.

AppConfig keeps the former version itself: nothing of ours is put, so undo is a deployment of the stopped version anew,
with the strategy it was deployed with. `parameters["now"]` (ISO 8601) is the moment of the plan.
https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_StopDeployment.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven, Refused, Retryable
from tidegate.model import Difference, Model, Step

about = Action(
    id="stop_configuration_deployment",
    summary="Stop an AppConfig deployment, or revert it within 72 hours.",
    family=Family.MODELS,
    reads=("appconfig:GetDeployment", "appconfig:ListDeployments"),
    changes=("appconfig:StopDeployment", "appconfig:StartDeployment"),
    calls=("appconfig:StopDeployment",),
    limits="AppConfig reverts only the environment's latest deployment of a configuration, and only within 72 hours.",
    reach=Reach.ONE_APPLICATION,
    undo="The stopped version is deployed again, with its own strategy.",
)

REVERTED_WITHIN = timedelta(hours=72)
STOPPED = ("ROLLING_BACK", "ROLLED_BACK", "REVERTED")


class Found(Model):
    number: int
    profile: str
    version: str
    strategy: str
    state: str
    former: str  # the version that is served once it is stopped


class Changed(Model):
    number: int


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused when nothing was deployed there, or what was is stopped already."""
    listed = _listed(step, clients)
    if not listed:
        raise Refused(f"nothing was deployed to {step.target.id}.")
    number = max(listed)
    latest = _deployment(step, number, clients)
    if latest["State"] in STOPPED:
        raise Refused(f"deployment {number} to {step.target.id} is {latest['State']}: nothing is left to stop.")
    former = [
        one
        for other, one in sorted(listed.items())
        if other < number and one["State"] == "COMPLETE" and one["ConfigurationName"] == latest["ConfigurationName"]
    ]
    if not former:
        raise Refused(f"deployment {number} to {step.target.id} is the first: deploy a good version by hand.")
    served = former[-1]["ConfigurationVersion"]
    now, ended = str(step.parameters.get("now", "")), latest.get("CompletedAt")
    if now and ended and datetime.fromisoformat(now) > ended + REVERTED_WITHIN:
        raise Refused(
            f"deployment {number} to {step.target.id} ended at {ended:%Y-%m-%d %H:%M} UTC, and AppConfig reverts "
            f"within 72 hours: deploy version {served} of {latest['ConfigurationProfileId']} anew (StartDeployment)."
        )
    return Found(
        number=number,
        profile=latest["ConfigurationProfileId"],
        version=latest["ConfigurationVersion"],
        strategy=latest["DeploymentStrategyId"],
        state=latest["State"],
        former=served,
    )


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield Difference(resource=f"{step.target.id}/{found.profile}", before=found.version, after=found.former)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when another version was deployed since the snapshot."""
    if (latest := max(_listed(step, clients))) != found.number:
        raise ChangedSince(f"deployment {latest} to {step.target.id} came after the snapshot; it is left as it is.")
    if _deployment(step, found.number, clients)["State"] not in STOPPED:
        _call(clients.named("appconfig").stop_deployment, step, DeploymentNumber=found.number, AllowRevert=True)
    return Changed(number=found.number)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    state = _deployment(step, found.number, clients)["State"]
    if state not in STOPPED or state == "ROLLING_BACK":
        raise NotProven(f"deployment {found.number} to {step.target.id} is {state}.")
    return Proof(facts={"deployment": found.number, "state": state, "served": found.former})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when another version than the stopped one was deployed since."""
    latest = max(_listed(step, clients))
    now = _deployment(step, latest, clients)
    if now["ConfigurationVersion"] != found.version or now["ConfigurationProfileId"] != found.profile:
        raise ChangedSince(f"deployment {latest} to {step.target.id} serves another version by now; it is left.")
    if now["State"] not in STOPPED:
        return Restored(facts={"deployment": latest, "version": found.version}, already=True)
    if now["State"] == "ROLLING_BACK":
        raise Retryable(f"deployment {latest} to {step.target.id} is rolling back: deployed again when that is done.")
    started = _call(
        clients.named("appconfig").start_deployment,
        step,
        DeploymentStrategyId=found.strategy,
        ConfigurationProfileId=found.profile,
        ConfigurationVersion=found.version,
    )
    return Restored(facts={"deployment": started["DeploymentNumber"], "version": found.version})


def _listed(step: Step, clients: Clients) -> dict[int, dict[str, Any]]:
    """Number -> summary, of every deployment to the environment."""
    found: dict[int, dict[str, Any]] = {}
    asked: dict[str, str] = {}
    while True:
        page = _call(clients.named("appconfig").list_deployments, step, **asked)
        found |= {one["DeploymentNumber"]: one for one in page.get("Items", ())}
        if not page.get("NextToken"):
            return found
        asked = {"NextToken": page["NextToken"]}


def _deployment(step: Step, number: int, clients: Clients) -> dict[str, Any]:
    return dict(_call(clients.named("appconfig").get_deployment, step, DeploymentNumber=number))


def _call(operation: Any, step: Step, **more: Any) -> Any:
    application, _, environment = step.target.id.partition("/")
    try:
        return operation(ApplicationId=application, EnvironmentId=environment, **more)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise Refused(f"there is no environment {step.target.id} in this account and Region.") from error
        if error.response["Error"]["Code"] == "BadRequestException":
            raise Refused(f"{step.target.id}: {error.response['Error'].get('Message', '')}") from error
        raise
