"""Active content in an answer: what runs if an application renders it as HTML, or hands it to a shell or a database.

Code in fences or backticks is shown, not run, by anything that renders Markdown; what is left after taking it out is
looked at.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Active(NamedTuple):
    kind: str  # script, event_handler, frame, script_address, sql, shell
    start: int  # in what `outside_code` leaves of the text
    text: str


_FENCE = re.compile(r"(?m)^[ \t>]{0,8}+(`{3,40}+|~{3,40}+)")
_INLINE_CODE = re.compile(r"(`{1,2})(?!`)[^`\n]{1,500}+\1(?!`)")

_SCRIPT = re.compile(r"(?i)<script\b[^>]{0,400}+>")
_TAG = re.compile(r"(?i)<[a-z][a-z0-9-]{0,20}+\b[^<>]{0,600}+")
_HANDLER = re.compile(
    r"(?i)[\s/\"']on(?:error|load|click|mouse[a-z]{2,5}+|focus(?:in)?+|blur|toggle|begin|animation[a-z]{3,9}+"
    r"|pointer[a-z]{2,5}+|submit|input|change|key[a-z]{2,5}+|wheel|hashchange|message|pageshow)"
    r"\s{0,4}+=\s{0,4}+[^\s<>]{1,300}+"
)
# A component's source, not a page: what a framework is given in braces is a function's name, or a function, and an
# attribute of a page that says so does nothing. `onerror={alert(1)}` runs in both.
_OF_A_FRAMEWORK = re.compile(
    r"=\s{0,4}+\{(?:[\w$.]{1,80}+\}?+$|\(?(?:\w{0,20}\)?+$|async(?:$|\()|function(?:$|\()|\(?\)))"
)
# A tag that names what it loads, or where it sends to: `<object>` of a programming language, or a form without an
# address, does nothing in a page.
_FRAME = re.compile(
    r"(?i)<(?:meta\s{1,4}+http-equiv|(?>iframe|object|embed|base|form)(?=[\s/])"
    r"(?>[^<>]{0,200}?[\s/\"'](?>src|data|classid|href|action)))[^<>]{0,400}+>?+"
)
_SCRIPT_ADDRESS = re.compile(
    r"(?i)(?:\]\(|(?>href|src|formaction|action)\s{0,3}+=\s{0,3}+[\"']?+)\s{0,4}+(?>javascript|vbscript|data:text/html)"
    r"[:,;][^\s)\"'<>]{1,300}+"
)
_SQL = re.compile(
    r"(?:^|[;'\"\s])(?:DROP\s{1,4}+(?:TABLE|DATABASE|SCHEMA)\s{1,4}+[\w.\"`\[\]]{1,80}+"
    r"|TRUNCATE\s{1,4}+TABLE\s{1,4}+\w{1,80}+|UNION\s{1,4}+(?:ALL\s{1,4}+)?+SELECT\s"
    r"|DELETE\s{1,4}+FROM\s{1,4}+[\w.\"`]{1,80}+\s{0,4}+(?:;|WHERE\s{1,4}+(?:1\s{0,2}+=\s{0,2}+1|true)))"
)
_SHELL = re.compile(
    r"\brm\s{1,3}+-(?:rf|fr|r\s-f)\s{1,3}+[~/$*.]|/dev/tcp/[\w.]{3,60}+/\d"
    r"|\b[Pp]owershell(?:\.exe)?+\s[^\n]{0,80}?-(?:enc|encodedcommand|e)\s"
)


_PIPED = re.compile(
    r"\b(?:curl|wget)\s[^\n|]{1,300}+\|\s{0,3}+(?:sudo\s{1,3}+)?+(?:ba|z|da)?+sh\b"
    r"|\bbase64\s{1,3}+(?:-d|--decode)\s{0,3}+\|\s{0,3}+(?:ba)?+sh\b"
)


class _Kind(NamedTuple):
    id: str
    anchors: tuple[str, ...]
    shape: re.Pattern[str]
    needs: str = ""  # a character that stands in all of it, looked for before the anchors


_RENDERED = (  # anchors in lower case
    _Kind("script", ("<script",), _SCRIPT),
    _Kind("frame", ("<iframe", "<object", "<embed", "<base", "<meta", "<form"), _FRAME),
    _Kind("script_address", ("javascript:", "vbscript:", "data:text/html"), _SCRIPT_ADDRESS),
)
_COMMANDS = (  # anchors as written: prose doesn't shout. Each costs half a microsecond a KB: only those worth it
    _Kind("sql", ("DROP ", "TRUNCATE", "DELETE ", "UNION "), _SQL),
    _Kind("shell", ("rm -", "/dev/tcp", "owershell"), _SHELL),
    _Kind("shell", ("curl ", "wget ", "base64 -"), _PIPED, "|"),
)


def outside_code(text: str) -> str:
    """The text without fenced blocks and inline code, which are shown and don't run. An open fence runs to the end."""
    if "`" not in text and "~~~" not in text:
        return text
    pieces: list[str] = []
    place, fence = 0, ""
    for match in _FENCE.finditer(text):
        if not fence:
            pieces.append(text[place : match.start()])
            fence = match[1]
        elif match[1][0] == fence[0] and len(match[1]) >= len(fence):
            fence = ""
            place = match.end()
    if not fence:
        pieces.append(text[place:])
    return _INLINE_CODE.sub(" ", "\n".join(pieces))


def fenced(text: str) -> bool:
    """Whether an answer shows code."""
    return ("`" in text and "```" in text) or ("~" in text and "~~~" in text)


def _handles(tag: str) -> bool:
    """Whether a tag has a handler that does something in a page."""
    return any(not _OF_A_FRAMEWORK.search(handler[0]) for handler in _HANDLER.finditer(tag))


def active_in(text: str) -> list[Active]:
    """What stands outside code, in its order. Hand over `hidden.visible(text)`.

    Code is taken out only if there is something active anywhere: that costs more than looking.
    """
    marked = "<" in text or "](" in text
    low = text.lower() if marked else ""
    kinds = [kind for kind in _RENDERED if any(anchor in low for anchor in kind.anchors)] if marked else []
    kinds += [kind for kind in _COMMANDS if kind.needs in text and any(anchor in text for anchor in kind.anchors)]
    handlers = "<" in text and any(_handles(tag[0]) for tag in _TAG.finditer(text))
    if not kinds and not handlers:
        return []
    shown = outside_code(text)
    found = [Active(kind.id, match.start(), match[0]) for kind in kinds for match in kind.shape.finditer(shown)]
    if handlers:
        tags = [tag for tag in _TAG.finditer(shown) if _handles(tag[0])]
        found += [Active("event_handler", tag.start(), tag[0]) for tag in tags]
    return sorted(found, key=lambda active: active.start)
