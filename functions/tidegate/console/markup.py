"""HTML that can't be injected into: a tree is built by calls, and every text in it is escaped when it is put in.

`tag("p", caller)` escapes `caller`; only `Html`, which nothing but this module makes, goes in as it is. Attribute
names that run something (`on...`, `style`) and addresses other than https and our own are refused, so that a value
out of a log can't become a link that runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_BESIDE = re.compile(r"[A-Za-z0-9-]+\.html")  # a page in the same folder, for reports
_ADDRESSES = ("href", "action", "src")
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Html:
    """Finished markup. Made by `tag`, `join` and `trusted`; a str never turns into one."""

    text: str

    def __str__(self) -> str:
        return self.text


type Content = Html | str | int | float | Iterable[Content] | None


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Html:
    """An element. `class_="x"` and `aria_label="x"` become class and aria-label; None and False are left out."""
    if not _NAME.fullmatch(name) or name in ("script", "iframe", "object", "embed"):
        raise ValueError(f"no element of these pages is called {name!r}")
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if name in VOID else f"{opening}{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    return Html("".join(map(_rendered, content)))


def trusted(markup: str) -> Html:
    """Markup of a serialiser that escapes by itself (ElementTree), or our own style sheet. Never logged text."""
    return Html(markup)


def plain(text: object) -> str:
    """A text as a reader may see it: what moves a cursor, hides or turns letters round is shown as a replacement."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else _REPLACED for sign in str(text))


def path(*parts: str) -> str:
    """An address on this site: path("incidents", "inc-1") is /incidents/inc-1, whatever signs a part is made of."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _rendered(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Html):
        return content.text
    if isinstance(content, str | int | float):
        return escape(plain(content))
    return "".join(map(_rendered, content))


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-").lower()
    if not _NAME.fullmatch(name) or name.startswith("on") or name in ("style", "srcdoc"):
        raise ValueError(f"no attribute of these pages is called {key!r}")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = plain(value)
    if name in _ADDRESSES and not _our_address(text):
        raise ValueError(f"{name} must lead to https, to a path of ours or into the page, not to {text!r}")
    return f' {name}="{escape(text)}"'


def _our_address(text: str) -> bool:
    if _BESIDE.fullmatch(text):
        return True
    return text.startswith(("https://", "#")) or (text.startswith("/") and not text.startswith(("//", "/\\")))
