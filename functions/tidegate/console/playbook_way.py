"""The way a playbook took, as a list: what its picture shows, for windows too narrow to read the picture in.

First the states that were entered, in the order in which they were; then, folded, those that were not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.console.markup import Html, join, tag
from tidegate.console.words import said

MARKS = {"succeeded": "✓", "failed": "✗", "caught": "!", "running": "…"}
_MEANINGS = {"caught": "failed, and was answered by the playbook", "running": "under way, or left without an answer"}


def way(machine: Mapping[str, Any], reached: Mapping[str, str]) -> Html:
    """`reached`: state name -> running, succeeded, caught or failed, in the order of entering (`progress`)."""
    states = machine["States"]
    entered = [_entered(name, states.get(name, {}), reached[name]) for name in reached]
    left = [tag("li", _words(name)) for name in states if name not in reached]
    return tag(
        "div",
        tag("ol", entered) if entered else tag("p", "Nothing of it has run."),
        tag("details", tag("summary", f"{len(left)} steps were not taken"), tag("ul", left)) if left else None,
        class_="way",
    )


def _entered(name: str, state: Mapping[str, Any], how: str) -> Html:
    comment = str(state.get("Comment", ""))
    return tag(
        "li",
        tag("strong", f"{MARKS.get(how, '')} {_words(name)}"),
        join(" ", _MEANINGS.get(how, said(how)), "."),
        tag("span", f" {comment}", class_="soft note") if comment else None,
        class_=how,
    )


def _words(name: str) -> str:
    """The name of a state as words: ApplyDenyRoleSession is "Apply deny role session"."""
    apart = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).strip()
    return apart[:1].upper() + apart[1:]
