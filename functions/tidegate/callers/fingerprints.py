"""Whether two texts are nearly the same: SimHash over words (Charikar 2002), 64 bits a text.

The distance of two fingerprints is the number of bits in which they differ. It grows with the angle between the
texts' word sets: 0 for the same words, 5 +- 2 where one word in forty was changed, 32 +- 4 for unrelated texts.

Each word has 64 votes, kept as lanes of one large integer, so that a text costs one addition a word.
"""

from __future__ import annotations

from tidegate.callers.hyperloglog import hash64

NEAR = 9  # bits: one word in forty differs, or in twenty for half of the texts
_LANES, _WIDTH = 64, 16
_MOST_WORDS = (1 << _WIDTH - 1) - 1  # more would run over into the next lane
_MOST_CACHED = 20_000  # words, about 200 bytes each
_LONGEST = 64  # characters of a word that is worth keeping
_ONES = sum(1 << lane * _WIDTH for lane in range(_LANES))
_TO_DIGITS = bytes(0x31 if value & 0x80 else 0x30 for value in range(256))
_votes: dict[str, int] = {}


def fingerprint(text: str) -> int:
    """64 bits; 0 for a text without words. Case, order and repetition of words don't count."""
    words = set(text.lower().split())
    if not words:
        return 0
    if len(words) > _MOST_WORDS:
        words = set(sorted(words)[:_MOST_WORDS])
    if len(_votes) > _MOST_CACHED:
        _votes.clear()
    total = sum(_votes[word] if word in _votes else _vote(word) for word in words)
    majority = (1 << _WIDTH - 1) - (len(words) // 2 + 1)  # lifts a lane's top bit where more than half voted for it
    lanes = (total + majority * _ONES).to_bytes(_LANES * _WIDTH // 8, "little")
    return int(lanes[1::2].translate(_TO_DIGITS), 2)


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def _vote(word: str) -> int:
    digits = f"{hash64(word):064b}".encode()
    lanes = bytes(byte for digit in digits for byte in (digit & 1, 0))
    vote = int.from_bytes(lanes, "little")
    return _votes.setdefault(word, vote) if len(word) <= _LONGEST else vote
