"""What tenants to learn from consist of, whoever makes them: callers' days with the requests of each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

from tidegate.model import Invocation, Principal
from tidegate.sources.contents import Contents

MIDNIGHT = 1_788_134_400.0  # of the first day: Monday 31 August 2026, UTC
ACCOUNT = "111122223333"
QUIET = 2  # days on which nobody attacks


class Request(NamedTuple):
    call: Invocation
    contents: Contents
    attack: bool


@dataclass(slots=True)
class CallerDay:
    tenant: int
    caller: str
    day: int
    kind: str  # benign class or family
    benign: bool
    share: float  # of attack requests
    new: bool  # the caller was not there before it attacked


@dataclass(slots=True)
class Labelled(CallerDay):
    """What a caller asked on a day, in the order of time."""

    requests: list[Request]


def invented_call(caller: str, time: float, dice: random.Random) -> Invocation:
    return envelope(f"{dice.getrandbits(64):016x}", caller, time)


def envelope(id: str, caller: str, time: float) -> Invocation:
    """Of a request: heads over days learn from what is in it."""
    return Invocation(
        id=id,
        time=time,
        account=ACCOUNT,
        region="us-east-1",
        operation="Converse",
        model="m",
        caller=caller,
        principal=Principal(),
        guardrail_action="",
    )
