"""Once a day: the configurations that attackers change, as they are, so that a change can be judged and undone.

CloudTrail tells of changes and leaves out what was there before anyone watched; what this reads is kept under the same
names and in the same form (configurations/left_by_calls.py), at the time of reading. Only what differs from what is
known is recorded: a difference that no event told of is counted, it means that an event was lost or is still to come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.configurations.left_by_calls import Configured
from tidegate.configurations.read_back import configured
from tidegate.errors import Permanent, TidegateError
from tidegate.model import derived_id
from tidegate.ports import Clock, Configurations, ConfigurationSnapshots
from tidegate.telemetry import logger

MOST_BYTES = 380_000  # of JSON: an item of DynamoDB holds 400 KB


@dataclass
class Taken:
    """By group. `first`: never seen before; `changed`: another configuration than the last one known."""

    read: dict[str, int] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Snapshotting:
    def __init__(
        self, readable: Configurations, snapshots: ConfigurationSnapshots, clock: Clock, *, account: str, region: str
    ) -> None:
        self._readable = readable
        self._account = account
        self._region = region
        self._snapshots = snapshots
        self._clock = clock

    def take(self) -> Taken:
        """Reads every group; one that can't be read costs the others nothing, and is named."""
        taken = Taken()
        for name, read in self._readable.groups().items():
            count = 0
            try:
                for one in read():
                    self._record(configured(one, self._account, self._region), taken)
                    count += 1
            except TidegateError as error:
                # A service that is not there, not allowed or throttled: the rest of the account is read all the same.
                logger.error("configurations not read", extra={"group": name, "reason": str(error)})
                taken.failed[name] = str(error)
            taken.read[name] = count
        return taken

    def _record(self, found: Configured, taken: Taken) -> None:
        now = self._clock().timestamp()
        resource, configuration = found.resource, _plain(found.configuration)
        if (size := len(_text(configuration))) > MOST_BYTES:
            raise Permanent(f"{resource}: its configuration of {size} bytes is larger than an item may be.")
        before = self._snapshots.before(resource, now)
        if before == configuration:
            return
        (taken.first if before is None else taken.changed).append(resource)
        self._snapshots.record(resource, now, derived_id("read", resource, _text(configuration)), configuration)


def _plain(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """As it will be read back from the store."""
    plain: dict[str, Any] = json.loads(_text(configuration))
    return plain


def _text(configuration: Mapping[str, Any]) -> str:
    return json.dumps(configuration, sort_keys=True, default=str)
