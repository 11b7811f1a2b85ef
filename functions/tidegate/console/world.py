"""What the console asks of the world besides what the response does."""

from __future__ import annotations

from typing import Protocol

from tidegate.ports import Confirmations, Executions, FindingIndex
from tidegate.response import Response, World


class ConsoleWorld(World, Protocol):
    @property
    def response(self) -> Response: ...

    @property
    def finding_index(self) -> FindingIndex | None:
        """None: this installation has no index."""
        ...

    @property
    def executions(self) -> Executions: ...

    @property
    def confirmations(self) -> Confirmations: ...
