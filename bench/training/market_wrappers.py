"""What a program puts around a text before it sends it: an invented form with the text somewhere in it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

from market_phrases import Phrases, code, written

Wrapper = Callable[[str], str]
_Form = Callable[[Sequence[tuple[str, str]]], str]

_WORDS = written("words")["wrappers"]


def wrapper(phrases: Phrases, dice: random.Random, bareness: float) -> Wrapper:
    """One program's form: what stands beside the text changes from call to call, the rest does not."""
    if dice.random() < bareness:
        return lambda text: text
    return dice.choice((_fields, _fields, _fields, _transcript, _shots, _call_dump, _headed))(phrases, dice)


def _fields(phrases: Phrases, dice: random.Random) -> Wrapper:
    form, key = _form(dice), dice.choice(_WORDS["keys"])
    told = [(dice.choice(_WORDS["told"]), phrases.say("system", dice))] if dice.random() < 0.6 else []
    sides = dice.sample(list(_WORDS["sides"]), dice.choice((0, 0, 1, 2, 4)))
    after = dice.random() < 0.4

    def made(text: str) -> str:
        beside = [(side, phrases.filled(dice.choice(_WORDS["sides"][side]), dice, {})) for side in sides]
        return form([*beside, (key, text), *told] if after else [*told, *beside, (key, text)])

    return made


def _form(dice: random.Random) -> _Form:
    """JSON, tags, sections or lines."""
    style, gap = dice.choice((str, str.upper, str.title)), dice.choice(("\n", "\n\n", "\n---\n", " | "))
    opens, closes = dice.choice(_WORDS["headings"])
    indent = dice.choice((None, None, 2, 4))
    forms: Sequence[_Form] = (
        lambda fields: json.dumps(dict(fields), indent=indent, ensure_ascii=indent is None),
        lambda fields: "\n".join([f"<{key}>{value}</{key}>" for key, value in fields]),
        lambda fields: "\n\n".join([f"{opens}{style(key)}{closes}\n{value}" for key, value in fields]),
        lambda fields: gap.join([f"{style(key)}: {value}" for key, value in fields]),
    )
    return dice.choice(forms)


def _transcript(phrases: Phrases, dice: random.Random) -> Wrapper:
    """A chat sent as text, with what was said before in it."""
    you, bot = dice.choice(_WORDS["speakers"])
    most, opened, head = dice.randint(0, 4), dice.random() < 0.6, phrases.say("role", dice)

    def made(text: str) -> str:
        lines = [head] if most % 2 else []
        for _ in range(dice.randint(0, most)):
            lines += [f"{you}: {phrases.say('follow', dice)}", f"{bot}: {phrases.say('sentence', dice)}"]
        return "\n".join([*lines, f"{you}: {text}", *([f"{bot}:"] if opened else [])])

    return made


def _shots(phrases: Phrases, dice: random.Random) -> Wrapper:
    """A block of examples that stays the same, then the text."""
    asked, told = dice.choice(_WORDS["shots"])
    pairs = [(phrases.say("follow", dice), phrases.say("label_word", dice)) for _ in range(dice.randint(1, 5))]
    shots = "\n".join([f"{asked}: {one}\n{told}: {other}\n" for one, other in pairs])
    return lambda text: f"{shots}\n{asked}: {text}\n{told}:"


def _call_dump(phrases: Phrases, dice: random.Random) -> Wrapper:
    tool, key, lead = phrases.say("tool_name", dice), dice.choice(_WORDS["keys"]), dice.choice(("", "call: ", "> "))
    return lambda text: (
        lead + json.dumps({"name": tool, "id": code(dice), "arguments": {key: text}}, ensure_ascii=False)
    )


def _headed(phrases: Phrases, dice: random.Random) -> Wrapper:
    """A prompt in front, or behind."""
    head, line = phrases.say("system", dice), dice.choice(("\n", "\n\n", "\n\n---\n\n", '\n\n"""\n', "\n\nText: "))
    return (lambda text: f"{head}{line}{text}") if dice.random() < 0.7 else (lambda text: f"{text}{line}{head}")
