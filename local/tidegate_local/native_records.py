"""Records in the form AWS delivers them, for the story and for seeding examples. Every value is invented.

Shapes after the Bedrock user guide (model invocation logging), the CloudTrail record contents reference and the
GuardDuty finding format; `requestID` joins a Bedrock log record with its CloudTrail event.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ACCOUNT = "111122223333"
REGION = "us-east-1"


@dataclass(frozen=True)
class Identity:
    """Someone who signs calls. `access_key` is theirs alone for a user, and of the session for a role."""

    name: str  # IAM user name, or role name
    principal_id: str  # AIDA... of a user, AROA... of a role
    access_key: str
    session: str = ""
    address: str = "192.0.2.10"
    agent: str = "Boto3/1.40 md/Botocore#1.40 lang/python#3.13"

    @property
    def arn(self) -> str:
        if self.session:
            return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/{self.session}"
        return f"arn:aws:iam::{ACCOUNT}:user/{self.name}"

    @property
    def user_identity(self) -> dict[str, Any]:
        """CloudTrail's userIdentity."""
        if not self.session:
            return {
                "type": "IAMUser",
                "principalId": self.principal_id,
                "arn": self.arn,
                "accountId": ACCOUNT,
                "accessKeyId": self.access_key,
                "userName": self.name,
            }
        return {
            "type": "AssumedRole",
            "principalId": f"{self.principal_id}:{self.session}",
            "arn": self.arn,
            "accountId": ACCOUNT,
            "accessKeyId": self.access_key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": self.principal_id,
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{self.name}",
                    "accountId": ACCOUNT,
                    "userName": self.name,
                },
                "attributes": {"mfaAuthenticated": "false"},
            },
        }


def iso(time: datetime, *, milliseconds: bool = False) -> str:
    return time.isoformat(timespec="milliseconds" if milliseconds else "seconds").replace("+00:00", "Z")


def unique(*parts: object) -> str:
    """A UUID-shaped id made of its parts alone: the same story has the same ids."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def converse(
    time: datetime,
    who: Identity,
    model: str,
    prompt: str,
    answer: str,
    *,
    tokens: tuple[int, int],
    metadata: Mapping[str, str] | None = None,
    streamed: bool = False,
    blocked_by: str = "",
) -> dict[str, Any]:
    """A Converse record. `blocked_by`: the guardrail that stopped the input; then no tokens are counted."""
    read, written = (0, 0) if blocked_by else tokens
    body: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [{"text": answer}]}},
        "stopReason": "guardrail_intervened" if blocked_by else "end_turn",
        "metrics": {"latencyMs": 300 + 12 * written},
        "usage": {"inputTokens": read, "outputTokens": written, "totalTokens": read + written},
    }
    if blocked_by:
        hit = {"type": "PROMPT_ATTACK", "confidence": "HIGH", "filterStrength": "HIGH", "action": "BLOCKED"}
        body["trace"] = {"guardrail": {"inputAssessment": {blocked_by: {"contentPolicy": {"filters": [hit]}}}}}
    operation = "ConverseStream" if streamed else "Converse"
    record = _invocation(time, who, operation, model, prompt + json.dumps(dict(metadata or {})))
    record["input"] = {
        "inputContentType": "application/json",
        "inputBodyJson": {
            "messages": [{"role": "user", "content": [{"text": prompt}]}],
            "inferenceConfig": {"maxTokens": 1024, "temperature": 0.4},
        },
        "inputTokenCount": read,
    }
    record["output"] = {"outputContentType": "application/json", "outputBodyJson": body, "outputTokenCount": written}
    if metadata:
        record["requestMetadata"] = dict(metadata)
    return record


def invoke_model(
    time: datetime, who: Identity, model: str, prompt: str, answer: str, *, tokens: tuple[int, int]
) -> dict[str, Any]:
    """An InvokeModel record in Anthropic's body format."""
    record = _invocation(time, who, "InvokeModel", model, prompt)
    record["input"] = {
        "inputContentType": "application/json",
        "inputBodyJson": {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}],
        },
        "inputTokenCount": tokens[0],
    }
    record["output"] = {
        "outputContentType": "application/json",
        "outputBodyJson": {
            "id": "msg_" + record["requestId"].replace("-", "")[:16],
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": answer}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1]},
        },
        "outputTokenCount": tokens[1],
    }
    return record


