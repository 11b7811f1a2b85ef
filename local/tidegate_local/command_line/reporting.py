"""`tidegate report`: incidents as files for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.console.case import case_of
from tidegate.console.reports import index_pages, report
from tidegate.model import Incident
from tidegate.response.world import decisive, runs_of
from tidegate.wiring import Services
from tidegate_local import stack as stacks
from tidegate_local.command_line import completing
from tidegate_local.command_line.incidents import AsJson, StackName, need_incident
from tidegate_local.command_line.showing import answers, plain, print_json, progress

MOST = 10_000  # incidents of one report


def reports(
    incidents: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INCIDENT...",
            help="Ids of incidents or runs; without one, the open ones.",
            autocompletion=completing.incidents_and_runs,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Closed incidents, too.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the files are written to.")] = Path(
        ".tidegate/report"
    ),
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Write each incident as one HTML file that stands alone, and an index of them: to read offline, print or send."""
    found = stacks.find(stack)
    services = found.services()
    if incidents:
        chosen = [need_incident(services, given) for given in dict.fromkeys(incidents)]
    else:
        chosen = services.incidents.list(open_only=not every, limit=MOST)
    written = _write(services, chosen, out, about=f"{found.name} in {found.region}")
    if as_json:
        print_json({"files": [str(path) for path in written], "incidents": [one.id for one in chosen]})
        return
    answers.print(plain(f"{len(chosen)} incidents in {len(written)} files: {written[-1]}"), soft_wrap=True)


def _write(services: Services, incidents: list[Incident], folder: Path, *, about: str) -> list[Path]:
    """The index comes last in the answer."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    runs = {one.id: decisive(runs_of(services, one.id, until=one.generation)) for one in incidents}
    with progress("reports", len(incidents)) as advance:
        for incident in incidents:
            path = folder / f"{incident.id}.html"
            path.write_text(report(case_of(services, incident), about=about), encoding="utf-8")
            written.append(path)
            advance(1)
    pages = [(folder / name, page) for name, page in index_pages(incidents, runs, services.clock(), about=about)]
    for path, page in reversed(pages):
        path.write_text(page, encoding="utf-8")
        written.append(path)
    return written
