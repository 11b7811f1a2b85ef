"""EventBridge Scheduler and scheduled rules, on the run's clock.

at(...), rate(...) and a daily cron(MINUTE HOUR * * ? *) are understood; a schedule is deleted after its only run when
ActionAfterCompletion is DELETE. Targets of Scheduler are called with the schedule's role. A moment that has passed when
at() is made never comes, as in AWS.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tidegate.errors import Permanent
from tidegate_local.account import Account
from tidegate_local.bus import deliver, send_to_queue
from tidegate_local.permissions import role_session

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_DAILY = re.compile(r"cron\((\d{1,2}) (\d{1,2}) \* \* \? \*\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class ScheduleError(Permanent):
    """A schedule expression that is not understood."""


@dataclass
class Schedules:
    """What is due when. The last run of a rate is remembered here, by the schedule's ARN."""

    account: Account
    _since: dict[str, float] = field(default_factory=dict)  # first seen, or last run
    _done: set[str] = field(default_factory=set)

    def next_due(self) -> float | None:
        return min((due for due, _, _ in self._due_times()), default=None)

    def pump(self) -> bool:
        """Runs what is due now. True if there was anything."""
        now = self.account.clock.time()
        ready = [(kind, thing) for due, kind, thing in self._due_times() if due <= now]
        for kind, thing in ready:
            self._since[thing.arn] = now
            if kind == "rule":
                self._run_rule(thing)
            else:
                self._run_schedule(thing)
        return bool(ready)

    def _due_times(self) -> list[tuple[float, str, Any]]:
        found: list[tuple[float, str, Any]] = [
            (self._next(rule.arn, rule.scheduled_expression, "UTC"), "rule", rule)
            for rule in self._rules()
            if rule.scheduled_expression and rule.state != "DISABLED"
        ]
        for schedule in self._schedules():
            if schedule.state == "ENABLED" and schedule.arn not in self._done:
                zone = schedule.schedule_expression_timezone
                found.append((self._next(schedule.arn, schedule.schedule_expression, zone), "schedule", schedule))
        return [one for one in found if one[0] != float("inf")]

    def _next(self, arn: str, expression: str, zone: str) -> float:
        first_seen = arn not in self._since
        since = self._since.setdefault(arn, self.account.clock.time())
        if rate := _RATE.fullmatch(expression):
            return since + int(rate.group(1)) * _SECONDS[rate.group(2)]
        if at := _AT.fullmatch(expression):
            moment = datetime.fromisoformat(at.group(1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()
            if first_seen and moment < since - 60:
                self._done.add(arn)
                return float("inf")
            return moment
        if daily := _DAILY.fullmatch(expression):
            made = datetime.fromtimestamp(since, ZoneInfo(zone))
            today = made.replace(hour=int(daily.group(2)), minute=int(daily.group(1)), second=0, microsecond=0)
            return (today if today > made else today + timedelta(days=1)).timestamp()
        raise ScheduleError(f"{arn}: schedule expression {expression!r} is not understood: teach schedules.py")

    def _rules(self) -> list[Any]:
        from moto.events.models import events_backends

        return list(events_backends[self.account.id][self.account.region].event_buses["default"].rules.values())

    def _groups(self) -> dict[str, Any]:
        from moto.scheduler.models import scheduler_backends

        groups: dict[str, Any] = scheduler_backends[self.account.id][self.account.region].schedule_groups
        return groups

    def _schedules(self) -> list[Any]:
        return [schedule for group in self._groups().values() for schedule in list(group.schedules.values())]

    def _run_rule(self, rule: Any) -> None:
        event = {
            "version": "0",
            "id": f"scheduled-{int(self.account.clock.time())}",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.account.id,
            "time": self.account.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.account.region,
            "resources": [rule.arn],
            "detail": {},
        }
        for target in list(rule.targets):
            deliver(self.account, rule.arn, target, event)

    def _run_schedule(self, schedule: Any) -> None:
        try:
            self._call(schedule.target)
        except Exception as error:  # noqa: BLE001  the border that Scheduler is: it retries, then gives up
            self.account.failed(f"schedule {schedule.name} -> {schedule.target['Arn']}", error, event=schedule.target)
            dead_letters = schedule.target.get("DeadLetterConfig", {}).get("Arn")
            if dead_letters:
                body = schedule.target.get("Input", "{}")
                send_to_queue(self.account, "scheduler.amazonaws.com", schedule.arn, dead_letters, body)
        if schedule.schedule_expression.startswith("at("):
            self._done.add(schedule.arn)
            if schedule.action_after_completion == "DELETE":
                self._groups()[schedule.group_name].schedules.pop(schedule.name, None)
                self._done.discard(schedule.arn)
                self._since.pop(schedule.arn, None)

    def _call(self, target: dict[str, Any]) -> None:
        session = role_session(self.account, target["RoleArn"], "scheduler")
        arn, body = target["Arn"], target.get("Input", "{}")
        match arn.split(":")[2]:
            case "states":
                session.client("stepfunctions").start_execution(stateMachineArn=arn, input=body)
            case "lambda":
                session.client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=body)
            case "sqs":
                name = arn.rsplit(":", 1)[-1]
                url = self.account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
                session.client("sqs").send_message(QueueUrl=url, MessageBody=body)
            case "sns":
                session.client("sns").publish(TopicArn=arn, Message=json.dumps(body))
            case service:
                raise ScheduleError(f"targets of {service} are not understood: {arn}")
