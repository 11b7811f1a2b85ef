"""The other way in: Bedrock logs to a log group, and its subscription brings the lines."""

from __future__ import annotations

import json

import pytest
from deployed_account import deployed

from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.abuse_at_once import over_quota

pytestmark = pytest.mark.end_to_end

GROUP = "/aws/bedrock/modelinvocations"


def test_lines_of_the_log_group_lead_to_the_same_response() -> None:
    with deployed(ResponseMode="auto", InvocationLogSource="CloudWatchLogs", InvocationLogGroup=GROUP) as stack:
        logs, now = stack.aws.client("logs"), stack.aws.clock()
        logs.create_log_stream(logGroupName=GROUP, logStreamName="aws/bedrock/modelinvocations")
        lines = [{"timestamp": int(now.timestamp() * 1000), "message": json.dumps(one)} for one in over_quota(now)]
        logs.put_log_events(logGroupName=GROUP, logStreamName="aws/bedrock/modelinvocations", logEvents=lines)
        stack.aws.deliver()
        (run,) = stack.runs().values()
        assert run.status is RunStatus.CONTAINED, stack.aws.failures
        assert stack.runs().keys() == {f"user:{story.GREEDY_USER}"}
        events = [where for where in stack.documents() if where[0].startswith("tidegate-events")]
        assert len(events) == len(lines)
