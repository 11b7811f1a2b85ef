"""Which API calls change a resource of Tidegate's own, and how it is told that it is one. Not a detector.

Names follow the template: CloudFormation names a resource STACK-LOGICALID-SUFFIX, in lower case where the service
wants that, and the rest is named with the stack in front. Event names are those of CloudTrail: Lambda's carry the
version of its API (https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tidegate.detectors.about import Known
from tidegate.model import ApiCall, Principal
from tidegate.sources.parts import opened


class Change(NamedTuple):
    """`targets`: request parameters that name what is changed."""

    meaning: str
    targets: tuple[str, ...]
    grave: bool | Callable[[Mapping[str, Any]], bool] = True  # whether it blinds or loosens, by the request
    deployment: bool = False

    def blinds(self, call: ApiCall) -> bool:
        return self.grave(opened(call.parameters)) if callable(self.grave) else self.grave


def _says(name: str, *values: object) -> Callable[[Mapping[str, Any]], bool]:
    return lambda request: any(request.get(name) == value for value in values)


def _changes(targets: tuple[str, ...], meanings: Mapping[str, str], *, grave: bool = True) -> dict[str, Change]:
    return {name: Change(meaning, targets, grave) for name, meaning in meanings.items()}


_FUNCTION = ("functionName",)
_SUBSCRIPTION = ("functionName", "uUID", "uuid")
_PERMISSIONS = {
    "PutRolePolicy": "permissions of a role changed",
    "DeleteRolePolicy": "permissions of a role taken",
    "AttachRolePolicy": "a policy attached to a role",
    "DetachRolePolicy": "a policy taken from a role",
    "UpdateAssumeRolePolicy": "who may become a role changed",
    "DeleteRole": "a role deleted",
    "PutRolePermissionsBoundary": "a boundary put around a role",
    "DeleteRolePermissionsBoundary": "the boundary of a role removed",
}

CHANGES: Mapping[str, Mapping[str, Change]] = {
    "iam": {
        **_changes(("roleName",), _PERMISSIONS),
        **_changes(("policyArn",), {"CreatePolicyVersion": "a policy changed", "DeletePolicy": "a policy deleted"}),
    },
    "sts": {"AssumeRole": Change("a role of its own was assumed by somebody else", ("roleArn",))},
    "lambda": {
        "UpdateFunctionCode20150331v2": Change("the code of a function replaced", _FUNCTION),
        "UpdateFunctionConfiguration20150331v2": Change("the configuration of a function changed", _FUNCTION),
        "DeleteFunction20150331": Change("a function deleted", _FUNCTION),
        "PutFunctionConcurrency20171031": Change(
            "the concurrency of a function limited", _FUNCTION, _says("reservedConcurrentExecutions", 0)
        ),
        "AddPermission20150331v2": Change("others were let call a function", _FUNCTION, False),
        "RemovePermission20150331v2": Change("who may call a function taken away", _FUNCTION),
        "UpdateEventSourceMapping20150331": Change(
            "what feeds a function changed", _SUBSCRIPTION, _says("enabled", False)
        ),
        "DeleteEventSourceMapping20150331": Change("what feeds a function deleted", _SUBSCRIPTION),
    },
    "dynamodb": {
        "DeleteTable": Change("a table deleted", ("tableName",)),
        "UpdateTable": Change("a table changed", ("tableName",), False),
        "UpdateTimeToLive": Change("when a table forgets changed", ("tableName",)),
        "PutResourcePolicy": Change("who may use a table changed", ("resourceArn",)),
        "UpdateContinuousBackups": Change("the backups of a table changed", ("tableName",), False),
        "ExportTableToPointInTime": Change("a table was copied out", ("tableArn",)),
    },
    "sqs": _changes(
        ("queueUrl",),
        {
            "DeleteQueue": "a queue deleted",
            "PurgeQueue": "a queue emptied",
            "SetQueueAttributes": "a queue changed",
            "AddPermission": "others were let use a queue",
            "RemovePermission": "who may use a queue taken away",
        },
    ),
    "events": {
        "DeleteRule": Change("a rule deleted", ("name",)),
        "DisableRule": Change("a rule switched off", ("name",)),
        "PutRule": Change("a rule changed", ("name",)),
        "RemoveTargets": Change("the target of a rule removed", ("rule",)),
        "PutTargets": Change("the target of a rule changed", ("rule",)),
    },
    "states": _changes(
        ("stateMachineArn", "executionArn"),
        {
            "DeleteStateMachine": "a playbook deleted",
            "UpdateStateMachine": "a playbook changed",
            "StopExecution": "a running response stopped",
        },
    ),
    "scheduler": _changes(
        ("groupName", "name"),
        {
            "DeleteSchedule": "the end of a containment cancelled",
            "UpdateSchedule": "the end of a containment moved",
            "DeleteScheduleGroup": "the schedules of all containments deleted",
        },
    ),
    "s3": _changes(
        ("bucketName",),
        {
            "DeleteBucket": "a bucket deleted",
            "PutBucketPolicy": "who may read or write a bucket changed",
            "DeleteBucketPolicy": "the policy of a bucket deleted",
            "PutBucketAcl": "who may read or write a bucket changed",
            "PutBucketLifecycle": "when a bucket forgets changed",
            "PutBucketNotification": "whom a bucket tells of new objects changed",
            "PutBucketVersioning": "the versioning of a bucket changed",
            "PutBucketReplication": "a bucket copied elsewhere",
            "PutBucketPublicAccessBlock": "what keeps a bucket private changed",
            "DeleteBucketPublicAccessBlock": "what keeps a bucket private removed",
            "PutBucketEncryption": "the encryption of a bucket changed",
            "DeleteBucketEncryption": "the encryption of a bucket removed",
            "PutBucketObjectLockConfiguration": "what keeps evidence from deletion changed",
        },
    ),
    "kms": _changes(
        ("keyId", "aliasName"),
        {
            "ScheduleKeyDeletion": "a key is to be deleted",
            "DisableKey": "a key switched off",
            "PutKeyPolicy": "who may use a key changed",
        },
    ),
    "sns": _changes(
        ("topicArn", "subscriptionArn"),
        {
            "DeleteTopic": "the topic of notifications deleted",
            "SetTopicAttributes": "the topic of notifications changed",
            "Unsubscribe": "somebody is no longer told",
        },
    ),
    "ssm": _changes(
        ("name", "names"),
        {"PutParameter": "what is allowed or watched changed", "DeleteParameter": "a rule of detection deleted"},
    ),
    "logs": _changes(
        ("logGroupName",),
        {"DeleteLogGroup": "a log deleted", "DeleteSubscriptionFilter": "the feed of a log deleted"},
    ),
    "monitoring": _changes(
        ("alarmNames", "alarmName"),
        {"DeleteAlarms": "alarms deleted", "DisableAlarmActions": "alarms muted"},
    ),
    "es": _changes(("domainName",), {"DeleteDomain": "the index deleted", "UpdateDomainConfig": "the index changed"}),
    "cloudformation": {
        name: Change(meaning, ("stackName",), name in ("DeleteStack", "SetStackPolicy"), deployment=True)
        for name, meaning in {
            "DeleteStack": "the stack deleted",
            "UpdateStack": "the stack changed",
            "ExecuteChangeSet": "the stack changed",
            "SetStackPolicy": "what protects the stack changed",
        }.items()
    },
}
# What our own roles do to our own resources, by the template's statements.
_OWN_WORK = {("scheduler", "DeleteSchedule"), ("scheduler", "UpdateSchedule")}


def ours(call: ApiCall, change: Change, known: Known) -> str:
    """The resource of ours that a call changes, as the call names it; empty when it is not ours."""
    request = opened(call.parameters)
    for name in _named(request, change.targets):
        if is_ours(name, known):
            return name
    fed = opened(call.response).get("functionArn")  # a mapping is changed by its id; the answer says whose it is
    return fed if isinstance(fed, str) and is_ours(fed, known) else ""


def is_ours(name: str, known: Known) -> bool:
    """By name or ARN: a part of it that begins with the stack's name, or an id that the template hands over."""
    stack = known.stack.lower()
    if any(name == own or name.endswith(f"/{own}") or name.startswith(f"{own}/") for own in known.own if own):
        return True
    resource = name.split(":", 5)[5] if name.startswith("arn:") and name.count(":") >= 5 else name
    if resource.startswith("https://"):
        resource = resource.rpartition("/")[2]  # a queue's URL
    parts = resource.replace(":", "/").split("/")
    return any(part.lower() == stack or part.lower().startswith(f"{stack}-") for part in parts)


def is_own_role(principal: Principal, stack: str) -> bool:
    return principal.kind in ("AssumedRole", "Role") and principal.name.lower().startswith(f"{stack.lower()}-")


def own_work(call: ApiCall) -> bool:
    return (call.service, call.name) in _OWN_WORK


def _named(request: Mapping[str, Any], targets: tuple[str, ...]) -> Iterator[str]:
    for target in targets:
        value = request.get(target)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))
