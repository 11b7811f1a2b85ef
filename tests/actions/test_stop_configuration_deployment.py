from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from response_builders import a_step
from switch_builders import through_the_ledger

from tidegate.actions import stop_configuration_deployment as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()


class Environment:
    """Version 1 was deployed, then version 2 by an attacker."""

    def __init__(self, appconfig: Any) -> None:
        self.appconfig = appconfig
        self.application = appconfig.create_application(Name="support")["Id"]
        self.profile = appconfig.create_configuration_profile(
            ApplicationId=self.application, Name="prompts", LocationUri="hosted"
        )["Id"]
        self.environment = appconfig.create_environment(ApplicationId=self.application, Name="live")["Id"]

    def deploy(self, version: str) -> None:
        self.appconfig.start_deployment(
            ApplicationId=self.application,
            EnvironmentId=self.environment,
            DeploymentStrategyId="AppConfig.AllAtOnce",
            ConfigurationProfileId=self.profile,
            ConfigurationVersion=version,
        )

    def latest(self) -> dict[str, Any]:
        listed = self.appconfig.list_deployments(ApplicationId=self.application, EnvironmentId=self.environment)
        return dict(listed["Items"][0])

    def step(self) -> Step:
        place = f"{self.application}/{self.environment}"
        return a_step("stop_configuration_deployment", "configuration_environment", place)


@pytest.fixture
def environment(clients: AwsClients) -> Environment:
    environment = Environment(clients.named("appconfig"))
    environment.deploy("1")
    environment.deploy("2")
    return environment


def test_the_latest_deployment_is_reverted_and_the_former_version_served(
    clients: AwsClients, environment: Environment
) -> None:
    step = environment.step()
    found = through_the_ledger(action.snapshot(step, clients))
    (difference,) = action.differences(step, found)
    assert (difference.before, difference.after) == ("2", "1")
    changed = action.apply(step, found, clients)
    assert action.apply(step, found, clients) == changed
    assert environment.latest()["State"] == "REVERTED"
    assert action.verify(step, found, changed, clients).facts["served"] == "1"


def test_undo_deploys_the_stopped_version_again_once(clients: AwsClients, environment: Environment) -> None:
    step = environment.step()
    found = action.snapshot(step, clients)
    assert action.undo(step, found, None, clients).already
    changed = action.apply(step, found, clients)
    assert not action.undo(step, found, changed, clients).already
    assert environment.latest()["ConfigurationVersion"] == "2"
    assert action.undo(step, found, changed, clients).already
    with pytest.raises(ChangedSince):
        action.apply(step, found, clients)


def test_a_version_that_was_deployed_meanwhile_stays(clients: AwsClients, environment: Environment) -> None:
    step = environment.step()
    found = action.snapshot(step, clients)
    with pytest.raises(NotProven):
        action.verify(step, found, action.Changed(number=found.number), clients)
    environment.deploy("3")
    with pytest.raises(ChangedSince):
        action.apply(step, found, clients)
    with pytest.raises(ChangedSince):
        action.undo(step, found, None, clients)


def test_a_first_deployment_has_nothing_to_go_back_to(clients: AwsClients) -> None:
    environment = Environment(clients.named("appconfig"))
    with pytest.raises(Refused, match="nothing was deployed"):
        action.snapshot(environment.step(), clients)
    environment.deploy("1")
    with pytest.raises(Refused, match="the first"):
        action.snapshot(environment.step(), clients)


def test_an_unknown_environment_is_refused(clients: AwsClients, environment: Environment) -> None:
    step = a_step("stop_configuration_deployment", "configuration_environment", f"{environment.application}/unknown")
    with pytest.raises(Refused, match="no environment"):
        action.snapshot(step, clients)


@pytest.mark.parametrize(("hours", "reverted"), [(71, True), (73, False)])
def test_after_72_hours_the_plan_says_what_to_deploy_instead(
    clients: AwsClients, environment: Environment, hours: int, reverted: bool
) -> None:
    now = environment.latest()["CompletedAt"] + timedelta(hours=hours)
    step = environment.step().model_copy(update={"parameters": {"now": now.isoformat()}})
    if reverted:
        assert action.snapshot(step, clients).former == "1"
        return
    with pytest.raises(Refused, match=r"within 72 hours: deploy version 1 of .* anew"):
        action.snapshot(step, clients)
