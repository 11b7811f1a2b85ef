"""S3 tells: objects created and deleted, to EventBridge and to queues, with what AWS puts in them.

Changed tags and access control lists are not told: moto says so at every upload, where AWS does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from tidegate_local import hooks
from tidegate_local.account import Account, current
from tidegate_local.bus import send_to_queue
from tidegate_local.intrinsics import TemplateError
from tidegate_local.policy_language import decide, listed, principal_matches

_SERVICE = "s3.amazonaws.com"


def install() -> None:
    hooks.replace("moto.s3.notifications:send_event", _send_event)
    hooks.replace("moto.s3.notifications:send_test_event", _send_test_event)
    hooks.replace("moto.s3.models:FakeBucket.get_permission", _get_permission)


def _get_permission(original: Callable[..., Any]) -> Callable[..., Any]:
    """A bucket's policy with its conditions, which moto leaves out. Only a Deny for everyone is decided here: what a
    role may do is decided where the call leaves its client."""

    def permission(self: Any, action: str, resource: str) -> Any:
        account = current()
        if account is None or self.policy is None:
            return original(self, action, resource)
        from moto.iam.access_control import PermissionResult

        policy = json.loads(self.policy)
        for_all = [one for one in listed(policy["Statement"]) if principal_matches(one, "")]
        context = {"aws:SecureTransport": "true", "aws:PrincipalAccount": account.id}
        refused = decide([{"Statement": for_all}], action, resource, context) is False
        return PermissionResult.DENIED if refused else PermissionResult.NEUTRAL

    return permission


def _send_test_event(original: Callable[..., None]) -> Callable[..., None]:
    def send(account_id: str, bucket: Any) -> None:
        if current() is None:
            original(account_id, bucket)  # ours: the test message would only be noise in the queues

    return send


def _send_event(original: Callable[..., None]) -> Callable[..., None]:
    def send(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        account = current()
        if account is None:
            original(account_id, event_name, bucket, key)
            return
        wanted = bucket.notification_configuration
        if wanted is None or event_name.value.startswith(("s3:ObjectTagging:", "s3:ObjectAcl:")):
            return
        account.s3_sequence += 1
        for one in wanted.queue:
            if one.matches(event_name, key.name):
                body = json.dumps(_message(account, event_name.value, bucket, key, one.id))
                arn = one.arn
                account.pending.append(lambda arn=arn, body=body: _to_queue(account, bucket.arn, arn, body))  # type: ignore[misc]
        if wanted.cloud_function or wanted.topic:
            raise TemplateError(f"bucket {bucket.name}: notifications to functions and topics are not understood")
        if wanted.event_bridge is not None:
            _to_bus(account, event_name.value, bucket, key)

    return send


def _to_queue(account: Account, bucket_arn: str, queue_arn: str, body: str) -> None:
    try:
        send_to_queue(account, _SERVICE, bucket_arn, queue_arn, body)
    except Exception as error:  # noqa: BLE001  what S3 can't deliver it drops; not in silence here
        account.failed(f"notification of {bucket_arn} -> {queue_arn}", error, event=body)


def _message(account: Account, event_name: str, bucket: Any, key: Any, configuration: str) -> dict[str, Any]:
    thing = {
        "key": quote_plus(key.name),
        "size": key.size,
        "eTag": key.etag.strip('"'),
        "sequencer": _sequencer(account),
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": _now(account).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventName": event_name.removeprefix("s3:"),
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {"name": bucket.name, "arn": bucket.arn, "ownerIdentity": {"principalId": account.id}},
            "object": thing,
        },
    }
    return {"Records": [record]}


def _to_bus(account: Account, event_name: str, bucket: Any, key: Any) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    if event_name.startswith("s3:ObjectCreated:"):
        detail_type, reasons = "Object Created", {"Put": "PutObject", "Copy": "CopyObject", "Post": "POST Object"}
        reason = reasons.get(event_name.rsplit(":", 1)[-1], event_name.rsplit(":", 1)[-1])
    elif event_name.startswith("s3:ObjectRemoved:"):
        detail_type, reason = "Object Deleted", "DeleteObject"
    else:
        raise TemplateError(f"bucket {bucket.name}: notification {event_name} is not understood")
    thing: dict[str, Any] = {"key": key.name, "sequencer": _sequencer(account)}
    if detail_type == "Object Created":
        thing |= {"size": key.size, "etag": key.etag.strip('"')}
    if bucket.is_versioned and key.version_id:
        thing["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": thing,
        "request-id": "EMBEDDED",
        "requester": account.id,
        "source-ip-address": "192.0.2.1",
        "reason": reason,
    }
    put_on_bus(account, source="aws.s3", detail_type=detail_type, resources=[bucket.arn], detail=detail)


def put_on_bus(account: Account, *, source: str, detail_type: str, resources: list[str], detail: Any) -> None:
    """An event of an AWS service on the default bus (PutEvents itself may not use sources that begin with `aws.`)."""
    from moto.events.models import events_backends
    from moto.moto_api._internal import mock_random

    event = {
        "version": "0",
        "id": str(mock_random.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account.id,
        "time": _now(account).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": account.region,
        "resources": resources,
        "detail": detail,
    }
    for rule in list(events_backends[account.id][account.region].event_buses["default"].rules.values()):
        rule.send_to_targets(event)  # type: ignore[arg-type]  # the same envelope, as a plain dict


def _sequencer(account: Account) -> str:
    return f"{account.s3_sequence:016X}"


def _now(account: Account) -> datetime:
    return account.clock().astimezone(UTC)
