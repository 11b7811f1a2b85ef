"""The function that looks whether containments hold, under its role and no other."""

from __future__ import annotations

import pytest
from deployed_account import START, TEMPLATE, Deployed
from response_builders import EventsInMemory

from tidegate.incidents import asked_again
from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

pytestmark = pytest.mark.end_to_end


def test_it_may_read_the_response_that_was_asked_for_since() -> None:
    events = EventsInMemory()
    with Embedded(TEMPLATE, {"ResponseMode": "auto"}, clock=RunClock(START), events=events) as aws:
        stack = Deployed(aws)
        stack.before_it()
        stack.it_happens()
        run = next(one for one in stack.runs().values() if one.plan and story.EVALUATOR.name in one.plan.reason)
        assert run.status is RunStatus.CONTAINED
        incident = stack.services.incidents.get(run.incident_id)
        assert incident is not None
        stack.services.incidents.save(asked_again(incident, "throttle_caller"), new_findings=(), names=())
        events.during = lambda _since, _until: 50
        aws.clock.advance(600)

        checked = aws.invoke("CheckContainments", {})

        kept = stack.services.ledger.run(run.id)
        assert kept is not None
        assert kept.outlived_at is not None, checked
        assert checked["unanswered"] == []
        assert [call for call in aws.calls if not call.allowed] == []
