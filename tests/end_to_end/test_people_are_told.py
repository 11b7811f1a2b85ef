"""Who is told, from the record that decides to the message: under the function's own role, and without holding anything
up."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from deployed_account import Deployed, deployed, over_quota
from slack_server import CHANNEL, TOKEN, Slack, slack_server

from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.aws_extensions import incident_response, security_hub

pytestmark = pytest.mark.end_to_end

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:tidegate-slack-AbCdEf"
GREEDY = f"user:{story.GREEDY_USER}"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as served:
        yield served


@pytest.fixture
def stack(slack: Slack) -> Iterator[Deployed]:
    with deployed(
        ResponseMode="auto",
        SlackSecretArn=ARN,
        SlackChannel=CHANNEL,
        SlackApi=slack.api,
        SecurityHubFindings="true",
        IncidentResponseCases="Self",
        CaseFrom="low",
        TellFrom="low",
    ) as made:
        made.aws.client("securityhub").enable_security_hub()
        secrets = made.aws.client("secretsmanager")
        secrets.create_secret(Name="tidegate-slack", SecretString=json.dumps({"bot_token": TOKEN}))
        _known_as(ARN)
        made.before_it()
        yield made


def _known_as(arn: str) -> None:
    """The secret's ARN ends in letters that AWS chooses; a stack's parameter names them."""
    from moto.secretsmanager.models import secretsmanager_backends

    (secret,) = [
        secret
        for secret in secretsmanager_backends["111122223333"]["us-east-1"].secrets.values()
        if secret.name == "tidegate-slack"
    ]
    secret.arn = arn


def abused(stack: Deployed) -> None:
    stack.log(*over_quota(stack.aws.clock()))
    stack.aws.deliver()


def test_an_incident_is_one_message_in_each_channel_and_follows_what_becomes_of_it(
    stack: Deployed, slack: Slack
) -> None:
    abused(stack)
    (incident,) = [one for caller, one in stack.incidents().items() if caller == GREEDY]
    (message,) = slack.messages.values()
    assert "Contained" in json.dumps(message["blocks"])
    assert message["metadata"]["event_payload"] == {"incident": incident.id, "stack": "tidegate"}
    (finding,) = security_hub.imported().values()
    (case,) = incident_response.cases().values()
    assert incident.id in finding["Id"]
    assert incident.id in case["title"]
    run = stack.runs()[GREEDY]
    stack.undo(run)
    stack.services.response.close_incident(incident.id, reason="a load test")
    stack.aws.deliver()
    (message,) = slack.messages.values()
    assert "Closed" in json.dumps(message["blocks"])
    assert case["caseStatus"] == "Closed"
    (finding,) = security_hub.imported().values()
    assert (finding["RecordState"], finding["Workflow"]) == ("ARCHIVED", {"Status": "RESOLVED"})
    assert not [call for call in stack.aws.calls if not call.allowed]
    assert slack.asked.count("chat.postMessage") == 1


def test_slack_away_holds_up_neither_the_containment_nor_the_others(stack: Deployed, slack: Slack) -> None:
    slack.next = ["not_in_channel"] * 1000
    abused(stack)
    assert stack.runs()[GREEDY].status is RunStatus.CONTAINED
    assert len(security_hub.imported()) == len(incident_response.cases()) == 1
    assert slack.messages == {}
    stack.aws.clock.advance(3 * 3600)
    stack.aws.deliver()
    dead = {json.loads(body)["channel"] for body in stack.bodies("NoticeQueueDeadLetters")}
    assert dead == {"slack"}
