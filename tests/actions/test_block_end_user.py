from __future__ import annotations

from typing import Any

import pytest
from response_builders import a_step

from tidegate.actions import block_end_user as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven
from tidegate.model import Step

STEP = a_step("block_end_user", "end_user", "mallory@example.org")
KEY = {"user": {"S": "mallory@example.org"}}


def item(clients: AwsClients) -> dict[str, Any] | None:
    return clients.dynamodb.get_item(TableName="quota", Key=KEY).get("Item")


def put(clients: AwsClients, **attributes: Any) -> None:
    clients.dynamodb.put_item(TableName="quota", Item={**KEY, **attributes})


def test_a_user_without_an_item_is_blocked_and_the_undo_leaves_none(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    assert action.verify(STEP, found, changed, clients).facts["blocked"] is True
    assert item(clients) == {**KEY, "blocked": {"BOOL": True}, "blocked_by": {"SS": [STEP.id]}}
    action.undo(STEP, found, changed, clients)
    assert item(clients) is None


def test_undo_restores_the_item_that_was_there_before(clients: AwsClients) -> None:
    put(clients, blocked={"BOOL": False}, tokens={"N": "40"})
    before = item(clients)
    found = action.snapshot(STEP, clients)
    action.undo(STEP, found, action.apply(STEP, found, clients), clients)
    assert item(clients) == before


def test_a_token_bucket_goes_on_counting_while_the_user_is_blocked(clients: AwsClients) -> None:
    put(clients, tokens={"N": "40"})
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    clients.dynamodb.update_item(
        TableName="quota", Key=KEY, UpdateExpression="SET tokens = :n", ExpressionAttributeValues={":n": {"N": "39"}}
    )
    action.verify(STEP, found, changed, clients)
    action.undo(STEP, found, changed, clients)
    assert item(clients) == {**KEY, "tokens": {"N": "39"}}


def test_every_verb_may_be_said_twice(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    assert action.apply(STEP, found, clients) == action.apply(STEP, found, clients)
    action.undo(STEP, found, None, clients)
    assert action.undo(STEP, found, None, clients).already


OTHER = a_step("block_end_user", "end_user", "mallory@example.org", number=2)


@pytest.mark.parametrize("order", [(STEP, OTHER), (OTHER, STEP)])
@pytest.mark.parametrize("before", [None, {"tokens": {"N": "40"}}])
def test_a_user_goes_free_when_the_last_response_lets_go(
    clients: AwsClients, order: tuple[Step, Step], before: dict[str, Any] | None
) -> None:
    if before is not None:
        put(clients, **before)
    start = item(clients)
    found = {}
    for step in (STEP, OTHER):
        found[step.id] = action.snapshot(step, clients)
        action.apply(step, found[step.id], clients)
    first, last = order
    action.undo(first, found[first.id], None, clients)
    assert (item(clients) or {})["blocked"] == {"BOOL": True}
    action.undo(last, found[last.id], None, clients)
    assert item(clients) == start


def test_undo_refuses_when_someone_unblocked_by_hand(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    put(clients, blocked={"BOOL": False}, blocked_by={"SS": [STEP.id]})
    with pytest.raises(ChangedSince):
        action.undo(STEP, found, changed, clients)


def test_a_block_that_is_gone_is_not_proven(clients: AwsClients) -> None:
    found = action.snapshot(STEP, clients)
    changed = action.apply(STEP, found, clients)
    clients.dynamodb.delete_item(TableName="quota", Key=KEY)
    with pytest.raises(NotProven):
        action.verify(STEP, found, changed, clients)


def test_the_difference_says_what_the_gateway_will_read(clients: AwsClients) -> None:
    put(clients, tokens={"N": "40"})
    found = action.snapshot(STEP, clients)
    (difference,) = action.differences(STEP, found)
    action.apply(STEP, found, clients)
    assert (difference.before, difference.after) == (False, (item(clients) or {})["blocked"]["BOOL"])
