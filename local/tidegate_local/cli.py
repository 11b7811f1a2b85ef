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
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("calibrate")(calibrate.calibrate)
app.command("simulate")(simulate.command)
app.command("incidents")(incidents.show_list)
app.command("list", hidden=True)(incidents.show_list)  # its name before `incidents`
app.command("explain")(incidents.explain)
app.command("approve")(incidents.approve)
app.command("undo")(incidents.undo)
app.command("close")(incidents.close)
app.add_typer(evidence.app, name="evidence")
app.add_typer(detectors.app, name="detectors")
app.command("timeline")(investigating.show_timeline)
app.command("search")(investigating.search)
app.command("contained")(investigating.contained)
app.command("prompt")(prompts.show_prompt)
app.add_typer(indices.app, name="index")
app.command("doctor")(doctor.doctor)
app.command("cost")(cost.cost)
app.command("serve")(serving.serve)
app.command("report")(reporting.reports)


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
