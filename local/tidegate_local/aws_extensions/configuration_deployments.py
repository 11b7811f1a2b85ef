"""appconfig: environments, deployments, and stopping or reverting them.

A deployment is COMPLETE at once. Stopping one that is complete needs AllowRevert, and works for 72 hours, for the
latest deployment only. https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_StopDeployment.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, from_path, new_id, now, page
from tidegate_local.aws_extensions.results import refusal, result

_RESPONSE = "moto.appconfig.responses:AppConfigResponse"
_REVERTED_WITHIN = timedelta(hours=72)
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "create_environment": create_environment,
        "start_deployment": start_deployment,
        "get_deployment": get_deployment,
        "list_deployments": list_deployments,
        "stop_deployment": stop_deployment,
    }
    hooks.replace("moto.appconfig.urls:url_paths", _with_environments)
    for name, operation in operations.items():
        hooks.add(f"{_RESPONSE}.{name}", operation)


def _with_environments(paths: dict[str, Any]) -> dict[str, Any]:
    """moto routes what it knows only."""
    from moto.appconfig.responses import AppConfigResponse

    return {**paths, "{0}/applications/(?P<app_id>[^/]+)/environments.*$": AppConfigResponse.dispatch}


def _environments(response: Any) -> dict[tuple[str, str], dict[int, dict[str, Any]]]:
    """(application, environment) -> number -> deployment."""
    found: dict[tuple[str, str], dict[int, dict[str, Any]]]
    found = vars(response.appconfig_backend).setdefault("_tidegate_environments", {})
    return found


def _deployments(response: Any) -> dict[int, dict[str, Any]]:
    key = (from_path(response, "ApplicationId"), from_path(response, "EnvironmentId"))
    if key not in _environments(response):
        raise refusal("ResourceNotFoundException", f"There is no environment {key[1]} of application {key[0]}")
    return _environments(response)[key]


def create_environment(self: Any) -> Any:
    application = from_path(self, "ApplicationId")
    self.appconfig_backend.get_application(application)
    identifier = new_id(7, _LOWER)
    _environments(self)[application, identifier] = {}
    return result({"ApplicationId": application, "Id": identifier, "Name": body(self)["Name"]})


def start_deployment(self: Any) -> Any:
    deployments, given, moment = _deployments(self), body(self), now()
    profile = self.appconfig_backend.get_configuration_profile(
        from_path(self, "ApplicationId"), given["ConfigurationProfileId"]
    )
    number = max(deployments, default=0) + 1
    deployments[number] = {
        "ApplicationId": from_path(self, "ApplicationId"),
        "EnvironmentId": from_path(self, "EnvironmentId"),
        "DeploymentStrategyId": given["DeploymentStrategyId"],
        "ConfigurationProfileId": given["ConfigurationProfileId"],
        "ConfigurationName": profile.name,
        "ConfigurationVersion": str(given["ConfigurationVersion"]),
        "DeploymentNumber": number,
        "State": "COMPLETE",
        "PercentageComplete": 100.0,
        "StartedAt": moment,
        "CompletedAt": moment,
    }
    return result(deployments[number])


def get_deployment(self: Any) -> Any:
    return result(_one(self))


def _one(response: Any) -> dict[str, Any]:
    deployments, number = _deployments(response), int(from_path(response, "DeploymentNumber"))
    if number not in deployments:
        raise refusal("ResourceNotFoundException", f"There is no deployment {number}")
    return deployments[number]


def list_deployments(self: Any) -> Any:
    newest_first = [one for _, one in sorted(_deployments(self).items(), reverse=True)]
    shown, token = page(newest_first, {"nextToken": self._get_param("next_token")})
    hidden = ("ApplicationId", "EnvironmentId", "DeploymentStrategyId", "ConfigurationProfileId")
    items = [{name: value for name, value in one.items() if name not in hidden} for one in shown]
    return result({"Items": items} | ({"NextToken": token} if token else {}))


def stop_deployment(self: Any) -> Any:
    one = _one(self)
    if one["State"] in ("ROLLED_BACK", "REVERTED"):
        raise refusal("BadRequestException", f"Deployment {one['DeploymentNumber']} is {one['State']} already")
    if one["State"] == "COMPLETE":
        if str(self.headers.get("Allow-Revert", "")).lower() != "true":
            raise refusal("BadRequestException", "A complete deployment is stopped with AllowRevert only")
        if one["DeploymentNumber"] != max(_deployments(self)) or now() > one["CompletedAt"] + _REVERTED_WITHIN:
            raise refusal("BadRequestException", "Only the latest deployment is reverted, and only within 72 hours")
        one["State"] = "REVERTED"
    else:
        one["State"] = "ROLLED_BACK"
    return result(one)
