"""What moves between the parts of the embedded account, on its clock."""

from __future__ import annotations

import json
from typing import Any

import embedded_account_handlers as handlers

from tidegate_local.embedded import Embedded


def put(aws: Embedded, key: str) -> None:
    aws.client("s3").put_object(Bucket=aws.outputs["Files"], Key=key, Body=b"x")


def waiting(aws: Embedded, logical_id: str) -> list[dict[str, Any]]:
    url = aws.resource(logical_id)
    return list(aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))


def test_an_object_reaches_its_function_through_rule_and_queue(small: Embedded) -> None:
    put(small, "in/a")
    put(small, "other/b")
    assert handlers.seen == []
    small.deliver()
    assert handlers.seen == ["in/a"]
    assert small.failures == []


def test_a_reported_message_comes_back_after_its_visibility_timeout_and_then_dies(small: Embedded) -> None:
    handlers.broken.add("in/bad")
    put(small, "in/bad")
    put(small, "in/good")
    small.deliver()
    assert sorted(handlers.seen) == ["in/bad", "in/good"]
    small.clock.advance(30)
    assert len(handlers.seen) == 2
    small.clock.advance(31)
    assert handlers.seen.count("in/bad") == 2
    small.clock.advance(61)
    assert handlers.seen.count("in/bad") == 2
    [dead] = waiting(small, "FileQueueDeadLetters")
    assert json.loads(dead["Body"])["detail"]["object"]["key"] == "in/bad"


def test_a_queue_whose_policy_lacks_the_rule_is_a_failure(small: Embedded) -> None:
    rule = small.client("events")
    arn = f"arn:aws:sqs:us-east-1:{small.account}:" + small.resource("LockedQueue").rsplit("/", 1)[-1]
    rule.put_rule(Name="stray", EventPattern=json.dumps({"source": ["aws.s3"]}))
    rule.put_targets(Rule="stray", Targets=[{"Id": "q", "Arn": arn}])
    put(small, "x")
    small.deliver()
    [failure] = small.failures
    assert "does not let events.amazonaws.com send" in failure.message
    assert waiting(small, "LockedQueue") == []


def test_plain_enabled_rules_do_not_see_read_only_management_events(small: Embedded) -> None:
    events = small.client("events")
    arn = f"arn:aws:sqs:us-east-1:{small.account}:" + small.resource("FileQueue").rsplit("/", 1)[-1]
    pattern = json.dumps({"detail-type": ["AWS API Call via CloudTrail"]})
    events.put_rule(Name="plain", EventPattern=pattern, State="ENABLED")
    events.put_rule(Name="all", EventPattern=pattern, State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    for name in ("plain", "all"):
        events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    call = {"eventName": "GetCallerIdentity", "readOnly": True, "managementEvent": True}
    small.put_event(source="aws.sts", detail_type="AWS API Call via CloudTrail", detail=call)
    small.deliver()
    assert [failure.where.split(" -> ")[0] for failure in small.failures] == ["rule all"]


def test_a_rate_fires_on_the_runs_clock_and_a_failed_asynchronous_call_is_tried_three_times(small: Embedded) -> None:
    handlers.failing += ["third", "second", "first"]
    small.clock.advance(14 * 60)
    assert handlers.seen == []
    small.clock.advance(60)
    assert len(handlers.seen) == 1
    small.clock.advance(180)
    assert len(handlers.seen) == 3
    assert [failure.message for failure in small.failures] == ["first", "second", "third"]
    assert handlers.seen[0]["detail-type"] == "Scheduled Event"


def test_an_at_schedule_runs_once_and_is_deleted(small: Embedded) -> None:
    scheduler = small.client("scheduler")
    role = f"arn:aws:iam::{small.account}:role/{small.resource('WorkRole')}"
    scheduler.create_schedule(
        Name="once",
        ScheduleExpression="at(2026-03-02T09:10:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": small.resource("Inner"), "RoleArn": role, "Input": "{}"},
    )
    small.clock.advance(601)
    runs = small.client("stepfunctions").list_executions(stateMachineArn=small.resource("Inner"))["executions"]
    assert [run["status"] for run in runs] == ["SUCCEEDED"]
    assert scheduler.list_schedules()["Schedules"] == []
