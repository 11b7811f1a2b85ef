"""Where in a conversation a request stands, and who makes it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tidegate_local.simulation.arrivals import CONVERSATION, Shape
from tidegate_local.simulation.calls import Exchange
from tidegate_local.simulation.voice import Speaker

TOOLS = ("lookup_record", "search_documents", "send_message", "create_task", "get_weather", "run_report")
NOTE_TOKENS = 30  # of one note of ours, about


@dataclass(frozen=True, slots=True)
class Scene:
    """`turn` 0 opens a conversation; `last` is the exchange before. `shape` says how long texts are."""

    who: Speaker
    dice: Random
    turn: int
    day: int
    last: Exchange | None = None
    shape: Shape = CONVERSATION
    system: str = ""  # what the application told the model

    def say(self, kind: str) -> str:
        return self.who.say(kind, self.dice, self.day)

    def sentences(self, middle: float) -> int:
        """Of an answer: `middle` in the traffic of CONVERSATION, as spread as the traffic's answers are."""
        stretch = math.exp(self.shape.generated.mean - CONVERSATION.generated.mean)
        return max(1, int(self.dice.lognormvariate(0, 0.7 * self.shape.generated.spread) * middle * stretch))

    def passages(self) -> tuple[str, ...]:
        """Retrieved text, together about as long as the traffic's contexts."""
        count = 2 + int(self.dice.random() * 4)
        notes = max(1, min(40, self.shape.context.draw(self.dice, 6000) // NOTE_TOKENS // count))
        return tuple(" ".join(self.say("note") for _ in range(notes)) for _ in range(count))


type Script = Callable[[Scene], Exchange]
