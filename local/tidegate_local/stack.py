"""How a command finds a stack: a deployed one by its CloudFormation outputs, or the embedded one that a demo holds."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tidegate import wiring
from tidegate.errors import ConfigurationError, Permanent
from tidegate.settings import Settings

OPERATOR_KEYS = ("AKIAEMBEDDEDOPERATOR", "embedded")  # an operator of the embedded account; no secret, it has no AWS
EMBEDDED = Path(".tidegate/embedded.json")  # written by the embedded runtime, gone when it ends

_OUTPUTS = {
    "caller_table": "CallerTable",
    "delivery_table": "DeliveryTable",
    "snapshot_table": "SnapshotTable",
    "incident_table": "IncidentTable",
    "ledger_table": "LedgerTable",
    "approval_table": "ApprovalTable",
    "quota_table": "QuotaTable",
    "log_bucket": "LogBucket",
    "outbox_bucket": "OutboxBucket",
    "evidence_bucket": "EvidenceBucket",
    "finding_queue_url": "FindingQueue",
    "notice_queue_url": "NoticeQueue",
    "channels": "Channels",
    "respond_state_machine": "Respond",
    "release_state_machine": "Release",
    "schedule_group": "ContainmentSchedules",
    "opensearch_endpoint": "OpenSearchEndpoint",
}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Stack:
    name: str
    session: boto3.Session
    outputs: Mapping[str, str]
    region: str
    embedded: bool = False
    clock: Callable[[], datetime] = _now

    def services(self) -> wiring.Services:
        """The stores and the response, under the caller's own credentials."""
        return wiring.build(settings_of(self.outputs, self.name, self.region), self.session, self.clock)

    def person(self) -> str:
        """Who asks: for the record of approvals and undos."""
        if self.embedded:
            return f"{os.environ.get('USER') or os.environ.get('LOGNAME') or 'someone'}@this machine"
        try:
            return str(self.session.client("sts").get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError) as error:
            raise Permanent(f"AWS doesn't say who you are: {error}. Sign in, or give --by.") from error


def settings_of(outputs: Mapping[str, str], name: str, region: str) -> Settings:
    """Settings from a stack's outputs. Raises ConfigurationError naming the outputs that are missing."""
    optional = {"OpenSearchEndpoint", "Channels"}
    missing = [output for output in _OUTPUTS.values() if output not in outputs and output not in optional]
    if missing:
        raise ConfigurationError(f"stack {name} has no output {', '.join(missing)}: is it a Tidegate stack?")
    known = {field: outputs[output] for field, output in _OUTPUTS.items() if output in outputs}
    return Settings(
        stack=name, region=region, opensearch_service=_signed_for(known.get("opensearch_endpoint", "")), **known
    )


def _signed_for(endpoint: str) -> str:
    """By the address: HOST.REGION.aoss.amazonaws.com and HOST.aoss.REGION.on.aws are collections."""
    if endpoint.startswith("http://"):
        return "none"
    return "aoss" if ".aoss." in endpoint else "es"


def find(name: str | None, *, state_file: Path = EMBEDDED) -> Stack:
    """The stack called `name`; without a name the embedded one. Raises ConfigurationError when there is none."""
    if name is None:
        return _embedded(state_file)
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)  # which boto3 itself does not read
    if not session.region_name:
        raise ConfigurationError("no AWS Region is set: give AWS_REGION or a profile that has one.")
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(f"stack {name} in {session.region_name}: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
    return Stack(name, session, outputs, session.region_name)


def _embedded(state_file: Path) -> Stack:
    try:
        known = json.loads(state_file.read_text("utf-8"))
        endpoint, region, outputs = known["endpoint"], known["region"], known["outputs"]
    except FileNotFoundError as error:
        raise ConfigurationError(
            "no stack: give --stack NAME for a deployed one, or start `tidegate demo --hold` in another terminal."
        ) from error
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"{state_file} can't be read ({error}): delete it and start the demo again."
        ) from error
    if not _answers(endpoint):
        raise ConfigurationError(f"the demo of {state_file} has ended: start `tidegate demo --hold` again.")
    # boto3 takes an endpoint for all clients of a session from the environment only.
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    session = boto3.Session(*OPERATOR_KEYS, region_name=region)
    return Stack("tidegate", session, outputs, region, embedded=True)


def _answers(endpoint: str) -> bool:
    """Whether somebody listens there: boto3 would try for a long time before it said so."""
    place = urlsplit(endpoint)
    try:
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=2):
            return True
    except OSError:
        return False
