"""What a channel is: it takes a notice and knows what it said of the incident before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from tidegate.notices.notice import Notice


class Telling(NamedTuple):
    """What is known of the message so far."""

    reference: str  # the channel's own name of it (ts, finding id, case id); empty: none is known
    begun: datetime  # when the incident was first to be told here
    unsure: str = ""  # the state that was being told when a send was not heard of again; empty: nothing is in doubt
    states: tuple[str, ...] = ()  # that have been told


class Sent(NamedTuple):
    reference: str


class Channel(Protocol):
    def tell(self, notice: Notice, telling: Telling) -> Sent:
        """Makes the channel say this of the incident, once, however often it is called.

        Raises NotSent and Permanent when surely nothing went out, Retryable when that is not known.
        """
        ...
