"""Whether a text asks for reasoning in a way that harvests it: the same words beside one question after another.

Steps are asked for by everybody now and then, and applications ask for them in a form of their own, filled with one
kind of thing. Who trains a model on another one's reasoning takes questions from everywhere and adds the same words to
each. So a record counts whose first or last words came before today, that is no copy of those before it, asks for steps
and was answered at length; and it counts only as long as the day's texts go on bringing new words. Of thirty, sixty and
a hundred and twenty public prompts, a form filled from one trade had 165, 250 and 420 different words, questions from
everywhere 330, 550 and 880 at least. The system prompt is never read.
"""

from __future__ import annotations

import re

from tidegate.callers.behaviour.day import Day, vocabulary_size
from tidegate.callers.behaviour.record import Record

_ASKS = re.compile(
    r"\bstep[ -]?by[ -]?step\b|\bchain[ -]of[ -]thought\b|\bthought process\b"
    r"|</?(?:think|thinking|reasoning|scratchpad)>"
    r"|\b(?:each|every|all|your|the|intermediate|detailed|numbered|logical) (?:\w+ )?"
    r"(?:steps?|reasoning|thinking|thoughts?|derivation|working)\b"
    r"|\b(?:show|explain|write out|spell out|include|give|lay out|narrate) (?:\w+ ){0,3}"
    r"(?:reasoning|working|work|thinking|derivation|how you (?:arrive|got|get))\b"
    r"|\breason(?:ing)? (?:carefully|aloud|out loud|process|trace|through|before)\b"
    r"|\bthink(?:ing)? (?:aloud|out loud|carefully|(?:\w+ )?through)\b"
    r"|\bbefore (?:giving|stating|answering|you (?:give|answer|state))\b"
)
_EITHER_END = 240  # characters that a prefix or suffix lies in
_COPY = 5  # of a signature's 64 bits
_FEWEST_WORDS = 10
_LONG, _LONG_TEXT = 80, 320  # tokens, characters of an answer with steps in it
_CAME = 2  # records of today that began or ended so
_FORM_WORDS, _NEW_WORDS = 90, 5.2  # different ones: of a form, and beside it of each text
_WORDS_OF = 150  # texts: beyond, new words become rare in any language


def elicits(record: Record, came: int, nearest: int, today: Day) -> bool:
    """`came`: records of today that began or ended as this one does; `nearest`: bits to the nearest before it."""
    if came < _CAME or nearest <= _COPY or len(record.text.hashed) < _FEWEST_WORDS:
        return False
    if record.call.output_tokens < _LONG and len(record.contents.answered) < _LONG_TEXT:
        return False
    said = record.contents.user
    ends = f"{said[:_EITHER_END]}\n{said[-_EITHER_END:]}".lower()
    if not _ASKS.search(ends):
        return False
    return vocabulary_size(today.vocabulary) >= _FORM_WORDS + _NEW_WORDS * min(today.records, _WORDS_OF)
