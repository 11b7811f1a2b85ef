"""Records that nobody made: half invocations, half API calls, and their documents as other clients take them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from tidegate.index.events import event_document, index_name
from tidegate.model import ApiCall, Invocation, Principal, Record

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = 200
ACCOUNT = "111122223333"


def records(count: int) -> list[Record]:
    """Half invocations, half API calls, by a few hundred callers over a day."""
    made: list[Record] = []
    for number in range(count):
        person = number * 7919 % PEOPLE
        principal = Principal(
            kind="AssumedRole",
            arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/chat/s-{person}",
            account=ACCOUNT,
            principal_id=f"AROAEXAMPLE:s-{person}",
            access_key=f"ASIAEXAMPLE{person:05}",
            name="chat",
            session=f"s-{person}",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/chat",
        )
        common: dict[str, Any] = {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "time": START.timestamp() + number * 86_400 / count,
            "account": ACCOUNT,
            "region": "eu-central-1",
            "principal": principal,
        }
        if number % 2:
            made.append(
                Invocation(
                    **common,
                    operation="Converse",
                    model="eu.anthropic.claude-sonnet-4-20250514-v1:0",
                    caller=f"user:person-{person}",
                    input_tokens=500 + number % 1000,
                    output_tokens=number % 300,
                    stop_reason="end_turn",
                    latency_ms=number % 4000,
                    metadata={"user": f"person-{person}", "feature": "search"},
                    where=f"s3://logs/AWSLogs/{ACCOUNT}/file.json.gz#{number}",
                )
            )
        else:
            made.append(
                ApiCall(
                    **common,
                    service="bedrock",
                    name="GetFoundationModel",
                    caller=f"session:chat/s-{person}",
                    request_id=f"10000000-0000-4000-8000-{number:012}",
                    address=f"198.51.100.{person % 254 + 1}",
                    user_agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.13",
                    read_only=True,
                    parameters=msgspec.Raw(b'{"modelIdentifier":"anthropic.claude-sonnet-4","page":{"size":20}}'),
                    where=f"s3://logs/AWSLogs/{ACCOUNT}/trail.json.gz#{number}",
                )
            )
    return made


def actions(made: list[Record]) -> list[dict[str, Any]]:
    return [
        {
            "_op_type": "create",
            "_index": index_name(record.time),
            "_id": record.id,
            "_source": msgspec.json.decode(msgspec.json.encode(event_document(record))),
        }
        for record in made
    ]
