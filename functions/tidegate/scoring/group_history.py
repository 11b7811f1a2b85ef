"""How far groups of benign callers go in a tenant's history: the threshold for campaigns of many callers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

STRANGERS = 3  # days at the beginning of a history on which everybody is new: they tell nothing
# Nats: benign groups reach 5 while everybody is new, and a group accuses some eight callers at once, so it has to be as
# many times rarer (2 nats); and what ships.
LEAST, MOST = 7.0, 9.0
_HEADROOM = 1.25  # beyond the furthest group


def threshold(furthest: Mapping[int, float]) -> float:
    """`furthest`: the largest group score of each day. A campaign in the history can't raise it beyond what ships."""
    known = sorted(furthest)[STRANGERS:]
    if not known:
        return MOST
    return round(min(MOST, max(LEAST, _HEADROOM * max(furthest[day] for day in known))), 2)
