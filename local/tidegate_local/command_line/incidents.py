"""`tidegate incidents`, `explain`, `approve`, `undo` and `close`: what a responder does about incidents of a stack."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from tidegate.console.case import UNDOABLE, stands
from tidegate.console.words import said
from tidegate.content import configurations
from tidegate.errors import ConfigurationError, Permanent
from tidegate.model import Incident, Receipt, Run, RunStatus, Step
from tidegate.response.closing import ends_at, stays
from tidegate.response.proofs import sentence
from tidegate.response.times import spelled
from tidegate.response.world import HOLDING, decisive
from tidegate.wiring import Services
from tidegate_local import stack as stacks
from tidegate_local.command_line import completing
from tidegate_local.command_line.showing import answers, facts_text, plain, print_json, table, value_text

StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="A deployed stack; without it, what `demo --hold` holds.",
        autocompletion=completing.stack_names,
    ),
]
IncidentOrRun = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT", help="The id of an incident, or of its run.", autocompletion=completing.incidents_and_runs
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
By = Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; by default, who AWS says you are.")]
WAIT = 60  # seconds that undo waits to see the release end


def show_list(
    stack: StackName = None,
    every: Annotated[bool, typer.Option("--all", help="Closed incidents, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Open incidents, what is contained until when, and what waits for approval."""
    services = stacks.find(stack).services()
    incidents = services.incidents.list(open_only=not every, limit=1000)
    known = services.ledger.runs(limit=1000)
    runs = decisive_runs(known)
    if as_json:
        print_json(
            [
                {**one.model_dump(mode="json"), "run": runs[one.id].model_dump(mode="json") if one.id in runs else None}
                for one in incidents
            ]
        )
        return
    incidents.sort(key=lambda one: (-one.severity.rank, one.first_seen))
    if not incidents:
        answers.print("No incident." if every else "No open incident.")
        return
    columns = ("severity", "incident", "what", "caller", "response", "until (UTC)")
    answers.print(table("Incidents", columns, [_row(one, runs.get(one.id)) for one in incidents]))
    waits = [run for run in known if run.status is RunStatus.AWAITING_APPROVAL and run.decided_at is None]
    waiting = [run.incident_id for run in waits]
    for one in incidents:
        if one.id in waiting:
            answers.print(plain(f"Waits for a person: tidegate explain {one.id}, then tidegate approve {one.id}"))


def decisive_runs(runs: Iterable[Run]) -> dict[str, Run]:
    """Of each incident the run that says where it stands."""
    of: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.started_at, reverse=True):
        of.setdefault(run.incident_id, []).append(run)
    return {incident_id: told for incident_id, each in of.items() if (told := decisive(each))}


def _row(incident: Incident, run: Run | None) -> tuple[object, ...]:
    until = f"{run.expires_at:%m-%d %H:%M}" if run and run.expires_at else ""
    response = f"{run.playbook} {said(run.status)}".strip() if run else said(incident.status)
    response += ", does NOT hold" if run and run.outlived_at else ""
    return incident.severity, incident.id, incident.title, incident.caller, response, until


