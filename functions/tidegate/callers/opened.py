"""States as this process left them: a caller's next batch takes up where the last one ended, and opens nothing.

What is stored decides. A state is taken from here only when the bytes that were read are those that were made of it; so
what somebody else wrote in between is opened like any other, and so is a state whose fold failed half way.
"""

from __future__ import annotations

from collections import OrderedDict

from tidegate.callers.state import CallerState, decoded

MOST = 500  # states: opened, one takes some 30 KB


class OpenedStates:
    """Bounded; the ones used longest ago go. Not for several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[bytes, CallerState]] = OrderedDict()

    def take(self, key: str, data: bytes) -> CallerState:
        """Whoever takes a state changes it: it is here again once it was written. Raises Permanent as `decoded`."""
        made_of, state = self._kept.pop(key, (b"", None))
        return state if state is not None and made_of == data else decoded(data, key)

    def keep(self, key: str, data: bytes, state: CallerState) -> None:
        """`data`: what was written, which is `state`. What a memory held for one fold only is dropped, as if stored."""
        for memory in state.memories.values():
            if passing := getattr(memory, "__dict__", None):
                passing.clear()
        self._kept[key] = data, state
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
