"""How commands speak: tables for people, JSON for programs, progress on standard error when someone is watching.

Names and titles come from logs, so attackers wrote some: they are shown as plain text, never as markup, and without
control characters, which could move the cursor of a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

# Into a file or a pipe, a line a row: ids stay whole for whoever searches them.
answers = Console(width=None if sys.stdout.isatty() else 220)
problems = Console(stderr=True, soft_wrap=True)

WORD = 32  # characters of the longest id
SEVERITY_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def plain(value: object, style: str = "") -> Text:
    text = "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in str(value))
    return Text(text, style=style)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Ids and other single words stay on one line, to be copied; texts are folded into what is left."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    rows = list(rows)
    for number, column in enumerate(columns):
        texts = [str(row[number]) for row in rows]
        shown.add_column(
            column,
            overflow="fold",
            no_wrap=column.startswith("time") or all(len(one) <= WORD and " " not in one for one in texts),
        )
    for row in rows:
        shown.add_row(*(plain(value, SEVERITY_STYLE.get(str(value), "")) for value in row))
    return shown


def value_text(value: Any) -> str:
    """A value as a person reads it in a line: structures as JSON, nothing as a word."""
    if value is None:
        return "absent"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def facts_text(facts: Mapping[str, Any] | None) -> str:
    """Names and values in a line, nested ones without their parents' names; what is empty or untrue is left out."""
    return ", ".join(_facts(facts or {}))


def _facts(facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _facts(value)
        elif value not in (None, "", False) and value != []:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {shown}"


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str, indent=2) + "\n")


class Advance(Protocol):
    """Tells a watching person how far a long piece of work is."""

    def __call__(self, done: float) -> None: ...


@contextmanager
def progress(what: str, total: float) -> Iterator[Advance]:
    """A bar on standard error; nothing when that is no terminal, so that logs stay readable."""
    if not problems.is_terminal:
        yield lambda _done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=problems, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
