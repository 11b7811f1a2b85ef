"""What an application found and put into the user's turn is not what the user said."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.retrieved import passages_of, without_retrieved


def test_blocks_are_taken_out_of_what_the_user_said():
    said, found = without_retrieved(
        "<documents>\n<document id='1'>a</document></documents> Who? <Sources>b</sources> Now?"
    )

    assert said.split() == ["Who?", "Now?"]
    assert "a" in found
    assert "b" in found


def test_numbered_passages_are_a_block_by_any_name():
    said, found = without_retrieved(
        "<know-how>\n[1] Keys hang in the hall.\n[2] Post comes at nine.\n</know-how>\nWhen?"
    )

    assert said.strip() == "When?"
    assert passages_of(found) == ["[1] Keys hang in the hall.", "[2] Post comes at nine."]
    for text in ("<steps>\n1. Mix.\n</steps>", "<b>\n2. Bake\n</b>", "<p>[1] a\n [2] b"):
        assert without_retrieved(text) == (text, "")


def test_passages_are_parted_by_tags_blank_lines_and_numbers():
    block = "<document index='1'><source>a.md</source><text>One.</text></document>\n\nTwo,\nstill.\n(3) Three.\n- Four."

    assert passages_of(block) == ["a.md", "One.", "Two,\nstill.", "(3) Three.", "- Four."]


def test_what_is_open_or_no_block_stays_the_user_s():
    for text in ("<context> never closed", "a < b and </b>", "", "<mine>a</mine>"):
        assert without_retrieved(text) == (text, "")


@pytest.mark.parametrize("piece", ["<x>[1] ", "<x>[1] a</x>", "<a>[1] </b>"])
def test_openings_in_vain_are_looked_for_a_bounded_number_of_times(piece: str):
    """Each search runs to the end of the text: as many as an attacker likes would be the square of its length."""
    sought = 0

    def counting(_frame: Any, event: str, argument: Any) -> None:
        nonlocal sought
        sought += event == "c_call" and argument.__name__ == "find"

    sys.setprofile(counting)
    try:
        without_retrieved(piece * 5_000 + "</")
    finally:
        sys.setprofile(None)
    assert 0 < sought <= 50


@given(st.lists(st.sampled_from(["<context>", "</context>", "<source ", ">", "word ", "İ", "</sources>"]), max_size=40))
def test_nothing_is_lost_and_nothing_invented(pieces: list[str]):
    text = "".join(pieces)

    said, found = without_retrieved(text)

    assert all(word in text for word in (*said.split(), *found.split()))
    assert len(said) + len(found) <= len(text) + len(pieces) + 1
