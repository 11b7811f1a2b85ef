"""CloudTrail events in, typed calls out: every envelope, every kind of identity, every kind of damage."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall
from tidegate.sources import opened, read_api_call, read_trail_file

USER = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": "arn:aws:iam::111122223333:user/team/ada",
    "accountId": "111122223333",
    "accessKeyId": "AKIAEXAMPLE",
    "userName": "ada",
}
SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:nightly",
    "arn": "arn:aws:sts::111122223333:assumed-role/Batch/nightly",
    "accountId": "111122223333",
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": "arn:aws:iam::111122223333:role/jobs/Batch",
            "accountId": "111122223333",
            "userName": "Batch",
        },
        "webIdFederationData": {"federatedProvider": "accounts.example.com", "attributes": {}},
    },
}


def an_event(**changes: Any) -> dict[str, Any]:
    event = {
        "eventVersion": "1.11",
        "userIdentity": USER,
        "eventTime": "2026-09-01T10:00:00Z",
        "eventSource": "bedrock.amazonaws.com",
        "eventName": "InvokeModel",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "Python/3.11 aiohttp/3.9.5",
        "requestParameters": {"modelId": "example.model-v1:0"},
        "responseElements": None,
        "requestID": "request-1",
        "eventID": "event-1",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    }
    return event | changes


def trail(*events: dict[str, Any]) -> bytes:
    return json.dumps({"Records": events}, separators=(",", ":")).encode()


def read_one(**changes: Any) -> ApiCall:
    (call,) = read_trail_file(trail(an_event(**changes)), "s3://trail/file")
    assert isinstance(call, ApiCall), call
    return call


def test_an_event_keeps_what_rules_ask_for() -> None:
    call = read_one(errorCode="AccessDenied", errorMessage="not authorized", resources=[{"ARN": "arn:aws:x"}, {}])
    assert (call.id, call.time, call.account, call.region) == ("event-1", 1788256800.0, "111122223333", "us-east-1")
    assert (call.service, call.name, call.caller) == ("bedrock", "InvokeModel", "iam-user:ada")
    assert (call.address, call.user_agent) == ("192.0.2.7", "Python/3.11 aiohttp/3.9.5")
    assert (call.error, call.error_message, call.request_id) == ("AccessDenied", "not authorized", "request-1")
    assert call.read_only
    assert call.management
    assert call.resources == ("arn:aws:x",)
    assert opened(call.parameters) == {"modelId": "example.model-v1:0"}
    assert call.response is None
    assert call.where == "s3://trail/file#1"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    "write",
    [
        lambda events: json.dumps({"Records": events}).encode(),
        lambda events: json.dumps({"Records": events}, indent=2).encode(),
        lambda events: json.dumps(events).encode(),
        lambda events: "\r\n".join(json.dumps(event) for event in events).encode() + b"\n\n",
    ],
    ids=["trail file", "indented trail file", "array", "a record a line"],
)
def test_every_form_of_file_gives_the_records_in_order(write: Any, pack: Any) -> None:
    events = [an_event(eventID=f"event-{number}") for number in range(5)]
    calls = list(read_trail_file(pack(write(events)), "file"))
    assert [call.id for call in calls if isinstance(call, ApiCall)] == [f"event-{number}" for number in range(5)]


def test_a_file_of_several_gzip_members_is_read_whole() -> None:
    data = gzip.compress(json.dumps(an_event()).encode() + b"\n") + gzip.compress(json.dumps(an_event()).encode())
    assert len(list(read_trail_file(data, "file"))) == 2


def test_an_envelope_from_the_bus_gives_its_call() -> None:
    envelope = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": an_event()}
    call = read_api_call(json.dumps(envelope, indent=1).encode(), "queue message 1")
    assert isinstance(call, ApiCall)
    assert call.id == "event-1"
    assert call.where == "queue message 1"


@pytest.mark.parametrize(
    "envelope", [b"", b"{", b"[]", b"{}", b'{"detail": 5}', b"\xff", b'{"detail":{"eventName":1}}']
)
def test_an_envelope_that_is_none_is_kept_whole(envelope: bytes) -> None:
    damaged = read_api_call(envelope, "queue message 1")
    assert isinstance(damaged, DamagedRecord)
    assert damaged.where == "queue message 1"


# --- who ---------------------------------------------------------------------------------------------------


def test_a_role_session_is_named_by_role_and_session() -> None:
    call = read_one(userIdentity=SESSION)
    assert call.caller == "session:Batch/nightly"
    assert call.principal.role_arn == "arn:aws:iam::111122223333:role/jobs/Batch"
    assert call.principal.access_key == "ASIAEXAMPLE"


def test_a_session_without_its_issuer_is_read_from_its_arn() -> None:
    identity = {key: value for key, value in SESSION.items() if key != "sessionContext"}
    assert read_one(userIdentity=identity).caller == "session:Batch/nightly"


def test_root_is_root_of_its_account() -> None:
    identity = {"type": "Root", "principalId": "111122223333", "accountId": "111122223333", "userName": "ada"}
    assert read_one(userIdentity=identity).caller == "root:111122223333"


def test_an_aws_service_is_named_by_what_invoked() -> None:
    identity = {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"}
    assert read_one(userIdentity=identity).caller == "service:delivery.logs.amazonaws.com"


@pytest.mark.parametrize("kind", ["WebIdentityUser", "SAMLUser", "IdentityCenterUser", "Unknown"])
def test_a_name_that_strangers_choose_is_never_taken_for_an_iam_user(kind: str) -> None:
    identity = {"type": kind, "principalId": "accounts.example.com:1:2", "userName": "ada"}
    assert read_one(userIdentity=identity).caller == "unknown:111122223333"


def test_a_federated_user_acts_as_the_iam_user_behind_it() -> None:
    identity = {
        "type": "FederatedUser",
        "arn": "arn:aws:sts::111122223333:federated-user/guest",
        "accountId": "111122223333",
        "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "ada"}},
    }
    assert read_one(userIdentity=identity).caller == "iam-user:ada"


@pytest.mark.parametrize("identity", [None, {}, {"accountId": "ANONYMOUS_PRINCIPAL"}])
def test_an_anonymous_call_is_of_an_unknown_caller(identity: Any) -> None:
    assert read_one(userIdentity=identity).caller.startswith("unknown:")


# --- API keys, data events ----------------------------------------------------------------------------------


def test_a_bedrock_api_key_shows_in_additional_event_data() -> None:
    call = read_one(additionalEventData={"callWithBearerToken": True, "inferenceRegion": "us-west-2"})
    assert call.bearer
    assert opened(call.additional)["inferenceRegion"] == "us-west-2"


def test_a_bedrock_api_key_shows_in_the_parameters_of_mantle() -> None:
    call = read_one(
        eventSource="bedrock-mantle.amazonaws.com",
        eventName="CreateInference",
        requestParameters={"model": "example.model", "callWithBearerToken": True, "bearerTokenType": "ABSK"},
        managementEvent=False,
        eventCategory="Data",
    )
    assert (call.bearer, call.bearer_type, call.management) == (True, "ABSK", False)


@pytest.mark.parametrize(
    "changes",
    [
        {"additionalEventData": {"callWithBearerToken": False}},
        {"requestParameters": {"tags": [{"callWithBearerToken": True}]}},
        {"eventSource": "s3.amazonaws.com", "requestParameters": {"callWithBearerToken": True}},
    ],
)
def test_a_bearer_flag_elsewhere_says_nothing(changes: dict[str, Any]) -> None:
    assert not read_one(**changes).bearer


def test_an_agentcore_gateway_says_in_its_answer_that_it_refused() -> None:
    call = read_one(
        eventSource="bedrock-agentcore.amazonaws.com",
        eventName="InvokeGateway",
        userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        responseElements={"statusCode": 403},
    )
    assert (call.service, call.error, opened(call.response)) == (
        "bedrock-agentcore",
        "StatusCode403",
        {"statusCode": 403},
    )
    assert (call.principal.name, call.caller.partition(":")[0]) == ("", "unknown")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"responseElements": {"statusCode": 200}}, ""),
        ({"responseElements": {"statusCode": "500"}}, "StatusCode500"),
        ({"responseElements": {"statusCode": {}}}, ""),
        ({"responseElements": None}, ""),
        ({"responseElements": {"statusCode": 500}, "errorCode": "AccessDenied"}, "AccessDenied"),
        ({"responseElements": {"statusCode": 500}, "eventSource": "bedrock.amazonaws.com"}, ""),
    ],
)
def test_a_status_is_an_error_only_where_agentcore_says_so(changes: dict[str, Any], error: str) -> None:
    assert read_one(**({"eventSource": "bedrock-agentcore.amazonaws.com"} | changes)).error == error


def test_a_bedrock_api_key_shows_in_the_parameters_of_the_external_endpoint() -> None:
    call = read_one(
        eventSource="aws-external-anthropic.amazonaws.com",
        eventName="CreateMessage",
        managementEvent=False,
        eventCategory="Data",
        requestParameters={"model": "example.model", "callWithBearerToken": "true", "bearerTokenType": "SHORT_TERM"},
    )
    assert (call.service, call.bearer, call.bearer_type) == ("aws-external-anthropic", True, "SHORT_TERM")
    assert not call.management


def test_an_event_without_id_gets_the_same_one_each_time() -> None:
    assert read_one(eventID=None).id == read_one(eventID=None).id != read_one(eventID=None, eventName="Other").id


# --- damage -------------------------------------------------------------------------------------------------


def records_around(bad: bytes) -> tuple[list[str], list[DamagedRecord]]:
    before, after = (json.dumps(an_event(eventID=name), separators=(",", ":")).encode() for name in ("before", "after"))
    found = list(read_trail_file(b'{"Records":[' + before + b"," + bad + b"," + after + b"]}", "file"))
    return (
        [record.id for record in found if isinstance(record, ApiCall)],
        [record for record in found if isinstance(record, DamagedRecord)],
    )


GOOD = json.dumps(an_event(eventID="bad"), separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "bad",
    [
        b'{"eventVersion":"1.11","eventTime":"2026-09-01T10:00:00Z"}',
        GOOD[:-40],
        GOOD[: len(GOOD) // 2],
        GOOD.replace(b"InvokeModel", b"Invoke\xffModel"),
        GOOD.replace(b'"2026-09-01T10:00:00Z"', b'"yesterday"'),
        GOOD.replace(b'"2026-09-01T10:00:00Z"', b'"9999-09-01T10:00:00Z"'),
        GOOD.replace(b'"InvokeModel"', b"5"),
        GOOD.replace(b'"InvokeModel"', b'"Invoke\nModel"'),
        GOOD.replace(b"null", b"[" * 100_000 + b"]" * 100_000),
        b"null",
        b"17",
        b"garbage",
    ],
    ids=lambda bad: repr(bad[:24]) + str(len(bad)),
)
def test_a_damaged_record_is_kept_and_its_neighbours_are_read(bad: bytes) -> None:
    read, damaged = records_around(bad)
    assert read == ["before", "after"]
    assert [record.original for record in damaged] == [bad]
    assert damaged[0].reason
    assert damaged[0].where == "file#2"


def test_an_unpaired_surrogate_in_a_user_agent_hides_nothing() -> None:
    read, damaged = records_around(GOOD.replace(b"aiohttp", b"\\ud800"))
    assert read == ["before", "bad", "after"]
    assert damaged == []


def test_an_unpaired_surrogate_in_an_envelope_hides_nothing() -> None:
    envelope = json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": an_event(userAgent="\ud800x")})
    call = read_api_call(envelope.encode(), "queue")
    assert isinstance(call, ApiCall)
    assert call.user_agent == "\ufffdx"


def test_an_event_that_logstash_shipped_keeps_its_time() -> None:
    shipped = {name: value for name, value in an_event().items() if name != "eventTime"}
    (call,) = read_trail_file(trail(shipped | {"@timestamp": "2026-09-01T10:00:00.000Z", "@version": "1"}), "file")
    assert isinstance(call, ApiCall)
    assert call.time == 1788256800.0


def test_nulls_say_nothing() -> None:
    call = read_one(userAgent=None, requestID=None, readOnly=None, resources=None, managementEvent=None)
    assert (call.user_agent, call.request_id, call.read_only, call.management) == ("", "", False, True)


@pytest.mark.parametrize(
    ("category", "management"), [("Management", True), ("Data", False), ("NetworkActivity", False)]
)
def test_the_category_decides_where_the_flag_is_absent(category: str, management: bool) -> None:
    assert read_one(managementEvent=None, eventCategory=category).management is management


def test_numbers_and_booleans_written_as_strings_are_taken() -> None:
    assert read_one(readOnly="true").read_only


def test_a_torn_archive_gives_what_came_before_the_tear() -> None:
    lines = b"".join(json.dumps(an_event(eventID=f"event-{n}")).encode() + b"\n" for n in range(2000))
    found = list(read_trail_file(gzip.compress(lines)[:-2000], "file"))
    damaged = [record for record in found if isinstance(record, DamagedRecord)]
    assert any("torn gzip" in record.reason for record in damaged)
    assert sum(isinstance(record, ApiCall) for record in found) > 100


def test_what_is_glued_to_an_archive_costs_nothing_before_it() -> None:
    lines = [json.dumps(an_event(eventID=str(number))).encode() for number in range(3)]
    data = gzip.compress(lines[0] + b"\n") + gzip.compress(lines[1] + b"\n") + gzip.compress(lines[2])[:-12]
    found = list(read_trail_file(data, "file"))
    assert [record.id for record in found if isinstance(record, ApiCall)][:2] == ["0", "1"]
    assert isinstance(found[0], DamagedRecord)


def test_a_file_that_inflates_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.sources.files.LARGEST", 10_000)
    (damaged,) = read_trail_file(gzip.compress(b" " * 1_000_000), "file")
    assert isinstance(damaged, DamagedRecord)
    assert "inflates to more than" in damaged.reason


@pytest.mark.parametrize("data", [b"", b"\n \n", b'{"Records":[]}', gzip.compress(b"", mtime=0)])
def test_an_empty_file_holds_nothing(data: bytes) -> None:
    assert list(read_trail_file(data, "file")) == []
