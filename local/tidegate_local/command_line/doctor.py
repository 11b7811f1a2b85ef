"""`tidegate doctor`: is it awake, what can't it see, what does the defence stand on, and how each is mended."""

from __future__ import annotations

from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate_local import stack as stacks
from tidegate_local.command_line.incidents import AsJson, StackName
from tidegate_local.command_line.showing import answers, plain, print_json, progress
from tidegate_local.doctor import (
    Answer,
    Check,
    Patient,
    State,
    alive,
    buckets,
    examined,
    grants,
    posture,
    quotas,
    sight,
)

CHECKS = (*alive.CHECKS, *sight.CHECKS, *buckets.CHECKS, *posture.CHECKS, *quotas.CHECKS, *grants.CHECKS)
GROUPS = {"alive": "Is Tidegate awake?", "sight": "What can it see?", "posture": "What does the defence stand on?"}
_SIGNS = {
    State.OK: ("ok", "green"),
    State.WARN: ("!!", "yellow"),
    State.BAD: ("BAD", "bold red"),
    State.UNKNOWN: ("??", "cyan"),
}


def doctor(
    stack: StackName = None,
    watch: Annotated[list[str] | None, typer.Option(metavar="BUCKET", help="A bucket of training data.")] = None,
    region: Annotated[list[str] | None, typer.Option(metavar="REGION", help="Only these Regions; else all.")] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="GROUP", help="alive, sight or posture.", autocompletion=lambda: list(GROUPS)),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Is every source alive, which Regions are blind, what does the defence stand on; each with how to mend it.

    Reads only. Exit 1 when something is bad.
    """
    checks = [check for check in CHECKS if only in (None, check.group)]
    if not checks:
        raise ConfigurationError(f"--only {only}: not one of {', '.join(GROUPS)}.")
    where = stacks.find(stack)
    patient = Patient(where, where.clock(), tuple(watch or ()), tuple(region or ()))
    found: list[tuple[Check, Answer]] = []
    with progress("looking", len(checks)) as advance:
        for check in checks:
            found += examined(patient, [check])
            advance(1)
    if as_json:
        print_json([{"check": check.id, "group": check.group, **answer._asdict()} for check, answer in found])
    else:
        _show(found)
    if any(answer.state is State.BAD for _, answer in found):
        raise typer.Exit(1)


def _show(found: list[tuple[Check, Answer]]) -> None:
    for group, title in GROUPS.items():
        rows = [(check, answer) for check, answer in found if check.group == group]
        if not rows:
            continue
        answers.print(plain(f"\n{title}", "bold"))
        for check, answer in sorted(rows, key=lambda row: row[1].state.rank):
            sign, style = _SIGNS[answer.state]
            line = plain(f"{sign:>4}  ", style)
            line.append_text(plain(f"{check.title}: {answer.what}"))
            answers.print(line)
            if answer.mend:
                answers.print(plain(f"      -> {answer.mend}", "dim"))
    counts = {state: sum(answer.state is state for _, answer in found) for state in State}
    answers.print(plain("\n" + ", ".join(f"{count} {state}" for state, count in counts.items() if count)))
