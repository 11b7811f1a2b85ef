"""A stack under attack, in memory: a stolen key has called a model, and the plan against it waits for a person.

What commands are shown on (tidegate_local.command_examples) and tested on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import boto3
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.client import connect
from tidegate_local import abuse_at_once, story
from tidegate_local.acting import template_path
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.morning import Morning
from tidegate_local.native_records import envelope, invoke_model, log_file
from tidegate_local.stack import OPERATOR_KEYS, Stack

PARAMETERS = {"ResponseMode": "approve", "PromptIndex": "redacted-with-originals", "ContainmentMinutes": "60"}
# What the thief pasted into a prompt, to be found masked. Invented.
SECRET, ADDRESS = "AKIA" + "Z7QHTW3NPLKD5XVB", "petra.lindqvist@harbour.nl"
PASTED = f"Sort these. Our deploy key is {SECRET}, mail me at {ADDRESS}"


@dataclass(frozen=True)
class Attacked:
    aws: Embedded
    stack: Stack
    index: OpenSearch
    incident: str
    run: str
    event: str  # the call with the pasted secret

    def a_minute_passes(self) -> None:
        _a_minute_passes(self.aws, self.index)


@contextmanager
def attacked(url: str, start: datetime) -> Iterator[Attacked]:
    """`url`: an OpenSearch node that nobody else uses meanwhile."""
    clock, index = RunClock(start), connect(url)
    templates.install(index)
    with Embedded(template_path(), PARAMETERS, clock=clock, opensearch_url=url) as aws:
        session = boto3.Session(*OPERATOR_KEYS, region_name=aws.region)
        stack = Stack("tidegate", session, aws.outputs, aws.region, embedded=True, clock=clock)
        services = stack.services()
        Morning(aws, services, tell=lambda _moment: None).prepare()
        event = _attack(aws)
        _a_minute_passes(aws, index)
        (incident,) = [one for one in services.incidents.list() if one.playbook == "rotate_credentials"]
        (run,) = [one for one in services.ledger.runs() if one.incident_id == incident.id]
        yield Attacked(aws, stack, index, incident.id, run.id, event)


def _attack(aws: Embedded) -> str:
    """The id of the call that holds the pasted secret."""
    aws.clock.advance(600)
    now = aws.clock()
    pasted = invoke_model(now, story.THIEF, story.LARGE, PASTED, "Sorted.", tokens=(40, 2))
    key, body = log_file(now, [*abuse_at_once.stolen(now), pasted])
    aws.client("s3").put_object(Bucket=aws.outputs["LogBucket"], Key=key, Body=body)
    event = envelope(abuse_at_once.the_thief_is_known(now))
    aws.put_event(source=event["source"], detail_type=event["detail-type"], detail=event["detail"])
    aws.deliver()
    return str(pasted["requestId"])


def _a_minute_passes(aws: Embedded, index: OpenSearch) -> None:
    aws.clock.advance(60)
    aws.deliver()
    index.indices.refresh(index="tidegate-*")
