"""Findings on their queue and notifications on their topic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract_builders import a_finding

from tidegate.aws.clients import AwsClients
from tidegate.aws.notifications import SnsNotifier
from tidegate.aws.queues import MOST_BYTES, SqsFindingQueue
from tidegate.errors import Retryable
from tidegate.model import Finding


def received(clients: AwsClients, url: str) -> list[Finding]:
    found: list[Finding] = []
    while messages := clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [Finding.model_validate_json(message["Body"]) for message in messages]
    return found


def test_each_finding_is_a_message_that_reads_back_as_it_was(clients: AwsClients) -> None:
    url = clients.sqs.create_queue(QueueName="Findings")["QueueUrl"]
    findings = [a_finding(number, evidence={"calls": number, "baseline": 1.5}) for number in range(23)]
    SqsFindingQueue(clients.sqs, url).send(iter(findings))
    assert sorted(received(clients, url), key=lambda f: f.id) == sorted(findings, key=lambda f: f.id)


def test_large_findings_travel_in_requests_that_sqs_takes(clients: AwsClients) -> None:
    url = clients.sqs.create_queue(QueueName="Findings")["QueueUrl"]
    findings = [a_finding(number, evidence={"text": "x" * (MOST_BYTES // 3)}) for number in range(5)]
    SqsFindingQueue(clients.sqs, url).send(findings)
    assert len(received(clients, url)) == 5


def test_a_queue_that_takes_only_a_part_is_tried_again_later() -> None:
    class Partial:
        def send_message_batch(self, **_: Any) -> Any:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "ServiceUnavailable", "SenderFault": False}]}

    with pytest.raises(Retryable, match="ServiceUnavailable"):
        SqsFindingQueue(Partial(), "url").send([a_finding()])  # type: ignore[arg-type]


def test_a_subject_that_sns_would_refuse_is_made_one_it_takes(clients: AwsClients) -> None:
    topic = clients.sns.create_topic(Name="Notifications")["TopicArn"]
    queue = clients.sqs.create_queue(QueueName="Told")["QueueUrl"]
    clients.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-central-1:123456789012:Told")
    SnsNotifier(clients.sns, topic).tell("größe\nof " + "x" * 200, "text", deduplication="run-1")
    (message,) = clients.sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"].startswith("gr??e of xxx")
    assert len(told["Subject"]) == 100
    assert told["Subject"].isascii()
    assert told["Message"] == "text"
