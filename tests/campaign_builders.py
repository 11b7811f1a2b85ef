"""Invocations with bodies, and what a caller's memory weighs: for tests of the detectors that count over a day."""

from __future__ import annotations

from typing import Any

import msgspec
from detection_builders import ACCOUNT, World, an_invocation

from tidegate.callers.state import decoded
from tidegate.model import Finding, Invocation

DAY = 86_400


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def a_call(at: float, body: Any, answer: Any = None, **more: Any) -> Invocation:
    """`at`: seconds after NOW."""
    return an_invocation(
        at, input_body=raw(body), output_body=None if answer is None else raw(answer), id=f"call-{at}", **more
    )


def asked(text: str, **parameters: Any) -> dict[str, Any]:
    """A body as OpenAI's open weights take it."""
    return {"messages": [{"role": "user", "content": text}], **parameters}


def answered(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def of(world: World, detector: str) -> list[Finding]:
    return [finding for finding in world.found if finding.detector == detector]


def memory_bytes(world: World, *detectors: str, caller: str = "user:u-1") -> int:
    """What these detectors remember of a caller, as stored."""
    key = f"{ACCOUNT}/{caller}"
    state = decoded(world.states.load([key])[key].data, key)
    kept = {name: memory for name, memory in state.memories.items() if name in detectors}
    return len(msgspec.msgpack.encode(kept)) if kept else 0
