"""The frame of a page: head, navigation, style sheet, and the headers that keep a browser from doing anything else.

The content security policy allows our own style sheet by its hash and forms to ourselves; no script, no image, no
frame, no connection. Even a mistake in escaping could load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from tidegate.console.markup import Content, Html, join, tag, trusted

_NAVIGATION = (("/", "Incidents"), ("/contained", "Contained"), ("/approvals", "Approvals"))


@cache
def style() -> str:
    return (Path(__file__).parent / "console.css").read_text(encoding="utf-8")


@cache
def policy(*, forms: bool) -> str:
    """The content security policy of a page. `forms`: of the console; a report has none."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    send = "'self'" if forms else "'none'"
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {send}"


def headers() -> dict[str, str]:
    """Of every answer of the console."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"{policy(forms=True)}; frame-ancestors 'none'",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # same-origin: browsers send `Origin: null` with a form under no-referrer, and the origin is checked.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def console_page(title: str, *content: Content, person: str, here: str = "") -> Html:
    """A page of the console, for a person who is signed in. `here`: the entry of the navigation that it belongs to."""
    links = [
        tag("li", tag("a", text, href=address, aria_current="page" if address == here else None))
        for address, text in _NAVIGATION
    ]
    head = tag(
        "header",
        tag("p", tag("a", "Tidegate", href="/"), class_="mark"),
        tag("nav", tag("ul", links), aria_label="Pages"),
        tag("p", "Signed in as ", tag("strong", person), class_="person"),
        class_="top",
    )
    skip = tag("a", "Skip to content", href="#content", class_="skip")
    return _document(title, policy(forms=True), skip, head, tag("main", *content, id="content"))


def report_page(title: str, *content: Content) -> Html:
    """A page that stands alone: nothing to load, nothing to send."""
    return _document(title, policy(forms=False), tag("main", *content, id="content"))


def _document(title: str, security: str, *body: Content) -> Html:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=security),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{title} - Tidegate"),
        # Byte for byte, or its hash doesn't match.
        tag("style", trusted(style())),
    )
    return join(trusted("<!doctype html>\n"), tag("html", head, tag("body", *body), lang="en"), trusted("\n"))
