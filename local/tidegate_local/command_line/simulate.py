"""`tidegate simulate`: traffic to test a deployment with, as AWS would deliver it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate_local.command_line import completing
from tidegate_local.command_line.showing import answers, print_json, progress, table
from tidegate_local.simulation import arrivals
from tidegate_local.simulation.families import BY_FAMILY, VARIANTS
from tidegate_local.simulation.phrases import PHRASES
from tidegate_local.simulation.profiles import CLASSES
from tidegate_local.simulation.simulating import LABELS, Plan, Written, actors_of, simulate
from tidegate_local.simulation.voice import Voice, pools_of, prompts_in

Out = Annotated[Path | None, typer.Argument(metavar="OUT", help="A new or empty folder.")]
Families = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="An attack family, or `all`; repeatable.", autocompletion=completing.families_simulated
    ),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        metavar="NAME",
        help="A class of benign callers; repeatable.",
        autocompletion=completing.classes_simulated,
    ),
]
Callers = Annotated[int, typer.Option(min=1, help="Of each class and family; without any, of a usual mix.")]
Days = Annotated[int, typer.Option(min=1, help="How many days they work.")]
QuietDays = Annotated[int, typer.Option(min=0, help="Days at the beginning in which nobody attacks.")]
Share = Annotated[float, typer.Option(help="Share of attack requests among an attacker's requests.")]
Prompts = Annotated[
    Path | None, typer.Option(metavar="DIR", help="*.jsonl[.gz] with `text` and `label`: asked where labels fit.")
]
Trace = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="CSV with TIMESTAMP, ContextTokens, GeneratedTokens: how long texts are."),
]
FirstDay = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, UTC. Default: 2026-09-01.")
]


def command(
    out: Out = None,
    family: Families = None,
    benign: Classes = None,
    callers: Callers = 20,
    days: Days = 1,
    quiet_days: QuietDays = 0,
    share: Share = 0.1,
    seed: Annotated[str, typer.Option(help="The same seed gives the same files.")] = "1",
    prompts: Prompts = None,
    trace: Trace = None,
    account: Annotated[str, typer.Option(help="The account they call from.")] = "111122223333",
    region: Annotated[str, typer.Option(help="The Region they call in.")] = "us-east-1",
    start: FirstDay = None,
    trail: Annotated[bool, typer.Option(help="CloudTrail files beside the invocation logs.")] = True,
    names: Annotated[bool, typer.Option("--list", help="Show the families and classes, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Write invocation logs and trail files of simulated callers, with labels of what is an attack.

    Every name, key and address is invented; texts come from templates and, if given, from your prompts. Copy the
    AWSLogs folder into a log bucket, or run `tidegate replay` over it.
    """
    if names:
        _list()
        return
    plan = Plan(
        start=(start or datetime(2026, 9, 1, tzinfo=UTC)).replace(tzinfo=UTC),
        callers=callers,
        days=days,
        seed=seed,
        classes=tuple(benign or ()),
        families=tuple(family or ()),
        share=share,
        quiet_days=quiet_days,
        account=_twelve_digits(account),
        region=region,
        shape=arrivals.fitted(trace) if trace else arrivals.CONVERSATION,
        voice=Voice(PHRASES, pools_of(prompts_in(prompts)) if prompts else {}),
        with_trail=trail,
    )
    _write(plan, out, as_json)


def _twelve_digits(account: str) -> str:
    if len(account) != 12 or not account.isdigit():
        raise ConfigurationError(f"--account {account}: an account has twelve digits.")
    return account


def _write(plan: Plan, out: Path | None, as_json: bool) -> None:
    if out is None:
        raise ConfigurationError("simulate needs a folder to write to: tidegate simulate OUT (or --list).")
    with progress("simulating", len(actors_of(plan)) * plan.days) as advance:
        written = simulate(plan, out, advance)
    _show(out, written, as_json)


def _show(out: Path, written: Written, as_json: bool) -> None:
    summary = {name: getattr(written, name) for name in Written.__dataclass_fields__}
    if as_json:
        print_json({"out": str(out), "labels": str(out / LABELS), **summary})
        return
    answers.print(
        f"{written.calls:,} calls of {written.callers:,} callers on {written.caller_days:,} caller-days, "
        f"{written.attack_calls:,} of them attack requests: {written.files:,} files, {written.bytes / 1e6:,.1f} MB "
        f"in {out}",
        markup=False,
    )
    answers.print(f"What is an attack: {out / LABELS}", markup=False)


def _list() -> None:
    rows = [(name, f"{one.calls:g}", ", ".join(one.cover), ", ".join(one.finds)) for name, one in BY_FAMILY.items()]
    answers.print(table("Families", ("family", "attack requests a day", "hidden among", "should be found by"), rows))
    answers.print("Several at once: " + ", ".join(f"{name} ({len(some)})" for name, some in VARIANTS.items()))
    classes = [(name, one.who, f"{one.calls:g}", f"{one.turns:g}") for name, one in CLASSES.items()]
    answers.print(table("Classes", ("class", "who", "calls a day", "calls a conversation"), classes))
