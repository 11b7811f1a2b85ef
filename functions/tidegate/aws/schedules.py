"""Schedules over EventBridge Scheduler: the end of a containment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tidegate.aws.faults import calling, code_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient


class EventBridgeSchedules:
    """One-off `at()` schedules in the stack's group, which delete themselves once they fired."""

    def __init__(self, scheduler: EventBridgeSchedulerClient, *, group: str, machine: str, role: str) -> None:
        self._scheduler = scheduler
        self._group = group
        self._machine = machine
        self._role = role

    def at(self, name: str, when: datetime, release_input: Mapping[str, str]) -> None:
        try:
            with calling(f"scheduling {name}"):
                self._scheduler.create_schedule(
                    Name=name,
                    GroupName=self._group,
                    ScheduleExpression=f"at({_whole_second(when):%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={"Arn": self._machine, "RoleArn": self._role, "Input": json.dumps(dict(release_input))},
                )
        except ClientError as error:
            if code_of(error) != "ConflictException":
                raise

    def cancel(self, name: str) -> None:
        try:
            with calling(f"cancelling {name}"):
                self._scheduler.delete_schedule(Name=name, GroupName=self._group)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise


def _whole_second(when: datetime) -> datetime:
    """Up, so that a containment never ends before its time."""
    when = when.astimezone(UTC)
    return when + timedelta(microseconds=-when.microsecond % 1_000_000)
