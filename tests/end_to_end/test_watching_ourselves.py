"""Every source is probed every hour, and a Region whose calls aren't logged is found, in the whole account."""

from __future__ import annotations

import json
from collections.abc import Iterator

import kept_self_tests
import pytest
from deployed_account import Deployed, deployed

from tidegate.probing import FOLDER, PATHS, SOURCE
from tidegate_local import story
from tidegate_local.native_records import api_call, invoke_model

FILTER = {
    "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"}]}
}
pytestmark = pytest.mark.end_to_end


@pytest.fixture
def stack() -> Iterator[Deployed]:
    kept_self_tests.ask_again()
    with deployed(ResponseMode="observe") as stack:
        yield stack


def test_every_path_answers_its_probe_and_nothing_else_comes_of_it(stack: Deployed) -> None:
    stack.aws.clock.advance(3700)

    probes = stack.services.probing.state()
    assert set(probes.answers) == set(PATHS), stack.aws.failures
    assert not any(probes.silent.values())
    assert not stack.aws.failures
    assert stack.incidents() == {}
    assert stack.documents() == {}


def test_a_path_that_is_cut_is_found_by_its_probe(stack: Deployed) -> None:
    rule = next(name for name in _rules(stack) if "ThreatSuspected" in name)
    stack.aws.client("events").disable_rule(Name=rule)
    stack.aws.clock.advance(2 * 3600)

    (incident,) = stack.incidents().values()
    assert incident.caller == "service:probe/threat"
    assert incident.detectors == ("telemetry_gap",)


def test_what_calls_itself_a_probe_hides_nothing(stack: Deployed) -> None:
    """A thief who writes our marker into his events, and a file of the log in the folder of the probes."""
    call = api_call(stack.aws.clock(), story.GHOST, "iam", "ListUsers", read_only=True) | {"userAgent": SOURCE}
    stack.event(call)
    stack.aws.put_event(source=SOURCE, detail_type="GuardDuty Finding", detail={"id": "made-up"})
    key = stack.log(b'{"schemaType": "cut off')
    bucket = stack.aws.outputs["LogBucket"]
    stack.aws.client("s3").copy_object(
        Bucket=bucket, Key=f"{FOLDER}mine.json.gz", CopySource={"Bucket": bucket, "Key": key}
    )
    stack.aws.deliver()

    assert [incident.detectors for incident in stack.incidents().values()] == [("phantom_user_pivot",)]
    reasons = [one["tidegate"]["reason"] for (index, _), one in stack.documents().items() if "ingest-errors" in index]
    assert len([reason for reason in reasons if "probe" in reason]) == 1
    assert len(reasons) == 3


def test_calls_that_nobody_logged_are_an_incident_once_the_log_had_its_time(stack: Deployed) -> None:
    for _ in range(6):
        stack.event(api_call(stack.aws.clock(), story.EVALUATOR, "bedrock", "Converse", read_only=True))
    stack.aws.deliver()
    stack.aws.clock.advance(2 * 3600 + 1800)

    found = [one for one in stack.incidents().values() if "telemetry_gap" in one.detectors]
    assert [incident.caller.split("/")[0] for incident in found] == ["service:invocation_log"]


def test_calls_whose_record_comes_by_the_bucket_leave_no_gap(stack: Deployed) -> None:
    """CloudTrail by the bus, the log by the bucket: two functions, one match."""
    now = stack.aws.clock()
    record = invoke_model(now, story.EVALUATOR, story.SMALL, "Evaluation case 1.", "An answer.", tokens=(300, 200))
    call = api_call(now, story.EVALUATOR, "bedrock", "InvokeModel", read_only=True)
    stack.event({**call, "requestID": record["requestId"]})
    stack.aws.deliver()
    stack.log(record)
    stack.aws.deliver()
    stack.aws.clock.advance(2 * 3600 + 1800)

    assert stack.incidents() == {}, stack.aws.failures


def _rules(stack: Deployed) -> list[str]:
    return [rule["Name"] for rule in stack.aws.client("events").list_rules()["Rules"]]


def test_the_account_s_configurations_are_snapshots_once_a_day(stack: Deployed) -> None:
    stack.morning.prepare()
    put = {"name": "answers", "blockedInputMessaging": "No.", "blockedOutputsMessaging": "No."} | FILTER
    guardrail = stack.aws.client("bedrock").create_guardrail(**put)["guardrailArn"]
    function = next(name for name in _functions(stack) if "SnapshotConfigurations" in name)
    answer = json.load(stack.aws.client("lambda").invoke(FunctionName=function)["Payload"])

    assert answer["failed"] == {}, stack.aws.failures
    now = stack.aws.clock().timestamp() + 1
    logging = stack.services.snapshots.before(f"logging/{stack.aws.account}/{stack.aws.region}", now)
    assert answer["read"]["agents"] >= 2
    assert logging is not None
    assert stack.services.snapshots.before(guardrail, now) == put


def _functions(stack: Deployed) -> list[str]:
    return [one["FunctionName"] for one in stack.aws.client("lambda").list_functions(MaxItems=50)["Functions"]]
