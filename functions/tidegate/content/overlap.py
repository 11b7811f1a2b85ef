"""Whether a text says what another said: by the words they share, for text that was taken from a conversation."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]{4,40}+")
_FEWEST = 4  # distinct words in common; fewer are shared by chance
_SHARE = 0.6


def words_of(*texts: str) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text.lower())}


def taken_from(text: str, words: set[str]) -> bool:
    """Whether most words of a text are among `words`, and enough of them to mean something."""
    own = words_of(text)
    common = len(own & words)
    return common >= _FEWEST and common >= _SHARE * len(own)
