"""Log files for the benchmark, written here: every name, key and address in them is invented.

Shaped like a working day of an account: some principals do most of the calls, records of a file share seconds,
one record in ten failed. Sizes follow real records: CloudTrail 1.2 KB, an invocation with a chat of a few turns 5 KB.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

ACCOUNT = "111122223333"
REGIONS = ("us-east-1", "us-east-1", "us-east-1", "us-west-2", "eu-west-1")
AGENTS = (
    "Boto3/1.26.165 md/Botocore#1.29.165 ua/2.0 os/linux#5.19.0-46-generic md/arch#x86_64 lang/python#3.10.6",
    "aws-sdk-java/2.20.26 Linux/5.10.177-158.645.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.7+7 exec-env/AWS_ECS",
    "[aws-cli/2.11.20 Python/3.11.3 Darwin/22.4.0 exe/x86_64 prompt/off command/s3api.get-bucket-policy]",
    "APN/1.0 HashiCorp/1.0 Terraform/1.4.6 (+https://www.terraform.io) terraform-provider-aws/5.1.0",
    "AWS Internal",
)
OPERATIONS: tuple[tuple[str, str, bool], ...] = (
    ("s3", "GetBucketPolicy", True),
    ("s3", "GetBucketEncryption", True),
    ("ec2", "DescribeInstances", True),
    ("ec2", "DescribeSecurityGroups", True),
    ("iam", "GetRole", True),
    ("iam", "ListAttachedRolePolicies", True),
    ("iam", "CreateRole", False),
    ("iam", "PutRolePolicy", False),
    ("kms", "Decrypt", True),
    ("lambda", "GetFunction20150331v2", True),
    ("logs", "CreateLogStream", False),
    ("ssm", "GetParameter", True),
    ("sts", "AssumeRole", True),
    ("secretsmanager", "GetSecretValue", True),
    ("bedrock", "InvokeModel", True),
    ("bedrock", "Converse", True),
    ("bedrock", "ListFoundationModels", True),
    ("bedrock", "GetGuardrail", True),
)
MODELS = ("example.small-v1:0", "us.example.large-20260101-v1:0", "example.coder-v2:0")
SENTENCE = (
    "the report of last week shows that requests to our service grew while answers took longer than before so "
    "please summarise what changed and propose three steps which a small team could take within one month"
)
WORDS = SENTENCE.split()


def trail_files(records: int, *, per_file: int = 5_000, seed: int = 1) -> list[bytes]:
    """CloudTrail files as a trail writes them: gzipped `{"Records": [...]}`."""
    random = Random(seed)
    principals = [_principal(random, number) for number in range(60)]
    addresses = [
        f"{net}.{random.randrange(1, 255)}" for net in ("192.0.2", "198.51.100", "203.0.113") for _ in range(30)
    ]
    start = datetime(2026, 9, 1, 8, tzinfo=UTC)
    files = []
    for first in range(0, records, per_file):
        day = [
            _event(random, start + timedelta(seconds=number // 8), principals, addresses)
            for number in range(first, min(first + per_file, records))
        ]
        files.append(gzip.compress(json.dumps({"Records": day}, separators=(",", ":")).encode()))
    return files


def invocation_files(records: int, *, per_file: int = 1_000, seed: int = 2) -> list[bytes]:
    """Bedrock invocation log files: gzipped, a record a line."""
    return _line_files(_invocation, records, per_file, seed, a_second=4)


def short_invocation_files(records: int, *, per_file: int = 1_000, seed: int = 3) -> list[bytes]:
    """The same of forty callers who ask one short thing at a time: half a kilobyte of bodies a record."""
    return _line_files(_short_invocation, records, per_file, seed, a_second=2)


def _line_files(
    made: Callable[[Random, datetime], dict[str, Any]], records: int, per_file: int, seed: int, *, a_second: int
) -> list[bytes]:
    random = Random(seed)
    start = datetime(2026, 9, 1, 8, tzinfo=UTC)
    files = []
    for first in range(0, records, per_file):
        lines = [
            json.dumps(made(random, start + timedelta(seconds=number // a_second)), separators=(",", ":"))
            for number in range(first, min(first + per_file, records))
        ]
        files.append(gzip.compress("\n".join(lines).encode() + b"\n"))
    return files


def _name(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _skewed(random: Random, count: int) -> int:
    """A few do most: the first of `count` far more often than the last."""
    return int(count * random.random() ** 3)


def _principal(random: Random, number: int) -> dict[str, Any]:
    if number % 3 == 0:
        name = f"user-{number}"
        return {
            "type": "IAMUser",
            "principalId": f"AIDA{random.getrandbits(64):016X}",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
            "accountId": ACCOUNT,
            "accessKeyId": f"AKIA{random.getrandbits(64):016X}",
            "userName": name,
        }
    role, session, role_id = (
        f"service-role-{number}",
        f"i-{random.getrandbits(64):016x}",
        f"AROA{random.getrandbits(64):016X}",
    )
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": f"ASIA{random.getrandbits(64):016X}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "webIdFederationData": {},
            "attributes": {"creationDate": "2026-09-01T07:40:11Z", "mfaAuthenticated": "false"},
        },
    }


def _event(random: Random, time: datetime, principals: list[dict[str, Any]], addresses: list[str]) -> dict[str, Any]:
    who = _skewed(random, len(principals))
    service, name, read_only = OPERATIONS[_skewed(random, len(OPERATIONS))]
    region = random.choice(REGIONS)
    event: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": principals[who],
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": addresses[(who + _skewed(random, 3)) % len(addresses)],
        "userAgent": AGENTS[who % len(AGENTS)],
    }
    if random.random() < 0.1:
        event["errorCode"] = "AccessDenied"
        event["errorMessage"] = f"User: {principals[who]['arn']} is not authorized to perform: {service}:{name}"
    event |= _bodies(random, service, name, region)
    event |= {
        "requestID": _name(random),
        "eventID": _name(random),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }
    return event


def _bodies(random: Random, service: str, name: str, region: str) -> dict[str, Any]:
    number = random.randrange(1000)
    if service == "s3":
        bucket = f"example-data-{number}"
        return {
            "requestParameters": {"bucketName": bucket, "Host": f"{bucket}.s3.{region}.amazonaws.com", "policy": ""},
            "responseElements": None,
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "CipherSuite": "TLS_AES_128_GCM_SHA256",
                "bytesTransferredIn": 0,
                "AuthenticationMethod": "AuthHeader",
                "x-amz-id-2": f"{random.getrandbits(400):075x}",
                "bytesTransferredOut": number,
            },
            "resources": [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}],
        }
    if service == "bedrock":
        return {"requestParameters": {"modelId": random.choice(MODELS)}, "responseElements": None}
    if name.startswith(("Create", "Put")):
        document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
        role = f"example-role-{number}"
        return {
            "requestParameters": {"roleName": role, "policyName": "read", "policyDocument": document},
            "responseElements": {"role": {"roleName": role, "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "path": "/"}},
        }
    if service == "ec2":
        return {
            "requestParameters": {
                "instancesSet": {"items": [{"instanceId": f"i-{random.getrandbits(64):016x}"}]},
                "filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": f"vpc-{number:08x}"}]}}]},
            },
            "responseElements": None,
        }
    return {
        "requestParameters": {"name": f"/example/parameter/{number}", "withDecryption": True},
        "responseElements": None,
    }


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(WORDS, k=words))


def _invocation(random: Random, time: datetime) -> dict[str, Any]:
    streamed = random.random() < 0.2
    given, answered = random.randrange(20, 200), random.randrange(20, 200)
    turns = [
        {"role": role, "content": [{"type": "text", "text": _text(random, 60)}]}
        for _ in range(random.randrange(1, 4))
        for role in ("user", "assistant")
    ]
    record: dict[str, Any] = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/chat-app/i-{_skewed(random, 20):08x}"},
        "region": "us-east-1",
        "requestId": _name(random),
        "operation": "InvokeModelWithResponseStream" if streamed else "Converse",
        "modelId": random.choice(MODELS),
        "requestMetadata": {"user": f"user-{_skewed(random, 500)}", "feature": "chat"},
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {
                "system": [{"text": _text(random, 120)}],
                "messages": [*turns, {"role": "user", "content": [{"type": "text", "text": _text(random, given)}]}],
                "inferenceConfig": {"maxTokens": 1024, "temperature": 0.2},
            },
            "inputTokenCount": 120 + given,
        },
    }
    if random.random() < 0.03:
        return record | {"errorCode": "ThrottlingException"}
    answer: Any = {
        "output": {"message": {"role": "assistant", "content": [{"text": _text(random, answered)}]}},
        "stopReason": "end_turn",
        "metrics": {"latencyMs": random.randrange(300, 9000)},
        "usage": {"inputTokens": 120 + given, "outputTokens": answered, "totalTokens": 120 + given + answered},
    }
    if streamed:
        answer = [
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"{word} "}}
                for word in _text(random, answered).split()
            ),
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": answered}},
            {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"invocationLatency": 900}},
        ]
    return record | {
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": answer,
            "outputTokenCount": answered,
        }
    }


def _short_invocation(random: Random, time: datetime) -> dict[str, Any]:
    given, answered = random.randrange(8, 36), random.randrange(8, 36)
    who = random.randrange(40)
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app-{who % 7}/i-{who:08x}"},
        "region": "us-east-1",
        "requestId": _name(random),
        "operation": "Converse",
        "modelId": MODELS[who % len(MODELS)],
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {
                "messages": [{"role": "user", "content": [{"text": f"{_text(random, given)}?"}]}],
                "inferenceConfig": {"maxTokens": 256, "temperature": 0.5},
            },
            "inputTokenCount": given,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": [{"text": f"{_text(random, answered)}."}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": given, "outputTokens": answered, "totalTokens": given + answered},
            },
            "outputTokenCount": answered,
        },
    }
