"""Text from templates: `{name}` is one entry of a word list, `[this|that|]` one of the alternatives.

Entries may hold slots and alternatives themselves. A slot that no list has, and brackets without a bar, are text:
code and JSON need no escaping. `fixed` holds the slots that must say the same throughout a conversation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

_HOLE = re.compile(r"\{([a-z_]+)\}|\[([^\[\]]*\|[^\[\]]*)\]")


class Slot(str):
    """The name of a word list, where a plain string is text."""

    __slots__ = ()


type Parts = tuple[str | Slot | tuple[Parts, ...], ...]


class Grammar:
    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self.words = words
        self._compiled: dict[str, Parts] = {}

    def say(self, template: str, dice: Random, fixed: Mapping[str, str] | None = None) -> str:
        parts = self._compiled.get(template)
        if parts is None:
            parts = self._compiled[template] = self._compile(template)
        if len(parts) == 1 and type(parts[0]) is str:
            return template
        said: list[str] = []
        self._expand(parts, dice, fixed or {}, said)
        return "".join(said)

    def one(self, name: str, dice: Random, fixed: Mapping[str, str] | None = None) -> str:
        """An entry of a word list, expanded. Raises KeyError for a list that isn't there."""
        entries = self.words[name]
        return self.say(entries[int(dice.random() * len(entries))], dice, fixed)

    def _compile(self, template: str) -> Parts:
        parts: list[str | Slot | tuple[Parts, ...]] = []
        end = 0
        for hole in _HOLE.finditer(template):
            if hole[1] is not None and hole[1] not in self.words:
                continue
            if hole.start() > end:
                parts.append(template[end : hole.start()])
            if hole[1] is not None:
                parts.append(Slot(hole[1]))
            else:
                parts.append(tuple(self._compile(one) for one in hole[2].split("|")))
            end = hole.end()
        if end < len(template) or not parts:
            parts.append(template[end:])
        return tuple(parts)

    def _expand(self, parts: Parts, dice: Random, fixed: Mapping[str, str], said: list[str]) -> None:
        for part in parts:
            if type(part) is str:
                said.append(part)
            elif type(part) is Slot:
                said.append(fixed[part] if part in fixed else self.one(part, dice, fixed))
            else:
                self._expand(part[int(dice.random() * len(part))], dice, fixed, said)  # type: ignore[arg-type]
