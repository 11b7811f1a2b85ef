"""Writes dashboards/tidegate.ndjson: index patterns, visualisations and five dashboards for OpenSearch Dashboards.

    python -m tidegate_local.dashboard_boards

Import it under Dashboards Management > Saved objects, or by its API (`_import?overwrite=true`). Dashboards itself is
not run here: docs/limits.md says so. A test asks a real node what each panel asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidegate_local.dashboards import PATTERNS, Board, Metric, Panel, Split, as_text

FILE = Path(__file__).resolve().parents[2] / "dashboards" / "tidegate.ndjson"

COUNT = Metric("count")
TIME = Split("date_histogram", "time")
PROMPT = Metric("sum", "message_context.prompt_tokens", "input tokens")
ANSWER = Metric("sum", "message_context.completion_tokens", "output tokens")
BEDROCK = (("metadata.log_name", "bedrock_invocation"),)
STEPS = (("tidegate.kind", "step"),)
RUNS = (("tidegate.kind", "run"), ("tidegate.dry_run", False))
STANDING = (*RUNS, ("status", ("contained", "partly_contained")))


def top(field: str, label: str, size: int = 10) -> Split:
    return Split("terms", field, size, label)


BOARDS: tuple[Board, ...] = (
    Board(
        "overview",
        "Overview",
        "What comes in, what is found, what is open and what is held right now.",
        (
            Panel(
                "open-incidents",
                "Open incidents",
                "incidents",
                "metric",
                (COUNT,),
                only=(("tidegate.open", True),),
                width=12,
            ),
            Panel("active-containments", "Active containments", "runs", "metric", (COUNT,), only=STANDING, width=12),
            Panel(
                "callers",
                "Callers of models",
                "events",
                "metric",
                (Metric("cardinality", "tidegate.caller", "callers"),),
                only=BEDROCK,
                width=12,
            ),
            Panel("ingest-errors", "Records not read", "errors", "metric", (COUNT,), width=12),
            Panel(
                "events-over-time",
                "Events by source",
                "events",
                "histogram",
                (COUNT,),
                (TIME, top("metadata.log_name", "source")),
            ),
            Panel(
                "findings-over-time",
                "Findings by severity",
                "findings",
                "histogram",
                (COUNT,),
                (TIME, top("severity", "severity")),
            ),
            Panel(
                "incidents-by-severity",
                "Open incidents by severity",
                "incidents",
                "pie",
                (COUNT,),
                (top("severity", "severity"),),
                only=(("tidegate.open", True),),
            ),
            Panel(
                "loudest-callers",
                "Callers with most findings",
                "findings",
                "horizontal_bar",
                (COUNT,),
                (top("tidegate.caller", "caller"),),
            ),
        ),
    ),
    Board(
        "model-use",
        "Model use and cost",
        "Who uses which model, how much, and what it costs at the prices known when it was indexed.",
        (
            Panel(
                "calls-by-model",
                "Calls by model",
                "events",
                "histogram",
                (COUNT,),
                (TIME, top("tidegate.model", "model")),
                only=BEDROCK,
            ),
            Panel("tokens-over-time", "Tokens", "events", "line", (PROMPT, ANSWER), (TIME,), only=BEDROCK),
            Panel(
                "dollars-over-time",
                "Dollars by model",
                "events",
                "histogram",
                (Metric("sum", "tidegate.dollars", "dollars"),),
                (TIME, top("tidegate.model", "model")),
                only=BEDROCK,
            ),
            Panel(
                "dearest-callers",
                "Callers by dollars",
                "events",
                "table",
                (Metric("sum", "tidegate.dollars", "dollars"), COUNT, PROMPT, ANSWER),
                (top("tidegate.caller", "caller", 25),),
                only=BEDROCK,
            ),
            Panel(
                "errors-of-calls",
                "Errors of calls",
                "events",
                "histogram",
                (COUNT,),
                (TIME, top("status_code", "error")),
                only=BEDROCK,
            ),
            Panel(
                "guardrails",
                "Guardrails",
                "events",
                "histogram",
                (COUNT,),
                (TIME, top("tidegate.guardrail_action", "action")),
                only=BEDROCK,
            ),
            Panel(
                "regions", "Calls by Region", "events", "pie", (COUNT,), (top("cloud.region", "Region"),), only=BEDROCK
            ),
            Panel(
                "models-of-callers",
                "Models of each caller",
                "events",
                "table",
                (COUNT, Metric("max", "time", "last")),
                (top("tidegate.caller", "caller", 25), top("tidegate.model", "model")),
                only=BEDROCK,
            ),
        ),
    ),
    Board(
        "findings",
        "Findings by technique",
        "What detectors say, by detector, family and technique.",
        (
            Panel(
                "findings-by-technique",
                "Findings by technique",
                "findings",
                "horizontal_bar",
                (COUNT,),
                (top("tidegate.techniques", "technique", 25),),
            ),
            Panel(
                "findings-by-detector",
                "Findings by detector",
                "findings",
                "horizontal_bar",
                (COUNT,),
                (top("tidegate.detector", "detector", 25),),
            ),
            Panel(
                "findings-by-family",
                "Families over time",
                "findings",
                "histogram",
                (COUNT,),
                (TIME, top("tidegate.family", "family")),
            ),
            Panel(
                "severity-of-detectors",
                "Severity by detector",
                "findings",
                "table",
                (COUNT, Metric("max", "tidegate.score", "highest score")),
                (top("tidegate.detector", "detector", 25), top("severity", "severity")),
            ),
        ),
        since="now-30d",
    ),
    Board(
        "incidents",
        "Incidents",
        "What is open, how grave, since when, and how it ended.",
        (
            Panel(
                "incidents-by-status", "Incidents by status", "incidents", "pie", (COUNT,), (top("status", "status"),)
            ),
            Panel(
                "incidents-over-time",
                "Incidents by severity",
                "incidents",
                "histogram",
                (COUNT,),
                (TIME, top("severity", "severity")),
            ),
            Panel(
                "open-by-caller",
                "Open incidents by caller",
                "incidents",
                "table",
                (Metric("max", "tidegate.score", "score"), COUNT, Metric("max", "time", "last seen")),
                (top("tidegate.caller", "caller", 50),),
                only=(("tidegate.open", True),),
                width=48,
            ),
            Panel(
                "incidents-by-technique",
                "Techniques of incidents",
                "incidents",
                "horizontal_bar",
                (COUNT,),
                (top("tidegate.techniques", "technique", 25),),
                width=48,
            ),
        ),
        since="now-30d",
    ),
    Board(
        "playbooks",
        "Playbooks and containments",
        "What was done, what holds until when, how long it took, what was undone.",
        (
            Panel("runs-by-status", "Runs by status", "runs", "pie", (COUNT,), (top("status", "status"),), only=RUNS),
            Panel(
                "steps-by-outcome",
                "Steps by action and status",
                "runs",
                "table",
                (COUNT,),
                (top("tidegate.action", "action", 50), top("status", "status")),
                only=STEPS,
            ),
            Panel(
                "contained-until",
                "Contained until",
                "runs",
                "table",
                (Metric("max", "tidegate.expires_time", "until"), COUNT),
                (top("tidegate.incident_uid", "incident", 50), top("tidegate.playbook", "playbook")),
                only=STANDING,
            ),
            Panel(
                "time-to-contain",
                "Milliseconds to contain",
                "runs",
                "line",
                (Metric("avg", "tidegate.duration_ms", "mean"), Metric("max", "tidegate.duration_ms", "longest")),
                (TIME,),
                only=RUNS,
            ),
        ),
        since="now-30d",
    ),
)


def saved_objects() -> Iterator[dict[str, Any]]:
    """Index patterns, then visualisations, then the dashboards that show them: an import needs no second pass."""
    for name, title in PATTERNS.items():
        yield {
            "id": f"tidegate-{name}",
            "type": "index-pattern",
            "attributes": {"title": title, "timeFieldName": "time"},
            "references": [],
            "migrationVersion": {"index-pattern": "7.6.0"},
        }
    for panel in panels():
        yield panel.as_saved()
    for board in BOARDS:
        yield board.as_saved()


def panels() -> list[Panel]:
    return [panel for board in BOARDS for panel in board.panels]


def ndjson() -> str:
    return "".join(as_text(one) + "\n" for one in saved_objects())


if __name__ == "__main__":
    FILE.write_text(ndjson(), "utf-8")
