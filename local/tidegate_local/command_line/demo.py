"""`tidegate demo`: one invented morning on this machine, event to undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.errors import ConfigurationError
from tidegate.model import Mode
from tidegate_local.command_line import completing
from tidegate_local.command_line.showing import answers, plain, print_json, problems, table

if TYPE_CHECKING:  # imported when it is used: the emulator is slow to import
    from rich.console import Console

    from tidegate_local.demo import Choices, Demo
    from tidegate_local.report import Moment

KIND_STYLE = {
    "event": "dim",
    "finding": "yellow",
    "incident": "bold red",
    "plan": "cyan",
    "waiting": "bold yellow",
    "action": "cyan",
    "verified": "green",
    "undone": "green",
}


WithoutOpenSearch = Annotated[
    bool, typer.Option("--no-opensearch", help="Without a node: no index, no analyst queries.")
]
Report = Annotated[Path, typer.Option(metavar="FILE", help="Where the report is written.")]
Held = Annotated[
    bool, typer.Option("--hold", help="Keep the account: incidents, explain, approve, undo from another terminal.")
]
Isolated = Annotated[
    bool, typer.Option("--isolated", help="Functions in child processes, from the artefact of `make build-here`.")
]
Begins = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M"], help="When the morning begins, UTC.")]
Files = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Only write the morning as log files there, for replay.")
]
Scenario = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="One playbook instead of the morning, in seconds; `list` names them.",
        autocompletion=completing.scenarios,
    ),
]


def demo(
    mode: Annotated[Mode, typer.Option(help="What playbooks may do in the demo's account.")] = Mode.AUTO,
    hold: Held = False,
    no_opensearch: WithoutOpenSearch = False,
    isolated: Isolated = False,
    start: Begins = None,
    report: Report = Path(".tidegate/demo/report.html"),
    story: Files = None,
    scenario: Scenario = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The outcome as JSON; the story goes to standard error.")
    ] = False,
) -> None:
    """Deploy the template into an account in memory and play one invented morning in it.

    A stolen key unlocks and hammers a model, an end user runs over quota, a guardrail is weakened, an agent is moved
    to an unreleased version. Each is shown as it happens: event, finding, incident, plan, action, verified, undone.
    """
    if scenario is not None:
        _scenario(scenario, mode, as_json)
        return
    from tidegate_local import demo as demos
    from tidegate_local import morning
    from tidegate_local import story as stories

    begin = start.replace(tzinfo=UTC) if start else morning.start_of(datetime.now(UTC))
    if story is not None:
        answers.print(f"{stories.write(story, begin)} files in {story}: tidegate replay {story}", markup=False)
        return
    if hold and start:
        raise ConfigurationError("--hold keeps the demo's clock at the wall clock's: leave --start out.")
    _play(
        demos.Choices(mode=mode, opensearch=not no_opensearch, hold=hold, start=begin, isolated=isolated),
        report,
        as_json,
    )


def _play(choices: Choices, report: Path, as_json: bool) -> None:
    from tidegate_local import demo as demos
    from tidegate_local.report import write

    console, began = problems if as_json else answers, monotonic()
    with demos.standing(choices, partial(_tell, console), _doing(console.print)) as playing:
        ready = monotonic()
        playing.run()
        playing.report.counts["seconds"] = round(monotonic() - began)
        write(playing.report, report)
        if as_json:
            print_json(_outcome(playing, report))
        else:
            _show(playing)
            spent = monotonic()
            answers.print(f"\n{spent - began:.0f} s, of them {ready - began:.0f} s to start. Report: {report}")
        for failure in playing.aws.failures:
            problems.print(plain(f"failed: {failure.where}: {failure.error}: {failure.message[:300]}", "red"))
        if choices.hold:
            _hold(playing)


def _tell(console: Console, moment: Moment) -> None:
    line = plain(f"{moment.at:%H:%M:%S}  {moment.kind:<9} {moment.text}", KIND_STYLE.get(moment.kind, ""))
    console.print(line, soft_wrap=True)


def _scenario(name: str, mode: Mode, as_json: bool) -> None:
    """Ends with 1 when it didn't come out as it is meant to."""
    from tidegate_local.scenarios import SCENARIOS, scenario_named
    from tidegate_local.scenarios.playing import play

    if name == "list":
        answers.print(
            table("Scenarios", ("name", "what happens"), [(one, SCENARIOS[one].about.title) for one in SCENARIOS])
        )
        return
    chosen, console, began = scenario_named(name), problems if as_json else answers, monotonic()
    console.print(plain(chosen.about.title, "bold"))
    outcome = play(
        chosen,
        mode,
        lambda kind, text: console.print(plain(f"{kind:<9} {text}", KIND_STYLE.get(kind, "")), soft_wrap=True),
    )
    if as_json:
        states = {
            "before": outcome.before,
            "attacked": outcome.attacked,
            "held": outcome.held,
            "undone": outcome.undone,
        }
        print_json(
            {"scenario": name, "as_meant": outcome.as_meant, "run": outcome.run.model_dump(mode="json"), **states}
        )
    else:
        answers.print(plain(f"{monotonic() - began:.0f} s. {'As meant.' if outcome.as_meant else 'NOT as meant.'}"))
    if not outcome.as_meant:
        raise typer.Exit(1)


def _doing(say: Callable[..., None]) -> Callable[[str], None]:
    return lambda what: say(plain(f"... {what}", "dim"))


def _show(playing: Demo) -> None:
    answers.print()
    columns = ("", "before", "what happened", "now")
    answers.print(table("The account", columns, playing.report.changes))
    for answer in playing.report.answers:
        answers.print()
        answers.print(table(f"{answer.question}  (OpenSearch, {answer.took_ms} ms)", answer.columns, answer.rows))


def _outcome(playing: Demo, report: Path) -> dict[str, object]:
    shown = playing.report
    return {
        "counts": shown.counts,
        "incidents": [
            {
                **case.incident.model_dump(mode="json"),
                "run": case.run.model_dump(mode="json") if case.run else None,
                "steps": [receipt.model_dump(mode="json") for receipt in case.receipts],
            }
            for case in shown.cases
        ],
        "account": [dict(zip(("what", "before", "states", "now"), change, strict=True)) for change in shown.changes],
        "answers": [{"question": one.question, "rows": one.rows} for one in shown.answers],
        "report": str(report),
    }


def _hold(playing: Demo) -> None:
    from tidegate_local.demo import hold

    answers.print(f"\nThe account stays, at {playing.aws.endpoint}. In another terminal, in this folder:", markup=False)
    answers.print("  tidegate incidents | tidegate explain INCIDENT | tidegate approve APPROVAL | tidegate undo RUN")
    answers.print("Ctrl-C ends it.")
    try:
        hold(playing)
    except KeyboardInterrupt:
        answers.print("ended")
