"""What an answer holds, and where in the call it stood before. Shared by the detectors of outputs; not a detector."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from tidegate.content.finds import Find, Trust
from tidegate.content.hidden import visible
from tidegate.content.hosts import Address
from tidegate.content.overlap import words_of
from tidegate.content.redaction import excerpt
from tidegate.content.retrieved import without_retrieved
from tidegate.model import Invocation
from tidegate.sources.contents import Contents
from tidegate.sources.opening import opened
from tidegate.sources.turns import sent_turns

_SHOWN = 5  # excerpts in the evidence of a finding
_MOST = 200  # values of one answer that are judged one by one
_SORTS = ("canary", "secret", "pattern", "personal")

CAME_FROM = {
    "user": "the user sent it along: an echo",
    "system": "it stands in the system prompt",
    "brought": "a tool or a search brought it",
    "earlier": "it stood in an earlier turn of the conversation",
    "nowhere": "it stood nowhere in what was sent: the model knew or invented it",
}


class Leak(NamedTuple):
    find: Find
    came_from: str  # a key of CAME_FROM

    @property
    def is_echo(self) -> bool:
        return self.came_from == "user"


def given_text(contents: Contents) -> str:
    """All that the model gave: text and the arguments of tool calls, as logged."""
    said = [turn.text for turn in contents.answer]
    return said[0] if len(said) == 1 else "\n".join(said)


def seen_text(contents: Contents) -> str:
    """The same without what has no width, which may split words and tokens."""
    return "" if contents.embedding else visible(given_text(contents))


def leaks_of(finds: Sequence[Find], call: Invocation, contents: Contents) -> list[Leak]:
    """Each value once, the surest first, with its origin: of `_MOST`, as each is looked for in all that was sent."""
    distinct = list({(find.kind, find.value): find for find in finds}.values())
    if len(distinct) > _MOST:
        distinct = sorted(distinct, key=lambda find: (_SORTS.index(find.sort), find.trust is not Trust.VERIFIED))[
            :_MOST
        ]
    return [Leak(find, origin(find.value, call, contents)) for find in distinct]


def origin(value: str, call: Invocation, contents: Contents) -> str:
    """Where a value stood in what was sent: with the user, in the prompt, in what was brought, earlier, nowhere."""
    if value in contents.user:
        return "user"
    if value in contents.system:
        return "system"
    if value in contents.brought:
        return "brought"
    roles = {turn.role for turn in sent_turns(opened(call.input_body)) if value in turn.text}
    if "user" in roles:
        return "user"
    return "earlier" if roles else "nowhere"


def facts_of(text: str, leaks: Sequence[Leak], finds: Sequence[Find], why: str) -> dict[str, Any]:
    """What a person needs to judge, without the values themselves."""
    kinds = [leak.find.kind for leak in leaks]
    return {
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "verified": sum(leak.find.trust is Trust.VERIFIED for leak in leaks),
        "came_from": sorted({leak.came_from for leak in leaks}),
        "excerpts": [excerpt(text, leak.find, finds) for leak in leaks[:_SHOWN]],
        "severity_from": why,
    }


def asked_text(call: Invocation, contents: Contents) -> str:
    """What the user asked for: in a tool loop nothing new came from the user, and an earlier turn says it."""
    if contents.user:
        return contents.user
    return "\n".join(turn.text for turn in sent_turns(opened(call.input_body)) if turn.role == "user")


class Said:
    """What was sent in the call: the words are taken only once something looks as if it carried them."""

    def __init__(self, call: Invocation, contents: Contents) -> None:
        self.call = call
        self.contents = contents

    @cached_property
    def user(self) -> str:
        return asked_text(self.call, self.contents)

    @cached_property
    def withheld(self) -> set[str]:
        """Words of what the user did not write."""
        return words_of(self.contents.system, self.contents.brought)

    @cached_property
    def all(self) -> set[str]:
        return self.withheld | words_of(self.user)

    def whole(self, to: Address) -> bool:
        """Whether the address stands in what was sent as it is: then it is quoted, and carries nothing new."""
        bare = to.host + to.rest
        return any(bare in text for text in (self.user, self.contents.brought, self.contents.system))

    def origin(self, host: str) -> str:
        """Who named a host: the user, what was brought, the system prompt, or nobody.

        An application often puts what it retrieved into the user's turn, in a block of its own: that was brought."""
        return next((name for name, text in self._lowered if host in text), "nowhere")

    @cached_property
    def _lowered(self) -> list[tuple[str, str]]:
        said, put_in = without_retrieved(self.user)
        brought = f"{self.contents.brought}\n{put_in}"
        texts = (("user", said), ("brought", brought), ("system", self.contents.system))
        return [(name, text.lower()) for name, text in texts]
