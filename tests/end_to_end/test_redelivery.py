"""Every source delivers at least once; what comes of it happens once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from deployed_account import CONTAINED, Deployed, deployed

from tidegate.model import RunStatus
from tidegate_local.account import Invoked
from tidegate_local.account_state import differences

pytestmark = pytest.mark.end_to_end

FED_BY_A_QUEUE = ("DetectInvocations", "DetectApiCalls", "DetectThreats", "Correlate")
IN_A_RESPONSE = ("PlanResponse", "PreserveEvidence", "ActOnCallers", "ActOnCredentials", "ActOnModels", "CloseRun")


def called_twice(stack: Deployed, logical_ids: tuple[str, ...], calls: list[tuple[str, Any]]) -> None:
    """From now on each of these functions gets every event twice, one right after the other."""
    functions = stack.aws._functions
    names = {stack.aws.resource(logical_id): logical_id for logical_id in logical_ids}
    once: Callable[[str, Any], Invoked] = functions.invoke

    def twice(name_or_arn: str, event: Any) -> Invoked:
        logical_id = names.get(functions.named(name_or_arn).name)
        if logical_id is not None:
            calls.append((logical_id, json.loads(json.dumps(event))))
            once(name_or_arn, event)
        return once(name_or_arn, event)

    functions.invoke = twice  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def delivered() -> Iterator[tuple[Deployed, list[tuple[str, Any]]]]:
    """Everything that happens is delivered twice on its way; what was delivered is written down."""
    calls: list[tuple[str, Any]] = []
    with deployed(ResponseMode="auto") as stack:
        called_twice(stack, (*FED_BY_A_QUEUE, *IN_A_RESPONSE), calls)
        stack.everything_at_once()
        yield stack, calls


def test_delivered_twice_on_the_way_is_one_incident_one_run_one_change(
    delivered: tuple[Deployed, list[tuple[str, Any]]],
) -> None:
    stack, calls = delivered
    assert {logical_id for logical_id, _ in calls} >= {"DetectInvocations", "DetectApiCalls", "Correlate", "CloseRun"}
    assert {run.status for run in stack.runs().values()} == {RunStatus.CONTAINED}, stack.aws.failures
    assert stack.runs().keys() == CONTAINED.keys()
    assert (
        len(stack.services.ledger.runs()) == len(CONTAINED) + 1
    )  # and a guardrail that nobody knows a former state of
    assert len(stack.services.incidents.list(limit=100)) == len(CONTAINED) + 1  # and one that a person decides
    for caller, (_, actions) in CONTAINED.items():
        assert [receipt.step.action for receipt in stack.receipts(stack.runs()[caller])] == actions
    assert stack.aws.failures == []


def test_counted_once(delivered: tuple[Deployed, list[tuple[str, Any]]]) -> None:
    stack, _ = delivered
    findings = [one for (index, _), one in stack.documents().items() if index.startswith("tidegate-findings")]
    (spent,) = [one["tidegate"]["evidence"] for one in findings if one["tidegate"]["caller"].endswith("/intake")]
    used = {limit["measure"]: limit["used"] for limit in spent["limits"]}
    assert used["tokens"] % 150_000 == 0
    assert used["tokens"] <= 1_500_000


def test_everything_delivered_once_more_changes_nothing(delivered: tuple[Deployed, list[tuple[str, Any]]]) -> None:
    """A day later, in the order of then: same ledger, incidents, documents, callers' states; same account."""
    stack, calls = delivered
    account, stores, documents = stack.state(), stack.own_stores(), stack.documents()
    messages = [(logical_id, event) for logical_id, event in calls if logical_id in FED_BY_A_QUEUE]
    assert {logical_id for logical_id, _ in messages} == set(FED_BY_A_QUEUE)
    for logical_id, event in messages:
        answer = stack.aws.invoke(logical_id, event)
        assert answer["batchItemFailures"] == [], logical_id
        stack.aws.deliver()
    assert differences(account, stack.state()) == []
    assert differences(stores["tables"], stack.own_stores()["tables"]) == []
    assert stack.documents() == documents


def test_the_same_objects_and_events_put_again_change_nothing(
    delivered: tuple[Deployed, list[tuple[str, Any]]],
) -> None:
    """The files are put under their keys once more, the events on the bus once more."""
    stack, _ = delivered
    account, tables, documents = stack.state(), stack.own_stores()["tables"], stack.documents()
    s3, bucket = stack.aws.client("s3"), stack.aws.outputs["LogBucket"]
    for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        s3.put_object(Bucket=bucket, Key=entry["Key"], Body=body)
    stack.aws.deliver()
    assert differences(account, stack.state()) == []
    assert differences(tables, stack.own_stores()["tables"]) == []
    assert stack.documents() == documents
