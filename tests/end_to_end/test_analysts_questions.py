"""After a morning on the deployed template: dashboards and saved queries show what happened, no more, no less."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deployed_account import CONTAINED, SCRAPER, START, Deployed, deployed
from opensearch_node import to_itself
from opensearchpy import OpenSearch

from tidegate.index.queries import saved_queries
from tidegate.model import IncidentStatus, RunStatus, StepStatus
from tidegate_local import story
from tidegate_local.asking import QUERIES
from tidegate_local.dashboard_boards import panels
from tidegate_local.dashboards import PATTERNS

pytestmark = [pytest.mark.end_to_end, pytest.mark.opensearch]

DAY = {"since": f"{START:%Y-%m-%d}T00:00:00Z", "until": f"{START:%Y-%m-%d}T23:59:59Z"}
SAVED = saved_queries(QUERIES)
GREEDY = f"user:{story.GREEDY_USER}"
NOTHING_OF_IT = {"suppressed", "access_denied", "guardrail_blocks"}  # no allowance, no refusal, no guardrail at work


FOLDER = Path(__file__).parents[2] / "dashboards" / "monitors"
MONITORS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


class Morning:
    def __init__(self, stack: Deployed, client: OpenSearch) -> None:
        self.stack, self.client = stack, client
        self.documents = stack.documents()

    def of(self, index: str) -> list[dict[str, Any]]:
        return [document for (name, _), document in self.documents.items() if name.startswith(f"tidegate-{index}")]

    def panel(self, panel_id: str) -> dict[str, Any]:
        panel = next(one for one in panels() if one.id == panel_id)
        answer: dict[str, Any] = self.client.search(index=PATTERNS[panel.documents], body=panel.search())
        return answer

    def total(self, panel_id: str) -> int:
        return int(self.panel(panel_id)["hits"]["total"]["value"])

    def bars(self, panel_id: str) -> dict[str, int]:
        return {one["key"]: one["doc_count"] for one in self.panel(panel_id)["aggregations"]["split0"]["buckets"]}

    def ask(self, query: str, **values: Any) -> dict[str, Any]:
        window = {name: value for name, value in DAY.items() if name in SAVED[query].parameters}
        return SAVED[query].run(self.client, window | values)

    def ids(self, query: str, **values: Any) -> list[str]:
        return [hit["_id"] for hit in self.ask(query, **values)["hits"]["hits"]]


@pytest.fixture(scope="module")
def morning(opensearch_url: str, _opensearch_lock: Path) -> Iterator[Morning]:
    """Nothing but this morning is on the node."""
    with (
        to_itself(opensearch_url, _opensearch_lock) as client,
        deployed(opensearch_url=opensearch_url, ResponseMode="auto") as stack,
    ):
        stack.everything_at_once()
        client.indices.refresh(index="tidegate-*")
        yield Morning(stack, client)


def test_every_panel_shows_something(morning: Morning) -> None:
    assert [panel.id for panel in panels() if not morning.total(panel.id)] == []


def test_open_incidents_and_what_holds_are_those_of_the_stores(morning: Morning) -> None:
    incidents = morning.stack.services.incidents.list(limit=1000)
    still_open = [one for one in incidents if one.status is not IncidentStatus.CLOSED]
    assert morning.total("open-incidents") == len(still_open)
    worst_first = morning.ids("open_incidents")
    assert set(worst_first) == {one.id for one in still_open}
    holding = {run.id for run in morning.stack.services.ledger.runs(limit=1000) if run.status is RunStatus.CONTAINED}
    assert morning.total("active-containments") == len(holding)
    assert set(morning.ids("contained_now")) == holding
    assert len(holding) >= len(CONTAINED)


def test_findings_by_technique_are_those_that_were_written(morning: Morning) -> None:
    told = Counter(one for finding in morning.of("findings") for one in finding["tidegate"].get("techniques", ()))
    shown = morning.bars("findings-by-technique")
    assert shown == {technique: told[technique] for technique in shown}
    assert sorted(shown.values(), reverse=True) == [count for _, count in told.most_common(25)]


def test_callers_tokens_and_dollars_are_those_of_the_calls(morning: Morning) -> None:
    calls = [one for one in morning.of("events") if one["metadata"].get("log_name") == "bedrock_invocation"]
    by_caller = Counter(one["tidegate"]["caller"] for one in calls)
    assert by_caller[GREEDY] == 650
    assert morning.panel("callers")["aggregations"]["metric0"]["value"] == len(by_caller)
    dearest = {one["key"]: one for one in morning.panel("dearest-callers")["aggregations"]["split0"]["buckets"]}
    for caller, bucket in dearest.items():
        dollars = sum(one["tidegate"].get("dollars", 0.0) for one in calls if one["tidegate"]["caller"] == caller)
        assert (bucket["doc_count"], bucket["metric0"]["value"]) == (by_caller[caller], pytest.approx(dollars))
    spenders = morning.ask("token_spikes")["aggregations"]["callers"]["buckets"]
    assert spenders[0]["key"] == f"session:{SCRAPER.name}/{SCRAPER.session}"
    assert spenders[0]["tokens"]["value"] == 10 * 150_000
    pairs = {pair["key"][0] for pair in morning.ask("model_use")["aggregations"]["pairs"]["buckets"]}
    assert pairs == by_caller.keys()


def test_the_time_line_counts_every_event_once(morning: Morning) -> None:
    hours = morning.panel("events-over-time")["aggregations"]["split0"]["buckets"]
    assert sum(one["doc_count"] for one in hours) == len(morning.of("events"))


def test_an_incident_s_findings_are_all_found(morning: Morning) -> None:
    for incident in morning.stack.services.incidents.list(limit=1000):
        found = morning.ids("findings_of_incident", incident=incident.id)
        assert set(found) == set(incident.finding_ids), incident.caller


def test_steps_changes_addresses_and_names_are_those_of_the_story(morning: Morning) -> None:
    receipts = [one for run in morning.stack.services.ledger.runs(limit=1000) for one in morning.stack.receipts(run)]
    made = {one.id for one in receipts if one.status is StepStatus.VERIFIED}
    assert made <= set(morning.ids("playbook_steps"))
    changes = [hit["_source"]["api"]["operation"] for hit in morning.ask("protection_changes")["hits"]["hits"]]
    assert {"UpdateGuardrail", "DeleteModelInvocationLoggingConfiguration", "UpdateAgentAlias"} <= set(changes)
    account = morning.stack.aws.account
    assert morning.ask("events_of_name", account=account, name=GREEDY)["hits"]["total"]["value"] == 650
    assert morning.ids("events_of_address", address=story.THIEF.address)
    (unread,) = morning.ask("ingest_errors")["hits"]["hits"]
    assert "truncated" in unread["_source"]["tidegate"]["reason"]


@pytest.mark.parametrize("query", sorted(NOTHING_OF_IT))
def test_what_did_not_happen_is_not_found(morning: Morning, query: str) -> None:
    assert morning.ids(query) == []


@pytest.mark.parametrize("minutes", [0, 30])
def test_what_a_monitor_s_trigger_reads_is_what_the_morning_left(morning: Morning, minutes: int) -> None:
    """`now` is the end of the morning, or half an hour later."""
    now = morning.stack.aws.clock() + timedelta(minutes=minutes)

    def seen(monitor: str) -> int:
        search = MONITORS[monitor]["inputs"][0]["search"]
        body = json.loads(json.dumps(search["query"]).replace('"now-', f'"{now:%Y-%m-%dT%H:%M:%SZ}||-'))
        answer = morning.client.search(index=",".join(search["indices"]), body=body)
        return int(answer["hits"]["total"]["value"])

    def since(index: str, **ago: int) -> int:
        begin = (now - timedelta(**ago)).timestamp() * 1000
        return sum(one["time"] >= begin for one in morning.of(index))

    nobody_looked = [
        one
        for one in morning.of("incidents")
        if (one["status"], one["severity"]) == ("new", "critical")
        and one["time"] < (now - timedelta(minutes=15)).timestamp() * 1000
    ]
    assert seen("critical_incident_waiting") == len(nobody_looked)
    assert seen("dead_letters") == since("ingest-errors", minutes=15)
    assert seen("ingest_lag") == since("events", hours=1) > 0


def test_every_saved_query_is_asked_here(morning: Morning) -> None:
    asked = {"open_incidents", "contained_now", "token_spikes", "model_use", "findings_of_incident", "playbook_steps"}
    asked |= {"protection_changes", "events_of_name", "events_of_address", "ingest_errors"}
    assert SAVED.keys() == asked | NOTHING_OF_IT
