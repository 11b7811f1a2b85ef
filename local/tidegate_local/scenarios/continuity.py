"""An agent is swapped and no good version is left: it is paused, the application falls back and says so."""

from __future__ import annotations

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage
from tidegate_local.scenarios.support_agent import SupportAgent

RULES = """
[[continuity]]
application = "customer support"
resources = ["arn:aws:bedrock:*:agent-alias/*"]
pointer = "/support/active-model"
fallback = "amazon.nova-lite-v1:0"
message_parameter = "/support/maintenance"
maintenance_message = "The assistant is under maintenance. Mail support@example.com."
stops = "Answers about orders; the search of articles goes on."
"""
about = Scenario(
    "continuity",
    "No good version of an agent is left; it is paused, and the application goes on by its fallback.",
    {"RulesParameters": "/tidegate/rules"},
)


def prepare(stage: Stage) -> None:
    ssm = stage.client("ssm")
    ssm.put_parameter(Name="/tidegate/rules/continuity", Value=RULES, Type="String")
    ssm.put_parameter(Name="/support/active-model", Value="the support agent", Type="String")
    ssm.put_parameter(Name="/support/maintenance", Value="none", Type="String")
    stage.kept["agent"] = SupportAgent.made(stage)


def attack(stage: Stage) -> Finding:
    """It was wrong from its first version on: its history holds nothing to go back to."""
    title = "alias live answers by instructions that nobody released"
    return stage.found("model_swapped", title, caller="iam-user:mallory", resource=stage.kept["agent"].arn)


def state(stage: Stage) -> dict[str, str]:
    ssm = stage.client("ssm")
    read = {
        name: ssm.get_parameter(Name=f"/support/{name}")["Parameter"]["Value"]
        for name in ("active-model", "maintenance")
    }
    return {
        "alias live": stage.kept["agent"].described(),
        "active model": read["active-model"],
        "maintenance message": read["maintenance"],
    }
