"""Every kind of document is valid by the published OCSF 1.8 schema, with `tidegate` allowed and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_builders import (
    START,
    a_finding,
    a_receipt,
    a_run,
    a_service_event,
    a_step,
    a_threat,
    an_api_call,
    an_incident,
    an_invocation,
)
from ocsf_schema import violations

from tidegate.index.documents import (
    error_document,
    finding_document,
    incident_document,
    receipt_document,
    run_document,
    suppression_document,
)
from tidegate.index.events import bulk_bytes
from tidegate.model import DamagedNote, IncidentStatus, Principal, RunStatus, Severity, StepStatus, Suppressed

ALARM = a_service_event()
EVENTS = [
    an_invocation(),
    an_invocation(
        error="ThrottlingException", model="arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/x"
    ),
    an_invocation(principal=Principal(), model="", operation="", guardrail_action="INTERVENED", guardrails=("g",)),
    an_api_call(),
    an_api_call(error="AccessDenied", error_message="no", read_only=True, address="cloudformation.amazonaws.com"),
    an_api_call(
        principal=Principal(kind="AWSService", invoked_by="sagemaker.amazonaws.com"), address="", request_id=""
    ),
    an_api_call(
        name="UpdateGuardrail",
        parameters=msgspec.Raw(b'{"a":[1]}'),
        response=msgspec.Raw(b'{"ok":true}'),
        additional=msgspec.Raw(b'{"inferenceRegion":"eu-west-1"}'),
        resources=("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1",),
        user_agent="",
    ),
    a_threat(),
    a_threat(count=3, product="securityhub", addresses=(), principal=Principal(), models=("m",)),
    ALARM,
    msgspec.structs.replace(ALARM, source="health"),
    msgspec.structs.replace(
        ALARM,
        source="s3",
        kind="Object Created",
        resources=("arn:aws:s3:::training/x.jsonl", "arn:aws:s3:::training"),
    ),
    msgspec.structs.replace(ALARM, source="s3", kind="Object Deleted", resources=()),
    msgspec.structs.replace(ALARM, source="sagemaker", kind="SageMaker Model State Change"),
    msgspec.structs.replace(ALARM, source="bedrock", kind="Batch Inference Job State Change", detail=None),
]
SUPPRESSED = a_finding(suppressed=Suppressed(rule="detector=quota_abuse", reason="load test", expires=START))
NOTE = DamagedNote(id="n", time=START, source="index", where="s3://outbox/x", reason="400", original_ref="s3://y")


@pytest.mark.parametrize("record", EVENTS, ids=lambda record: f"{type(record).__name__}-{record.id}")
def test_an_event_of_any_source_is_valid(record: Any) -> None:
    assert violations(bulk_bytes(record)) == []


@pytest.mark.parametrize("severity", Severity)
def test_a_finding_is_valid(severity: Severity) -> None:
    assert violations(finding_document(a_finding(severity=severity, resource="arn:aws:s3:::b"), incident_id="i")) == []
    assert violations(suppression_document(SUPPRESSED)) == []


@pytest.mark.parametrize("status", IncidentStatus)
def test_an_incident_is_valid_in_each_state_of_its_life(status: IncidentStatus) -> None:
    incident = an_incident(status=status, revision=4, resources=("arn:aws:s3:::b",), playbook="throttle_caller")
    assert violations(incident_document(incident)) == []


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_is_valid_with_and_without_a_plan(status: RunStatus) -> None:
    assert violations(run_document(a_run(status=status))) == []
    assert violations(run_document(a_run(status=status, plan=None, error="no lever"))) == []


@pytest.mark.parametrize("status", StepStatus)
@pytest.mark.parametrize("action", ["block_end_user", "deactivate_access_key", "roll_back_agent_alias"])
def test_a_step_is_valid(status: StepStatus, action: str) -> None:
    assert violations(receipt_document(a_receipt(status=status, step=a_step(action=action)))) == []


def test_an_error_is_valid() -> None:
    assert violations(error_document(NOTE)) == []


def test_the_schema_would_tell() -> None:
    """A name that OCSF doesn't have, at the top or in an object of it."""
    action, document, _ = bulk_bytes(an_api_call()).split(b"\n")
    wrong = json.loads(document)
    wrong["tide"] = 1
    wrong["cloud"]["zon"] = "x"
    told = violations(action + b"\n" + json.dumps(wrong).encode())
    assert len(told) == 2


@settings(max_examples=60)
@given(text=st.text(max_size=20), read_only=st.booleans(), error=st.sampled_from(["", "AccessDenied"]))
def test_an_api_call_is_valid_whatever_is_absent(text: str, read_only: bool, error: str) -> None:
    call = an_api_call(
        name=text,
        address=text,
        user_agent=text,
        request_id=text,
        read_only=read_only,
        error=error,
        account=text,
        principal=Principal(kind=text, name=text),
    )
    assert violations(bulk_bytes(call)) == []


def test_times_are_of_the_epoch() -> None:
    assert json.loads(error_document(NOTE).split(b"\n")[1])["time"] == int(
        datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp() * 1000
    )
