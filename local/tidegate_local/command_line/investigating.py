"""`tidegate timeline`, `search` and `contained`: what happened, what the index knows, what stands right now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tidegate.console.case import STANDING
from tidegate.console.timeline import timeline
from tidegate.console.words import span
from tidegate.errors import ConfigurationError, Permanent
from tidegate.index.queries import SavedQuery, saved_queries
from tidegate.model import StepStatus
from tidegate.response.closing import ends_at, stays
from tidegate.wiring import Services
from tidegate_local import asking
from tidegate_local import stack as stacks
from tidegate_local.command_line import completing
from tidegate_local.command_line.incidents import AsJson, IncidentOrRun, StackName, need_incident
from tidegate_local.command_line.showing import answers, plain, print_json, table

MOST_EVENTS = 1000  # of one incident's caller that a time line shows
MOST_COLUMNS = 7
LOOKED_AT = (
    "time",
    "severity",
    "status",
    "finding_info.title",
    "tidegate.caller",
    "api.operation",
    "tidegate.model",
    "src_endpoint.ip",
    "metadata.uid",
)
NUMBERED = ("_uid", "_id", "version")


def show_timeline(
    incident: IncidentOrRun,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """What the caller did, what was found, what was decided, done and undone, in order."""
    services = stacks.find(stack).services()
    found = need_incident(services, incident)
    runs = sorted(
        (run for run in services.ledger.runs(limit=1000) if run.incident_id == found.id), key=lambda run: run.started_at
    )
    findings: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    if services.events is not None:
        answer = asking.ask(asking.client_of(services), "findings_of_incident", {"incident": found.id})
        findings = [hit["_source"] for hit in answer["hits"]["hits"]]
        since, until = found.first_seen.timestamp(), max(found.last_seen, services.clock()).timestamp() + 1
        events = services.events.events_of(found.account, found.caller, since=since, until=until, limit=MOST_EVENTS)
    moments = timeline(found, ((run, services.ledger.receipts(run.id)) for run in runs), findings, events)
    if as_json:
        print_json([moment.as_json() for moment in moments])
        return
    rows = [(f"{one.time:%m-%d %H:%M:%S}", one.kind, one.what, one.who) for one in moments]
    answers.print(table(f"{found.id}: {found.title}", ("time (UTC)", "kind", "what", "who"), rows))
    if services.events is None:
        answers.print(plain("This installation has no index: calls and findings are not shown.", "yellow"))
    elif len(events) == MOST_EVENTS:
        answers.print(plain(f"The first {MOST_EVENTS} calls of more: `tidegate search events_of_name`.", "yellow"))


def contained(stack: StackName = None, as_json: AsJson = False) -> None:
    """What is contained right now, until when, and how it is released."""
    services = stacks.find(stack).services()
    rows = _standing(services)
    if as_json:
        print_json(rows)
        return
    if not rows:
        answers.print("Nothing is contained.")
        return
    columns = ("ends", "action", "target", "incident", "approved by")
    shown = [(row["time_left"], row["action"], row["target"], row["incident_id"], row["approved_by"]) for row in rows]
    answers.print(table("Contained now", columns, shown))
    for release, playbook in dict.fromkeys((row["release"], row["playbook"]) for row in rows):
        answers.print(plain(f"Release {playbook}: {release}"))


def _standing(services: Services) -> list[dict[str, Any]]:
    """A row a change that stands, what ends first on top; from the ledger, so that it holds without an index."""
    now = services.clock()
    rows = []
    for run in services.ledger.runs(limit=1000):
        if run.status not in STANDING:
            continue
        for receipt in services.ledger.receipts(run.id):
            applied = receipt.applied_at is not None and receipt.undone_at is None
            if not applied or receipt.status is StepStatus.UNDONE:
                continue
            ends = ends_at(run, receipt)
            rows.append(
                {
                    "run_id": run.id,
                    "incident_id": run.incident_id,
                    "playbook": run.playbook,
                    "action": receipt.step.action,
                    "target": str(receipt.step.target),
                    "status": receipt.status.value,
                    "since": receipt.applied_at,
                    "ends": ends,
                    "time_left": "never: it stays" if stays(receipt) else _left(ends, now),
                    "stays": stays(receipt),
                    "approved_by": run.approved_by or ("nobody: auto" if run.mode == "auto" else ""),
                    "reach": receipt.step.reach,
                    "release": f"tidegate undo {run.id}",
                }
            )
    return sorted(rows, key=lambda row: row["ends"] or datetime.max.replace(tzinfo=UTC))


def _left(ends: datetime | None, now: datetime) -> str:
    if ends is None:
        return "when a person undoes it"
    return f"in {span(ends - now)}" if ends > now else f"overdue by {span(now - ends)}"


def search(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="QUERY",
            help="A saved query; without it, all are listed.",
            autocompletion=completing.saved_queries,
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Its parameters.", autocompletion=completing.values_of_query),
    ] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Ask the index a saved question: tidegate search events_of_name account=111122223333 name=user:alice."""
    known = saved_queries(asking.QUERIES)
    if query is None:
        if as_json:
            print_json([one.model_dump(mode="json", exclude={"body"}) for one in known.values()])
            return
        rows = [(one.id, one.question, ", ".join(map(_parameter, one.parameters.items()))) for one in known.values()]
        answers.print(table("Saved queries", ("query", "question", "parameters"), rows))
        return
    if query not in known:
        raise ConfigurationError(f"no saved query {query}: there are {', '.join(known)}.")
    given = _typed(known[query], dict(map(_pair, values or ())))
    try:
        known[query].filled(given)
    except Permanent as error:
        raise ConfigurationError(f"{error}. `tidegate search` lists what each takes.") from error
    services = stacks.find(stack).services()
    if not services.settings.opensearch_endpoint:
        raise Permanent("this installation has no index to search; the documents wait in its outbox bucket.")
    answer = known[query].run(asking.client_of(services), given)
    if as_json:
        print_json(answer)
        return
    _show(known[query], answer)


