"""Blocks of retrieved text that an application puts into the user's turn: `<documents>`, `<search_results>`.

Providers advise to mark documents so, and most applications that search do. What stands in such a block was found, not
said by the user. Whatever its name, a block whose lines are numbered passages is one.
"""

from __future__ import annotations

import re

_MARKS = (
    "documents?|document_content|passages?|contexts?|ctx|search_?results?|results|hits|sources?|references?|chunks?"
    "|excerpts?|articles?|snippets?|retrieved_?[a-z]{0,20}|knowledge(?:_?base)?|kb|facts|evidence|background|grounding"
    "|corpus|web_?pages?|tool_?results?|attachments?|e?mails?"
)
_FIRST, _NEXT = r"\s{0,4}(?:\[1\]|\(1\)|1[.):])\s", re.compile(r"\n\s{0,4}(?:\[2\]|\(2\)|2[.):])\s")
_OPENS = re.compile(rf"(?i)<(?>({_MARKS})(?:\s[^<>]{{0,100}}+)?+(?=>)|([a-z][a-z_-]{{0,30}}+)(?=>))>({_FIRST})?")
_MOST_BLOCKS = 200
_MOST_IN_VAIN = 20  # openings that begin like numbered passages and aren't: each is looked for through the whole text
_TAG = re.compile(r"</?[A-Za-z][A-Za-z_-]{0,30}(?:\s[^<>]{0,100})?>")
_PASSAGE = re.compile(r"\n\s{0,20}\n|\n\s{0,4}(?=\[\d{1,3}\]|\(?\d{1,3}[.):]\s|[-*\u2022]\s)")


def without_retrieved(text: str) -> tuple[str, str]:
    """(what the user said, what stands in blocks). A block that isn't closed is the user's."""
    if "</" not in text:
        return text, ""
    said: list[str] = []
    blocks: list[str] = []
    place = begin = 0
    low = text.lower()
    if len(low) != len(text):
        return text, ""
    in_vain = 0
    while len(blocks) < _MOST_BLOCKS and in_vain < _MOST_IN_VAIN and (opened := _OPENS.search(text, begin)):
        name = (opened[1] or opened[2]).lower()
        body = opened.end() if opened[3] is None else opened.start(3)
        ends = low.find(f"</{name}>", body) if opened[1] or opened[3] else -1
        if ends < 0 or not (opened[1] or _NEXT.search(text, body, ends)):
            if opened[1]:
                break
            in_vain += opened[3] is not None
            begin = opened.end()
            continue
        said.append(text[place : opened.start()])
        blocks.append(text[body:ends])
        place = begin = ends + len(name) + 3
    return "\n".join([*said, text[place:]]), "\n".join(blocks)


def passages_of(block: str) -> list[str]:
    """The pieces that a block was put together from: what tags, blank lines or numbers part."""
    return [piece for piece in map(str.strip, _PASSAGE.split(_TAG.sub("\n\n", f"\n{block}"))) if piece]