def _invocation(time: datetime, who: Identity, operation: str, model: str, prompt: str) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": iso(time),
        "accountId": ACCOUNT,
        "identity": {"arn": who.arn},
        "region": REGION,
        "requestId": unique("invocation", iso(time, milliseconds=True), who.arn, operation, prompt),
        "operation": operation,
        "modelId": model,
    }


def log_file(time: datetime, records: Iterable[Mapping[str, Any] | bytes]) -> tuple[str, bytes]:
    """(S3 key, gzipped lines) as Bedrock delivers it. Bytes go in as they are: a damaged line stays damaged."""
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in records]
    data = b"\n".join(lines) + b"\n"
    stamp = f"{time:%Y%m%dT%H%M%S}{time.microsecond // 1000:03d}Z_{hashlib.sha256(data).hexdigest()[:16]}"
    key = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/{time:%Y/%m/%d/%H}/{stamp}.json.gz"
    return key, gzip.compress(data, compresslevel=1, mtime=0)


def api_call(
    time: datetime,
    who: Identity,
    service: str,
    name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    additional: Mapping[str, Any] | None = None,
    error: str = "",
    read_only: bool = False,
) -> dict[str, Any]:
    """A CloudTrail record of a management event."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": who.user_identity,
        "eventTime": iso(time),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": who.address,
        "userAgent": who.agent,
        "requestParameters": dict(parameters) if parameters is not None else None,
        "responseElements": dict(response) if response is not None else None,
        "requestID": unique("request", iso(time), who.arn, name),
        "eventID": unique("event", iso(time), who.arn, name, json.dumps(parameters, sort_keys=True)),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if additional:
        record["additionalEventData"] = dict(additional)
    if error:
        record |= {"errorCode": error, "errorMessage": f"{error} when calling {name}"}
    return record


def threat(
    time: datetime, who: Identity, kind: str, title: str, *, severity: float, first_seen: datetime, action: str
) -> dict[str, Any]:
    """A GuardDuty finding about an access key, in the camelCase of EventBridge."""
    name = unique("guardduty", kind, who.arn).replace("-", "")
    detector = "d1de9a7e00000000000000000000d1de"
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "id": name,
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detector}/finding/{name}",
        "type": kind,
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {
                "accessKeyId": who.access_key,
                "principalId": who.principal_id + (f":{who.session}" if who.session else ""),
                "userType": "AssumedRole" if who.session else "IAMUser",
                "userName": who.name,
            },
        },
        "service": {
            "serviceName": "guardduty",
            "detectorId": detector,
            "count": 3,
            "archived": False,
            "resourceRole": "TARGET",
            "eventFirstSeen": iso(first_seen, milliseconds=True),
            "eventLastSeen": iso(time, milliseconds=True),
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": action,
                    "serviceName": "bedrock.amazonaws.com",
                    "callerType": "Remote IP",
                    "remoteIpDetails": {"ipAddressV4": who.address},
                },
            },
        },
        "severity": severity,
        "createdAt": iso(time, milliseconds=True),
        "updatedAt": iso(time, milliseconds=True),
        "title": title,
        "description": title,
    }


def envelope(detail: Mapping[str, Any], *, arrives_after: timedelta = timedelta(seconds=90)) -> dict[str, Any]:
    """The EventBridge event around a CloudTrail record or a GuardDuty finding."""
    is_threat = "schemaVersion" in detail
    happened = detail["updatedAt"] if is_threat else detail["eventTime"]
    at = datetime.fromisoformat(happened) + arrives_after
    source = "guardduty" if is_threat else str(detail["eventSource"]).split(".", 1)[0]
    return {
        "version": "0",
        "id": unique("envelope", detail.get("eventID") or detail["id"], happened),
        "detail-type": "GuardDuty Finding" if is_threat else "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": ACCOUNT,
        "time": iso(at),
        "region": REGION,
        "resources": [],
        "detail": dict(detail),
    }
