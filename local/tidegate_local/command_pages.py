"""docs/commands.md: every command with its arguments, options and an example of what it answers.

Arguments and options are read from the command line itself; examples are what `tidegate_local.command_examples`
recorded. `python -m tidegate_local.command_pages` writes the page anew with the examples it has; a test compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from tidegate_local.cli import COMMANDS
from tidegate_local.command_line.later import Entry
from tidegate_local.pages import ROOT

PAGE = ROOT / "docs" / "commands.md"
_EXAMPLE = re.compile(r"```console\n\$ tidegate ([^\n]+)\n(.*?)\n?```", re.DOTALL)
_INTRODUCTION = """\
<!-- Written by `make docs` (examples: `make examples`): change the command, not this page. -->
# Commands

`make install` puts `tidegate` into `.venv/bin`. What asks a stack takes `--stack NAME`, a deployed one, found by its
CloudFormation outputs with your own AWS credentials; without it, the one that `tidegate demo --hold` holds in another
terminal of the same folder. `--json` answers for programs. Tables and JSON go to standard output, what went wrong and
how far it is to standard error.

| it ended with | |
| --- | --- |
| 0 | done |
| 1 | it ran, and couldn't do what was asked, or found something bad: the last line says what and what to do |
| 2 | wrong arguments, or no stack: nothing was done |

Completion of commands, options, detectors, saved queries, scenarios, incidents and stacks, for the shell you are in
(bash, zsh, fish): `tidegate --install-completion`.

The examples below were recorded, one after the other, on the template deployed in memory: a stolen key calls a model,
a person reads, approves, and undoes.
"""


class Example(NamedTuple):
    line: str  # after `tidegate`
    output: str


class Command(NamedTuple):
    name: str  # `evidence verify`
    panel: str
    about: Any  # click's command: help and params


def commands() -> list[Command]:
    """Every command that is shown, in the order of `tidegate --help`."""
    return [command for entry in COMMANDS if not entry.hidden for command in _of(entry)]


def _of(entry: Entry) -> Iterator[Command]:
    found = entry.loaded()
    subcommands = getattr(found, "commands", {})
    if not subcommands or found.invoke_without_command:
        yield Command(entry.name, entry.panel, found)
    for name, subcommand in subcommands.items():
        yield Command(f"{entry.name} {name}", entry.panel, subcommand)


def options_of(command: Command) -> list[str]:
    """The longest spelling of each of its options, and of what switches it off."""
    return [
        spelling
        for parameter in command.about.params
        if parameter.param_type_name == "option" and parameter.name != "help"
        for spelling in (max(parameter.opts, key=len), *parameter.secondary_opts)
    ]


def command_in(line: str) -> str:
    """`evidence verify inc-1 --json` -> `evidence verify`."""
    known = {command.name for command in commands()}
    words = line.split()
    return next(name for name in (" ".join(words[:2]), words[0]) if name in known)


def examples_in(page: str) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for line, output in _EXAMPLE.findall(page):
        found.setdefault(command_in(line), []).append(Example(line, output))
    return found


def page(examples: Mapping[str, Sequence[Example]]) -> str:
    panels: dict[str, list[Command]] = {}
    for command in commands():
        panels.setdefault(command.panel, []).append(command)
    lines = [_INTRODUCTION]
    for panel, some in panels.items():
        lines += [f"**{panel}:** " + ", ".join(f"[{one.name}](#{_anchor(one.name)})" for one in some) + ".", ""]
    for panel, some in panels.items():
        lines += [f"## {panel}", ""]
        for command in some:
            lines += [*_section(command, examples.get(command.name, ())), ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(command: Command, examples: Sequence[Example]) -> Iterator[str]:
    yield f"### tidegate {command.name}"
    yield ""
    yield _one_line(command.about.help)
    yield ""
    yield f"```sh\n{_usage(command)}\n```"
    rows = [row for parameter in command.about.params if (row := _row(parameter))]
    if rows:
        yield from ("", "| | | default |", "| --- | --- | --- |", *rows)
    for example in examples:
        yield ""
        yield f"```console\n$ tidegate {example.line}\n{example.output}\n```"


def _usage(command: Command) -> str:
    arguments = [_name(one) if one.required else f"[{_name(one)}]" for one in command.about.params if _is_argument(one)]
    return " ".join(["tidegate", command.name, *arguments, "[OPTIONS]"])


def _name(argument: Any) -> str:
    """EVENT_ID, or NAME=VALUE... where several are taken."""
    name = str(argument.metavar or argument.name.upper())
    return name if argument.nargs == 1 or name.endswith("...") else f"{name}..."


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _row(parameter: Any) -> str | None:
    """Of an argument or option; none of --help."""
    if parameter.name == "help":
        return None
    if _is_argument(parameter):
        shown = _name(parameter)
    else:
        value = "" if parameter.is_flag else f" {parameter.metavar or _kind(parameter)}"
        shown = ", ".join(f"{one}{value}" for one in (*parameter.opts, *parameter.secondary_opts))
    absent = parameter.default is None or parameter.default is False
    default = (
        "needed" if parameter.required else "" if absent else getattr(parameter.default, "value", parameter.default)
    )
    return f"| `{shown.replace('|', chr(92) + '|')}` | {_cell(parameter.help or '')} | {_cell(str(default))} |"


def _kind(parameter: Any) -> str:
    """What a value is, where the command gives it no name of its own."""
    kind = parameter.type_descriptor.annotation
    if issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    return "NUMBER" if issubclass(kind, int | float) else "TIME" if issubclass(kind, datetime) else "TEXT"


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("<", "&lt;")


def _one_line(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


def _anchor(name: str) -> str:
    return f"tidegate-{name.replace(' ', '-')}"


def write_page(examples: Mapping[str, Sequence[Example]]) -> None:
    PAGE.write_text(page(examples), encoding="utf-8")


def main() -> int:
    write_page(examples_in(PAGE.read_text("utf-8")) if PAGE.exists() else {})
    return 0


if __name__ == "__main__":
    sys.exit(main())
