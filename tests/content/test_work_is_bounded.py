"""No text makes a finder work more than in proportion to its length: counted in steps, not in seconds."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from content_builders import a_card, a_github_token, an_aws_key

import tidegate.content
from tidegate.content.active import active_in
from tidegate.content.commands import grave_in
from tidegate.content.encodings import blobs_in
from tidegate.content.hidden import hidden_in, visible
from tidegate.content.links import links_in
from tidegate.content.orders import orders_in
from tidegate.content.patterns import bounded, work_of
from tidegate.content.personal import personal_data_in
from tidegate.content.redaction import redacted
from tidegate.content.secrets import secrets_in
from tidegate.content.words import long_words

MOST_STEPS = 20_000  # at one place: the longest things that are read there are addresses of 8,000 characters
LONG = 1_000_000


def _expressions(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _expressions(inner)


def _all_expressions() -> dict[str, re.Pattern[str]]:
    found = {}
    for module in pkgutil.iter_modules(tidegate.content.__path__):
        for name, value in vars(importlib.import_module(f"tidegate.content.{module.name}")).items():
            for number, expression in enumerate(_expressions(value)):
                found[f"{module.name}.{name}.{number}"] = expression
    return found


@pytest.mark.parametrize(("name", "expression"), _all_expressions().items())
def test_every_expression_has_a_bound_of_steps_at_one_place(name: str, expression: re.Pattern[str]):
    assert work_of(expression.pattern, expression.flags & ~re.UNICODE) <= MOST_STEPS, name


FINDERS: list[Callable[[str], Any]] = [
    secrets_in,
    personal_data_in,
    blobs_in,
    hidden_in,
    links_in,
    active_in,
    orders_in,
    redacted,
    lambda text: list(grave_in(text)),
]
HOSTILE = [
    "a",
    "1",
    "1 ",
    "12-",
    "@",
    "a@",
    "a@a.",
    "AKIA",
    "eyJ.",
    "eyJaaaaaaaa.",
    "sk-",
    "-----BEGIN ",
    "<",
    "<a ",
    "<img src=",
    "![",
    "[a](",
    "[a]: ",
    "://",
    "a://b",
    "a:b@c",
    "password=",
    "password",
    "%41",
    "=",
    "\u200b",
    "\U000e0041",
    "\ufe01",
    "```\n",
    "`",
    "ignore all ",
    "do not tell ",
    "curl | ",
    "rm -",
    "AAAA BBBB ",
    "DE89 ",
    a_github_token() + " ",
    an_aws_key() + " ",
    a_card() + ", ",
    "x" + an_aws_key(),
    "MT.",
    "0x",
    "on=",
    "onload=",
    "nc ",
    "/dev/tcp/",
]


def _calls(finder: Callable[[str], Any], text: str) -> int:
    """Calls of functions, ours and those of str and re, while the finder looks at a text."""
    visible.cache_clear()
    long_words.cache_clear()
    count = 0

    def counting(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        finder(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_is_at_most_twice_the_work(piece: str):
    short = piece * (6_000 // len(piece))
    for finder in FINDERS:
        once, twice = _calls(finder, short), _calls(finder, short * 2)
        assert twice <= 2.2 * once + 200, f"{once} calls became {twice}"


@pytest.mark.parametrize("piece", ["a", "AKIA", "1 ", "<img src=", "password=", "ignore all ", "a@a."])
def test_a_million_characters_are_read_to_their_end(piece: str):
    text = piece * (LONG // len(piece)) + " " + a_github_token()

    assert secrets_in(text)[-1].kind == "github_token"
    personal_data_in(text)
    blobs_in(text)
    links_in(text)
    active_in(text)
    orders_in(text)


@pytest.mark.parametrize(
    "expression",
    ["(a+)+b", "a*b", "(?:a|a){1,30}b", "(a{1,30}){1,30}", ".{1,60}x.{1,60}y", "a{3,}", "(", "(a)(?(1)b|c)"],
)
def test_an_expression_that_may_take_long_is_refused(expression: str):
    with pytest.raises(ValueError, match="steps|without an end|not a regular|not supported"):
        bounded(expression)


@pytest.mark.parametrize(
    "expression", [r"\bEMP-[0-9]{8}\b", "CASE-[A-Z]{2}[0-9]{4,10}", "(?:red|blue) heron", "x{3,}+"]
)
def test_an_ordinary_expression_is_taken(expression: str):
    assert bounded(expression)
