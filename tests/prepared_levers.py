"""A lever that is ready to be pulled, and what its builders draw from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as some

from tidegate.model import Step

type Draw = Callable[[Any], Any]  # of Hypothesis: picks what was there before

SWITCHES = some.booleans()


class Lever(NamedTuple):
    step: Step
    meddle: Callable[[], Any] | None = None  # somebody else changes what the lever has changed
