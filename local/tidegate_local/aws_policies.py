"""The few policies that AWS manages and the template may attach: moto's own list costs seconds to load."""

from __future__ import annotations

from typing import Any

from tidegate_local.account import Account
from tidegate_local.intrinsics import TemplateError

_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_QUEUE = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
_TRACES = [
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
]  # fmt: skip

_ACTIONS = {
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaSQSQueueExecutionRole": [*_LOGS, *_QUEUE],
    "AWSXrayWriteOnlyAccess": _TRACES,
    "AWSXRayDaemonWriteAccess": _TRACES,
}


def ensure_managed_policy(account: Account, arn: str) -> None:
    """Puts a policy of AWS into the account's IAM. Raises TemplateError for one that is not listed here."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    prefix = "arn:aws:iam::aws:policy/"
    if not arn.startswith(prefix):
        return
    backend = iam_backends[account.id]["aws"]
    if arn in backend.managed_policies:
        return
    name = arn.removeprefix(prefix)
    if name not in _ACTIONS:
        raise TemplateError(f"managed policy {arn} is not understood: teach tidegate_local/aws_policies.py")
    path, _, short = name.rpartition("/")
    statement = {"Effect": "Allow", "Action": _ACTIONS[name], "Resource": "*"}
    data: dict[str, Any] = {
        "DefaultVersionId": "v1",
        "Path": f"/{path}/" if path else "/",
        "Document": {"Version": "2012-10-17", "Statement": [statement]},
        "CreateDate": "2015-04-09T15:03:43+00:00",
        "UpdateDate": "2015-04-09T15:03:43+00:00",
    }
    backend.managed_policies[arn] = AWSManagedPolicy.from_data(short, account.id, account.region, data)
