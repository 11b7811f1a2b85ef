"""What one call says about its caller: scores of what was asked, phrases, and what the answer gives away."""

from __future__ import annotations

from typing import NamedTuple

from tidegate.callers.behaviour.answers import diverged, given_away, refused
from tidegate.callers.behaviour.disguises import undisguised
from tidegate.callers.behaviour.phrases import DISGUISED, QUESTIONS, Phrase, said
from tidegate.callers.behaviour.phrases_abroad import said_abroad
from tidegate.model import Invocation
from tidegate.scoring.scale import Scale
from tidegate.scoring.text import TextScore, score
from tidegate.scoring.words import signature
from tidegate.sources.contents import Contents, GuardrailFact

_ORDERS = frozenset(
    [
        "write",
        "create",
        "generate",
        "give",
        "list",
        "explain",
        "describe",
        "translate",
        "classify",
        "summarize",
        "summarise",
        "rewrite",
        "convert",
        "find",
        "identify",
        "suggest",
        "compose",
        "name",
        "calculate",
        "solve",
        "design",
        "make",
        "provide",
        "tell",
        "edit",
        "compare",
        "determine",
        "construct",
        "come",
        "draft",
        "build",
        "develop",
        "propose",
        "extract",
        "correct",
        "fix",
        "predict",
        "answer",
        "complete",
        "imagine",
        "act",
        "take",
        "choose",
        "rank",
        "sort",
        "label",
    ]
)
_CODE = ("```", "def ", "();", "{\n", "import ", "SELECT ", "</", "function ", "class ")
_ENDS = ".?!:;)]}\"'`>\u201d\u3002\uff1f\uff01"
_FRAGMENT = 18  # words of a text that neither asks nor ends: a passage to be gone on with
_TERSE, _LENGTHY = 24, 900  # characters of an answer
_BLOCKING = ("contentPolicy", "topicPolicy", "wordPolicy")


class Traits(NamedTuple):
    """Yes or no, of one text; their shares are features of a day. In the order of TRAITS."""

    question: bool
    order: bool
    code: bool
    several_lines: bool
    fragment: bool
    foreign: bool
    first_turn: bool
    with_system: bool
    refused: bool
    fresh: bool  # sampled, not greedy: temperature above 0.3 or not said
    terse: bool  # the answer is a label, a mark, a choice
    lengthy: bool  # the answer is worked out at length
    equipped: bool  # tools are offered, or text was brought from elsewhere: an application's call


TRAITS = Traits._fields


class Record(NamedTuple):
    """One invocation, opened and scored."""

    call: Invocation
    contents: Contents
    text: TextScore
    middle: list[float]  # the heads in units of the tenant's middle: 0 the median, 1 the 97th percentile
    tail: list[float]  # the heads in units of the tenant's tail: 0 the 97th percentile, 1 the 99.7th
    phrases: list[Phrase]
    traits: Traits
    given_away: float  # the share of the caller's system prompt that the answer holds
    diverged: bool
    blocked: bool  # a guardrail blocked what was asked, for what it says
    prefix: int  # 16 bits of the first words
    suffix: int  # 16 bits of the last words
    signature: int  # 64 bits: near texts differ in few


def read(call: Invocation, contents: Contents, scale: Scale) -> Record | None:
    """None where the user said nothing: a call that goes on after a tool, an embedding, a body not delivered."""
    text = score(contents.user)
    if not text.words:
        return None
    answer = contents.answered
    declined = refused(answer)
    words = text.words
    plain = text.plain.rstrip()
    question = words[-1] == "?" or words[0] in QUESTIONS
    temperature = contents.parameters.temperature
    traits = Traits(
        question=question,
        order=words[0] in _ORDERS or (len(words) > 1 and words[0] in ("please", "you") and words[1] in _ORDERS),
        code=any(map(contents.user.__contains__, _CODE)),
        several_lines="\n" in contents.user,
        fragment=len(words) >= _FRAGMENT and not question and plain[-1] not in _ENDS,
        foreign=not plain.isascii(),
        first_turn=contents.messages <= 1,
        with_system=bool(contents.system),
        refused=declined,
        fresh=temperature is None or temperature > 0.3,
        terse=0 < len(answer) <= _TERSE,
        lengthy=len(answer) >= _LENGTHY,
        equipped=bool(contents.tools_offered or contents.brought),
    )
    phrases = _phrases_of(text)
    heads = text.heads
    if underneath := undisguised(contents.user, text.plain, words, text.distinct):
        inner = score(underneath)
        phrases = [*phrases, DISGUISED, *_phrases_of(inner)]
        heads = tuple(map(max, heads, inner.heads)) if inner.words else heads
    return Record(
        call=call,
        contents=contents,
        text=text if heads is text.heads else text._replace(heads=heads),
        middle=scale.middle_units(heads),
        tail=scale.tail_units(heads),
        phrases=phrases,
        traits=traits,
        given_away=given_away(contents.system, answer) if contents.system and answer else 0.0,
        diverged=bool(phrases) and diverged(answer),
        blocked=call.guardrail_action == "INTERVENED" and any(_blocks(fact) for fact in contents.guardrail),
        prefix=_mark(text.hashed[:4]),
        suffix=_mark(text.hashed[-4:]),
        signature=signature(text.lanes),
    )


def _phrases_of(text: TextScore) -> list[Phrase]:
    if not text.words:
        return []
    return [*said(text.plain, text.words, text.distinct), *said_abroad(text.plain, text.distinct)]


def _blocks(fact: GuardrailFact) -> bool:
    return fact.action == "BLOCKED" and fact.policy in _BLOCKING and not fact.on_answer


def _mark(hashed: list[int]) -> int:
    mark = len(hashed)
    for one in hashed:
        mark = (mark * 1_000_003 ^ one) & 0xFFFFFFFF
    return (mark ^ mark >> 16) & 0xFFFF
