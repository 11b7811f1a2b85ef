"""`tidegate evidence verify` and `show`: what was kept before anything was changed, hashed again, and read."""

from __future__ import annotations

from typing import Annotated

import typer

from tidegate.content import configurations
from tidegate.errors import Permanent
from tidegate.model import Run
from tidegate.response import evidence_proof
from tidegate.wiring import Services
from tidegate_local import stack as stacks
from tidegate_local.command_line import completing
from tidegate_local.command_line.incidents import AsJson, By, StackName, need_incident
from tidegate_local.command_line.originals import Reason, given, note_reading
from tidegate_local.command_line.showing import answers, print_json, table

app = typer.Typer(no_args_is_help=True, help="What was kept before anything was changed.")
FOLDER = "evidence-read/"  # in the evidence bucket
Of = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT|RUN",
        help="An incident, all of whose runs are meant, or one run.",
        autocompletion=completing.incidents_and_runs,
    ),
]


@app.command("verify")
def verify(of: Of, stack: StackName = None, as_json: AsJson = False) -> None:
    """Hash every part again, compare it with the manifest, and see that it is still locked. Ends with 1 if not."""
    services = stacks.find(stack).services()
    now = services.clock()
    parts = [part for run in _runs(services, of) for part in evidence_proof.verify(services.kept_evidence, run, now)]
    if as_json:
        print_json([part._asdict() for part in parts])
    else:
        rows = [(part.run_id, part.name, part.bytes, part.sha256[:16], part.problem or "as kept") for part in parts]
        answers.print(table("Evidence", ("run", "part", "bytes", "SHA-256", "result"), rows))
    if wrong := [f"{part.name} of {part.run_id}: {part.problem}" for part in parts if part.problem]:
        raise Permanent("; ".join(wrong))


@app.command("show")
def show(of: Of, reason: Reason = None, by: By = None, stack: StackName = None) -> None:
    """The evidence as JSON: incident, plan, what was there before, events, prompts' places, and what is missing.

    Secrets in it are masked; with --reason it is shown as it was kept, and that is recorded as evidence.
    """
    found = stacks.find(stack)
    services = found.services()
    runs = _runs(services, of)
    if reason is not None:
        who = by or found.person()
        for run in runs:
            note_reading(
                services, FOLDER, {"run_id": run.id, "evidence_ref": run.evidence_ref}, reason=given(reason), by=who
            )
    kept = {run.id: evidence_proof.contents(services.kept_evidence, run) for run in runs}
    print_json(configurations.shown(kept) if reason is None else kept)


def _runs(services: Services, given: str) -> list[Run]:
    """Those that have evidence, the oldest first."""
    if given.startswith("run-"):
        run = services.ledger.run(given)
        if run is None:
            raise Permanent(f"no run {given}: `tidegate incidents` shows them.")
        return [run]
    incident = need_incident(services, given)
    runs = [run for run in services.ledger.runs(limit=1000) if run.incident_id == incident.id and run.evidence_ref]
    if not runs:
        raise Permanent(f"incident {incident.id} has no evidence: nothing of it was ever about to be changed.")
    return sorted(runs, key=lambda run: run.started_at)
