"""A notice as Slack's blocks. Nothing that was logged is ever markup there.

Every logged value stands in a `plain_text` object, which Slack neither formats nor searches for mentions and links,
with emoji off; `<`, `>` and `&` are escaped all the same, because Slack reads them first. An address can't be clicked
and @channel can't be made, also not in the text of the notification, which has no blocks. The one piece of markup is
the link to the responder's page: our own address and an id that is a digest.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks, a header of 150 characters, a section of 3,000,
ten fields of 2,000, ten elements of a context); together some 13,000 characters, which is not documented.
"""

from __future__ import annotations

import re
from typing import Any

from tidegate.notices.notice import Notice

MOST_BLOCKS, MOST_HEADER, MOST_SECTION, MOST_FIELD, MOST_TOGETHER = 50, 150, 2900, 600, 11_000
STATES = {
    "new": "New",
    "waiting": "Waits for approval",
    "failed": "Response FAILED",
    "in part": "Contained only IN PART",
    "contained": "Contained",
    "released": "Released",
    "closed": "Closed",
    "decided": "Not contained",
}
_MENTION = re.compile(r"@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)

type Block = dict[str, Any]


def blocks_of(notice: Notice) -> list[Block]:
    blocks: list[Block] = [
        {"type": "header", "text": _plain(f"{STATES[notice.state]} - {notice.severity.value}", MOST_HEADER)},
        _section(notice.happened),
        {"type": "section", "fields": [_plain(f"{name}\n{value}", MOST_FIELD) for name, value in _facts(notice)]},
    ]
    if notice.waits:
        blocks.append(_section(f"To decide: {notice.waits}"))
    if notice.done:
        blocks.append(_section("\n".join(f"- {line}" for line in notice.done)))
    if notice.undo:
        blocks.append(_section(f"To undo: {notice.undo}"))
    if notice.times:
        blocks.append(_section("Times: " + "; ".join(notice.times)))
    if notice.link:
        link = f"<{escaped(notice.link)}|Open incident>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    blocks.append({"type": "context", "elements": [_plain(f"Tidegate, incident {notice.incident_id}", MOST_FIELD)]})
    return _fitting(blocks)[:MOST_BLOCKS]


def text_of(notice: Notice) -> str:
    """What a notification shows. Told by `mrkdwn: false` not to be formatted; escaped as if it were."""
    return safe(f"{STATES[notice.state]}: {notice.happened} ({notice.who})")[:MOST_SECTION]


def safe(value: str) -> str:
    """Logged text as text: one line at most where it was one, no control, bidirectional or invisible characters."""
    text = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in value)
    text = _MENTION.sub("(at)", text.replace("://", "[:]//").replace("`", "'"))
    return escaped(text)


def escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _facts(notice: Notice) -> list[tuple[str, str]]:
    rows = [
        ("Who", notice.who),
        ("Where", f"{notice.account}, {notice.region}"),
        ("Found by", ", ".join(notice.detectors)),
        ("Findings", notice.findings),
        ("Since", f"{notice.first_seen:%Y-%m-%d %H:%M:%S} UTC"),
        ("Status", notice.status.value),
        ("From", ", ".join(notice.addresses)),
        ("On", ", ".join(notice.resources)),
    ]
    return [(name, value) for name, value in rows if value][:10]


def _plain(value: str, most: int) -> Block:
    text = safe(value)
    return {"type": "plain_text", "text": _cut(text, most), "emoji": False}


def _section(value: str) -> Block:
    return {"type": "section", "text": _plain(value, MOST_SECTION)}


def _cut(text: str, most: int) -> str:
    """Never through an escape: half of `&lt;` would be shown, or read as another."""
    if len(text) <= most:
        return text
    head = text[: most - 3]
    amp = head.rfind("&", max(0, len(head) - 5))
    return (head[:amp] if amp >= 0 and ";" not in head[amp:] else head) + "..."


def _fitting(blocks: list[Block]) -> list[Block]:
    """All of them within what Slack takes together: the longest gives way first."""
    while (over := sum(map(_length, blocks)) - MOST_TOGETHER) > 0:
        longest = max((block for block in blocks if "text" in block), key=_length)
        text = longest["text"]
        longest["text"] = text | {"text": _cut(text["text"], max(100, len(text["text"]) - over - 3))}
    return blocks


def _length(block: Block) -> int:
    parts = [block["text"]] if "text" in block else [*block.get("fields", ()), *block.get("elements", ())]
    return sum(len(part["text"]) for part in parts)
