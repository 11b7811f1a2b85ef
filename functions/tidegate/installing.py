"""The index as a part of the stack: installed, upgraded and, if that is asked for, removed with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.custom_resource import Answer, Request
from tidegate.telemetry import logger

if TYPE_CHECKING:
    from tidegate.index.installing import Installer
    from tidegate.index.migrating import Migrated
    from tidegate.ports import Clock

_ID = "tidegate-index since "


class Installing:
    def __init__(self, installer: Installer, clock: Clock) -> None:
        self._installer = installer
        self._clock = clock

    def new_id(self) -> str:
        """Of a resource made now. It stays the same for as long as the stack has one: another id would be taken for
        another resource, and the index behind the first deleted. When it was made says which indices are its own.
        """
        return f"{_ID}{self._clock():%Y-%m-%dT%H:%M:%SZ}"

    def take(self, request: Request, *, remaining: Callable[[], float]) -> Answer:
        """Raises Retryable or Permanent with the reason."""
        own_id = request.physical_resource_id or self.new_id()
        if request.request_type == "Delete":
            return Answer(own_id, {"Removed": str(len(self._removed(request, own_id)))})
        done = self._installer.install(remaining=remaining)
        for name in done.named("copying"):
            logger.warning("an index is still being copied, and takes no documents until then", extra={"index": name})
        return Answer(
            own_id,
            {
                "Templates": str(done.templates),
                "Lifecycles": str(done.lifecycles).lower(),
                "Roles": str(done.roles).lower(),
                "Copied": ",".join(done.named("copied")),
                "Copying": ",".join(done.named("copying")),
                "Left": ",".join(done.named("left")),
            },
        )

    def finish(self, *, remaining: Callable[[], float]) -> list[Migrated]:
        return self._installer.finish(remaining=remaining)

    def _removed(self, request: Request, own_id: str) -> list[str]:
        """Nothing, unless the stack says so; and never what was there before this resource."""
        if request.resource_properties.get("OnDelete") != "delete" or not own_id.startswith(_ID):
            return []
        made = datetime.strptime(own_id.removeprefix(_ID), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return self._installer.remove(since=made)
