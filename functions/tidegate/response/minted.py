"""What was made out of an access key: by our own events, and what was made out of that again."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.errors import Permanent
from tidegate.model import Minted
from tidegate.model.minted import LONGEST
from tidegate.response.world import World

MOST_KEYS = 30  # that are asked about, one question each: a session may open the next, and that another


def living(world: World, account: str, key: str, *, since: datetime) -> tuple[Minted, ...]:
    """What still lives of it, the latest first; each session by each of its keys.

    `since`: of the incident; the key was stolen before. Raises Permanent without an index, and what the index raises.
    """
    if world.events is None:
        raise Permanent("this installation has no index")
    now = world.clock()
    begin = min(since, now - timedelta(seconds=LONGEST)).timestamp()
    found: dict[str, Minted] = {}
    keys = [key]
    for each in keys:
        made = world.events.minted(account, each, since=begin, until=now.timestamp() + 1)
        new = [one for one in made if one.until > now.timestamp() and one.key not in found]
        found |= {one.key: one for one in new}
        keys += [one.key for one in new][: max(0, MOST_KEYS - len(keys))]
    return tuple(found.values())
