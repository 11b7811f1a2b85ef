"""Block one end user of an application in the quota table, which applications ask before they call a model.

`blocked` is what they read (tidegate_quota); `blocked_by` is the set of steps that want it so, because a second
response may come before the first is released: the user goes free when the last one lets go. Nothing else in the item
is written; the user's token bucket goes on counting, in an item of its own. The user's name comes from
`requestMetadata`: it is trustworthy only behind a gateway that sets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.quota_item import asked, read
from tidegate.errors import ChangedSince, Conflict, NotProven
from tidegate.model import Difference, Model, Step
from tidegate_quota.table import BLOCKED, BLOCKED_BY, KEY, Item, holders, is_blocked, key_of

about = Action(
    id="block_end_user",
    summary="Block one end user of an application in the quota table.",
    family=Family.CALLERS,
    reads=("dynamodb:GetItem",),
    changes=("dynamodb:UpdateItem", "dynamodb:DeleteItem"),
    calls=("dynamodb:UpdateItem",),
    limits="Works for applications whose gateway asks the quota table. Tokens already issued live until they expire.",
    reach=Reach.ONE_END_USER,
    undo="The quota item is put back as it was found, or deleted if there was none.",
)

OURS = {BLOCKED, BLOCKED_BY}


class Found(Model):
    item: dict[str, dict[str, Any]] | None


class Changed(Model):
    item: dict[str, dict[str, Any]]


def snapshot(step: Step, clients: Clients) -> Found:
    return Found(item=read(step, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    resource = f"quota-table/{step.target.id}/{BLOCKED}"
    yield Difference(resource=resource, before=is_blocked(found.item), after=True)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    clients.dynamodb.update_item(
        TableName=clients.quota_table,
        Key=key_of(step.target.id),
        UpdateExpression="SET blocked = :yes ADD blocked_by :step",
        ExpressionAttributeValues={":yes": {"BOOL": True}, ":step": {"SS": [step.id]}},
    )
    return Changed(item=read(step, clients) or {})


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    item = read(step, clients) or {}
    if item.get(BLOCKED) != {"BOOL": True} or step.id not in _holders(item):
        raise NotProven(f"quota item of {step.target} does not show the block: {item}")
    return Proof(facts={BLOCKED: True, BLOCKED_BY: _holders(item), **asked(step, clients)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when someone has unblocked the user by hand, Conflict when two undo at the same moment."""
    item = read(step, clients) or {}
    if step.id not in _holders(item):
        return Restored(facts={"item": item or None}, already=True)
    if item[BLOCKED] != {"BOOL": True}:
        raise ChangedSince(f"quota item of {step.target}: someone has unblocked the user since; left as it is.")
    try:
        _let_go(step, item, found.item, clients)
    except clients.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise Conflict(f"quota item of {step.target}: changed while it was undone; tried again.") from error
    return Restored(facts={"item": read(step, clients)})


def _let_go(step: Step, item: Item, former: Item | None, clients: Clients) -> None:
    """On condition that the holders are still those that were read."""
    where: Any = {"TableName": clients.quota_table, "Key": key_of(step.target.id)}
    where["ConditionExpression"] = "blocked_by = :holders"
    values: dict[str, Any] = {":holders": item["blocked_by"]}
    by_us_alone = former is None or BLOCKED_BY in former  # what was found was nothing, or another step's block
    if _holders(item) != [step.id]:
        values[":step"] = {"SS": [step.id]}
        where |= {"UpdateExpression": "DELETE blocked_by :step", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)
    elif set(item) == {KEY, *OURS} and (by_us_alone or "limited_by" in (former or {})):  # a limit of ours made it
        clients.dynamodb.delete_item(**where, ExpressionAttributeValues=values)
    elif former and not by_us_alone and BLOCKED in former:
        values[":former"] = former[BLOCKED]
        where |= {"UpdateExpression": "SET blocked = :former REMOVE blocked_by", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)
    else:
        where |= {"UpdateExpression": "REMOVE blocked, blocked_by", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)


def _holders(item: Item) -> list[str]:
    return holders(item, BLOCKED_BY)
