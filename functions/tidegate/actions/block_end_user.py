"""Block one end user of an application in the quota table, which the gateway asks before it calls a model.

Only our own attributes are written, so that a token bucket in the same item goes on counting. The user's name
comes from `requestMetadata`: it is trustworthy only behind a gateway that sets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ChangedSince, NotProven
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

OURS = ("blocked", "blocked_run")

type Item = dict[str, dict[str, Any]]  # as DynamoDB writes it: {"user": {"S": "..."}}


class Found(Model):
    item: dict[str, dict[str, Any]] | None


class Changed(Model):
    item: dict[str, dict[str, Any]]


def snapshot(step: Step, clients: Clients) -> Found:
    return Found(item=_read(step, clients))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    before = found.item
    yield Difference(resource=f"quota-table/{step.target.id}", before=before, after=_blocked(step, before))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince when someone blocked or unblocked this user between the snapshot and now."""
    former = (found.item or {}).get("blocked_run")
    condition = "attribute_not_exists(blocked_run)"
    values: dict[str, Any] = {":block": {"BOOL": True}, ":run": {"S": step.id}}
    if former:
        condition, values[":former"] = "blocked_run = :former", former
    try:
        clients.dynamodb.update_item(
            TableName=clients.quota_table,
            Key=_key(step),
            UpdateExpression="SET blocked = :block, blocked_run = :run",
            ConditionExpression=f"blocked_run = :run OR {condition}",
            ExpressionAttributeValues=values,
        )
    except clients.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise ChangedSince(
            f"quota item of {step.target}: blocked by someone else since the snapshot. Plan the response again."
        ) from error
    return Changed(item=_read(step, clients) or _blocked(step, found.item))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    item = _read(step, clients)
    if item is None or not _is_ours(step, item):
        raise NotProven(f"quota item of {step.target} does not show the block: {item}")
    return Proof(facts={"blocked": True, "blocked_run": step.id})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    item = _read(step, clients)
    if _part_of_ours(item) == _part_of_ours(found.item):
        return Restored(facts={"item": item, "already": True})
    if item is None or not _is_ours(step, item):
        raise ChangedSince(f"quota item of {step.target}: changed by someone else since the block; left as it is.")
    ours = {"ConditionExpression": "blocked_run = :run", "ExpressionAttributeValues": {":run": {"S": step.id}}}
    try:
        if found.item is None and set(item) == {"user", *OURS}:
            clients.dynamodb.delete_item(TableName=clients.quota_table, Key=_key(step), **ours)  # type: ignore[arg-type]
        else:
            _put_back(step, found.item or {}, clients)
    except clients.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise ChangedSince(f"quota item of {step.target}: changed by someone else while it was undone.") from error
    return Restored(facts={"item": _read(step, clients)})


def _put_back(step: Step, former: Item, clients: Clients) -> None:
    kept = [name for name in OURS if name in former]
    dropped = [name for name in OURS if name not in former]
    sets = "SET " + ", ".join(f"{name} = :{name}" for name in kept) if kept else ""
    removes = "REMOVE " + ", ".join(dropped) if dropped else ""
    clients.dynamodb.update_item(
        TableName=clients.quota_table,
        Key=_key(step),
        UpdateExpression=f"{sets} {removes}".strip(),
        ConditionExpression="blocked_run = :run",
        ExpressionAttributeValues={":run": {"S": step.id}, **{f":{name}": former[name] for name in kept}},
    )


def _read(step: Step, clients: Clients) -> Item | None:
    answer = clients.dynamodb.get_item(TableName=clients.quota_table, Key=_key(step), ConsistentRead=True)
    return dict(answer["Item"]) if "Item" in answer else None  # type: ignore[arg-type]


def _key(step: Step) -> Item:
    return {"user": {"S": step.target.id}}


def _blocked(step: Step, before: Item | None) -> Item:
    return {**_key(step), **(before or {}), "blocked": {"BOOL": True}, "blocked_run": {"S": step.id}}


def _is_ours(step: Step, item: Item) -> bool:
    return item.get("blocked") == {"BOOL": True} and item.get("blocked_run") == {"S": step.id}


def _part_of_ours(item: Item | None) -> Item:
    return {name: value for name, value in (item or {}).items() if name in OURS}
