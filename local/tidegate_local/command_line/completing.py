"""What the shell completes besides commands and options: names this machine knows, and what a stack has open.

A completion that can't be had is none: the person is in the middle of a line, and the command itself will say why.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import typer
from botocore.exceptions import BotoCoreError, ClientError

from tidegate.detectors import ALL
from tidegate.errors import TidegateError
from tidegate.index.queries import SavedQuery
from tidegate.index.queries import saved_queries as read_queries
from tidegate.wiring import Services
from tidegate_local import stack as stacks
from tidegate_local.asking import QUERIES

type Offered = list[tuple[str, str]]  # what may be written, and what it is

SAM_CONFIGURATION = Path("samconfig.toml")
MOST = 50  # incidents or runs offered


def stack_names() -> Offered:
    """Stacks that `sam deploy` makes from this folder."""
    try:
        known = tomllib.loads(SAM_CONFIGURATION.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    named: dict[str, str] = {}
    for environment, commands in known.items():
        if isinstance(commands, dict) and (name := commands.get("global", {}).get("parameters", {}).get("stack_name")):
            named.setdefault(name, f"sam deploy --config-env {environment}")
    return list(named.items())


def incidents(context: typer.Context) -> Offered:
    """Of the stack that the line names so far."""
    services = _services(context)
    try:
        found = services.incidents.list(open_only=True, limit=MOST) if services else []
    except (TidegateError, BotoCoreError, ClientError):
        return []
    return [(one.id, f"{one.severity.value}: {one.title or one.caller}") for one in found]


def runs(context: typer.Context) -> Offered:
    services = _services(context)
    try:
        found = services.ledger.runs(limit=MOST) if services else []
    except (TidegateError, BotoCoreError, ClientError):
        return []
    return [(one.id, f"{one.playbook}, {one.status.value}") for one in found]


def incidents_and_runs(context: typer.Context) -> Offered:
    return [*incidents(context), *runs(context)]


def detectors() -> Offered:
    return [(one.about.id, one.about.title) for one in ALL]


def families_of_detectors() -> list[str]:
    return sorted({one.about.family for one in ALL})


def techniques() -> list[str]:
    return sorted({covered.id for one in ALL for covered in one.about.covers})


def scenarios() -> Offered:
    from tidegate_local.scenarios import SCENARIOS  # deploys with moto: slow to import

    return [("list", "names them"), *((name, one.about.title) for name, one in SCENARIOS.items())]


def families_simulated() -> list[str]:
    from tidegate_local.simulation.families import BY_FAMILY, VARIANTS

    return [*BY_FAMILY, *VARIANTS]


def classes_simulated() -> Offered:
    from tidegate_local.simulation.profiles import CLASSES

    return [(name, str(one.who)) for name, one in CLASSES.items()]


def saved_queries() -> Offered:
    return [(one.id, one.question) for one in _saved().values()]


def values_of_query(context: typer.Context) -> Offered:
    """NAME= of what the query on the line takes and has not been given."""
    query = _saved().get(context.params.get("query") or "")
    given = {str(one).partition("=")[0] for one in context.params.get("values") or ()}
    if query is None:
        return []
    return [(f"{name}=", one.about) for name, one in query.parameters.items() if name not in given]


def _saved() -> dict[str, SavedQuery]:
    return read_queries(QUERIES)


def _services(context: typer.Context) -> Services | None:
    try:
        return stacks.find(context.params.get("stack")).services()
    except TidegateError:
        return None