def _parameter(named: tuple[str, Any]) -> str:
    name, parameter = named
    return name if parameter.default is None else f"{name}={parameter.default}"


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ConfigurationError(f"a parameter is NAME=VALUE, not {text!r}.")
    return name, value


def _typed(query: SavedQuery, given: dict[str, str]) -> dict[str, Any]:
    """Numbers as numbers; everything else is checked by the query itself."""
    typed: dict[str, Any] = {}
    for name, value in given.items():
        parameter = query.parameters.get(name)
        numeric = parameter is not None and parameter.type == "number"
        try:
            typed[name] = float(value) if numeric and "." in value else int(value) if numeric else value
        except ValueError as error:
            raise ConfigurationError(f"{query.id}: {name} must be a number, not {value!r}.") from error
    return typed


def _show(query: SavedQuery, answer: dict[str, Any]) -> None:
    answers.print(plain(query.question, "bold"))
    for name, found in (answer.get("aggregations") or {}).items():
        rows = list(_buckets(found))
        if rows:
            answers.print(table(name, ("key", "documents", "more"), rows))
    hits = answer["hits"]["hits"]
    if hits:
        flat = [dict(_flat(hit["_source"])) for hit in hits]
        columns = _columns(flat)
        answers.print(
            table(f"{len(hits)} documents", columns, [[row.get(name, "") for name in columns] for row in flat])
        )
    elif not answer.get("aggregations"):
        answers.print("Nothing found.")


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """What a person looks at first, then what tells the documents apart; OCSF's numbers say the same as its words."""
    held = dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, ""))
    telling = [name for name in held if not name.endswith(NUMBERED) and len({str(row.get(name)) for row in rows}) > 1]
    return list(dict.fromkeys([*(name for name in LOOKED_AT if name in held), *telling]))[:MOST_COLUMNS]


def _buckets(found: Any, path: tuple[str, ...] = ()) -> Any:
    """A row a bucket, nested ones with the keys above them: (key, documents, other values)."""
    for bucket in found.get("buckets", ()) if isinstance(found, dict) else ():
        key = str(bucket.get("key_as_string", bucket.get("key")))
        inner = [value for value in bucket.values() if isinstance(value, dict) and "buckets" in value]
        values = {name: one["value"] for name, one in bucket.items() if isinstance(one, dict) and "value" in one}
        yield " / ".join((*path, key)), bucket["doc_count"], json.dumps(values) if values else ""
        for one in inner:
            yield from _buckets(one, (*path, key))


def _flat(document: dict[str, Any], path: str = "") -> Any:
    for name, value in document.items():
        where = f"{path}{name}"
        if isinstance(value, dict):
            yield from _flat(value, where + ".")
        elif where == "time" or where.endswith("_time"):
            yield where, asking.moment(value) if isinstance(value, int | float) else value
        else:
            yield where, value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
