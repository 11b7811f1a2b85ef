"""What the watch remembers: how far each Region's calls were compared with the log, and the counts of the last hour."""

from __future__ import annotations

import msgspec

from tidegate.callers.pages import PAGE, Calls
from tidegate.errors import Permanent
from tidegate.model import Principal

KEY = "tidegate/watch"
PAGES_AN_HOUR = 3600 // PAGE
_MOST_CALLERS = 50  # a page; the others are counted as one
_MOST_TOLD = 300
OTHERS = "unknown:others"


class CallerCount(msgspec.Struct, array_like=True):
    calls: int = 0
    missing: int = 0
    principal: Principal = Principal()


class PageCount(msgspec.Struct, array_like=True):
    """Five minutes of calls that the log ought to hold."""

    page: int
    first: float = 0.0  # of the missing ones
    last: float = 0.0
    callers: dict[str, CallerCount] = {}

    @property
    def missing(self) -> int:
        return sum(one.missing for one in self.callers.values())


class RegionWatch(msgspec.Struct, array_like=True):
    compared: int = 0  # the newest page that was compared
    hour: list[PageCount] = []  # the last twelve that held calls


class Watched(msgspec.Struct, array_like=True):
    regions: dict[str, RegionWatch] = {}  # ACCOUNT/REGION
    told: list[str] = []  # findings sent, the oldest first

    def untold(self, finding: str) -> bool:
        """Whether a finding is new; remembers it. One that is forgotten is sent again, under the same id."""
        if finding in self.told:
            return False
        self.told = [*self.told, finding][-_MOST_TOLD:]
        return True


_decode = msgspec.msgpack.Decoder(Watched).decode
_encode = msgspec.msgpack.Encoder().encode


def watched_of(data: bytes) -> Watched:
    """Raises Permanent when the stored bytes aren't ours."""
    if not data:
        return Watched(regions={}, told=[])
    try:
        return _decode(data)
    except msgspec.MsgspecError as error:
        raise Permanent(f"{KEY}: can't be read ({error}). Delete the item: comparing begins anew.") from error


def bytes_of(watched: Watched) -> bytes:
    return _encode(watched)


def counted(page: int, called: Calls, logged: Calls) -> PageCount:
    """The calls of one page that the log ought to hold, and which of them it doesn't."""
    count = PageCount(page, callers={})
    for request, found in called.items():
        if not found.row.expected or int(found.row.time) // PAGE != page:
            continue
        name = found.caller
        if name not in count.callers and len(count.callers) >= _MOST_CALLERS:
            name = OTHERS
        caller = count.callers.setdefault(name, CallerCount(principal=found.principal))
        caller.calls += 1
        if request not in logged:
            caller.missing += 1
            count.first = min(count.first or found.row.time, found.row.time)
            count.last = max(count.last, found.row.time)
    return count
