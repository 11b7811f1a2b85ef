"""Nearly the same texts are near, others are not."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tidegate.callers.fingerprints import NEAR, distance, fingerprint

WORDS = [f"{stem}{ending}" for stem in ("tide", "gate", "harbour", "buoy", "reef", "mast", "keel", "sail", "wharf")
         for ending in ("", "s", "less", "like", "ward", "ing", "ed", "er", "y", "ful")]  # fmt: skip


def _text(seed: int, count: int = 40) -> list[str]:
    return random.Random(seed).sample(WORDS, count)


@given(st.lists(st.text(max_size=8), max_size=30))
def test_order_case_and_repetition_do_not_count(words):
    text = " ".join(words)
    again = " ".join([*reversed(text.split()), *text.split()])

    assert fingerprint(text) == fingerprint(again)
    assert 0 <= fingerprint(text) < 2**64


def test_one_word_changed_of_forty_is_near():
    near = 0
    for seed in range(100):
        words = _text(seed)
        changed = ["anchorage", *words[1:]]
        near += distance(fingerprint(" ".join(words)), fingerprint(" ".join(changed))) <= NEAR

    assert near >= 95


def test_other_texts_are_far():
    prints = [fingerprint(" ".join(f"{word}{seed}" for word in _text(seed))) for seed in range(50)]

    assert all(distance(one, other) > NEAR for place, one in enumerate(prints) for other in prints[:place])


def test_a_text_without_words_has_no_print():
    assert fingerprint("  \n") == 0


def test_a_very_long_text_stays_within_64_bits():
    assert fingerprint(" ".join(map(str, range(70_000)))) < 2**64
