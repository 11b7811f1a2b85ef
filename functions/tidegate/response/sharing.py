"""One key, user, address or boundary that several runs hold at once: the last to let go restores what was found.

The first to hold it found it as it was before all of them. When it lets go, what it found goes to the next, whose own
snapshot shows our change only. Actions whose changes lie side by side (a statement, a holder in an item) need none of
this.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tidegate.model import Receipt, RunStatus, StepStatus, derived_id
from tidegate.response.world import World, saved_receipt

HOLDING = (RunStatus.ACTING, RunStatus.CONTAINED)  # who is being undone inherits nothing
NOTED_FOR = 3 * 365 * 86_400  # seconds: as long as a receipt is kept
LAST = datetime.max.replace(tzinfo=UTC)


def note(world: World, receipt: Receipt) -> None:
    """Before the snapshot: whoever lets go from here on finds this run."""
    holder = f"{receipt.run_id}/{receipt.id}"
    world.ledger.hold(_what(receipt), holder, forget_at=world.clock().timestamp() + NOTED_FOR)


def let_go(world: World, receipt: Receipt) -> str:
    """Why nothing is undone now, because another run still holds it; empty when this one is the last.

    Raises Conflict when the other moved at the same moment: it may be letting go itself, and is looked at again.
    """
    others = sorted(_others(world, receipt), key=_since)
    if not others:
        return ""
    heir = others[0]
    if receipt.found is not None and heir.found is not None and _since(receipt) <= _since(heir):
        saved_receipt(world, heir, found=_inherited(receipt.found, heir.found))
    return f"run {heir.run_id} holds it, too: what was found is restored when the last of them lets go"


def _others(world: World, receipt: Receipt) -> list[Receipt]:
    found = []
    for holder in world.ledger.holders(_what(receipt)):
        run_id, _, step_id = holder.partition("/")
        run = world.ledger.run(run_id) if run_id != receipt.run_id else None
        other = world.ledger.receipt(run_id, step_id) if run and run.status in HOLDING else None
        if other and other.found is not None and other.status is not StepStatus.UNDONE:
            found.append(other)
    return found


def _since(receipt: Receipt) -> tuple[datetime, str]:
    return receipt.applied_at or LAST, receipt.id


def _inherited(first: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """What the first found counts; of things listed by name (keys), what only the heir saw is added."""
    both = {name: own.get(name, {}) | value if isinstance(value, dict) else value for name, value in first.items()}
    return own | both


def _what(receipt: Receipt) -> str:
    """A derived id, because a name out of a log may be longer than a key."""
    return derived_id("holding", receipt.step.action, receipt.step.target.account, str(receipt.step.target))
