"""Mode approve: nothing happens until a person says yes, and nothing at all when nobody does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deployed_account import CONTAINED, Deployed, deployed

from tidegate.errors import Refused
from tidegate.model import Run, RunStatus
from tidegate_local import story
from tidegate_local.account_state import State, differences

pytestmark = pytest.mark.end_to_end

GREEDY = f"user:{story.GREEDY_USER}"
SCRAPER = f"session:{story.PAPERS.name}/{story.PAPERS.session}"
THIEF = f"iam-user:{story.EVALUATOR.name}"


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[Deployed, State, dict[str, Run]]]:
    """The account when everything has happened and every plan waits."""
    with deployed(ResponseMode="approve") as stack:
        stack.before_it()
        stack.it_happens()
        yield stack, stack.state(), stack.runs()


def now(stack: Deployed, run: Run) -> Run:
    found = stack.services.ledger.run(run.id)
    assert found is not None
    return found


# The tests of this file share one account and follow each other; each looks at a run of its own.


def test_every_plan_waits_and_says_what_it_would_change(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, _, runs = asked
    assert {run.status for run in runs.values()} == {RunStatus.AWAITING_APPROVAL}
    assert runs.keys() == CONTAINED.keys()
    for run in runs.values():
        assert run.plan is not None
        assert all(step.difference for step in run.plan.steps)
        assert run.evidence_ref == ""
    stack.aws.clock.advance(20 * 60)
    assert {run.status for run in stack.runs().values()} == {RunStatus.AWAITING_APPROVAL}


def test_who_asked_cannot_approve(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, waiting, runs = asked
    with pytest.raises(Refused, match="someone else"):
        stack.services.response.decide(runs[GREEDY].approval_id, decision="approved", by="tidegate")
    stack.aws.deliver()
    assert now(stack, runs[GREEDY]).status is RunStatus.AWAITING_APPROVAL
    assert differences(waiting, stack.state()) == []


def test_declined_changes_nothing(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, waiting, runs = asked
    stack.services.response.decide(runs[SCRAPER].approval_id, decision="declined", by="olga")
    stack.aws.deliver()
    assert now(stack, runs[SCRAPER]).status is RunStatus.DECLINED
    assert differences(waiting, stack.state()) == []


def test_declined_stays_declined(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, waiting, runs = asked
    with pytest.raises(Refused):
        stack.services.response.decide(runs[SCRAPER].approval_id, decision="approved", by="peter")
    stack.aws.deliver()
    assert now(stack, runs[SCRAPER]).status is RunStatus.DECLINED
    assert differences(waiting, stack.state()) == []


def test_approved_acts_at_once_and_only_on_its_own_plan(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, waiting, runs = asked
    stack.services.response.decide(runs[GREEDY].approval_id, decision="approved", by="olga")
    stack.aws.deliver()
    run = now(stack, runs[GREEDY])
    assert (run.status, run.approved_by) == (RunStatus.CONTAINED, "olga")
    assert run.evidence_ref
    (change,) = differences(waiting, stack.state())
    assert change.startswith(f"tables.QuotaTable.{story.GREEDY_USER}: absent -> ")


def test_nobody_answers_and_the_plan_lapses(asked: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, waiting, runs = asked
    stack.aws.clock.advance(31 * 60)
    assert now(stack, runs[THIEF]).status is RunStatus.TIMED_OUT
    with pytest.raises(Refused):
        stack.services.response.decide(runs[THIEF].approval_id, decision="approved", by="olga")
    stack.aws.clock.advance(60 * 60)  # the one that was approved has had its hour
    assert now(stack, runs[GREEDY]).status is RunStatus.RELEASED
    assert differences(waiting, stack.state()) == []
    assert [call for call in stack.aws.calls if not call.allowed] == []
