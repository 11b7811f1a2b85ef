"""Lambda functions, their permissions and their event sources."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from tidegate_local.account import EventSource
from tidegate_local.functions import Function
from tidegate_local.intrinsics import Created, TemplateError
from tidegate_local.resources import Making


@cache
def _placeholder() -> bytes:
    """moto wants an archive; the code runs from the folder that the template names."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("handler.py", "")
    return archive.getvalue()


def function(making: Making) -> Created:
    given = making.properties
    making.only(given["Code"], {"S3Bucket", "S3Key"}, "Code")
    name = making.name(given.get("FunctionName"))
    environment = given.get("Environment", {}).get("Variables", {})
    timeout, memory = int(given.get("Timeout", 3)), int(given.get("MemorySize", 128))
    made = making.client("lambda").create_function(
        FunctionName=name,
        Runtime=given["Runtime"],
        Role=given["Role"],
        Handler=given["Handler"],
        Code={"ZipFile": _placeholder()},
        Timeout=timeout,
        MemorySize=memory,
        Description=given.get("Description", ""),
        Environment={"Variables": {key: _text(value) for key, value in environment.items()}},
        Architectures=given.get("Architectures", ["x86_64"]),
        Tags={tag["Key"]: tag["Value"] for tag in making.tags()},
        LoggingConfig=given.get("LoggingConfig", {}),
    )
    making.add_function(
        Function(
            name=name,
            arn=made["FunctionArn"],
            logical_id=making.logical_id,
            handler=given["Handler"],
            code=making.local_file(given["Code"]["S3Bucket"], given["Code"]["S3Key"]),
            role=given["Role"],
            environment={key: _text(value) for key, value in environment.items()},
            timeout=timeout,
            memory=memory,
            dead_letters=given.get("DeadLetterConfig", {}).get("TargetArn"),
        )
    )
    return Created(name, {"Arn": made["FunctionArn"]})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def permission(making: Making) -> Created:
    given = making.properties
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": given["Principal"]},
        "Action": given["Action"],
        "Resource": making.function_named(given["FunctionName"]).arn,
    }
    condition: dict[str, Any] = {}
    if "SourceArn" in given:
        condition["ArnLike"] = {"aws:SourceArn": given["SourceArn"]}
    if "SourceAccount" in given:
        condition["StringEquals"] = {"aws:SourceAccount": given["SourceAccount"]}
    if condition:
        statement["Condition"] = condition
    target = making.function_named(given["FunctionName"])
    policy = target.policy or {"Version": "2012-10-17", "Statement": []}
    policy["Statement"].append(statement)
    target.policy = policy
    more = {key: given[key] for key in ("SourceArn", "SourceAccount") if key in given}
    making.client("lambda").add_permission(
        FunctionName=target.name,
        StatementId=making.logical_id,
        Action=given["Action"],
        Principal=given["Principal"],
        **more,
    )
    return Created(making.logical_id)


def event_source_mapping(making: Making) -> Created:
    given = dict(making.properties)
    given["FunctionName"] = making.function_named(given["FunctionName"]).name
    if ":sqs:" not in given["EventSourceArn"]:
        raise TemplateError(f"{making.logical_id}: only queues are understood as event sources")
    making.account.event_sources.append(
        EventSource(
            queue_arn=given["EventSourceArn"],
            function=given["FunctionName"],
            batch_size=int(given.get("BatchSize", 10)),
            reports_failures="ReportBatchItemFailures" in given.get("FunctionResponseTypes", []),
            enabled=bool(given.get("Enabled", True)),
            filters=[json.loads(one["Pattern"]) for one in given.get("FilterCriteria", {}).get("Filters", [])],
        )
    )
    return Created(making.logical_id)


def invoke_config(making: Making) -> Created:
    given = making.properties
    target = making.function_named(given["FunctionName"])
    target.retries = int(given.get("MaximumRetryAttempts", 2))
    destinations = given.get("DestinationConfig", {})
    making.only(destinations, {"OnFailure"}, "DestinationConfig")
    target.on_failure = destinations.get("OnFailure", {}).get("Destination")
    return Created(making.logical_id)


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::Lambda::Function": (
        "FunctionName Architectures Code Description Environment Handler LoggingConfig MemorySize Role Runtime Tags "
        "Timeout VpcConfig DeadLetterConfig ReservedConcurrentExecutions TracingConfig",
        function,
    ),
    "AWS::Lambda::Permission": ("Action FunctionName Principal SourceAccount SourceArn", permission),
    "AWS::Lambda::EventSourceMapping": (
        "BatchSize EventSourceArn FunctionName FunctionResponseTypes MaximumBatchingWindowInSeconds ScalingConfig "
        "Enabled FilterCriteria",
        event_source_mapping,
    ),
    "AWS::Lambda::EventInvokeConfig": (
        "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig",
        invoke_config,
    ),
}
