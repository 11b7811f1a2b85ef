"""An end user's items in the quota table, as the actions on end users read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tidegate.actions.action import Clients
from tidegate.model import Step
from tidegate_quota.table import Item, key_of, usage_key
from tidegate_quota.usage import Usage


def read(step: Step, clients: Clients) -> Item | None:
    """What responses and people have written about the user."""
    return _item(key_of(step.target.id), clients)


def asked(step: Step, clients: Clients) -> dict[str, Any]:
    """For the proof: whether an application counts this user's calls here, and how many it has refused.

    Without that nothing slows the user down, however well the item reads.
    """
    found = _item(usage_key(step.target.id), clients)
    usage = Usage.of(found)
    if found is None:
        return {"asked": "no application has charged or refused this user in the last days"}
    last = datetime.fromtimestamp(usage.at / 1000, UTC).isoformat(timespec="seconds") if usage.revision else None
    return {"last_charged": last, "refused": usage.refused}


def _item(key: Item, clients: Clients) -> Item | None:
    answer: Any = clients.dynamodb.get_item(TableName=clients.quota_table, Key=key, ConsistentRead=True)
    return answer.get("Item")  # type: ignore[no-any-return]
