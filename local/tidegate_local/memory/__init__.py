"""Every port of tidegate.ports, in memory: what replay runs on, and what the adapters over AWS are held against.

Both pass the same contract tests (tests/contracts). Values go in and come out as bytes or frozen models, so nobody
can change what is stored behind its back. Not for several threads.
"""

from tidegate_local.memory.correlating import MemoryIncidents, MemoryResponses
from tidegate_local.memory.detecting import (
    MemoryBytes,
    MemoryCallerStates,
    MemoryConfigurationSnapshots,
    MemoryDeliveries,
    MemoryFindingQueue,
    MemoryOutbox,
)
from tidegate_local.memory.event_index import MemoryEventIndex
from tidegate_local.memory.responding import (
    MemoryApprovals,
    MemoryConfirmations,
    MemoryLedger,
    MemoryNotices,
    MemoryNotifier,
    MemorySchedules,
    MemoryTasks,
)

__all__ = [
    "MemoryApprovals",
    "MemoryBytes",
    "MemoryCallerStates",
    "MemoryConfigurationSnapshots",
    "MemoryConfirmations",
    "MemoryDeliveries",
    "MemoryEventIndex",
    "MemoryFindingQueue",
    "MemoryIncidents",
    "MemoryLedger",
    "MemoryNotices",
    "MemoryNotifier",
    "MemoryOutbox",
    "MemoryResponses",
    "MemorySchedules",
    "MemoryTasks",
]
