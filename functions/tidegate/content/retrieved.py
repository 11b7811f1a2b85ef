"""Blocks of retrieved text that an application puts into the user's turn: `<documents>`, `<search_results>`.

Providers advise to mark documents so, and most applications that search do. What stands in such a block was found, not
said by the user.
"""

from __future__ import annotations

import re

_MARKS = (
    "documents?|document_content|passages?|contexts?|search_?results?|results|sources?|references?|chunks?|excerpts?"
    "|articles?|snippets?|retrieved_?[a-z]{0,20}|knowledge(?:_?base)?|web_?pages?|tool_?results?|attachments?|e?mails?"
)
_OPENS = re.compile(rf"(?i)<({_MARKS})(?:\s[^<>]{{0,100}})?>")
_MOST_BLOCKS = 200


def without_retrieved(text: str) -> tuple[str, str]:
    """(what the user said, what stands in blocks). A block that isn't closed is the user's."""
    if "</" not in text:
        return text, ""
    said: list[str] = []
    blocks: list[str] = []
    place = 0
    low = text.lower()
    while len(blocks) < _MOST_BLOCKS and (opened := _OPENS.search(text, place)):
        ends = low.find(f"</{opened[1].lower()}>", opened.end())
        if ends < 0 or len(low) != len(text):
            break
        said.append(text[place : opened.start()])
        blocks.append(text[opened.end() : ends])
        place = ends + len(opened[1]) + 3
    return "\n".join([*said, text[place:]]), "\n".join(blocks)
