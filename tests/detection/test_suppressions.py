"""What an allowance keeps back is written down where it can be searched, and raised nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from detection_builders import NOW, World, a_delivery, a_session, an_api_call
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.queries import saved_queries
from tidegate.model import Finding
from tidegate.rules import Rules
from tidegate.suppression import report_expired

DAY = 86_400
ADMIN = a_session("PlatformAdmin", "m.rivera")
ALLOW = """
[[allow]]
detector = "guardrail_*"
principal = "role:PlatformAdmin"
expires = {expires}
reason = "planned, ticket 4711"
"""


def _rules(expires: str = "2026-12-31T00:00:00Z") -> Rules:
    return Rules.from_toml(ALLOW.format(expires=expires))


def _deletion(at: float = 0.0, **more: Any):
    parameters = {"guardrailIdentifier": "gr7tide00001"}
    return an_api_call("DeleteGuardrail", at=at, parameters=parameters, principal=ADMIN, **more)


def _written(world: World) -> list[dict[str, Any]]:
    """Suppression documents in the outbox."""
    found = []
    for documents in world.outbox.batches.values():
        for action, document in (document.splitlines() for document in documents):
            if json.loads(action).get("create", {}).get("_index", "").startswith("tidegate-suppressions-"):
                found.append(json.loads(document))
    return found


def test_what_is_allowed_is_written_down_with_the_rule_and_its_reason():
    world = World(rules=_rules())
    world.see(_deletion())

    assert not world.found
    (document,) = _written(world)
    assert document["status"] == "Suppressed"
    assert document["severity"] == "high"
    kept = document["tidegate"]
    assert kept["rule"] == "detector=guardrail_*, principal=role:PlatformAdmin"
    assert kept["reason"] == "planned, ticket 4711"
    assert kept["caller"] == "session:PlatformAdmin/m.rivera"
    assert kept["evidence"]["severity_from"]


def test_an_allowance_that_expired_is_named_in_the_finding_it_no_longer_keeps_back():
    world = World(rules=_rules("2026-08-31T00:00:00Z"))
    world.see(_deletion())

    (finding,) = world.found
    assert finding.evidence["allowance_expired"]["reason"] == "planned, ticket 4711"
    assert not _written(world)


def test_of_several_allowances_one_that_holds_is_enough():
    world = World(rules=Rules.together([_rules("2026-08-31T00:00:00Z"), _rules()]))
    world.see(_deletion())

    assert not world.found


def test_expired_allowances_can_be_listed():
    rules = Rules.together([_rules("2026-08-31T00:00:00Z"), _rules()])

    assert [one.expires.isoformat() for one in rules.expired(NOW.timestamp())] == ["2026-08-31T00:00:00+00:00"]


def test_expired_allowances_are_reported_where_the_rules_are_read(caplog: pytest.LogCaptureFixture):
    with caplog.at_level("WARNING"):
        report_expired(_rules("2026-08-31T00:00:00Z"), NOW)
        report_expired(_rules(), NOW)

    assert [record.message for record in caplog.records] == ["allowance expired"]
    assert caplog.records[0].allowance["reason"] == "planned, ticket 4711"  # type: ignore[attr-defined]


def test_a_finding_that_is_raised_says_nothing_of_suppression():
    world = World()
    world.see(_deletion())

    (finding,) = world.found
    assert "suppressed" not in json.loads(finding.model_dump_json())
    assert Finding.model_validate_json(finding.model_dump_json()) == finding


def test_what_a_memory_found_is_kept_back_once_however_often_it_comes():
    """A deletion streak is remembered and owed: the suppression is owed with it."""
    allow = ALLOW.format(expires="2026-12-31").replace("guardrail_*", "destructive_api")
    world = World(rules=Rules.from_toml(allow))
    for _ in range(2):
        world.but(deliveries=type(world.deliveries)()).see(
            an_api_call("DeleteCustomModel", parameters={"modelIdentifier": "m"}, principal=ADMIN), delivery="same"
        )

    assert not world.found
    assert len({document["metadata"]["uid"] for document in _written(world)}) == 1


def test_a_crash_before_it_is_written_loses_no_suppression():
    class FailsOnce:
        def __init__(self, inner: Any) -> None:
            self.inner, self.failed = inner, False
            self.batches = inner.batches

        def write(self, batch_id: str, documents: Any) -> None:
            if not self.failed:
                self.failed = True
                raise ConnectionError
            self.inner.write(batch_id, documents)

    allow = ALLOW.format(expires="2026-12-31").replace("guardrail_*", "destructive_api")
    world = World(rules=Rules.from_toml(allow))
    world = world.but(outbox=FailsOnce(world.outbox))
    call = an_api_call("DeleteCustomModel", parameters={"modelIdentifier": "m"}, principal=ADMIN)
    with pytest.raises(ConnectionError):
        world.see(call, delivery="d")
    world.see(call, delivery="d")

    assert len(_written(world)) == 1


def test_suppressions_are_counted():
    counted: list[int] = []
    world = World(rules=_rules())
    detection = world.detection
    detection._on_suppressed = lambda found: counted.append(len(found))
    detection.take([a_delivery(_deletion(), _deletion(5))])

    assert counted == [2]


@pytest.mark.opensearch
def test_a_node_takes_suppressions_and_finds_them_by_rule_and_reason(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    world = World(rules=_rules())
    world.see(_deletion())
    lines = [line for documents in world.outbox.batches.values() for line in documents if b"suppressions" in line]
    for _ in range(2):
        answer = opensearch.bulk(body=b"".join(lines), params={"refresh": "true"})

    assert [item["create"]["status"] for item in answer["items"]] == [409]
    found = opensearch.search(
        index="tidegate-suppressions",
        body={
            "query": {
                "bool": {
                    "must": [{"match": {"tidegate.reason": "4711"}}],
                    "filter": [
                        {"term": {"tidegate.detector": "guardrail_weakened"}},
                        {"prefix": {"tidegate.rule": "detector=guardrail_"}},
                        {"range": {"tidegate.expires_time": {"gte": "2026-12-01"}}},
                    ],
                }
            }
        },
    )
    assert found["hits"]["total"]["value"] == 1


@pytest.mark.opensearch
def test_the_saved_question_groups_what_was_kept_back_by_rule(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    world = World(rules=_rules())
    world.see(_deletion(), _deletion(60))
    lines = [line for documents in world.outbox.batches.values() for line in documents if b"suppressions" in line]
    opensearch.bulk(body=b"".join(lines), params={"refresh": "true"})

    question = saved_queries(Path(__file__).parents[2] / "dashboards" / "queries")["suppressed"]
    answer = question.run(opensearch, {"since": "2026-09-01T00:00:00Z", "until": "2026-09-02T00:00:00Z"})

    (rule,) = answer["aggregations"]["rules"]["buckets"]
    assert (rule["key"], rule["doc_count"]) == ("detector=guardrail_*, principal=role:PlatformAdmin", 2)
