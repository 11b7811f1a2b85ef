"""Block one end user of an application in the quota table, which the gateway asks before it calls a model.

`blocked` is what the gateway reads; `blocked_by` is the set of steps that want it so, because a second response may
come before the first is released: the user goes free when the last one lets go. Nothing else in the item is
written, so that a token bucket goes on counting. The user's name comes from `requestMetadata`: it is trustworthy
only behind a gateway that sets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, Conflict, NotProven
from tidegate.model import Difference, Model, Step

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

OURS = {"blocked", "blocked_by"}

type Item = dict[str, dict[str, Any]]  # as DynamoDB writes it: {"user": {"S": "..."}}


class Found(Model):
    item: dict[str, dict[str, Any]] | None


class Changed(Model):
    item: dict[str, dict[str, Any]]


def snapshot(step: Step, clients: Clients) -> Found:
    return Found(item=_read(step, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    blocked = (found.item or {}).get("blocked", {}).get("BOOL", False)
    yield Difference(resource=f"quota-table/{step.target.id}/blocked", before=blocked, after=True)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    clients.dynamodb.update_item(
        TableName=clients.quota_table,
        Key=_key(step),
        UpdateExpression="SET blocked = :yes ADD blocked_by :step",
        ExpressionAttributeValues={":yes": {"BOOL": True}, ":step": {"SS": [step.id]}},
    )
    return Changed(item=_read(step, clients) or {})


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    item = _read(step, clients) or {}
    if item.get("blocked") != {"BOOL": True} or step.id not in _holders(item):
        raise NotProven(f"quota item of {step.target} does not show the block: {item}")
    return Proof(facts={"blocked": True, "blocked_by": _holders(item)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when someone has unblocked the user by hand, Conflict when two undo at the same moment."""
    item = _read(step, clients) or {}
    if step.id not in _holders(item):
        return Restored(facts={"item": item or None}, already=True)
    if item["blocked"] != {"BOOL": True}:
        raise ChangedSince(f"quota item of {step.target}: someone has unblocked the user since; left as it is.")
    try:
        _let_go(step, item, found.item, clients)
    except clients.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise Conflict(f"quota item of {step.target}: changed while it was undone; tried again.") from error
    return Restored(facts={"item": _read(step, clients)})


def _let_go(step: Step, item: Item, former: Item | None, clients: Clients) -> None:
    """On condition that the holders are still those that were read."""
    where: Any = {"TableName": clients.quota_table, "Key": _key(step), "ConditionExpression": "blocked_by = :holders"}
    values: dict[str, Any] = {":holders": item["blocked_by"]}
    by_us_alone = former is None or "blocked_by" in former  # what was found was nothing, or another step's block
    if _holders(item) != [step.id]:
        values[":step"] = {"SS": [step.id]}
        where |= {"UpdateExpression": "DELETE blocked_by :step", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)
    elif set(item) == {"user", *OURS} and (by_us_alone or "limited_by" in (former or {})):  # a limit of ours made it
        clients.dynamodb.delete_item(**where, ExpressionAttributeValues=values)
    elif former and not by_us_alone and "blocked" in former:
        values[":former"] = former["blocked"]
        where |= {"UpdateExpression": "SET blocked = :former REMOVE blocked_by", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)
    else:
        where |= {"UpdateExpression": "REMOVE blocked, blocked_by", "ExpressionAttributeValues": values}
        clients.dynamodb.update_item(**where)


def _read(step: Step, clients: Clients) -> Item | None:
    answer: Any = clients.dynamodb.get_item(TableName=clients.quota_table, Key=_key(step), ConsistentRead=True)
    return answer.get("Item")  # type: ignore[no-any-return]


def _key(step: Step) -> dict[str, Any]:
    return {"user": {"S": step.target.id}}


def _holders(item: Item) -> list[str]:
    return sorted(item.get("blocked_by", {}).get("SS", ()))
