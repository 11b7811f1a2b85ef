"""The channels that are set up, each built when it is told something."""

from __future__ import annotations

from tidegate.aws.clients import AwsClients
from tidegate.aws.slack import SlackApi, SlackHook, slack_secret
from tidegate.errors import ConfigurationError
from tidegate.notices.channel import Channel
from tidegate.notices.incident_response import IncidentResponse
from tidegate.notices.security_hub import SecurityHub
from tidegate.notices.slack import SlackChannel, SlackWebhook
from tidegate.ports import Clock
from tidegate.settings import Settings


def channel(name: str, settings: Settings, clients: AwsClients, clock: Clock) -> Channel:
    """Raises ConfigurationError for one that is not set up (any more): its messages become dead letters."""
    if name not in settings.channels:
        raise ConfigurationError(f"channel {name} is not set up: the function's variables in template.yaml lack it.")
    match name:
        case "slack":
            return _slack(settings, clients)
        case "security_hub":
            hub = clients.named("securityhub")
            return SecurityHub(hub, settings.need("security_hub_product"), settings.stack, clock)
        case _:
            return IncidentResponse(clients.named("security-ir"), settings.case_resolver, settings.stack)


def _slack(settings: Settings, clients: AwsClients) -> Channel:
    found = slack_secret(clients.secrets, settings.need("slack_secret"))
    if token := found.get("bot_token"):
        return SlackChannel(SlackApi(settings.slack_api, token), settings.need("slack_channel"), settings.stack)
    return SlackWebhook(SlackHook(found["webhook_url"]))
