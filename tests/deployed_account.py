"""The deployed template in an embedded account, for tests of the whole: what AWS would deliver goes in, and everything
that became of it can be read.

`everything_at_once` is a few deliveries that make every detector fire and pull every lever, in seconds; the story of a
morning (tidegate_local.story) is the slow and natural form of the same.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from tidegate import wiring
from tidegate.model import Incident, Receipt, Run, RunStatus
from tidegate.wiring import Services
from tidegate_local import native_records, story
from tidegate_local.abuse_at_once import SCRAPER, over_quota, scraped, stolen, the_thief_is_known
from tidegate_local.account_state import account_state
from tidegate_local.agent_seed import put_alias
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.morning import Morning
from tidegate_local.named_in_logs import Alias
from tidegate_local.native_records import Identity, api_call, envelope, log_file
from tidegate_local.stack import OPERATOR_KEYS, settings_of

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
START = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
QUEUES = ("DeliveryQueue", "ApiCallQueue", "ThreatQueue", "ServiceEventQueue", "FindingQueue", "IndexQueue")
CUT_OFF = b'{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-0'

CONTAINED = {  # caller -> (playbook, actions) that `everything_at_once` leads to in mode auto
    f"user:{story.GREEDY_USER}": ("throttle_caller", ["block_end_user"]),
    f"session:{SCRAPER.name}/{SCRAPER.session}": ("throttle_caller", ["deny_role_session"]),
    f"iam-user:{story.EVALUATOR.name}": (
        "rotate_credentials",
        ["deny_iam_user", "deactivate_access_key", "revoke_minted_credentials", "replace_access_key"],
    ),
    f"iam-user:{story.PHANTOM}": (
        "rotate_credentials",
        [
            "deny_iam_user",
            "deactivate_access_key",
            "revoke_minted_credentials",
        ],  # bearer tokens are among what a phantom user is denied
    ),
    f"session:{story.CONTRACTOR.name}/{story.CONTRACTOR.session}": ("roll_back_model", ["roll_back_agent_alias"]),
}


@dataclass(frozen=True)
class Deployed:
    """The stack, and who works in its account."""

    aws: Embedded

    @cached_property
    def services(self) -> Services:
        """The operator's stores and response, as the command line has them."""
        known = settings_of(self.aws.outputs, "tidegate", self.aws.region)
        return wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=self.aws.region), self.aws.clock)

    @cached_property
    def morning(self) -> Morning:
        return Morning(self.aws, self.services, tell=lambda _moment: None)

    # --- what goes in -----------------------------------------------------------------------------------------------

    def log(self, *records: Mapping[str, Any] | bytes) -> str:
        """A log file as Bedrock puts it into the bucket; its key."""
        key, body = log_file(self.aws.clock(), records)
        self.aws.client("s3").put_object(Bucket=self.aws.outputs["LogBucket"], Key=key, Body=body)
        return key

    def event(self, detail: Mapping[str, Any]) -> None:
        """A CloudTrail record or a GuardDuty finding on the bus."""
        event = envelope(detail)
        self.aws.put_event(source=event["source"], detail_type=event["detail-type"], detail=event["detail"])

    def move_alias(self, who: Identity, version: str) -> None:
        """The call takes effect, and CloudTrail reports it."""
        now = self.aws.clock()
        put_alias(self.aws, Alias(story.AGENT, story.ALIAS), [{"agentVersion": version}], now)
        self.event(story.alias_update(now, who, version))

    def everything_at_once(self) -> None:
        """Every detector fires, every lever is asked for; one line of a log file is cut off."""
        self.before_it()
        self.it_happens()

    def before_it(self) -> None:
        """The account as it should be, and CloudTrail's word on it."""
        self.morning.prepare()
        now = self.aws.clock()
        guardrail = {"guardrailId": story.GUARDRAIL, "guardrailArn": story.GUARDRAIL_ARN, "version": "DRAFT"}
        strong = story.guardrail("HIGH", topics=True)
        self.event(api_call(now, story.PIPELINE, "bedrock", "CreateGuardrail", parameters=strong, response=guardrail))
        self.event(story.alias_update(now, story.PIPELINE, story.RELEASED_VERSION))
        self.aws.deliver()

    def it_happens(self, *, deliver: bool = True) -> None:
        self.aws.clock.advance(600)
        now = self.aws.clock()
        self.log(*over_quota(now), *scraped(now), CUT_OFF, *stolen(now))
        weak = {"guardrailIdentifier": story.GUARDRAIL_ARN, **story.guardrail("LOW", topics=False)}
        updated = {"guardrailId": story.GUARDRAIL, "guardrailArn": story.GUARDRAIL_ARN, "version": "DRAFT"}
        self.event(api_call(now, story.ADMIN, "bedrock", "UpdateGuardrail", parameters=weak, response=updated))
        self.event(api_call(now, story.ADMIN, "bedrock", "DeleteModelInvocationLoggingConfiguration"))
        self.event(api_call(now, story.GHOST, "iam", "ListUsers", read_only=True))
        self.event(the_thief_is_known(now))
        self.move_alias(story.CONTRACTOR, story.ROGUE_VERSION)
        if deliver:
            self.aws.deliver()

    # --- what came of it --------------------------------------------------------------------------------------------

    def incidents(self) -> dict[str, Incident]:
        return {incident.caller: incident for incident in self.services.incidents.list(limit=1000)}

    def runs(self) -> dict[str, Run]:
        """By the caller of their incident; of several, the latest. Containments: what restores protections is told
        by tests/workflow/test_restore_guardrails_run.py."""
        callers = {incident.id: incident.caller for incident in self.services.incidents.list(limit=1000)}
        runs = sorted(self.services.ledger.runs(limit=1000), key=lambda run: run.started_at)
        acted = [run for run in runs if run.playbook != "restore_guardrails" and run.status is not RunStatus.NOT_NEEDED]
        return {callers[run.incident_id]: run for run in acted}

    def receipts(self, run: Run) -> list[Receipt]:
        return self.services.ledger.receipts(run.id)

    def undo(self, run: Run, *, by: str = "olga") -> Run:
        self.services.responses.release(run.id, reason="undone", by=by)
        self.aws.deliver()
        found = self.services.ledger.run(run.id)
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        """The whole account apart from Tidegate's own stores."""
        return account_state(self.aws)

    def own_stores(self) -> dict[str, Any]:
        """Every item of Tidegate's tables and every object of its buckets."""
        tables = {name: self.aws.outputs[name] for name in self.aws.outputs if name.endswith("Table")}
        s3 = self.aws.client("s3")
        objects = {
            f"{name}/{entry['Key']}": entry["ETag"]
            for name in ("OutboxBucket", "EvidenceBucket")
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.aws.outputs[name])
            for entry in page.get("Contents", ())
        }
        return {"tables": account_state(self.aws, tables=tables)["tables"], "objects": objects}

    def documents(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(index, id) -> the newest document that was written to the outbox."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        versions: dict[tuple[str, str], int] = {}
        s3, bucket = self.aws.client("s3"), self.aws.outputs["OutboxBucket"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="documents/"):
            for entry in page.get("Contents", ()):
                body = gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
                for line in map(json.loads, body.splitlines()):
                    document = line.pop("document")
                    ((_, place),) = line.items()
                    where, version = (place["_index"], place["_id"]), place.get("version", 0)
                    if version >= versions.get(where, 0):
                        found[where], versions[where] = document, version
        return found

    def waiting(self, queue: str) -> int:
        url = self.aws.outputs[queue]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in counts.values())

    def bodies(self, queue: str) -> list[str]:
        url = self.aws.outputs[queue]
        got = self.aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in got.get("Messages", [])]


def logical_id(name: str) -> str:
    """Of a function or of a role, by its physical name or ARN: "tidegate-RespondRole-embedded" is Respond's."""
    return name.rsplit(":", 1)[-1].removeprefix("tidegate-").removesuffix("-embedded").removesuffix("Role")


@contextmanager
def deployed(opensearch_url: str | None = None, **parameters: str) -> Iterator[Deployed]:
    given = {"PipelinePrincipals": f"role:{story.PIPELINE.name}", **parameters}
    nobody_else = None if opensearch_url else MemoryEventIndex()  # counts, and finds nobody
    with Embedded(TEMPLATE, given, clock=RunClock(START), opensearch_url=opensearch_url, events=nobody_else) as aws:
        assert aws.account == native_records.ACCOUNT
        yield Deployed(aws)
