"""`tidegate serve`: the responder's page on this machine, for a deployed stack or the embedded one."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate_local import stack as stacks
from tidegate_local.command_line.incidents import By, StackName
from tidegate_local.command_line.showing import answers, plain, problems


def serve(
    stack: StackName = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes any that is free.")] = 8484,
    by: By = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything, decide nothing.")] = False,
    audit: Annotated[
        Path, typer.Option(metavar="FILE", help="Where views and decisions are noted, a line each.")
    ] = Path(".tidegate/console-audit.jsonl"),
) -> None:
    """Open the responder's page in a browser of this machine: incidents, evidence, approvals, undo."""
    from tidegate.console.console import Console, Person
    from tidegate_local.console_server import ConsoleServer

    found = stacks.find(stack)
    person = by or found.person()
    audit.parent.mkdir(parents=True, exist_ok=True)

    def note(what: str, ids: Mapping[str, str]) -> None:
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "what": what, **ids}
        with audit.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
        problems.print(plain(" ".join((line["time"], what, *ids.values())), "dim"), soft_wrap=True)

    try:
        server = ConsoleServer(Console(found.services(), note), Person(person, decides=not read_only), port=port)
    except OSError as error:
        raise ConfigurationError(f"port {port} can't be had ({error.strerror}): give another with --port.") from error
    answers.print(plain(f"The responder's page of {found.name}, for {person}:"))
    answers.print(plain(f"  {server.url}"), soft_wrap=True)
    answers.print("The address signs you in: keep it to yourself. Ctrl-C ends it.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        answers.print("ended")
    finally:
        server.close()
