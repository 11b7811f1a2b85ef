"""Plays the story on the embedded account and tells what becomes of it, as it happens.

What is told is read where a responder would read it: findings from the document outbox, incidents and runs from
their tables. Nothing is taken from inside the functions.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tidegate.console.words import said
from tidegate.index.bulk_lines import Line, lines_of
from tidegate.model import Incident, Receipt, Run, RunStatus, StepStatus
from tidegate.response.proofs import sentence
from tidegate.wiring import Services
from tidegate_local import story
from tidegate_local.account_seed import Seed
from tidegate_local.agent_seed import put_alias
from tidegate_local.embedded import Embedded
from tidegate_local.guardrail_seed import put_guardrail
from tidegate_local.named_in_logs import Alias, Named
from tidegate_local.report import Found, Moment

type Tell = Callable[[Moment], None]

WRITES = ("s3:PutObject", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
ENDED_BADLY = (RunStatus.PARTLY_CONTAINED, RunStatus.FAILED, RunStatus.REFUSED, RunStatus.TIMED_OUT)


@dataclass
class Morning:
    """`tell` hears each moment once. `approves` answers a plan that waits: the approver's name, or None to leave it."""

    aws: Embedded
    services: Services
    tell: Tell
    approves: Callable[[Run], str | None] = lambda _run: None
    changed: Callable[[], None] = lambda: None  # heard when the story itself has changed the account
    findings: dict[str, Found] = field(default_factory=dict)
    deliveries: int = 0
    _heard: int = 0  # of the account's calls
    _read: set[str] = field(default_factory=set)
    _told: dict[str, str] = field(default_factory=dict)  # id of run or step -> the last status that was told
    _seed: Seed | None = None

    def prepare(self) -> None:
        """Puts the story's people and keys into the account."""
        named = Named()
        for who in story.CAST:
            if who.session:
                named.roles[who.name] = who.principal_id
            else:
                named.users[who.name] = who.principal_id
                named.keys[who.access_key] = who.name
        self._seed = Seed(self.aws, named)
        self._seed.grow()
        self._move_alias(story.RELEASED_VERSION, self.aws.clock())
        put_guardrail(self.aws, story.GUARDRAIL, story.guardrail("HIGH", topics=True))

    def play(self, start: datetime) -> None:
        for delivery in story.tell(start, stopped=self.stopped_by):
            self._wait_until(delivery.at)
            if delivery.chapter:
                self.tell(Moment(delivery.at, "event", delivery.chapter))
            self._put(delivery)
            self.aws.deliver()
            self.deliveries += 1
            self._look_where_written()

    def look(self) -> None:
        """Tells what is new, and answers the plans that wait."""
        for _, tell in self._stores():
            tell()

    def _look_where_written(self) -> None:
        """Asks the stores that functions wrote to since the last look: IAM decided on each of those calls."""
        new, self._heard = self.aws.calls[self._heard :], len(self.aws.calls)
        written = {call.resource for call in new if call.action in WRITES and call.allowed}
        for store, tell in self._stores():
            if any(store in f"{resource}/" for resource in written):
                tell()

    def _stores(self) -> list[tuple[str, Callable[[], None]]]:
        """Part of an ARN, and what tells of what is new there."""
        outputs = self.aws.outputs
        return [
            (f":::{outputs['OutboxBucket']}/", self._tell_findings),
            (f":table/{outputs['IncidentTable']}/", self._tell_incidents),
            (f":table/{outputs['LedgerTable']}/", self._tell_runs),
        ]

    def _tell_findings(self) -> None:
        for found in self._new_findings():
            self.findings[found.id] = found
            self.tell(Moment(self.aws.clock(), "finding", f"{found.detector}: {found.title}", found.incident_id))

    def _tell_incidents(self) -> None:
        for incident in sorted(self.incidents(), key=lambda one: one.first_seen):
            self._incident(incident)

    def _tell_runs(self) -> None:
        runs = self.runs()
        for run in runs:
            self._run(run)
        waiting = [run for run in runs if run.status is RunStatus.AWAITING_APPROVAL]
        for run in waiting:
            if by := self.approves(run):
                self.services.response.decide(run.approval_id, decision="approved", by=by)
                self.tell(Moment(self.aws.clock(), "plan", f"{by} approves {run.playbook}", run.incident_id))
                self.aws.deliver()
        if any(self.approves(run) for run in waiting):
            self.look()

    def undo(self, run: Run, *, by: str) -> None:
        self.services.responses.release(run.id, reason="undone", by=by)
        self.aws.deliver()
        self.look()

    def incidents(self) -> list[Incident]:
        return self.services.incidents.list(limit=1000)

    def runs(self) -> list[Run]:
        return sorted(self.services.ledger.runs(limit=1000), key=lambda run: run.started_at)

    # --- the account ------------------------------------------------------------------------------------------------

    def stopped_by(self, caller: str, at: datetime) -> bool:
        """Whether a call at this time would be refused: the account first comes to it, with all that is due by then."""
        wait = (at - self.aws.clock()).total_seconds()
        if wait > 0:
            self.aws.clock.advance(wait)
        return self.is_stopped(caller)

    def is_stopped(self, caller: str) -> bool:
        """What the world does to a contained caller: IAM refuses its calls, the gateway a blocked user's."""
        kind, _, value = caller.partition(":")
        if kind == "user":
            item = self.aws.client("dynamodb").get_item(
                TableName=self.aws.outputs["QuotaTable"], Key={"user": {"S": value}}
            )
            return bool(item.get("Item", {}).get("blocked", {}).get("BOOL"))
        owner = story.GHOST.name if value == story.GHOST.access_key else story.EVALUATOR.name
        return self._key_status(value) != "Active" or self._policies(owner) != "none"

    def state(self) -> dict[str, str]:
        """What the story's containments touch, in words."""
        user, ghost = story.EVALUATOR, story.GHOST
        return {
            f"access key {user.access_key}": self._key_status(user.access_key),
            f"keys of {user.name}": f"{len(self._keys(user.name))}",
            f"policies of {user.name}": self._policies(user.name),
            f"end user {story.GREEDY_USER}": "blocked" if self.is_stopped(f"user:{story.GREEDY_USER}") else "allowed",
            f"agent {story.AGENT}, alias live": f"version {self._alias_version()}",
            f"guardrail {story.GUARDRAIL}": self._guardrail(),
            f"access key {ghost.access_key}": self._key_status(ghost.access_key),
            f"policies of {ghost.name}": self._policies(ghost.name),
        }

    def _keys(self, user: str) -> list[dict[str, Any]]:
        return list(self.aws.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"])

    def _key_status(self, key: str) -> str:
        owner = story.GHOST.name if key == story.GHOST.access_key else story.EVALUATOR.name
        return next((str(one["Status"]) for one in self._keys(owner) if one["AccessKeyId"] == key), "gone")

    def _guardrail(self) -> str:
        """How strong its filters are, and how many topics it denies."""
        now = self.aws.client("bedrock").get_guardrail(guardrailIdentifier=story.GUARDRAIL)
        strengths = sorted({one["inputStrength"] for one in now.get("contentPolicy", {}).get("filters", ())})
        topics = len(now.get("topicPolicy", {}).get("topics", ()))
        return f"{'/'.join(strengths)}, {topics} topic{'' if topics == 1 else 's'}"

    def _policies(self, user: str) -> str:
        return ", ".join(self.aws.client("iam").list_user_policies(UserName=user)["PolicyNames"]) or "none"

    def _alias_version(self) -> str:
        asked = {"agentId": story.AGENT, "agentAliasId": story.ALIAS}
        alias = self.aws.client("bedrock-agent").get_agent_alias(**asked)["agentAlias"]
        return str(alias["routingConfiguration"][0]["agentVersion"])

    def _move_alias(self, version: str, since: datetime) -> None:
        put_alias(self.aws, Alias(story.AGENT, story.ALIAS), [{"agentVersion": version}], since)

    # --- deliveries -------------------------------------------------------------------------------------------------

    def _wait_until(self, time: datetime) -> None:
        wait = (time - self.aws.clock()).total_seconds()
        if wait > 0:
            self.aws.clock.advance(wait)
            self._look_where_written()

    def _put(self, delivery: story.Delivery) -> None:
        if delivery.kind == "log_file":
            self.aws.client("s3").put_object(Bucket=self.aws.outputs["LogBucket"], Key=delivery.key, Body=delivery.body)
            return
        event = json.loads(delivery.body)
        self._take_effect(event["detail"], delivery.at)
        self.aws.put_event(source=event["source"], detail_type=event["detail-type"], detail=event["detail"])

    def _take_effect(self, call: Mapping[str, Any], at: datetime) -> None:
        """What a call of the story changes in the account: alias and guardrail are really moved and weakened."""
        if call.get("eventName") == "UpdateAgentAlias" and not call.get("errorCode"):
            self._move_alias(call["requestParameters"]["routingConfiguration"][0]["agentVersion"], at)
            self.changed()
        if call.get("eventName") == "UpdateGuardrail" and not call.get("errorCode"):
            self.aws.client("bedrock").update_guardrail(**call["requestParameters"])
            self.changed()

    # --- what is new ------------------------------------------------------------------------------------------------

    def _new_findings(self) -> Iterator[Found]:
        s3, bucket = self.aws.client("s3"), self.aws.outputs["OutboxBucket"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="documents/")
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        for key in keys:
            if key in self._read:
                continue
            self._read.add(key)
            body = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            for line in lines_of(body, key):
                if isinstance(line, Line) and line.index_name.startswith("tidegate-findings"):
                    found = Found.of_document(json.loads(line.source))
                    if found.id not in self.findings:
                        yield found

    def _incident(self, incident: Incident) -> None:
        if incident.id not in self._told:
            playbook = incident.playbook or "no playbook: a person decides"
            text = f"{incident.severity}: {incident.title} ({playbook})"
            self.tell(Moment(self.aws.clock(), "incident", text, incident.id))
            self._told[incident.id] = incident.status

    def _run(self, run: Run) -> None:
        if self._told.get(run.id) is None:
            self.tell(Moment(run.started_at, "plan", _plan_text(run), run.incident_id))
        for receipt in self.services.ledger.receipts(run.id):
            self._receipt(receipt)
        before, self._told[run.id] = self._told.get(run.id), run.status
        ended_badly = run.status in ENDED_BADLY
        if run.plan and ended_badly and before != run.status:
            self.tell(Moment(self.aws.clock(), "plan", f"{run.playbook} {run.status}: {run.error}", run.incident_id))

    def _receipt(self, receipt: Receipt) -> None:
        order = (StepStatus.APPLIED, StepStatus.VERIFIED, StepStatus.UNDONE)
        before = self._told.get(receipt.id, "")
        if receipt.status == before:
            return
        self._told[receipt.id] = receipt.status
        what = f"{receipt.step.action} on {receipt.step.target}"
        told = [status.value for status in order]
        first = told.index(before) + 1 if before in told else 0
        times = {"applied": receipt.applied_at, "verified": receipt.verified_at, "undone": receipt.undone_at}
        for status in told[first:]:
            if (at := times[status]) is not None:
                kind = "action" if status == "applied" else status
                text = {"applied": what, "verified": f"{receipt.step.action}: {sentence(receipt)}"}.get(
                    status, f"{what}, by {receipt.undone_by}{_kept(receipt)}"
                )
                self.tell(Moment(at, kind, text, receipt.incident_id))


def _plan_text(run: Run) -> str:
    if run.plan is None:
        return f"{run.playbook or 'response'} {said(run.status)}: {run.error}"
    steps = ", ".join(step.action for step in run.plan.steps)
    others = f"reaches {run.plan.reach} others" if run.plan.reach >= 0 else "how many others it reaches is not known"
    return f"{run.playbook}, {run.mode}: {steps}; {others}. {run.plan.mode_reason}".strip()


def _kept(receipt: Receipt) -> str:
    """What undo left changed on purpose."""
    kept = (receipt.restored or {}).get("kept")
    return f". Kept: {kept}" if kept else ""


def history(aws: Embedded, machine: str, name: str) -> list[dict[str, Any]]:
    """Events of an execution by the logical id of its machine; empty when there was none of that name."""
    states = aws.client("stepfunctions")
    arn = f"{aws.outputs[machine].replace(':stateMachine:', ':execution:')}:{name}"
    try:
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return []
        raise


def start_of(now: datetime) -> datetime:
    """A morning that is just over: so that what it contains is still contained when a person looks."""
    return (now.astimezone(UTC) - timedelta(minutes=story.MINUTES)).replace(second=0, microsecond=0)
