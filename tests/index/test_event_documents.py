"""Every record becomes one action and one document that OpenSearch takes, under OCSF names."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.index.bodies import DEEPEST, LONGEST_KEY, LONGEST_LEAF, indexable
from tidegate.index.event_shapes import EventDocument
from tidegate.index.events import bulk_bytes, bulk_chunks, event_document, index_name
from tidegate.model import ApiCall, Invocation, Principal, Record, ThreatFinding
from tidegate_quota.prices import ESTIMATES, Price, Prices

ADA = Principal(
    kind="AssumedRole",
    arn="arn:aws:sts::111122223333:assumed-role/App/ada",
    account="111122223333",
    principal_id="AROAEXAMPLE:ada",
    access_key="ASIAEXAMPLE",
    name="App",
    session="ada",
    role_arn="arn:aws:iam::111122223333:role/App",
)


def a_call(**changes: Any) -> ApiCall:
    call = ApiCall(
        id="call-1",
        time=1788256800.25,
        account="111122223333",
        region="us-east-1",
        service="bedrock",
        name="UpdateGuardrail",
        caller="session:App/ada",
        principal=ADA,
        request_id="request-1",
        address="192.0.2.7",
        user_agent="aws-cli/2",
        parameters=msgspec.Raw(b'{"guardrailIdentifier":"gr1"}'),
        resources=("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1",),
        where="s3://trail/file#1",
    )
    return msgspec.structs.replace(call, **changes)


def an_invocation(**changes: Any) -> Invocation:
    invocation = Invocation(
        id="request-1",
        time=1788256800.25,
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model="arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.example-v1:0",
        caller="user:u-1",
        principal=ADA,
        input_tokens=9,
        output_tokens=3,
        stop_reason="guardrail_intervened",
        guardrail_action="INTERVENED",
        guardrails=("gr1",),
        metadata={"user": "u-1"},
        input_body=msgspec.Raw(b'{"messages":[{"role":"user","content":"a secret prompt"}]}'),
        where="s3://logs/file#1",
    )
    return msgspec.structs.replace(invocation, **changes)


def a_threat(**changes: Any) -> ThreatFinding:
    threat = ThreatFinding(
        id="finding-1@2026-09-01T10:00:00Z",
        finding_id="finding-1",
        time=1788256800.0,
        first_seen=1788253200.0,
        account="111122223333",
        region="us-east-1",
        type="Impact:IAMUser/AnomalousModelInvocation",
        severity=2.0,
        title="An unusual model was invoked.",
        caller="session:App/ada",
        principal=ADA,
        addresses=("192.0.2.7", "not an address"),
        models=("example.model",),
    )
    return msgspec.structs.replace(threat, **changes)


def written(record: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    action, document, rest = bulk_bytes(record).split(b"\n")
    assert rest == b""
    return json.loads(action), json.loads(document)


def test_the_action_creates_the_source_event_once_in_the_week_of_the_event() -> None:
    action, _ = written(a_call())
    assert action == {"create": {"_index": "tidegate-events-2026.36", "_id": "call-1"}}


def test_weeks_are_iso_weeks() -> None:
    assert index_name(1735689600) == "tidegate-events-2025.01"  # 1 January 2025, a Wednesday
    assert index_name(1798761600) == "tidegate-events-2026.53"  # 1 January 2027, a Friday


def test_an_api_call_has_ocsf_names() -> None:
    _, document = written(a_call())
    assert document == {
        "time": 1788256800250,
        "class_uid": 6003,
        "category_uid": 6,
        "activity_id": 3,
        "type_uid": 600303,
        "severity_id": 1,
        "metadata": {
            "uid": "call-1",
            "version": "1.8.0",
            "product": {"name": "CloudTrail"},
            "log_name": "cloudtrail",
            "correlation_uid": "request-1",
        },
        "cloud": {"provider": "AWS", "account": {"uid": "111122223333"}, "region": "us-east-1"},
        "actor": {
            "user": {
                "type": "AssumedRole",
                "name": "App",
                "uid": "AROAEXAMPLE:ada",
                "uid_alt": "arn:aws:sts::111122223333:assumed-role/App/ada",
                "credential_uid": "ASIAEXAMPLE",
                "account": {"uid": "111122223333"},
            },
            "session": {"uid": "ada", "issuer": "arn:aws:iam::111122223333:role/App"},
        },
        "tidegate": {
            "caller": "session:App/ada",
            "names": ["session:App/ada", "role:App", "key:ASIAEXAMPLE"],
            "raw_ref": "s3://trail/file#1",
        },
        "status": "Success",
        "status_id": 1,
        "src_endpoint": {"ip": "192.0.2.7"},
        "http_request": {"user_agent": "aws-cli/2"},
        "api": {
            "operation": "UpdateGuardrail",
            "service": {"name": "bedrock"},
            "request": {"uid": "request-1", "data": {"guardrailIdentifier": "gr1"}},
        },
        "resources": [{"uid": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1"}],
    }


@pytest.mark.parametrize(
    ("name", "read_only", "activity"),
    [
        ("CreateAgent", False, 1),
        ("GetAgent", True, 2),
        ("InvokeModel", True, 2),
        ("PutRolePolicy", False, 3),
        ("DeleteGuardrail", False, 4),
        ("AssumeRole", False, 99),
    ],
)
def test_the_activity_follows_the_operation(name: str, read_only: bool, activity: int) -> None:
    _, document = written(a_call(name=name, read_only=read_only))
    assert (document["activity_id"], document["type_uid"]) == (activity, 600300 + activity)


def test_a_refused_call_says_why() -> None:
    _, document = written(a_call(error="AccessDenied", error_message="not authorized"))
    assert (document["status"], document["status_id"], document["status_code"]) == ("Failure", 2, "AccessDenied")
    assert document["api"]["response"] == {"error": "AccessDenied", "error_message": "not authorized"}


@pytest.mark.parametrize("address", ["cloudformation.amazonaws.com", "AWS Internal", "192.0.2", "fe80::1%eth0"])
def test_what_is_no_address_never_meets_the_ip_field(address: str) -> None:
    assert written(a_call(address=address))[1]["src_endpoint"] == {"domain": address}


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_an_address_does(address: str) -> None:
    assert written(a_call(address=address))[1]["src_endpoint"] == {"ip": address}


def test_an_invocation_has_its_model_tokens_and_guardrail_and_no_prompt() -> None:
    _, document = written(an_invocation())
    assert document["ai_model"]["ai_provider"] == "anthropic"
    assert document["message_context"] == {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "service": {"name": "bedrock"},
    }
    extension = document["tidegate"]
    assert extension["model"] == "us.anthropic.example-v1:0"
    assert extension["names"] == ["user:u-1", "session:App/ada", "role:App", "key:ASIAEXAMPLE"]
    assert (extension["guardrail_action"], extension["guardrails"]) == ("INTERVENED", ["gr1"])
    assert extension["request_metadata"] == {"user": "u-1"}
    assert document["metadata"]["correlation_uid"] == "request-1"
    assert "secret prompt" not in json.dumps(document)


def test_a_refused_invocation_is_a_failure() -> None:
    _, document = written(an_invocation(error="ThrottlingException"))
    assert (document["status"], document["status_code"]) == ("Failure", "ThrottlingException")


@pytest.mark.parametrize(("severity", "ocsf"), [(1.0, 2), (3.9, 2), (4.0, 3), (6.9, 3), (7.0, 4), (8.9, 4), (9.0, 5)])
def test_a_threat_is_a_detection_finding_of_its_severity(severity: float, ocsf: int) -> None:
    _, document = written(a_threat(severity=severity))
    assert (document["class_uid"], document["severity_id"]) == (2004, ocsf)
    assert document["finding_info"]["types"] == ["Impact:IAMUser/AnomalousModelInvocation"]
    assert document["tidegate"]["addresses"] == ["192.0.2.7"]


def test_the_same_record_is_the_same_bytes() -> None:
    assert bulk_bytes(a_call()) == bulk_bytes(a_call())


def test_chunks_are_the_lines_joined() -> None:
    records: list[Record] = [*[a_call(id=str(number)) for number in range(50)], an_invocation(), a_threat()]
    chunks = list(bulk_chunks(records, size=5_000))
    assert len(chunks) > 3
    assert b"".join(chunks) == b"".join(map(bulk_bytes, records))
    assert list(bulk_chunks([])) == []


@settings(max_examples=200)
@given(
    text=st.text(max_size=30),
    time=st.floats(min_value=1136073600, max_value=4102444799),
    tokens=st.integers(0, 2**53),
)
def test_a_document_reads_back_as_its_own_type(text: str, time: float, tokens: int) -> None:
    for record in (
        a_call(id=text, name=text, address=text, user_agent=text, error=text, time=time, region=text, parameters=None),
        an_invocation(
            id=text, model=text, caller="user:" + text, time=time, input_tokens=tokens, metadata={text: text}
        ),
        a_threat(id=text, title=text, type=text, addresses=(text,), time=time),
    ):
        action, document, _ = bulk_bytes(record).split(b"\n")
        assert json.loads(action)["create"]["_id"] == text
        found = msgspec.json.decode(document, type=EventDocument)
        assert found.metadata.uid == text
        assert found.time == int(time * 1000)


# --- bodies -------------------------------------------------------------------------------------------------


def as_indexed(body: bytes) -> Any:
    found = indexable(msgspec.Raw(body))
    return None if found is None else json.loads(bytes(found))


@pytest.mark.parametrize("body", [b"null", b"{}", b"", b"[]", b'""'])
def test_an_empty_body_is_left_out(body: bytes) -> None:
    assert as_indexed(body) is None
    assert indexable(None) is None


def test_a_small_body_is_copied_as_it_is() -> None:
    body = msgspec.Raw(b'{"b": 1,  "a":[{"x":null}]}')
    assert indexable(body) is body


@pytest.mark.parametrize(("body", "found"), [(b'"text"', {"value": "text"}), (b"[1,2]", {"value": [1, 2]})])
def test_what_is_no_object_becomes_one(body: bytes, found: Any) -> None:
    assert as_indexed(body) == found


def test_an_indented_body_stays_on_one_line() -> None:
    found = indexable(msgspec.Raw(b'{\n "a": 1\n}'))
    assert found is not None
    assert bytes(found) == b'{"a":1}'


def test_a_leaf_too_long_for_the_index_is_cut() -> None:
    found = as_indexed(json.dumps({"policy": "ä" * 40_000, "keep": "x"}).encode())
    assert found["keep"] == "x"
    assert len(found["policy"].encode()) <= LONGEST_LEAF + 3
    assert found["policy"].endswith("ä…")


def test_no_path_with_its_leaf_is_too_long_for_the_index() -> None:
    longest = DEEPEST * (LONGEST_KEY * 4 + 1) + LONGEST_LEAF + len("…".encode()) + len("tidegate.additional=")
    assert longest < 32_766


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def test_what_lies_too_deep_is_written_as_text() -> None:
    body: Any = "bottom"
    for _ in range(DEEPEST):
        body = {"a": [body, 1]}
    found = indexable(msgspec.Raw(json.dumps(body).encode()))
    assert found is not None
    assert depth_of(json.loads(bytes(found))) <= DEEPEST
    assert b"bottom" in bytes(found)


@given(
    st.recursive(
        st.text(max_size=5) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    )
)
def test_a_body_is_never_more_than_one_line_of_one_object(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1)):
        found = indexable(msgspec.Raw(text.encode()))
        if found is not None:
            assert b"\n" not in bytes(found)
            assert isinstance(json.loads(bytes(found)), dict)


def test_an_unpaired_surrogate_in_a_body_is_replaced() -> None:
    assert as_indexed(b'{"a":"\\ud800"}') == {"a": "\ufffd"}


def test_what_an_invocation_cost_goes_along_with_where_the_price_is_from():
    prices = Prices(written=[("*", Price(3, 15))])
    call = an_invocation(input_tokens=1_000_000, output_tokens=100_000)
    written, guessed = (event_document(call, known).tidegate for known in (prices, ESTIMATES))
    assert (written.dollars, written.dollars_estimated) == (4.5, False)
    assert guessed.dollars_estimated
