"""Commands whose modules are imported when they are run: what `--help` and a shell's completion ask for takes no more
than their names and a line on each.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, NamedTuple, override

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class Entry(NamedTuple):
    """A line of `tidegate --help`."""

    name: str
    place: str  # module of command_line and what stands there: a function, or a Typer with commands of its own
    about: str  # the first sentence of the command's own help
    panel: str = ""
    hidden: bool = False

    @property
    def standing_in(self) -> TyperCommand:
        panel = self.panel or None
        return TyperCommand(self.name, help=self.about, hidden=self.hidden, rich_help_panel=panel)

    def loaded(self) -> Any:
        """The command itself."""
        module, _, attribute = self.place.partition(":")
        found = getattr(importlib.import_module(f"tidegate_local.command_line.{module}"), attribute)
        command: Any = get_group(found) if isinstance(found, typer.Typer) else get_command(_alone(found))
        command.name, command.hidden, command.rich_help_panel = self.name, self.hidden, self.panel or None
        return command


def _alone(function: Any) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(function)
    return app


def group_of(entries: Iterable[Entry]) -> type[TyperGroup]:
    """The class of a group that has these commands."""
    by_name = {entry.name: entry for entry in entries}

    class Later(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given | {"commands": {name: entry.standing_in for name, entry in by_name.items()}})

        @override
        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            name, found, rest = super().resolve_command(ctx, args)
            return name, by_name[name].loaded() if name else found, rest

    return Later
