"""What was changed is put back exactly: by a person, by its schedule, by the sweeper; never over somebody's work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from deployed_account import CONTAINED, Deployed, deployed

from tidegate.model import Run, RunStatus, StepStatus
from tidegate_local import story
from tidegate_local.account_state import State, differences
from tidegate_local.agent_seed import put_alias
from tidegate_local.named_in_logs import Alias

pytestmark = pytest.mark.end_to_end

GREEDY = f"user:{story.GREEDY_USER}"
SCRAPER = f"session:{story.PAPERS.name}/{story.PAPERS.session}"
THIEF = f"iam-user:{story.EVALUATOR.name}"
GHOST = f"iam-user:{story.PHANTOM}"
SWAPPER = f"session:{story.CONTRACTOR.name}/{story.CONTRACTOR.session}"
HOUSE_RULE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture
def contained() -> Iterator[tuple[Deployed, State, dict[str, Run]]]:
    """Every lever pulled on principals that had policies and items of their own; the account as it was just before."""
    with deployed(ResponseMode="auto") as stack:
        stack.before_it()
        iam = stack.aws.client("iam")
        iam.put_role_policy(RoleName=story.PAPERS.name, PolicyName="own", PolicyDocument=json.dumps(HOUSE_RULE))
        iam.put_user_policy(UserName=story.EVALUATOR.name, PolicyName="own", PolicyDocument=json.dumps(HOUSE_RULE))
        item = {"user": {"S": story.GREEDY_USER}, "tokens_left": {"N": "120"}, "blocked": {"BOOL": False}}
        stack.aws.client("dynamodb").put_item(TableName=stack.aws.outputs["QuotaTable"], Item=item)
        stack.it_happens(deliver=False)
        before = stack.state()
        stack.aws.deliver()
        runs = stack.runs()
        assert {run.status for run in runs.values()} == {RunStatus.CONTAINED}, stack.aws.failures
        assert runs.keys() == CONTAINED.keys()
        yield stack, before, runs


def but_stolen_keys(before: State, stack: Deployed) -> list[str]:
    """Differences, without those that undo leaves on purpose: a stolen key is replaced, never re-activated."""
    left = []
    for line in differences(before, stack.state()):
        place, _, change = line.partition(": ")
        if place.startswith(("iam_users.", "secrets.")) and (
            change in ("Active -> Inactive", "absent -> Active") or place.startswith("secrets.tidegate/access-keys/")
        ):
            continue
        left.append(line)
    return left


def test_a_person_undoes_each_and_the_account_is_as_before(contained: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, before, runs = contained
    for caller, run in runs.items():
        mine = _touched_by(caller)
        assert [line for line in differences(before, stack.state()) if mine in line], caller
        ended = stack.undo(run)
        assert (ended.status, ended.error) == (RunStatus.RELEASED, ""), caller
        assert [line for line in but_stolen_keys(before, stack) if mine in line] == [], caller
        assert {receipt.undone_by for receipt in stack.receipts(run)} == {"olga"}
    assert but_stolen_keys(before, stack) == []
    kept = [receipt.restored for receipt in stack.receipts(runs[THIEF]) if receipt.restored]
    assert sum(bool(restored["kept"]) for restored in kept) == 2  # the old key, and its replacement
    group = stack.aws.outputs["ContainmentSchedules"]
    assert stack.aws.client("scheduler").list_schedules(GroupName=group)["Schedules"] == []
    assert stack.aws.failures == []


def test_schedules_release_everything_that_has_an_end(contained: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, before, runs = contained
    stack.aws.clock.advance(59 * 60)
    assert {run.status for run in stack.runs().values()} == {RunStatus.CONTAINED}
    stack.aws.clock.advance(2 * 60)
    assert runs.keys() == stack.runs().keys()
    released_but_what_outlasts(stack)
    stack.aws.clock.advance(35 * 3600)
    after = stack.runs()
    assert after.pop(SWAPPER).status is RunStatus.CONTAINED  # a rollback is right for good
    assert {run.status for run in after.values()} == {RunStatus.RELEASED}
    (stands,) = but_stolen_keys(before, stack)
    assert stands == f'agents.{story.AGENT}.aliases.{story.ALIAS}.version: ["5"] -> ["3"]'


def released_but_what_outlasts(stack: Deployed) -> None:
    """After its hour: a rollback is right for good, and what was made out of stolen keys is denied until it expires."""
    after = stack.runs()
    held = {caller for caller, run in after.items() if run.status is RunStatus.CONTAINED}
    assert held == {SWAPPER, THIEF, GHOST}
    assert {after[caller].status for caller in after.keys() - held} == {RunStatus.RELEASED}
    for caller in (THIEF, GHOST):
        verified = [one for one in stack.receipts(after[caller]) if one.status is StepStatus.VERIFIED]
        assert [receipt.step.action for receipt in verified] == ["revoke_minted_credentials"]
        assert after[caller].expires_at == verified[0].applied_at + timedelta(hours=36)  # type: ignore[operator]


def test_the_sweeper_releases_what_lost_its_schedule(contained: tuple[Deployed, State, dict[str, Run]]) -> None:
    stack, before, _ = contained
    scheduler, group = stack.aws.client("scheduler"), stack.aws.outputs["ContainmentSchedules"]
    for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]:
        scheduler.delete_schedule(Name=schedule["Name"], GroupName=group)
    stack.aws.clock.advance(61 * 60)
    assert {run.status for run in stack.runs().values()} == {RunStatus.CONTAINED}
    stack.aws.clock.advance(20 * 60)
    released_but_what_outlasts(stack)
    assert len(but_stolen_keys(before, stack)) == 3  # the alias, and a statement for each stolen key's user


def test_what_somebody_else_has_changed_since_is_left_and_said(
    contained: tuple[Deployed, State, dict[str, Run]],
) -> None:
    stack, _, runs = contained
    _edit_our_statement(stack, story.PAPERS.name)
    _unblock_by_hand(stack)
    put_alias(stack.aws, Alias(story.AGENT, story.ALIAS), [{"agentVersion": "7"}], stack.aws.clock())
    theirs = stack.state()
    for caller in (SCRAPER, GREEDY, SWAPPER):
        ended = stack.undo(runs[caller])
        assert ended.status is RunStatus.FAILED, caller
        (receipt,) = stack.receipts(runs[caller])
        assert receipt.status is StepStatus.FAILED
        assert "left as it is" in receipt.error
        assert receipt.error in ended.error
    assert differences(theirs, stack.state()) == []
    stack.aws.clock.advance(3 * 3600)  # neither schedule nor sweeper tries again
    mine = [line for line in differences(theirs, stack.state()) if story.PHANTOM not in line and THIEF[9:] not in line]
    assert mine == []


def test_what_somebody_else_has_added_stays(contained: tuple[Deployed, State, dict[str, Run]]) -> None:
    """A statement in our policy, an attribute in the quota item: undo takes out its own and nothing else."""
    stack, _, runs = contained
    policy = _policy(stack, story.PAPERS.name)
    extra = {"Sid": "Theirs", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    policy["Statement"].append(extra)
    _put(stack, story.PAPERS.name, policy)
    stack.aws.client("dynamodb").update_item(
        TableName=stack.aws.outputs["QuotaTable"],
        Key={"user": {"S": story.GREEDY_USER}},
        UpdateExpression="SET tokens_left = :n",
        ExpressionAttributeValues={":n": {"N": "7"}},
    )
    for caller in (SCRAPER, GREEDY):
        assert stack.undo(runs[caller]).status is RunStatus.RELEASED
    assert _policy(stack, story.PAPERS.name)["Statement"] == [extra]
    item = stack.state()["tables"]["QuotaTable"][story.GREEDY_USER]
    assert item == {"user": {"S": story.GREEDY_USER}, "tokens_left": {"N": "7"}, "blocked": {"BOOL": False}}


def _touched_by(caller: str) -> str:
    return {GREEDY: story.GREEDY_USER, SCRAPER: story.PAPERS.name, THIEF: story.EVALUATOR.name}.get(
        caller, story.PHANTOM if caller == GHOST else story.AGENT
    )


def _policy(stack: Deployed, role: str) -> dict[str, Any]:
    found = stack.aws.client("iam").get_role_policy(RoleName=role, PolicyName="TidegateContainment")
    document: dict[str, Any] = found["PolicyDocument"]
    return document


def _put(stack: Deployed, role: str, policy: dict[str, Any]) -> None:
    stack.aws.client("iam").put_role_policy(
        RoleName=role, PolicyName="TidegateContainment", PolicyDocument=json.dumps(policy)
    )


def _edit_our_statement(stack: Deployed, role: str) -> None:
    policy = _policy(stack, role)
    policy["Statement"][0]["Action"] = "bedrock:InvokeModel"
    _put(stack, role, policy)


def _unblock_by_hand(stack: Deployed) -> None:
    stack.aws.client("dynamodb").update_item(
        TableName=stack.aws.outputs["QuotaTable"],
        Key={"user": {"S": story.GREEDY_USER}},
        UpdateExpression="SET blocked = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )
