"""Links and images of an answer, as an application that renders Markdown or HTML would follow them.

An image is fetched without anybody's click: its address is a message to whoever runs the host. Also reference links,
whose address stands somewhere else, and HTML's tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

from tidegate.content.hosts import Address, address

_INLINE = re.compile(
    r"(!?+)\[([^\[\]\n]{0,300}+)\]\([ \t]{0,4}+<?([A-Za-z][A-Za-z0-9+.-]{1,15}+)://([^\s<>()]{1,8000}+)"
)
_DEFINED = re.compile(
    r"(?m)^[ \t>]{0,8}+\[([^\[\]\n]{1,100}+)\]:[ \t]{0,4}+<?([A-Za-z][A-Za-z0-9+.-]{1,15}+)://([^\s<>]{1,8000}+)"
)
_IMAGE_BY_NAME = re.compile(r"!\[([^\[\]\n]{0,300}+)\](?:\[([^\[\]\n]{0,100}+)\])?+")
_TAG = re.compile(
    r"(?i)<((?>img|iframe|script|link|source|video|audio|embed|object|input|body|table|form|a))\b[^<>]{0,9000}+"
)
_ATTRIBUTE = re.compile(
    r"(?i)\b(?>srcset|src|href|background|data|action|poster)\s{0,3}+=\s{0,3}+[\"']?+(https?)://([^\s\"'<>]{1,8000}+)"
)
_CSS = re.compile(r"(?i)\burl\(\s{0,3}+[\"']?+(https?)://([^\s\"'()<>]{1,8000}+)")
_FETCHED = ("img", "iframe", "script", "link", "source", "video", "audio", "embed", "object", "input", "body", "table")


class Link(NamedTuple):
    fetched: bool  # without a click
    label: str
    to: Address


def links_in(text: str) -> list[Link]:
    """A text without an address costs one look."""
    if "//" not in text:
        return []
    found: list[Link] = []
    if "](" in text:
        found += [Link(bool(bang), label, address(scheme, rest)) for bang, label, scheme, rest in _INLINE.findall(text)]
    if "]:" in text:
        found += _by_reference(text)
    if "<" in text:
        for tag in _TAG.finditer(text):
            name = tag[1].lower()
            found += [Link(name in _FETCHED, name, address(*to)) for to in _ATTRIBUTE.findall(tag[0])]
    if "url(" in text:
        found += [Link(True, "css", address(scheme, rest)) for scheme, rest in _CSS.findall(text)]
    return found


def _by_reference(text: str) -> Iterator[Link]:
    defined = {label.lower(): (scheme, rest) for label, scheme, rest in _DEFINED.findall(text)}
    if not defined:
        return
    images = {(name or label).lower() for label, name in _IMAGE_BY_NAME.findall(text)}
    for label, (scheme, rest) in defined.items():
        yield Link(label in images, label, address(scheme, rest))


def carried(to: Address) -> list[str]:
    """What an address takes along: each value of its query, each piece of its path, and labels of its host."""
    path, _, after = to.rest.partition("?")
    query, _, fragment = after.partition("#")
    values = [piece.partition("=")[2] or piece for piece in re.split("[&;]", query) if piece]
    pieces = [piece for piece in path.split("/") if piece]
    labels = [label for label in to.host.split(".")[:-2] if len(label) > 20]
    return [unquote_plus(value) for value in (*values, *pieces, fragment, *labels) if value]
