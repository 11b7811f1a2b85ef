"""Lower one end user's quota: the gateway's token bucket fills at a share of its rate, and holds a share of its size.

`limited_to` (per cent of the configured quota) is what applications read (tidegate_quota); `limited_by` is the set of
steps that want it so, because a second response may come before the first is released: the limit goes with the last
one. Nothing else in the item is written; the bucket goes on counting, in an item of its own. `parameters["percent"]` is
the share, 10 by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.quota_item import asked, read
from tidegate.errors import ChangedSince, Conflict, NotProven, Refused
from tidegate.model import Difference, Model, Step
from tidegate_quota.table import KEY, LIMITED_BY, LIMITED_TO, Item, holders, is_blocked, key_of, limit_of

about = Action(
    id="limit_end_user",
    summary="Lower one end user's quota to a share of it.",
    family=Family.CALLERS,
    reads=("dynamodb:GetItem",),
    changes=("dynamodb:UpdateItem", "dynamodb:DeleteItem"),
    calls=("dynamodb:UpdateItem",),
    limits="Works for applications whose gateway asks the quota table: nothing else slows an end user down.",
    reach=Reach.ONE_END_USER,
    undo="The quota item is put back as it was found, or deleted if there was none.",
)

PERCENT = 10  # of the configured quota, when the step names no other: slow enough to notice, not a block
OURS = {LIMITED_TO, LIMITED_BY}


class Found(Model):
    item: dict[str, dict[str, Any]] | None


class Changed(Model):
    item: dict[str, dict[str, Any]]


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a user who is limited as much or blocked already, and for no share."""
    item = read(step, clients)
    if not 0 < _percent(step) < 100:
        raise Refused(f"{_percent(step)} per cent is no limit: between 1 and 99; block_end_user blocks.")
    if is_blocked(item):
        raise Refused(f"{step.target!s:.200} is blocked already: a limit would change nothing.")
    return Found(item=item)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    resource = f"quota-table/{step.target.id}/{LIMITED_TO}"
    yield Difference(resource=resource, before=limit_of(found.item), after=_percent(step))


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    clients.dynamodb.update_item(
        TableName=clients.quota_table,
        Key=key_of(step.target.id),
        UpdateExpression="SET limited_to = :percent ADD limited_by :step",
        ExpressionAttributeValues={":percent": {"N": str(_percent(step))}, ":step": {"SS": [step.id]}},
    )
    return Changed(item=read(step, clients) or {})


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    item = read(step, clients) or {}
    if LIMITED_TO not in item or step.id not in _holders(item):
        raise NotProven(f"quota item of {step.target} does not show the limit: {item}")
    return Proof(facts={LIMITED_TO: limit_of(item), LIMITED_BY: _holders(item), **asked(step, clients)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """Raises ChangedSince when someone has taken the limit off by hand, Conflict when two undo at the same moment."""
    item = read(step, clients) or {}
    if step.id not in _holders(item):
        return Restored(facts={"item": item or None}, already=True)
    if LIMITED_TO not in item:
        raise ChangedSince(f"quota item of {step.target}: someone has taken the limit off since; left as it is.")
    try:
        _let_go(step, item, found.item, clients)
    except clients.dynamodb.exceptions.ConditionalCheckFailedException as error:
        raise Conflict(f"quota item of {step.target}: changed while it was undone; tried again.") from error
    return Restored(facts={"item": read(step, clients)})


def _let_go(step: Step, item: Item, former: Item | None, clients: Clients) -> None:
    """On condition that the holders are still those that were read. `former`: as this step found it."""
    where: Any = {"TableName": clients.quota_table, "Key": key_of(step.target.id)}
    where["ConditionExpression"] = "limited_by = :holders"
    values: dict[str, Any] = {":holders": item["limited_by"]}
    if _holders(item) != [step.id]:
        values[":step"] = {"SS": [step.id]}
        update = "DELETE limited_by :step"
    elif former and LIMITED_TO in former and LIMITED_BY not in former:  # a person's own limit was there
        values[":former"] = former["limited_to"]
        update = "SET limited_to = :former REMOVE limited_by"
    elif set(item) == {KEY, *OURS} and (
        former is None or "limited_by" in former or "blocked_by" in former
    ):  # nobody else's bare item
        clients.dynamodb.delete_item(**where, ExpressionAttributeValues=values)
        return
    else:
        update = "REMOVE limited_to, limited_by"
    clients.dynamodb.update_item(**where, UpdateExpression=update, ExpressionAttributeValues=values)


def _percent(step: Step) -> int:
    return int(step.parameters.get("percent", PERCENT))


def _holders(item: Item) -> list[str]:
    return holders(item, LIMITED_BY)
