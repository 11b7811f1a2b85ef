"""EventBridge: rules, their state, transformed inputs, targets and dead letters.

An event put on a bus is matched at once and delivered by the next deliver(). A rule that is ENABLED does not see
read-only CloudTrail management events; one that is ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS does. A target's
resource policy or role must let EventBridge in; what can't be delivered goes to the rule's dead-letter queue.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tidegate_local import hooks
from tidegate_local.account import Account, current
from tidegate_local.encryption import TO_SEND, key_policy, queue_key, topic_key
from tidegate_local.patterns import matches
from tidegate_local.permissions import role_session, service_may

EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_SERVICE = "events.amazonaws.com"
_READ_ONLY = re.compile(r"^(Describe|Get|List)")  # what EventBridge takes for read-only, beside the record's own flag
_VARIABLE = re.compile(r"<([A-Za-z0-9_.\-]+)>")


class NotDeliveredError(Exception):
    """A target would not take an event. Goes to the dead-letter queue with AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    hooks.replace("moto.events.models:Rule.send_to_targets", _send_to_targets)


def _send_to_targets(original: Callable[..., None]) -> Callable[..., None]:
    def send(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        account = current()
        if account is None:
            original(self, original_event, transform_input)
            return
        event = _as_delivered(original_event)
        if _sees(self, event):
            for target in list(self.targets):
                account.pending.append(lambda target=target: deliver(account, self.arn, target, event))  # type: ignore[misc]

    return send


def _as_delivered(event: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope as targets get it."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(event)))
    copied.pop("ingestion-time", None)
    if not copied.get("replay-name"):
        copied.pop("replay-name", None)
    if not isinstance(copied.get("time"), str):
        copied["time"] = datetime.fromtimestamp(float(copied["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return copied


def _sees(rule: Any, event: Mapping[str, Any]) -> bool:
    if rule.state == "DISABLED" or rule.scheduled_expression:
        return False
    if rule.state != EVERYTHING and _is_read_only_management(event):
        return False
    return matches(rule.event_pattern.get_pattern(), event)


def _is_read_only_management(event: Mapping[str, Any]) -> bool:
    detail = event.get("detail")
    if event.get("detail-type") != "AWS API Call via CloudTrail" or not isinstance(detail, Mapping):
        return False
    if detail.get("managementEvent") is False or detail.get("eventCategory") == "Data":
        return False
    return bool(detail.get("readOnly", _READ_ONLY.match(str(detail.get("eventName", ""))) is not None))


def deliver(account: Account, rule_arn: str, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    """One event to one target; to the dead-letter queue and `failures` when the target refuses."""
    body = target_input(target, event)
    try:
        _to_target(account, rule_arn, target, body)
    except Exception as error:  # noqa: BLE001  the border that EventBridge is: it retries, then gives up
        account.failed(f"rule {rule_arn.rsplit('/', 1)[-1]} -> {target['Arn']}", error, event=event)
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters:
            code = error.code if isinstance(error, NotDeliveredError) else "SDK_CLIENT_ERROR"
            _to_dead_letters(account, rule_arn, target["Arn"], dead_letters, body, code, str(error))


def target_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What the target gets, as JSON text: the event, a part of it, a constant or a transformed text."""
    if "Input" in target:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event)
    return json.dumps(event)


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Values are put in as JSON where the template is JSON, and as text inside a JSON string."""
    values: dict[str, Any] = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.event"] = dict(event)
    values["aws.events.event.json"] = json.dumps(event)
    template: str = transformer["InputTemplate"]
    out, quoted, position = [], False, 0
    for match in _VARIABLE.finditer(template):
        before = template[position : match.start()]
        quoted ^= len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        value = values.get(match.group(1))
        if quoted:
            text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
            put = json.dumps(text)[1:-1]
        else:
            put = json.dumps(value)
        out += [before, put]
        position = match.end()
    return "".join([*out, template[position:]])


def _at(document: Any, path: str) -> Any:
    """The JSONPaths that EventBridge takes: `$`, `.name` and `[index]`. Absent gives None."""
    value = document
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path.removeprefix("$")):
        if name:
            value = value.get(name) if isinstance(value, Mapping) else None
        else:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
    return value


def _to_target(account: Account, rule_arn: str, target: Mapping[str, Any], body: str) -> None:
    arn: str = target["Arn"]
    service = arn.split(":")[2]
    match service:
        case "sqs":
            send_to_queue(account, _SERVICE, rule_arn, arn, body)
        case "lambda":
            call_function(account, _SERVICE, rule_arn, arn, json.loads(body))
        case "states":
            if "RoleArn" not in target:
                raise NotDeliveredError("NO_PERMISSIONS", f"target {arn} has no RoleArn: a state machine needs one")
            states = role_session(account, target["RoleArn"], "events").client("stepfunctions")
            states.start_execution(stateMachineArn=arn, input=body)
        case "sns":
            policy = account.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy", "{}")
            if not service_may(account, _SERVICE, "sns:Publish", arn, json.loads(policy), rule_arn):
                raise NotDeliveredError("NO_PERMISSIONS", f"the policy of {arn} does not let {_SERVICE} publish")
            _check_key(account, _SERVICE, rule_arn, topic_key(account, arn))
            account.client("sns").publish(TopicArn=arn, Message=body)
        case "logs":
            account.pending.append(lambda: _to_log_group(account, arn, body))
        case _:
            raise NotDeliveredError("INVALID_PARAMETER", f"targets of {service} are not understood: {arn}")


def send_to_queue(
    account: Account,
    service: str,
    source: str,
    queue_arn: str,
    body: str,
    *,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """An AWS service sends to a queue, if the queue's policy lets it. Raises NotDeliveredError otherwise."""
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[-1])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    policy = json.loads(found.get("Policy", "{}"))
    if not service_may(account, service, "sqs:SendMessage", queue_arn, policy, source):
        raise NotDeliveredError("NO_PERMISSIONS", f"the policy of {queue_arn} does not let {service} send for {source}")
    _check_key(account, service, source, queue_key(account, queue_arn.rsplit(":", 1)[-1]))
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes or {})


def _check_key(account: Account, service: str, source: str, key_arn: str | None) -> None:
    """An encrypted queue or topic takes a service's message only if the key's policy lets the service use it."""
    for action in TO_SEND if key_arn else ():
        if not service_may(account, service, action, str(key_arn), key_policy(account, str(key_arn)), source):
            raise NotDeliveredError("NO_PERMISSIONS", f"the policy of {key_arn} does not let {service} do {action}")


def call_function(account: Account, service: str, source: str, function_arn: str, event: Any) -> None:
    """An AWS service calls a function asynchronously, if its policy lets it; else NotDeliveredError."""
    policy = account.functions.policy_of(function_arn)
    if not service_may(account, service, "lambda:InvokeFunction", function_arn, policy, source):
        raise NotDeliveredError(
            "NO_PERMISSIONS", f"the policy of {function_arn} does not let {service} invoke for {source}"
        )
    account.functions.call_later(function_arn, event)


def _to_log_group(account: Account, arn: str, body: str) -> None:
    logs, group = account.client("logs"), arn.split(":log-group:")[-1].removesuffix(":*")
    stream = "events"
    found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]
    if not found:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = {"timestamp": int(account.clock.time() * 1000), "message": body}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])


def _to_dead_letters(
    account: Account, rule_arn: str, target: str, queue_arn: str, body: str, code: str, reason: str
) -> None:
    attributes = {"RULE_ARN": rule_arn, "TARGET_ARN": target, "ERROR_CODE": code, "ERROR_MESSAGE": reason}
    try:
        texts = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        send_to_queue(account, _SERVICE, rule_arn, queue_arn, body, attributes=texts)
    except Exception as error:  # noqa: BLE001  lost for good, as in AWS: the caller of deliver() must see it
        account.failed(f"dead letters of {rule_arn} -> {queue_arn}", error, event=body)
