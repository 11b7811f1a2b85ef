"""The event index, in memory: answers from records themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tidegate.index.event_index import DENIALS, MODEL_OPERATIONS
from tidegate.model import ApiCall, Invocation, Minted, Record, related_callers
from tidegate.model.minted import LIFETIMES, minted
from tidegate.ports import MOST_MINTED
from tidegate.sources.opening import opened
from tidegate_quota.prices import ESTIMATES


class MemoryEventIndex:
    """Answers from records themselves; a call that CloudTrail and the invocation log both tell of counts once."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: list[Record] = list(records)

    def add(self, records: Iterable[Record]) -> None:
        self._records.extend(records)

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        seen = Counter(record.caller for record in self._of(account, name, since, until) if record.caller != name)
        return sorted(seen, key=lambda caller: (-seen[caller], caller))

    def calls(self, account: str, name: str, *, since: float, until: float) -> tuple[int, int]:
        succeeded, denied = set(), set()
        for record in self._of(account, name, since, until):
            if isinstance(record, ApiCall) and record.name in MODEL_OPERATIONS:
                request = record.request_id or record.id
            elif isinstance(record, Invocation) and record.operation in MODEL_OPERATIONS:
                request = record.id
            else:
                continue
            if not record.error:
                succeeded.add(request)
            elif record.error in DENIALS:
                denied.add(request)
        return len(succeeded), len(denied)

    def dollars(self, account: str, name: str, *, since: float, until: float) -> float:
        calls = {call.id: call for call in self._of(account, name, since, until) if isinstance(call, Invocation)}
        return sum(map(ESTIMATES.dollars, calls.values()))

    def minted(self, account: str, key: str, *, since: float, until: float) -> list[Minted]:
        calls = [record for record in self._of(account, f"key:{key}", since, until) if isinstance(record, ApiCall)]
        calls.sort(key=lambda call: (-call.time, call.id))
        return [made for call in calls if (made := minted_by(call))][:MOST_MINTED]

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]:
        found = sorted(self._of(account, name, since, until), key=lambda record: (record.time, record.id))
        return [
            {"metadata": {"uid": record.id}, "time": int(record.time * 1000), "tidegate": {"caller": record.caller}}
            for record in found[:limit]
        ]

    def _of(self, account: str, name: str, since: float, until: float) -> list[Record]:
        return [
            record
            for record in self._records
            if record.account == account and since <= record.time < until and name in _names(record)
        ]


def minted_by(call: ApiCall) -> Minted | None:
    """What a call of STS made, if it succeeded."""
    if call.error or call.name not in LIFETIMES:
        return None
    return minted(call.name, call.time, opened(call.parameters), opened(call.response))


def _names(record: Record) -> tuple[str, ...]:
    return record.caller, *related_callers(record.principal)
