"""What happens to a text on its way: haste, habits, phones, dictation, the clipboard."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from market_phrases import written

Noise = Callable[[str, random.Random], str]

_WORDS = written("words")["noise"]
_SHORT_WORD = re.compile(rf"\b({'|'.join(_WORDS['shortened'])})\b")
_SPOKEN_AWAY = re.compile(r"[^\w\s']+")


def _typos(text: str, dice: random.Random) -> str:
    """Letters left out, doubled, or in the wrong order."""
    for _ in range(1 + len(text) // dice.randint(60, 400)):
        at = dice.randrange(len(text))
        before, letter, after = text[:at], text[at], text[at + 1 :]
        text = before + dice.choice((after, letter + letter + after, after[:1] + letter + after[1:]))
    return text


def _quoted(text: str, dice: random.Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(('"{}"', "```\n{}\n```", "'''{}'''", "[{}]", "“{}”")).replace("{}", text)
    mark = dice.choice(("> ", "    ", "| ", ">> "))
    return "\n".join(mark + line for line in text.split("\n"))


_ALL: tuple[Noise, ...] = (
    _typos,
    _quoted,
    lambda text, _: text.lower(),
    lambda text, _: text.upper() if len(text) < 200 else text,
    lambda text, _: text.rstrip(".?! "),
    lambda text, _: " ".join(text.split()),
    lambda text, _: _SHORT_WORD.sub(lambda word: _WORDS["shortened"][word[0]], text),
    lambda text, dice: f"{text} {dice.choice(_WORDS['faces']) * dice.choice((1, 1, 2, 3))}",
    lambda text, dice: text + dice.choice(_WORDS["signed"]),
    lambda text, dice: text[: round(len(text) * dice.uniform(0.5, 0.98))] if len(text) > 60 else text,  # cut off
    lambda text, dice: dice.choice(_WORDS["spoken"]) + _SPOKEN_AWAY.sub("", text.lower()),
    lambda text, dice: text.replace(*dice.choice(_WORDS["pasted"])),
    lambda text, dice: dice.choice(("\n", "  ", "\t", "\n\n\n")) + text + dice.choice((" ", "\n", "", "\n\n")),
)


def noise(dice: random.Random, strength: float) -> Noise:
    """One asker's: a few of all, each at a rate of its own. `strength` 0: none."""
    quiet = dice.random() > strength
    rates = [] if quiet else [(one, dice.random() ** 2 * strength) for one in dice.sample(_ALL, dice.randint(1, 5))]

    def made(text: str, dice: random.Random) -> str:
        for one, rate in rates:
            if text and dice.random() < rate:
                text = one(text, dice)
        return text or "."

    return made
