"""What findings, incidents, runs and errors look like as documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from index_builders import START, a_finding, a_receipt, a_run, a_step, an_incident
from opensearchpy import OpenSearch

from tidegate.errors import DamagedRecord
from tidegate.index import templates
from tidegate.index.bulk_lines import Line, lines_of
from tidegate.index.documents import (
    error_document,
    finding_document,
    incident_document,
    receipt_document,
    run_document,
)
from tidegate.model import DamagedNote, Difference, IncidentStatus, Mode, RunStatus, Severity, StepStatus


def opened(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    action, document = data.splitlines()
    return json.loads(action), json.loads(document)


def test_a_finding_lies_in_the_month_it_was_first_seen_wherever_it_goes_on() -> None:
    late = a_finding(first_seen=datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    action, document = opened(finding_document(late))
    assert action["index"]["_index"] == "tidegate-findings-2026.02"
    assert document["time"] == START.timestamp() * 1000


def test_a_finding_with_its_incident_is_newer_than_without() -> None:
    without, _ = opened(finding_document(a_finding()))
    belonging, document = opened(finding_document(a_finding(), incident_id="incident-1"))
    assert without["index"]["version"] < belonging["index"]["version"]
    assert document["tidegate"]["incident_uid"] == "incident-1"


def test_a_finding_names_at_most_a_hundred_events_the_deciding_one_included() -> None:
    _, document = opened(finding_document(a_finding(event_ids=tuple(f"e{number}" for number in range(150)))))
    assert len(document["tidegate"]["event_ids"]) == 100
    assert document["tidegate"]["event_ids"][-1] == "e149"


@pytest.mark.parametrize("severity", Severity)
def test_severity_is_ocsf_s_from_one_to_five(severity: Severity) -> None:
    _, document = opened(incident_document(an_incident(severity=severity)))
    assert document["severity_id"] == list(Severity).index(severity) + 1


@pytest.mark.parametrize(
    ("status", "open_", "ocsf"),
    [
        (IncidentStatus.NEW, True, 1),
        (IncidentStatus.TRIAGED, True, 2),
        (IncidentStatus.CONTAINED, True, 2),
        (IncidentStatus.RECOVERED, True, 4),
        (IncidentStatus.CLOSED, False, 5),
    ],
)
def test_an_incident_keeps_its_own_life_cycle_beside_ocsf_s(status: IncidentStatus, open_: bool, ocsf: int) -> None:
    action, document = opened(incident_document(an_incident(status=status, revision=7)))
    assert action == {
        "index": {"_index": "tidegate-incidents", "_id": "incident-1", "version": 7, "version_type": "external"}
    }
    assert (document["status"], document["tidegate"]["open"], document["status_id"]) == (status.value, open_, ocsf)


def test_a_run_says_how_long_containment_took_and_how_it_is_undone() -> None:
    action, document = opened(run_document(a_run()))
    assert action["index"]["_index"] == "tidegate-playbook-runs-2026.03"
    assert document["tidegate"]["duration_ms"] == 9_000
    assert document["tidegate"]["undo"] == "remove the block of ada"
    assert document["tidegate"]["dry_run"] is False
    assert document["activity_id"] == 99


def test_a_released_run_is_a_restoration() -> None:
    _, document = opened(run_document(a_run(status=RunStatus.RELEASED, released_at=START.replace(hour=9))))
    assert (document["activity_id"], document["tidegate"]["rolled_back"]) == (3, True)


@pytest.mark.parametrize(
    ("action", "status", "activity"),
    [
        ("block_end_user", StepStatus.VERIFIED, 1),
        ("deactivate_access_key", StepStatus.APPLIED, 2),
        ("roll_back_agent_alias", StepStatus.VERIFIED, 3),
        ("block_end_user", StepStatus.UNDONE, 3),
    ],
)
def test_a_step_is_a_remediation_of_its_kind(action: str, status: StepStatus, activity: int) -> None:
    _, document = opened(receipt_document(a_receipt(step=a_step(action=action), status=status)))
    assert document["class_uid"] == 7001
    assert (document["activity_id"], document["type_uid"]) == (activity, 700100 + activity)


def test_what_a_step_found_and_changed_is_never_indexed() -> None:
    assert b"never indexed" not in receipt_document(a_receipt())


def test_a_plan_that_is_only_observed_says_so() -> None:
    _, document = opened(receipt_document(a_receipt(mode=Mode.OBSERVE, status=StepStatus.PLANNED)))
    assert document["tidegate"]["dry_run"] is True


def test_an_error_lies_in_its_week() -> None:
    note = DamagedNote(id="n", time=START, source="index", where="w" * 5000, reason="r" * 5000, original_ref="s3://x")
    action, document = opened(error_document(note))
    assert action == {"create": {"_index": "tidegate-ingest-errors-2026.10", "_id": "n"}}
    assert len(document["tidegate"]["where"]) == 2048


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.text(), st.dictionaries(st.text(), json_values, max_size=4))
def test_whatever_is_in_a_finding_it_stays_one_document_of_its_own(title: str, evidence: dict[str, Any]) -> None:
    data = finding_document(a_finding(title=title, caller="user:" + title, evidence=evidence))
    (line,) = lines_of(data, "here")
    assert isinstance(line, Line)
    assert line.document_id == "finding-1"
    assert json.loads(line.source)["finding_info"].get("title", "") == title


@example("", {"ratio": float("inf")})
@given(st.text(), st.dictionaries(st.text(), json_values, max_size=4))
def test_a_document_beside_its_place_is_the_same_as_below_it(title: str, evidence: dict[str, Any]) -> None:
    data = finding_document(a_finding(title=title, evidence=evidence))
    action, document = data[:-1].split(b"\n")
    beside = b'%b,"document":%b}\n' % (action[:-1], document)
    assert list(lines_of(beside + beside, "here")) == [*lines_of(data, "here")] * 2


def test_a_damaged_line_takes_no_neighbour_along() -> None:
    good = b'{"create":{"_index":"tidegate-events-2026.10","_id":"a"},"document":{"time":1}}\n'
    bad = b'{"delete":{"_index":"tidegate-incidents","_id":"a"},"document":{"time":1}}\n'
    first, damaged, torn, last = lines_of(good + bad + good[:-9] + b"\n" + good, "here")
    assert first == last
    assert isinstance(damaged, DamagedRecord)
    assert isinstance(torn, DamagedRecord)
    assert damaged.original == bad


@given(st.binary())
def test_taking_lines_apart_never_raises(data: bytes) -> None:
    for line in lines_of(data, "here"):
        assert isinstance(line, Line | DamagedRecord)


@pytest.mark.opensearch
@pytest.mark.parametrize(
    "data",
    [
        finding_document(a_finding(), incident_id="incident-1"),
        finding_document(a_finding(evidence={"long": "ä" * 40_000, "list": [{"a": [1, None, {"b": 2}]}], "": {"": 1}})),
        finding_document(a_finding(evidence={"deep": json.loads('{"a":' * 40 + "1" + "}" * 40)})),
        finding_document(a_finding(title="\U0001f41f \x00 \u2028 </script>", resource="arn:aws:x")),
        incident_document(an_incident(closed_reason="false alarm", run_id="run-1", playbook="throttle_caller")),
        run_document(a_run(released_at=START, decided_at=START, approved_by="ada", error="what went wrong")),
        receipt_document(a_receipt(undone_at=START, undone_by="ada", expires_at=START, error="none")),
        receipt_document(
            a_receipt(step=a_step(difference=(Difference(resource="r", before=[1, {"a": "b"}], after="text"),)))
        ),
        error_document(DamagedNote(id="n", time=START, source="unknown", where="here", reason="odd")),
    ],
)
def test_a_node_takes_every_document(opensearch: OpenSearch, data: bytes) -> None:
    templates.install(opensearch)
    answer = opensearch.bulk(body=data)
    assert not answer["errors"], answer
