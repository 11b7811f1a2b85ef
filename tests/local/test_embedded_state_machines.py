"""Executions: roles, nested executions, waiting and task tokens, all without a wall clock."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import embedded_account_handlers as handlers
import pytest

from tidegate_local.embedded import Embedded
from tidegate_local.redriving import not_redrivable
from tidegate_local.run_threads import RunThread


def start(aws: Embedded, name: str = "one") -> str:
    states = aws.client("stepfunctions")
    arn: str = states.start_execution(stateMachineArn=aws.outputs["Work"], name=name, input="{}")["executionArn"]
    aws.deliver()
    return arn


def described(aws: Embedded, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("stepfunctions").describe_execution(executionArn=arn)
    return found


def test_an_execution_waits_for_the_clock_and_then_for_its_token(small: Embedded) -> None:
    arn = start(small)
    assert described(small, arn)["status"] == "RUNNING"
    assert handlers.seen == [{"name": "one"}]
    small.clock.advance(3600)
    token = next(event["token"] for event in handlers.seen if "token" in event)
    small.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps({"ok": True}))
    small.deliver()
    done = described(small, arn)
    assert done["status"] == "SUCCEEDED", done
    output = json.loads(done["output"])
    assert output["approval"] == {"ok": True}
    assert output["sweep"]["answer"]["event"] == {"name": "one"}
    assert output["inner"] == {
        "output": {"inner": "done"},
        "status": "SUCCEEDED",
        "started": output["inner"]["started"],
    }
    assert output["inner"]["started"].startswith("2026-03-02T09:00:00")


def test_what_the_role_lacks_is_refused_with_the_error_name_of_the_service(small: Embedded) -> None:
    arn = start(small)
    small.clock.advance(3600)
    small.clock.advance(600)
    output = json.loads(described(small, arn)["output"])
    assert output["refused"]["Error"] == "DynamoDb.DynamoDbException"
    assert "not authorized to perform: dynamodb:DeleteItem" in output["refused"]["Cause"]
    refused = [call for call in small.calls if not call.allowed]
    assert [call.action for call in refused] == ["dynamodb:DeleteItem"]


def test_a_task_token_times_out_on_the_runs_clock(small: Embedded) -> None:
    arn = start(small)
    small.clock.advance(3600)
    small.clock.advance(599)
    assert described(small, arn)["status"] == "RUNNING"
    small.clock.advance(1)
    done = described(small, arn)
    assert done["status"] == "SUCCEEDED"
    assert json.loads(done["output"])["timeout"]["Error"] == "States.Timeout"


def test_closing_the_account_ends_the_threads_of_waiting_executions(small: Embedded) -> None:
    start(small)
    waiting = [thread for thread in threading.enumerate() if isinstance(thread, RunThread)]
    assert waiting
    small.close()
    for thread in waiting:
        threading.Thread.join(thread, timeout=10)
        assert not threading.Thread.is_alive(thread)


def test_a_stopped_execution_no_longer_waits_for_its_token(small: Embedded) -> None:
    arn = start(small)
    small.clock.advance(3600)
    small.client("stepfunctions").stop_execution(executionArn=arn)
    small.deliver()
    assert described(small, arn)["status"] == "ABORTED"


@pytest.mark.parametrize("ended", [False, True])
def test_a_token_that_was_answered_is_over_and_one_that_nobody_has_is_invalid(small: Embedded, ended: bool) -> None:
    states = small.client("stepfunctions")
    arn = start(small)
    small.clock.advance(3600)
    token = next(event["token"] for event in handlers.seen if "token" in event)
    states.send_task_success(taskToken=token, output="{}")
    if ended:
        small.deliver()
    again = {"taskToken": token, "output": json.dumps({"another": "answer"})}
    with pytest.raises(states.exceptions.TaskTimedOut, match="does not exist anymore"):
        states.send_task_success(**again)
    with pytest.raises(states.exceptions.InvalidToken):
        states.send_task_success(**again | {"taskToken": "nobody's"})
    small.deliver()
    assert json.loads(described(small, arn)["output"])["approval"] == {}


def test_the_same_name_is_one_execution_while_it_runs_and_refused_afterwards(small: Embedded) -> None:
    states = small.client("stepfunctions")
    first = start(small)
    assert start(small) == first
    states.stop_execution(executionArn=first)
    small.deliver()
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        start(small)


def test_a_failed_execution_is_redriven_from_the_state_that_failed(small: Embedded) -> None:
    states = small.client("stepfunctions")
    handlers.failing.append("one")
    arn = start(small)
    assert described(small, arn)["status"] == "FAILED"
    assert described(small, arn)["redriveStatus"] == "REDRIVABLE"
    states.redrive_execution(executionArn=arn)
    small.deliver()
    small.clock.advance(3600)
    small.clock.advance(600)
    done = described(small, arn)
    assert (done["status"], done["redriveCount"]) == ("SUCCEEDED", 1)
    assert done["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven."
    types = [event["type"] for event in states.get_execution_history(executionArn=arn)["events"]]
    assert types[0] == "ExecutionStarted"
    assert types.index("ExecutionFailed") + 1 == types.index("ExecutionRedriven")
    with pytest.raises(states.exceptions.ExecutionNotRedrivable):
        states.redrive_execution(executionArn=arn)


def test_a_stopped_execution_is_redriven_where_it_stood_and_runs_nothing_twice_before_it(small: Embedded) -> None:
    states = small.client("stepfunctions")
    arn = start(small)
    small.clock.advance(3600)
    states.stop_execution(executionArn=arn)
    small.deliver()
    seen = len([event for event in handlers.seen if "token" in event])
    states.redrive_execution(executionArn=arn)
    small.deliver()
    assert handlers.seen[0] == {"name": "one"}
    assert handlers.seen.count({"name": "one"}) == 1
    tokens = [event["token"] for event in handlers.seen if "token" in event]
    assert len(tokens) == seen + 1
    states.send_task_success(taskToken=tokens[-1], output="{}")
    small.deliver()
    assert described(small, arn)["status"] == "SUCCEEDED"


def test_an_execution_of_three_weeks_ago_is_not_redriven(small: Embedded) -> None:
    ended = SimpleNamespace(status="FAILED", stop_date=small.clock() - timedelta(days=15))
    assert not_redrivable(ended) == "Execution redrivable period exceeded."
