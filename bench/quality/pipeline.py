"""The real pipeline, in process: calibrated on the history days, played over the test days.

What `tidegate calibrate` and `tidegate replay --calibration` do, without files between: callers are remembered as the
history left them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from tenants import Tenant

from tidegate.callers.shedding import fitted
from tidegate.callers.state import decoded
from tidegate.detection import Detection
from tidegate.model import Finding, Invocation, Record, Severity
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate.wiring import now
from tidegate_local import calibration, learning
from tidegate_local.memory import MemoryCallerStates, MemoryConfigurationSnapshots
from tidegate_local.replay import Collected, Discarded, NothingDone, batches
from tidegate_local.warm_states import warm

LEAST = Severity.MEDIUM  # a finding below it asks nobody to look
# About the account, not about how models are used: an unrelated event must not count as finding an attack.
ABOUT_USE = frozenset(("extraction", "quota_abuse", "exfiltration", "prompt_attack", "stolen_credentials"))


@dataclass(slots=True)
class Played:
    accusations: dict[tuple[int, str], list[Finding]]  # by (day, caller), of the test days
    state_bytes: list[int]  # at the end, of every caller that has days here; principals and joins have states besides
    records: int
    microseconds: float  # of CPU a record
    calibration: dict[str, object] = field(default_factory=dict)


def learn(tenant: Tenant, rate: float) -> calibration.Calibration:
    history = [one for one in tenant.records if one.time < tenant.first_test]
    return learning.learn(history, rate)


def play(tenant: Tenant, learned: calibration.Calibration | None) -> Played:
    settings = learned.applied_to(Settings()) if learned else Settings()
    states, queue = _Kept(), Collected()
    if learned:
        warm(states, learned.callers)
    records = [one for one in tenant.records if one.time >= tenant.first_test]
    detection = Detection(
        states, NothingDone(), MemoryConfigurationSnapshots(), queue, Discarded(), Discarded(), Rules(), settings, now,
        calibration=learned.calibrated() if learned else None,
    )  # fmt: skip
    start = time.process_time()
    for batch in batches(records):
        detection.take(batch)
    taken = time.process_time() - start
    return Played(
        accusations=_accusations(tenant, list(queue.every.values())),
        state_bytes=states.sizes({day.caller for day in tenant.days}),
        records=len(tenant.records),
        microseconds=taken / max(1, len(records)) * 1e6,
        calibration=learned.model_dump(mode="json", exclude={"callers"}) if learned else {},
    )


class _Kept(MemoryCallerStates):
    def sizes(self, callers: AbstractSet[str]) -> list[int]:
        """As the next write stores them: findings owed are gone by then, and what a history left is fitted."""
        return [_next_size(data, key) for key, data in self.every() if key.partition("/")[2] in callers]


def _next_size(data: bytes, key: str) -> int:
    state = decoded(data, key)
    state.owed.clear()
    return len(fitted(state, 0))


def _accusations(tenant: Tenant, findings: Sequence[Finding]) -> dict[tuple[int, str], list[Finding]]:
    """Findings by the caller-day they accuse. A group's finding accuses the members that it names."""
    found: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        if finding.severity.rank < LEAST.rank or finding.family not in ABOUT_USE:
            continue
        day = int((finding.time.timestamp() - tenant.midnight) // 86_400)
        if day < tenant.size.history:
            continue
        for caller in accused(finding):
            found.setdefault((day, caller), []).append(finding)
    return found


def accused(finding: Finding) -> set[str]:
    """The callers a finding is about: its own, and the members that a campaign's evidence lists."""
    members = finding.evidence.get("members")
    named = {str(one) for one in members} if isinstance(members, list | tuple) else set()
    return {finding.caller} | named


def invocations(records: Sequence[Record]) -> list[Invocation]:
    return [one for one in records if isinstance(one, Invocation)]
