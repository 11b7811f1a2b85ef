"""What an answer gives away: a refusal, the caller's own system prompt, a word without end.

The log holds answers too, and who asks can't hide them.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:really |very |so )?sorry,? (?:but|i can)"
    r"|(?:i|we) (?:can(?:'|no)t|can not|won't|will not|am unable to|'m unable to|'m not able to|am not able to) "
    r"(?:help|assist|provide|share|comply|fulfil+|discuss|create|continue|support|do that|engage|reveal|disclose|answer"
    r"|generate|write|participate|give|tell)"
    r"|(?:isn't|is not|not) something (?:that )?(?:i|we) can (?:help|assist|provide|share|do|support|answer|discuss)"
    r"|(?:i'd|i would) rather not|(?:i'm|i am) not comfortable"
    r"|i (?:must|have to|need to) (?:decline|refuse)|(?:unable|not able) to (?:assist|help|comply) with (?:that|this)"
    r"|against (?:my|our|the) (?:guidelines|policy|policies|programming))"
)
# Every refusal holds one of these; few answers do, and looking for them costs less than the expression.
_ONE_OF = (
    "sorry", "cannot", "can't", "can not", "won't", "will not", "able to ", " decline", " refuse", "against ",
    "something i can", "something we can", "something that ", "rather not", "not comfortable",
)  # fmt: skip
# How models refuse in other languages, word for word.
_ABROAD = (
    "tut mir leid, aber", "kann ich nicht helfen", "kann dabei nicht", "lo siento, pero no",
    "no puedo ayudar", "no puedo proporcionar", "désolé, mais je", "je ne peux pas",
    "desculpe, mas", "não posso ajudar", "não posso fornecer", "mi dispiace, ma non",
    "non posso aiutar", "het spijt me, maar", "przykro mi, ale", "nie mogę pomóc", "не могу помочь",
    "извините, но", "к сожалению, я не могу", "вибачте, але", "üzgünüm, ancak", "maaf, saya tidak",
    "xin lỗi, tôi không", "لا أستطيع مساعدتك", "لا يمكنني مساعدتك", "آسف، لكن", "抱歉，我",
    "对不起，我", "我无法提供", "我無法提供", "申し訳ありませんが", "お手伝いできません",
    "죄송하지만", "죄송합니다", "क्षमा करें", "ขออภัย",
)  # fmt: skip
_HEAD = 240  # characters in which a refusal is said
_LINE = 32  # characters: a line of a system prompt that is no common phrase
_LEAST = 160  # characters given away
_LONG = 1200  # characters of an answer worth compressing
_RATIO = 12.0  # prose compresses 2 to 3 times, tables 4 to 6
_PIECES = re.compile(r"[\n.!?;]+")


def refused(answer: str) -> bool:
    if not answer:
        return False
    said = answer[:_HEAD].lower().replace("\u2019", "'")
    if any(map(said.__contains__, _ONE_OF)) and _REFUSAL.search(said):
        return True
    return any(map(said.__contains__, _ABROAD))


@lru_cache(maxsize=64)
def _lines(system: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(line for piece in _PIECES.split(system) if len(line := " ".join(piece.split())) >= _LINE)
    )


def given_away(system: str, answer: str) -> float:
    """The share of a system prompt's sentences that an answer holds word for word; 0 below two of them."""
    if len(answer) < _LEAST or len(system) < _LEAST:
        return 0.0
    lines = _lines(system)
    if not lines:
        return 0.0
    text = " ".join(answer.split())
    found = [line for line in lines if line in text]
    return len(found) / len(lines) if len(found) >= 2 and sum(map(len, found)) >= _LEAST else 0.0


def diverged(answer: str) -> bool:
    """A long answer that says the same again and again."""
    if len(answer) < _LONG:
        return False
    text = answer[:20_000].encode("utf-8", "replace")
    return len(text) / len(zlib.compress(text, 1)) > _RATIO