def explain(
    incident: IncidentOrRun,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Why there is an incident, what was planned and done about it, and how to undo it."""
    services = stacks.find(stack).services()
    found = need_incident(services, incident)
    runs = sorted(
        (r for r in services.ledger.runs(limit=1000) if r.incident_id == found.id), key=lambda r: r.started_at
    )
    steps = {run.id: [*services.ledger.receipts(run.id), *services.ledger.later(run.id)] for run in runs}
    findings = _findings(services, found)
    if as_json:
        print_json(
            {
                "incident": found.model_dump(mode="json"),
                "findings": findings,
                "runs": [_as_json(run, steps[run.id]) for run in runs],
            }
        )
        return
    answers.print(plain(f"{found.title or found.id}", "bold"))
    answers.print(plain(f"{found.id}: {found.severity}, {found.status}, by {found.caller}"))
    for line in _what_holds(runs, steps):
        answers.print(plain(line, "bold"))
    answers.print(
        plain(f"{found.first_seen:%Y-%m-%d %H:%M:%S} to {found.last_seen:%H:%M:%S} UTC; " + _techniques(found))
    )
    if findings:
        rows = [(one["detector"], one["title"], one["time"], one["events"]) for one in findings]
        answers.print(table("Findings", ("detector", "what", "time", "events"), rows))
    for run in runs:
        answers.print(_explained(run, steps[run.id]))


def _as_json(run: Run, receipts: Iterable[Receipt]) -> dict[str, Any]:
    told = {**run.model_dump(mode="json"), "receipts": [one.model_dump(mode="json") for one in receipts]}
    return configurations.shown(told)


def _what_holds(runs: list[Run], steps: dict[str, list[Receipt]]) -> Iterator[str]:
    """What is changed right now, whichever runs came after it."""
    for run in runs:
        holding = [f"{one.step.action} on {one.step.target} {_until(run, one)}" for one in steps[run.id] if stands(one)]
        if holding and run.status in HOLDING:
            doubt = "; it does NOT hold: later calls succeeded" if run.outlived_at else ""
            how = "Contained" if run.status is RunStatus.CONTAINED else "Contained IN PART"
            yield f"{how} by {run.playbook}{doubt}: {'; '.join(holding)}"


def _until(run: Run, receipt: Receipt) -> str:
    if kept := stays(receipt):
        return f"stays ({kept})"
    end = ends_at(run, receipt)
    return f"until {end:%Y-%m-%d %H:%M} UTC" if end else "until a person undoes it"


def _later(receipt: Receipt) -> Text:
    due = f", due {receipt.due_at:%Y-%m-%d %H:%M} UTC" if receipt.due_at else ""
    why = f": {receipt.error}" if receipt.error else ""
    return plain(f"Later: {said(receipt.step.action)} on {receipt.step.target}: {said(receipt.status)}{due}{why}")


def _techniques(incident: Incident) -> str:
    return ", ".join(incident.techniques) or "no techniques named"


def _explained(run: Run, receipts: list[Receipt]) -> Group:
    mode = f"{run.mode}, " if run.plan else ""  # without a plan there was none to choose
    parts: list[Any] = [plain(f"\nRun {run.id}: {run.playbook}, {mode}{said(run.status)}", "bold")]
    if run.plan:
        parts += [plain(part) for part in (run.plan.reason, run.plan.mode_reason, run.plan.undo) if part]
    if run.times:
        parts.append(plain("Times: " + "; ".join(spelled(run.times))))
    if run.error:
        parts.append(plain(run.error, "" if run.status is RunStatus.NOT_NEEDED else "red"))
    known = {receipt.id: receipt for receipt in receipts}
    for number, step in enumerate(run.plan.steps if run.plan else (), 1):
        parts += _step(number, step, known.get(step.id))
    parts += [_later(receipt) for receipt in receipts if receipt.later]
    if run.status in HOLDING:
        parts.append(plain(f"Undo: tidegate undo {run.id}"))
    if run.status is RunStatus.AWAITING_APPROVAL:
        parts.append(plain(f"Approve: tidegate approve {run.approval_id}"))
    return Group(*parts)


def _step(number: int, step: Step, receipt: Receipt | None) -> Iterator[Text]:
    """What is or was to be done, the exact change of it, and what came of it."""
    yield plain(f"\n{number}. {step.action} on {step.target}: {said(receipt.status) if receipt else 'planned'}")
    for change in step.difference:
        yield plain(f"   {change.resource}", "dim")
        yield plain(f"   - {value_text(configurations.shown(change.before))}", "red")
        yield plain(f"   + {value_text(configurations.shown(change.after))}", "green")
    if receipt and receipt.proof:
        yield plain(f"   proven: {sentence(receipt)}")
    if receipt and receipt.error:
        yield plain(f"   {receipt.error}", "red")


def _findings(services: Services, incident: Incident) -> list[dict[str, Any]]:
    """From the index where there is one: findings themselves are kept nowhere else for long."""
    if not services.settings.opensearch_endpoint:
        return []
    from tidegate_local.asking import findings_of

    return findings_of(services, incident.id)


def approve(
    approval: Annotated[
        str,
        typer.Argument(
            metavar="APPROVAL",
            help="The id of an approval, its run or incident.",
            autocompletion=completing.incidents_and_runs,
        ),
    ],
    decline: Annotated[bool, typer.Option("--decline", help="Say no: nothing is changed.")] = False,
    by: By = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Let a waiting plan go on, or decline it. Read it first: `tidegate explain`."""
    found = stacks.find(stack)
    services = found.services()
    approval_id = approval
    if not approval.startswith("approval-"):
        run = _run(services, approval, among=(RunStatus.AWAITING_APPROVAL,))
        if not run.approval_id:
            raise Permanent(f"run {run.id} is {run.status}: it waits for no approval.")
        approval_id = run.approval_id
    decision = "declined" if decline else "approved"
    run = services.response.decide(approval_id, decision=decision, by=by or found.person())
    if as_json:
        print_json(run.model_dump(mode="json"))
        return
    waited = run.status is RunStatus.AWAITING_APPROVAL
    now = decision if waited else f"{decision} already, and {run.status.value.replace('_', ' ')}"
    answers.print(plain(f"{now}: run {run.id} of incident {run.incident_id}. See `tidegate explain {run.id}`."))


def undo(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="The id of a run, or of its incident: its latest that stands.",
            autocompletion=completing.incidents_and_runs,
        ),
    ] = None,
    incident: Annotated[
        str | None,
        typer.Option(
            "--incident",
            metavar="INCIDENT",
            help="Every run of it that stands, the latest first.",
            autocompletion=completing.incidents,
        ),
    ] = None,
    by: By = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Put back exactly what a run found, last change first. Refused where someone else has changed it since."""
    if (run is None) == (incident is None):
        raise ConfigurationError("undo takes a RUN, or --incident INCIDENT: `tidegate contained` shows what stands.")
    found = stacks.find(stack)
    services = found.services()
    which = services.response.standing_runs(need_incident(services, incident).id) if incident else []
    if run is not None:
        which = [_run(services, run, among=UNDOABLE)]
    if not which:
        raise Permanent(f"nothing of incident {incident} stands: there is nothing to undo.")
    undone = [_undone(services, one, by or found.person(), as_json=as_json) for one in which]
    if as_json:
        print_json(undone if incident else undone[0])
    if left := [
        f"run {one['run']['id']} is {one['run']['status']}, not released: {one['error']}"
        for one in undone
        if one["error"]
    ]:
        raise Permanent("; ".join(left))


def _undone(services: Services, which: Run, by: str, *, as_json: bool) -> dict[str, Any]:
    """One run released, or why not. What is left of one hinders no other."""
    if which.status not in UNDOABLE:
        raise Permanent(f"run {which.id} is {which.status}: there is nothing to undo.")
    execution = services.responses.release(which.id, reason="undone", by=by)
    ended = _wait_for(services, which)
    receipts = services.ledger.receipts(which.id)
    if not as_json:
        rows = [
            (one.step.action, one.step.target, one.status, facts_text(configurations.shown(one.restored)), one.error)
            for one in receipts
        ]
        answers.print(
            table(f"Run {ended.id}: {ended.status}", ("action", "target", "status", "restored", "error"), rows)
        )
    return {
        "execution": execution,
        "run": ended.model_dump(mode="json"),
        "receipts": [one.model_dump(mode="json") for one in receipts],
        "error": "" if ended.status is RunStatus.RELEASED else ended.error or f"execution {execution}",
    }


def close(
    incident: IncidentOrRun,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What it was: it stays with the incident.")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is over. Refused while a containment of it stands; a later finding opens a new one."""
    services = stacks.find(stack).services()
    closed = services.response.close_incident(need_incident(services, incident).id, reason=reason)
    if as_json:
        print_json(closed.model_dump(mode="json"))
    else:
        answers.print(f"{closed.id} is closed: {closed.closed_reason}", markup=False)


