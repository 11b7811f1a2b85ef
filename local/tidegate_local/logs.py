"""CloudWatch Logs subscriptions that call a function, filtered by the subscription's pattern.

Only the empty pattern, which lets every line through, and a quoted term are understood.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from typing import Any

from tidegate.errors import Permanent
from tidegate_local import hooks
from tidegate_local.account import Account, current
from tidegate_local.bus import call_function

type Line = dict[str, Any]  # id, timestamp in milliseconds, message

_TERM = re.compile(r'"([^"]*)"|([A-Za-z0-9_]+)')


class LogPatternError(Permanent):
    """A filter pattern that is not understood."""


def install() -> None:
    hooks.replace("moto.awslambda.models:LambdaBackend.send_log_event", _send_log_event)


def _send_log_event(original: Callable[..., None]) -> Callable[..., None]:
    """A batch of lines for a subscription: what passes the filter is delivered by the next deliver()."""

    def send(self: Any, function_arn: str, filter_name: str, group: str, stream: str, lines: list[Line]) -> None:
        account = current()
        if account is None:
            original(self, function_arn, filter_name, group, stream, lines)
            return
        filters = account.client("logs").describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        pattern = next(one["filterPattern"] for one in filters if one["filterName"] == filter_name)
        passed = [line for line in lines if line_passes(pattern, line["message"])]
        if passed:
            account.pending.append(lambda: _call(account, function_arn, filter_name, group, stream, passed))

    return send


def line_passes(pattern: str, message: str) -> bool:
    """Raises LogPatternError for what is not understood."""
    if not pattern.strip():
        return True
    match = _TERM.fullmatch(pattern.strip())
    if match is None:
        raise LogPatternError(f"filter pattern {pattern!r} is not understood: teach tidegate_local/logs.py")
    return (match.group(1) or match.group(2)) in message


def _call(account: Account, function_arn: str, filter_name: str, group: str, stream: str, lines: list[Line]) -> None:
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": account.id,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter_name],
        "logEvents": lines,
    }
    payload = base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()
    source = f"arn:aws:logs:{account.region}:{account.id}:log-group:{group}:*"
    try:
        call_function(account, "logs.amazonaws.com", source, function_arn, {"awslogs": {"data": payload}})
    except Exception as error:  # noqa: BLE001  CloudWatch Logs drops it: it must not be in silence here
        account.failed(f"subscription {filter_name} of {group}", error, event=data)
