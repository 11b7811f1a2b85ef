"""Active content in an answer: what runs if an application renders it as HTML, or hands it to a shell or a database.

Code in fences or backticks is shown, not run, by anything that renders Markdown; what is left after taking it out is
looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Active(NamedTuple):
    kind: str  # script, event_handler, frame, script_address, sql, shell
    start: int  # in `shown` text: what `outside_code` left
    text: str


_FENCE = re.compile(r"(?m)^[ \t>]{0,8}+(```+|~~~+)")
_INLINE_CODE = re.compile(r"(`{1,2})(?!`)[^`\n]{1,500}+\1(?!`)")

_SCRIPT = re.compile(r"(?i)<script\b[^>]{0,400}+>")
_TAG = re.compile(r"(?i)<[a-z][a-z0-9-]{0,20}+\b[^<>]{0,600}+")
_HANDLER = re.compile(
    r"(?i)[\s/\"']on(?:error|load|click|mouse[a-z]{2,5}+|focus(?:in)?+|blur|toggle|begin|animation[a-z]{3,9}+"
    r"|pointer[a-z]{2,5}+|submit|input|change|key[a-z]{2,5}+|wheel|hashchange|message|pageshow)"
    r"\s{0,4}+=\s{0,4}+[^\s<>]{1,300}+"
)
_FRAME = re.compile(
    r"(?i)<(?:iframe|object|embed|base|meta\s{1,4}+http-equiv|form\s[^<>]{0,200}?action)\b[^<>]{0,400}+>?+"
)
_SCRIPT_ADDRESS = re.compile(
    r"(?i)(?:\]\(|(?:href|src|action|formaction|xlink:href)\s{0,3}=\s{0,3}[\"']?)\s{0,4}(?:javascript|vbscript|data:text/html)[:,;][^\s)\"'<>]{1,300}"
)
_SQL = re.compile(
    r"(?:^|;|'|\"|\s)(?:DROP\s{1,4}(?:TABLE|DATABASE|SCHEMA)\s{1,4}[\w.\"`\[\]]{1,80}"
    r"|TRUNCATE\s{1,4}TABLE\s{1,4}\w{1,80}|DELETE\s{1,4}FROM\s{1,4}[\w.\"`]{1,80}+\s{0,4}(?:;|WHERE\s{1,4}(?:1\s{0,2}=\s{0,2}1|true))"
    r"|UNION\s{1,4}(?:ALL\s{1,4})?SELECT\s|GRANT\s{1,4}ALL\s|xp_cmdshell|INTO\s{1,4}OUTFILE\s)"
)
_SHELL = re.compile(
    r"(?:\brm\s{1,3}-(?:rf|fr|r\s-f)\s{1,3}[~/$*.]|\b(?:curl|wget)\s[^\n|]{1,300}\|\s{0,3}(?:sudo\s{1,3})?(?:ba|z|da)?sh\b"
    r"|/dev/tcp/[\w.]{3,60}/\d|\bnc\s{1,3}-[a-z]{0,3}e\b|\bbase64\s{1,3}(?:-d|--decode)\s{0,3}\|\s{0,3}(?:ba)?sh"
    r"|\bmkfs\.\w{2,5}\s|\bdd\s{1,3}if=/dev/(?:zero|u?random)\s{1,3}of=/dev/|:\(\)\s?\{\s?:\|:&\s?\};:"
    r"|\bpowershell(?:\.exe)?\s[^\n]{0,80}-(?:enc|encodedcommand|e)\s|\bIEX\s?\(|\b(?:Invoke-Expression|DownloadString)\b)"
)
_KINDS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("script", ("<script",), _SCRIPT),
    ("frame", ("<iframe", "<object", "<embed", "<base", "<meta", "<form"), _FRAME),
    ("script_address", ("javascript:", "vbscript:", "data:text/html"), _SCRIPT_ADDRESS),
)
_COMMANDS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("sql", ("DROP ", "TRUNCATE ", "DELETE ", "UNION ", "GRANT ALL", "xp_cmdshell", "OUTFILE"), _SQL),
    ("shell", ("rm -", "curl ", "wget ", "/dev/", "nc -", "base64 -", "mkfs", ":(){", ":()", "powershell", "IEX",
               "Invoke-", "DownloadString"), _SHELL),
)  # fmt: skip


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
    return "```" in text or "~~~" in text


def active_in(shown: str) -> list[Active]:
    """Of text outside code (`outside_code`). In the order of the text."""
    found: list[Active] = []
    if "<" in shown or "script:" in shown or "text/html" in shown:
        found += _of(_KINDS, shown, str.lower)
        for tag in _TAG.finditer(shown):
            found += [Active("event_handler", tag.start(), tag[0]) for _ in [_HANDLER.search(tag[0])] if _]
    found += _of(_COMMANDS, shown, str)
    return sorted(found, key=lambda active: active.start)


def _of(
    kinds: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...], shown: str, fold: Callable[[str], str]
) -> list[Active]:
    looked = fold(shown)
    return [
        Active(kind, match.start(), match[0])
        for kind, anchors, shape in kinds
        if any(anchor in looked for anchor in anchors)
        for match in shape.finditer(shown)
    ]
