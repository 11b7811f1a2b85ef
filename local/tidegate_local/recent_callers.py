"""Who went through which identity lately: what a replay knows of its events, for counting how far a lever reaches.

A deployed stack asks OpenSearch. A replay has no index, and may not keep a million records: it keeps, for every role,
session, user and key, its callers and when each was last seen. What it can't answer from that, it says.
"""

from __future__ import annotations

from typing import Any, NoReturn

from tidegate.errors import Permanent
from tidegate.model import ApiCall, Minted, Record, related_callers
from tidegate.ports import MOST_MINTED
from tidegate_local.memory.event_index import minted_by


class RecentCallers:
    """tidegate.ports.EventIndex, as far as it goes."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], dict[str, float]] = {}  # (account, kind:value) -> caller -> last seen
        self._minted: dict[tuple[str, str], list[Minted]] = {}  # (account, access key id) -> what was made out of it

    def note(self, record: Record) -> None:
        """In event-time order."""
        if isinstance(record, ApiCall) and record.principal.access_key and (made := minted_by(record)):
            known = self._minted.setdefault((record.account, record.principal.access_key), [])
            known[:] = [*known[1 - MOST_MINTED :], made]
        for name in (record.caller, *related_callers(record.principal)):
            self._seen.setdefault((record.account, name), {})[record.caller] = record.time

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        callers = self._seen.get((account, name), {})
        return sorted(caller for caller, last in callers.items() if since <= last < until and caller != name)

    def minted(self, account: str, key: str, *, since: float, until: float) -> list[Minted]:
        made = [each for each in self._minted.get((account, key), ()) if since <= each.at < until]
        return sorted(made, key=lambda each: -each.at)[:MOST_MINTED]

    def calls(self, account: str, name: str, *, since: float, until: float) -> NoReturn:  # noqa: ARG002
        raise Permanent("a replay keeps no events to count calls in")

    def dollars(self, account: str, name: str, *, since: float, until: float) -> NoReturn:  # noqa: ARG002
        raise Permanent("a replay keeps no events to price")

    def events_of(
        self,
        account: str,  # noqa: ARG002
        name: str,  # noqa: ARG002
        *,
        since: float,  # noqa: ARG002
        until: float,  # noqa: ARG002
        limit: int = 1000,  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        raise Permanent("a replay keeps no events; they lie in the files that were replayed")