def _wait_for(services: Services, before: Run) -> Run:
    """The run once the release has ended, or as it is after WAIT seconds."""
    until = time.monotonic() + WAIT
    while True:
        run = services.ledger.run(before.id) or before
        over = run.status is RunStatus.RELEASED or (run.status is RunStatus.FAILED and run.revision != before.revision)
        if over or time.monotonic() > until:
            return run
        time.sleep(0.3)


def need_incident(services: Services, given: str) -> Incident:
    incident_id = given
    if given.startswith("run-"):
        incident_id = _run(services, given).incident_id
    incident = services.incidents.get(incident_id)
    if incident is None:
        raise Permanent(f"no incident {given}: `tidegate incidents --all` shows them.")
    return incident


def _run(services: Services, given: str, *, among: Sequence[RunStatus] = ()) -> Run:
    """A run by its id, or the latest of an incident; one of these states, if it has any."""
    run = services.ledger.run(given) if given.startswith("run-") else None
    if run is None:
        of_incident = [one for one in services.ledger.runs(limit=1000) if one.incident_id == given]
        fitting = [one for one in of_incident if one.status in among] or of_incident
        run = max(fitting, key=lambda one: one.started_at, default=None)
    if run is None:
        raise Permanent(f"no run {given}: `tidegate incidents` shows them.")
    return run
