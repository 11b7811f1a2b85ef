"""SQS queues, SNS topics, EventBridge buses and rules, EventBridge Scheduler, CloudWatch Logs and alarms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local.intrinsics import Created
from tidegate_local.resources import Making

_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout", "MessageRetentionPeriod", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds", "MaximumMessageSize", "SqsManagedSseEnabled", "FifoQueue",
    "ContentBasedDeduplication",
)  # fmt: skip


def queue(making: Making) -> Created:
    sqs, given = making.client("sqs"), making.properties
    name = making.name(given.get("QueueName"))
    attributes = {key: _text(given[key]) for key in _QUEUE_ATTRIBUTES if key in given}
    if "RedrivePolicy" in given:
        attributes["RedrivePolicy"] = json.dumps(given["RedrivePolicy"])
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return Created(url, {"Arn": making.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def queue_policy(making: Making) -> Created:
    document = json.dumps(making.properties["PolicyDocument"])
    for url in making.properties["Queues"]:
        making.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    return Created(making.logical_id)


def topic(making: Making) -> Created:
    given = making.properties
    name = making.name(given.get("TopicName"))
    attributes = {key: given[key] for key in ("KmsMasterKeyId", "DisplayName") if key in given}
    arn = making.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    return Created(arn, {"TopicArn": arn, "TopicName": name})


def topic_policy(making: Making) -> Created:
    document = json.dumps(making.properties["PolicyDocument"])
    for arn in making.properties["Topics"]:
        making.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    return Created(making.logical_id)


def subscription(making: Making) -> Created:
    given = making.properties
    arn = making.client("sns").subscribe(
        TopicArn=given["TopicArn"], Protocol=given["Protocol"], Endpoint=given["Endpoint"], ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return Created(arn, {"Arn": arn})


def event_bus(making: Making) -> Created:
    arn = making.client("events").create_event_bus(Name=making.properties["Name"])["EventBusArn"]
    return Created(making.properties["Name"], {"Arn": arn, "Name": making.properties["Name"]})


_TARGET = {"Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "DeadLetterConfig", "RetryPolicy"}


def rule(making: Making) -> Created:
    events, given = making.client("events"), making.properties
    name = making.name(given.get("Name"))
    more: dict[str, Any] = {}
    if "EventPattern" in given:
        more["EventPattern"] = json.dumps(given["EventPattern"])
    for key in ("ScheduleExpression", "EventBusName", "RoleArn"):
        if key in given:
            more[key] = given[key]
    state = given.get("State", "ENABLED")
    made = events.put_rule(Name=name, State=state, Description=given.get("Description", ""), **more)
    targets = given.get("Targets", [])
    for target in targets:
        making.only(target, _TARGET, "Targets")
    if targets:
        bus = {"EventBusName": given["EventBusName"]} if "EventBusName" in given else {}
        events.put_targets(Rule=name, Targets=targets, **bus)
    return Created(name, {"Arn": made["RuleArn"]})


def schedule_group(making: Making) -> Created:
    name = making.name(making.properties.get("Name"))
    arn = making.client("scheduler").create_schedule_group(Name=name)["ScheduleGroupArn"]
    return Created(name, {"Arn": arn})


def schedule(making: Making) -> Created:
    given = dict(making.properties)
    name = making.name(given.pop("Name", None))
    arn = making.client("scheduler").create_schedule(Name=name, **given)["ScheduleArn"]
    return Created(name, {"Arn": arn})


def log_group(making: Making) -> Created:
    logs, given = making.client("logs"), making.properties
    name = making.name(given.get("LogGroupName"))
    more = {"kmsKeyId": given["KmsKeyId"]} if "KmsKeyId" in given else {}
    logs.create_log_group(logGroupName=name, **more)
    if "RetentionInDays" in given:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(given["RetentionInDays"]))
    return Created(name, {"Arn": making.arn("logs", f"log-group:{name}:*")})


def subscription_filter(making: Making) -> Created:
    given = making.properties
    group = given["LogGroupName"]
    logs = making.client("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if group not in {one["logGroupName"] for one in found}:
        logs.create_log_group(logGroupName=group)  # the group that the user's account has already
    name = making.name(given.get("FilterName"))
    logs.put_subscription_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=given["FilterPattern"],
        destinationArn=given["DestinationArn"],
    )
    return Created(name)


_ALARM = (
    "AlarmActions AlarmDescription ComparisonOperator Dimensions EvaluationPeriods MetricName Namespace Period "
    "Statistic Threshold TreatMissingData DatapointsToAlarm OKActions AlarmName"
)


def alarm(making: Making) -> Created:
    given = dict(making.properties)
    name = making.name(given.pop("AlarmName", None))
    for key, number in (("EvaluationPeriods", int), ("Period", int), ("Threshold", float), ("DatapointsToAlarm", int)):
        if key in given:
            given[key] = number(given[key])
    making.client("cloudwatch").put_metric_alarm(AlarmName=name, **given)
    return Created(name, {"Arn": making.arn("cloudwatch", f"alarm:{name}")})


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::SQS::Queue": (" ".join(["QueueName", "RedrivePolicy", *_QUEUE_ATTRIBUTES]), queue),
    "AWS::SQS::QueuePolicy": ("PolicyDocument Queues", queue_policy),
    "AWS::SNS::Topic": ("TopicName KmsMasterKeyId DisplayName", topic),
    "AWS::SNS::TopicPolicy": ("PolicyDocument Topics", topic_policy),
    "AWS::SNS::Subscription": ("TopicArn Protocol Endpoint", subscription),
    "AWS::Events::EventBus": ("Name", event_bus),
    "AWS::Events::Rule": (
        "Name Description EventPattern ScheduleExpression State Targets EventBusName RoleArn",
        rule,
    ),
    "AWS::Scheduler::ScheduleGroup": ("Name", schedule_group),
    "AWS::Scheduler::Schedule": (
        "Name GroupName ScheduleExpression ScheduleExpressionTimezone FlexibleTimeWindow Target State Description",
        schedule,
    ),
    "AWS::Logs::LogGroup": ("LogGroupName RetentionInDays KmsKeyId", log_group),
    "AWS::Logs::SubscriptionFilter": ("LogGroupName FilterName FilterPattern DestinationArn", subscription_filter),
    "AWS::CloudWatch::Alarm": (_ALARM, alarm),
}
