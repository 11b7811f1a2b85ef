"""`tidegate index`: what the index needs before documents come, and what became of those it refused."""

from __future__ import annotations

from typing import Annotated

import typer

from tidegate.errors import Permanent
from tidegate.index import migrating, replaying
from tidegate.index.installing import Installer
from tidegate_local import asking
from tidegate_local import stack as stacks
from tidegate_local.command_line.incidents import AsJson, StackName
from tidegate_local.command_line.showing import answers, plain, print_json, table

app = typer.Typer(help="Templates, lifecycles, roles and migrations of the index.", no_args_is_help=True)


@app.command("install")
def install(stack: StackName = None, as_json: AsJson = False) -> None:
    """Put templates, lifecycle policies and roles, and bring the indices there are up to date. Safe to repeat."""
    services = stacks.find(stack).services()
    installed = Installer(
        asking.client_of(services), serverless=services.settings.opensearch_service == "aoss"
    ).install()
    moved = installed.indices
    done = installed._asdict() | {"indices": [one._asdict() for one in moved]}
    if as_json:
        print_json(done)
        return
    answers.print(plain(f"{done['templates']} templates put."))
    answers.print(
        plain("Lifecycle policies put." if done["lifecycles"] else "No plugin for lifecycles: nothing ends by age.")
    )
    answers.print(plain("Roles put." if done["roles"] else "No security plugin, or not allowed: no roles put."))
    if moved:
        answers.print(table("Indices", ("index", "mapping", "documents copied"), moved))


app.command("upgrade", help="The same as install: what a new version needs.")(install)


@app.command("status")
def status(stack: StackName = None, as_json: AsJson = False) -> None:
    """Which indices there are, and whether each has the mapping of this version."""
    client = asking.client_of(stacks.find(stack).services())
    rows = [(index, kind, current) for index, kind, current in migrating.states(client)]
    if as_json:
        print_json([{"index": index, "kind": kind, "current": current} for index, kind, current in rows])
        return
    shown = [(index, kind, "current" if current else "older: tidegate index upgrade") for index, kind, current in rows]
    answers.print(table("Indices", ("index", "documents", "mapping"), shown))


@app.command("replay-errors")
def replay_errors(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Errors noted at or after it, as OpenSearch reads times.")
    ] = "now-30d",
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Send the originals of refused documents again, after what refused them was mended."""
    services = stacks.find(stack).services()
    replayed = replaying.replay(
        asking.client_of(services), services.sender, services.logs, since=since, remaining=lambda: 600.0
    )
    if as_json:
        print_json(replayed._asdict())
    else:
        answers.print(
            plain(
                f"{replayed.found} errors: {replayed.indexed} indexed, {replayed.already_there} were there already, "
                f"{replayed.refused} refused again, {replayed.not_documents} are records that no reader could read."
            )
        )
    if replayed.failed:
        raise Permanent(f"{len(replayed.failed)} could not be sent: {next(iter(replayed.failed.values()))}")
