"""`tidegate`: the command line. Exit 0 when it ran, 1 when it couldn't do what was asked, 2 on bad arguments."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Sequence

import typer

from tidegate.errors import ConfigurationError, TidegateError
from tidegate_local.command_line import (
    calibrate,
    cost,
    demo,
    detectors,
    doctor,
    evidence,
    incidents,
    indices,
    investigating,
    prompts,
    replay,
    reporting,
    serving,
    simulate,
)
from tidegate_local.command_line.showing import problems

app = typer.Typer(
    name="tidegate",
    help="Detection and response for generative AI on AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Panels of --help and chapters of docs/commands.md, in the order in which a newcomer needs them.
TRY, RESPOND, RUN = "Try it, with nothing deployed", "Respond to an incident", "Run a stack"
app.command("demo", rich_help_panel=TRY)(demo.demo)
app.command("replay", rich_help_panel=TRY)(replay.replay)
app.command("calibrate", rich_help_panel=TRY)(calibrate.calibrate)
app.command("simulate", rich_help_panel=TRY)(simulate.command)
app.add_typer(detectors.app, name="detectors", rich_help_panel=TRY)
app.command("incidents", rich_help_panel=RESPOND)(incidents.show_list)
app.command("list", hidden=True)(incidents.show_list)  # its name before `incidents`
app.command("explain", rich_help_panel=RESPOND)(incidents.explain)
app.command("timeline", rich_help_panel=RESPOND)(investigating.show_timeline)
app.command("search", rich_help_panel=RESPOND)(investigating.search)
app.command("prompt", rich_help_panel=RESPOND)(prompts.show_prompt)
app.command("approve", rich_help_panel=RESPOND)(incidents.approve)
app.command("contained", rich_help_panel=RESPOND)(investigating.contained)
app.command("undo", rich_help_panel=RESPOND)(incidents.undo)
app.add_typer(evidence.app, name="evidence", rich_help_panel=RESPOND)
app.command("close", rich_help_panel=RESPOND)(incidents.close)
app.command("serve", rich_help_panel=RESPOND)(serving.serve)
app.command("report", rich_help_panel=RESPOND)(reporting.reports)
app.command("doctor", rich_help_panel=RUN)(doctor.doctor)
app.command("cost", rich_help_panel=RUN)(cost.cost)
app.add_typer(indices.app, name="index", rich_help_panel=RUN)


# moto logs each failed state with its whole syntax tree; failures are kept and shown by the embedded account itself.
logging.getLogger("moto").setLevel(logging.CRITICAL)
# Handlers without a metric to publish in one call: no news for whoever runs a command.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="tidegate")
    except ConfigurationError as error:
        problems.print(f"tidegate: {error}", style="red", markup=False)
        sys.exit(2)
    except TidegateError as error:
        problems.print(f"tidegate: {error}", style="red", markup=False)
        sys.exit(1)
