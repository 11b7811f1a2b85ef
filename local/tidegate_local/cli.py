"""`tidegate`: the command line. Exit 0 when it ran, 1 when it couldn't do what was asked, 2 on bad arguments."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Sequence

import typer

from tidegate.errors import ConfigurationError, TidegateError
from tidegate_local.command_line.later import Entry, group_of

# Panels of --help and chapters of docs/commands.md, in the order in which a newcomer needs them.
TRY, RESPOND, RUN = "Try it, with nothing deployed", "Respond to an incident", "Run a stack"
COMMANDS = (
    Entry(
        "demo", "demo:demo", "Deploy the template into an account in memory and play one invented morning in it.", TRY
    ),
    Entry("replay", "replay:replay", "Run exported logs through the pipeline in event-time order.", TRY),
    Entry(
        "calibrate",
        "calibrate:calibrate",
        "Learn what this tenant's callers use and how they behave; what earlier days teach is measured on later ones.",
        TRY,
    ),
    Entry(
        "simulate",
        "simulate:command",
        "Write invocation logs and trail files of simulated callers, with labels of what is an attack.",
        TRY,
    ),
    Entry("detectors", "detectors:app", "List the detectors, or show one of them.", TRY),
    Entry(
        "incidents",
        "incidents:show_list",
        "Open incidents, what is contained until when, and what waits for approval.",
        RESPOND,
    ),
    Entry("list", "incidents:show_list", "`incidents`, by its name of before.", hidden=True),
    Entry(
        "explain",
        "incidents:explain",
        "Why there is an incident, what was planned and done about it, and how to undo it.",
        RESPOND,
    ),
    Entry(
        "timeline",
        "investigating:show_timeline",
        "What the caller did, what was found, what was decided, done and undone, in order.",
        RESPOND,
    ),
    Entry(
        "search",
        "investigating:search",
        "Ask the index a saved question: tidegate search events_of_name account=111122223333 name=user:alice.",
        RESPOND,
    ),
    Entry(
        "prompt",
        "prompts:show_prompt",
        "What a call asked and was answered: masked, or with --reason the original, which is recorded as evidence.",
        RESPOND,
    ),
    Entry(
        "approve",
        "incidents:approve",
        "Let a waiting plan go on, or decline it. Read it first: `tidegate explain`.",
        RESPOND,
    ),
    Entry(
        "contained",
        "investigating:contained",
        "What is contained right now, until when, and how it is released.",
        RESPOND,
    ),
    Entry(
        "undo",
        "incidents:undo",
        "Put back exactly what a run found, last change first. Refused where someone else has changed it since.",
        RESPOND,
    ),
    Entry(
        "close",
        "incidents:close",
        "Say that an incident is over. Refused while a containment of it stands; a later finding opens a new one.",
        RESPOND,
    ),
    Entry(
        "serve",
        "serving:serve",
        "Open the responder's page in a browser of this machine: incidents, evidence, approvals, undo.",
        RESPOND,
    ),
    Entry(
        "report",
        "reporting:reports",
        "Write each incident as one HTML file that stands alone, and an index of them: to read offline, print or send.",
        RESPOND,
    ),
    Entry("evidence", "evidence:app", "What was kept before anything was changed.", RESPOND),
    Entry(
        "doctor",
        "doctor:doctor",
        "Is every source alive, which Regions are blind, what does the defence stand on; each with how to mend it.",
        RUN,
    ),
    Entry(
        "cost",
        "cost:cost",
        "What a day costs. Arithmetic over the template and list prices, not a bill: docs/cost.md.",
        RUN,
    ),
    Entry("index", "indices:app", "Templates, lifecycles, roles and migrations of the index.", RUN),
)

app = typer.Typer(
    name="tidegate",
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def tidegate() -> None:
    """Detection and response for generative AI on AWS."""


# moto logs each failed state with its whole syntax tree; failures are kept and shown by the embedded account itself.
logging.getLogger("moto").setLevel(logging.CRITICAL)
# Handlers without a metric to publish in one call: no news for whoever runs a command.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="tidegate")
    except ConfigurationError as error:
        _say(error)
        sys.exit(2)
    except TidegateError as error:
        _say(error)
        sys.exit(1)
    except Exception as error:
        if not (said := _said_by_aws(error)):
            raise
        _say(said)
        sys.exit(1)


def _said_by_aws(error: Exception) -> str:
    """What AWS refused, in a line; empty for what isn't AWS's, which is a fault of ours and keeps its traceback."""
    from botocore.exceptions import BotoCoreError, ClientError  # nothing that `--help` needs

    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"AWS refused {error.operation_name}: {told.get('Code', '')}: {told.get('Message', '')}"
    return f"AWS was not reached: {error}" if isinstance(error, BotoCoreError) else ""


def _say(problem: TidegateError | str) -> None:
    from tidegate_local.command_line.showing import problems  # nothing that `--help` needs

    problems.print(f"tidegate: {problem}", style="red", markup=False)
