"""Ports that die before or after their n-th call, as a Lambda does: what was written stays, nothing else happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Died(RuntimeError):
    """The process is gone. Nothing of ours may catch this."""


@dataclass
class Fate:
    """`at`: the number of the call at which to die; `after`: whether the call still took effect."""

    at: int
    after: bool
    calls: int = 0

    @property
    def survived(self) -> bool:
        return self.calls < self.at


class Mortal:
    """A port whose every method counts against one fate, shared by all ports of a process."""

    def __init__(self, port: Any, fate: Fate) -> None:
        self._port = port
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*given: Any, **named: Any) -> Any:
            self._fate.calls += 1
            if self._fate.calls == self._fate.at and not self._fate.after:
                raise Died(f"before {name}")
            answer = method(*given, **named)
            if self._fate.calls == self._fate.at:
                raise Died(f"after {name}")
            return answer

        return call
