"""What one text looks like, by family: log-odds of linear heads over hashed words. Weights ship with the package.

One head a family, and the tenant's own tail to compare them in: a pooled head alone is far worse, and raw log-odds
of different heads don't compare. Trained by bench/training; what they were trained on and how they err is in
docs/model-card.md.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from tidegate.scoring.words import BUCKETS, features, hashes, plain, projection, segments, words_of

HEADS = (
    "jailbreak",
    "system_prompt",
    "training_data",
    "harmful",
    "generation",
    "reasoning",
    "instruction",
    "pooled",
)
_WEIGHTS = Path(__file__).parent / "weights" / "text.bin"
_LANE = 4  # bytes of a head's lane: a segment has some hundreds of features of at most 255
_SIZE = _LANE * len(HEADS)
_lanes = Struct(f"<{len(HEADS)}I").unpack


class Weights(NamedTuple):
    table: list[int]  # a bucket's weights of all heads, each plus 128, in lanes of one integer
    scales: tuple[float, ...]
    biases: tuple[float, ...]


class TextScore(NamedTuple):
    heads: tuple[float, ...]  # log-odds, the largest of the text's segments, in the order of HEADS
    plain: str
    words: list[str]  # of the plain text, in order
    hashed: list[int]  # the words' hashes
    distinct: frozenset[str]
    lanes: int  # the sign projection: see tidegate.scoring.words.projection


NOTHING = TextScore((), "", [], [], frozenset(), 0)


@cache
def shipped() -> Weights:
    return read_weights(_WEIGHTS.read_bytes())


def read_weights(data: bytes) -> Weights:
    """A line of JSON (heads, scales, biases), then one byte a bucket and head: the weight plus 128."""
    head, _, body = data.partition(b"\n")
    told = json.loads(head)
    if tuple(told["heads"]) != HEADS or len(body) != BUCKETS * len(HEADS):
        raise ValueError(f"weights of other heads or size: {told['heads']}, {len(body)} bytes; train them anew")
    size, lanes = len(HEADS), range(len(HEADS))
    table = []
    for start in range(0, len(body), size):
        spread = bytearray(size * _LANE)
        for lane in lanes:
            spread[lane * _LANE] = body[start + lane]
        table.append(int.from_bytes(spread, "little"))
    return Weights(table, tuple(told["scales"]), tuple(told["biases"]))


def score(text: str, weights: Weights | None = None) -> TextScore:
    """Some 60 us for 500 characters."""
    known = weights or shipped()
    said = plain(text)
    words = words_of(said)
    if not words:
        return NOTHING
    hashed = list(map(hashes.__getitem__, words))
    best = [_heads(segment, known) for segment in segments(hashed)]
    heads = best[0] if len(best) == 1 else tuple(map(max, *best))
    distinct = frozenset(words)
    return TextScore(heads, said, words, hashed, distinct, projection(distinct))


def _heads(segment: list[int], known: Weights) -> tuple[float, ...]:
    """Log-odds of one segment, in the order of HEADS."""
    found = features(segment)
    count = len(found)
    summed = sum(map(known.table.__getitem__, found))
    root = math.sqrt(count)
    zero = 128 * count
    lanes = _lanes(summed.to_bytes(_SIZE, "little"))
    told = zip(lanes, known.scales, known.biases, strict=True)
    return tuple([scale * (lane - zero) / root + bias for lane, scale, bias in told])
