"""Whether what a user asked for implies a tool, told by words alone."""

from __future__ import annotations

import re

_ALIKE = {
    "email": {"mail", "email", "send", "reply", "forward", "write", "message", "invite"},
    "send": {"send", "mail", "email", "message", "forward", "share", "notify", "tell", "reply", "post"},
    "post": {"post", "publish", "share", "submit", "send", "comment", "create"},
    "fetch": {"open", "read", "visit", "look", "fetch", "browse", "page", "site", "link", "summarize", "check", "http"},
    "search": {"search", "find", "look", "what", "who", "when", "which", "where", "how", "show", "list"},
    "delete": {"delete", "remove", "cancel", "clean", "drop", "erase"},
    "transfer": {"transfer", "pay", "send", "payment", "invoice", "bill", "money"},
    "create": {"create", "add", "make", "new", "schedule", "book", "write", "open", "file"},
    "update": {"update", "change", "edit", "set", "modify", "correct", "fix"},
}
_WORDS = re.compile(r"[^\W_]{2,40}+")
_PIECES = re.compile(r"[A-Z]?[a-z]{2,30}+|[A-Z]{2,30}+")


def is_implied(tool: str, asked: str) -> bool:
    """Whether the user's words say what the tool's name says, or something like it."""
    pieces = {piece.lower() for piece in _PIECES.findall(tool)}
    wanted = pieces.union(*(_ALIKE.get(piece, ()) for piece in pieces))
    words = {word.lower() for word in _WORDS.findall(asked)}
    return any(word == want or (len(word) > 3 and word.startswith(want[:5])) for want in wanted for word in words)
