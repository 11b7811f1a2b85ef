"""One way to use a model: what is asked, in what dress, how it goes on, how it is answered.

A product's use, a job, a day of homework and an attack are all works: they differ in what is drawn for them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from market_answers import answer
from market_noise import Noise
from market_phrases import Phrases, Tongue, code
from market_wrappers import Wrapper

from tidegate.model import Turn
from tidegate.sources.contents import Contents, Parameters, ToolUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What a program puts around whatever it is asked to send."""

    wrapper: Wrapper
    system: str
    tools: Sequence[str]
    brings: float  # chance of passages that come along
    flat: bool  # the conversation so far is sent as text
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is made one's own."""

    hello: float  # chances
    limit: float
    noise: Noise


@dataclass(frozen=True, slots=True)
class Answering:
    styles: Sequence[str]
    length: float  # sentences, the median
    refused: float  # chance
    tongue: Tongue | None  # None: English
    into: Tongue  # of translations


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    asks: Iterator[str]
    follows: Iterator[str]
    talk: float  # chance that one more is asked in the same conversation
    manner: Manner
    dress: Dress
    answering: Answering
    phrases: Phrases


def talk(work: Work, most: int, dice: random.Random) -> list[Contents]:
    """One conversation of at most so many requests."""
    said: list[str] = []
    found: list[Contents] = []
    while not found or (len(found) < most and dice.random() < work.talk):
        text = _asked(work, dice) if not found else work.manner.noise(next(work.follows), dice)
        if work.dress.tools and found and found[-1].tool_uses:
            text = ""  # what the tool gave is sent alone
        contents = _request(work, text, said, len(found), dice)
        said += [f"User: {text}", f"Assistant: {contents.answered}"]
        found.append(contents)
    return found


def _asked(work: Work, dice: random.Random) -> str:
    manner, text = work.manner, next(work.asks)
    if dice.random() < manner.hello:
        text = work.phrases.say("hello", dice) + text
    if dice.random() < manner.limit:
        limit = work.phrases.filled("{limit}", dice, {})
        text = (text.rstrip(".?! ") if limit.startswith(".") else text) + limit
    return work.dress.wrapper(manner.noise(text, dice))


def _request(work: Work, text: str, said: Sequence[str], place: int, dice: random.Random) -> Contents:
    phrases, brought, before = work.phrases, [], "\n".join(said) if work.dress.flat else ""
    if not text:
        brought = [
            Turn(role="tool_result", text=phrases.filled(dice.choice(("{passage}", "[]", "{n} rows")), dice, {}))
        ]
    elif dice.random() < work.dress.brings:
        brought = [Turn(role="retrieved", text=phrases.say("passage", dice)) for _ in range(dice.randint(1, 4))]
    user = f"{before}\nUser: {text}\nAssistant:" if before and text else text
    told = [Turn(role="system", text=work.dress.system)] if work.dress.system and (not place or work.dress.flat) else []
    new = (*told, *brought, *([Turn(role="user", text=user)] if user else []))
    uses = _tool_uses(work, dice) if work.dress.tools and dice.random() < 0.35 else ()
    answered = "" if uses else _answered(work, text or " ".join(said[-2:-1]), dice)
    told_back = (Turn(role="assistant", text=answered),) if answered else ()
    return Contents(
        new=new,
        answer=(*told_back, *[Turn(role="tool_call", text=use.text) for use in uses]),
        system=work.dress.system,
        user=user,
        brought="\n".join([turn.text for turn in brought]),
        answered=answered,
        tool_uses=uses,
        tools_offered=tuple(work.dress.tools),
        messages=1 if work.dress.flat else 2 * place + 1,
        parameters=work.dress.parameters,
    )


def _tool_uses(work: Work, dice: random.Random) -> tuple[ToolUse, ...]:
    name, given = dice.choice(work.dress.tools), {"q": work.phrases.say("topic", dice), "id": code(dice)}
    text = f'{name} {{"q": "{given["q"]}", "id": "{given["id"]}"}}'
    return (ToolUse(name=name, input=given, text=text),)


def _answered(work: Work, text: str, dice: random.Random) -> str:
    how = work.answering
    style = "refusal" if dice.random() < how.refused else dice.choice(how.styles)
    tongue = how.into if style == "translation" else how.tongue
    say = (lambda: tongue.said("sentences", dice)) if tongue else None
    return answer(style, text, min(how.length, 6) if tongue else how.length, work.phrases, dice, say)
