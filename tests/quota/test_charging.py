"""The client over DynamoDB: exactly once, whoever races, whatever answer is lost, whatever the user is called."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quota_builders import DAY, MODEL, TABLE, Clock, Signals, item, put, quota

from tidegate.aws.prices import DynamoPublishedPrices
from tidegate_quota import Budget, Price, Quota, QuotaRefused, QuotaTableAway, Tokens, retry_header
from tidegate_quota.client import REFUSALS_EVERY
from tidegate_quota.prices import reduced, to_configuration
from tidegate_quota.signals import embedded_metric

ONE = Budget(calls_per_minute=1, burst_calls=1)


def used(dynamodb: Any, user: str, *names: str) -> tuple[int, ...]:
    found = item(dynamodb, f"usage|{user}") or {}
    return tuple(int(found[name]["N"]) if name in found else 0 for name in names)


def between_read_and_write(dynamodb: Any, run: Callable[[], None]) -> None:
    """Runs once, before the next write leaves the client."""
    waiting = [run]

    def first(**_: Any) -> None:
        if waiting:
            waiting.pop()()

    dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", first)


def lose_answers(dynamodb: Any, operation: str, times: int = 1) -> None:
    """The call is made; its answer never arrives."""
    left = [times]

    def lose(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise ReadTimeoutError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com")

    dynamodb.meta.events.register(f"after-call.dynamodb.{operation}", lose)


def away(dynamodb: Any) -> None:
    def fail(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com")

    dynamodb.meta.events.register("before-call.dynamodb", fail)


def test_a_call_is_reserved_settled_and_named(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock, Budget(tokens_per_day=1000, dollars_per_day=1))
    with quotas.charge("alice", "r1", model=MODEL, input_tokens=500, output_tokens=200) as charge:
        assert used(dynamodb, "alice", "calls", "tokens", "dollars") == (1, 700, 1040)
        request = charge.named(modelId=MODEL, requestMetadata={"user": "mallory", "app": "chat"})
        charge.settle({"usage": {"inputTokens": 300, "outputTokens": 100, "totalTokens": 400}})
    assert request == {"modelId": MODEL, "requestMetadata": {"user": "alice", "app": "chat"}}
    assert used(dynamodb, "alice", "calls", "tokens", "dollars") == (1, 400, 560)
    assert charge.remaining is not None
    assert charge.remaining.tokens_today == 300


@pytest.mark.parametrize("user", ["auth0|7", "alice=sha256=00", "é" * 300, "a b"])
def test_whatever_a_user_is_called_its_call_is_settled_where_it_was_charged(
    dynamodb: Any, clock: Clock, user: str
) -> None:
    quotas = quota(dynamodb, clock)
    charge = quotas.charge(user, "r1", input_tokens=10)
    charge.settle(Tokens(MODEL, 3, 0))
    quotas.charge(user, "r2", input_tokens=10).release()
    quotas.charge(user, "r3", input_tokens=10)
    assert quotas.settle(user, "r3", Tokens(MODEL, 4, 0))
    assert used(dynamodb, charge.user, "calls", "tokens") == (3, 7)


def test_of_two_writers_that_want_the_last_call_one_gets_it(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock, ONE)
    between_read_and_write(dynamodb, lambda: quotas.charge("alice", "quick") and None)
    with pytest.raises(QuotaRefused) as refused:
        quotas.charge("alice", "slow")
    assert (refused.value.reason, refused.value.retry_after) == ("calls_per_minute", 60.0)
    assert used(dynamodb, "alice", "calls", "refused") == (1, 1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    racers=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), min_size=1, max_size=12), burst=st.integers(1, 4)
)
def test_whoever_writes_in_between_no_more_calls_are_let_through_than_the_bucket_holds(
    dynamodb: Any, racers: list[tuple[int, int]], burst: int
) -> None:
    """Each racer reads, then lets that many of the next ones run before it writes; a number is a request's id."""
    clock, waiting, granted = Clock(), list(racers), set[int]()
    dynamodb.delete_item(TableName=TABLE, Key={"user": {"S": "usage|alice"}})
    quotas = quota(dynamodb, clock, Budget(calls_per_minute=1, burst_calls=burst))
    gaps: list[int] = []

    def run() -> None:
        request, others = waiting.pop(0)
        gaps.append(others)
        try:
            quotas.charge("alice", f"r{request}")
            granted.add(request)
        except QuotaRefused:
            pass  # what is asked is how many are not

    def in_the_gap(**_: Any) -> None:
        others = gaps.pop() if gaps else 0
        for _number in range(min(others, len(waiting))):
            if waiting:
                run()

    dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", in_the_gap, unique_id="gap")
    try:
        while waiting:
            run()
    finally:
        dynamodb.meta.events.unregister("before-call.dynamodb.UpdateItem", unique_id="gap")
    assert len(granted) == min(burst, len({request for request, _ in racers}))
    assert used(dynamodb, "alice", "calls") == (len(granted),)


def test_a_retry_after_a_time_out_that_succeeded_is_charged_once(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock, ONE)
    lose_answers(dynamodb, "UpdateItem")
    with pytest.raises(QuotaTableAway):
        quotas.charge("alice", "r1", input_tokens=10)
    charge = quotas.charge("alice", "r1", input_tokens=10)
    assert charge.repeated
    assert used(dynamodb, "alice", "calls", "tokens") == (1, 10)


def test_a_settlement_whose_answer_was_lost_is_not_made_twice(dynamodb: Any, clock: Clock, signals: Signals) -> None:
    quotas = quota(dynamodb, clock, signal=signals)
    charge = quotas.charge("alice", "r1", input_tokens=10)
    lose_answers(dynamodb, "UpdateItem")
    charge.settle(Tokens(MODEL, 7, 0))
    assert signals.names == ["QuotaUnsettled"]
    assert not quotas.settle("alice", "r1", Tokens(MODEL, 7, 0))
    assert used(dynamodb, "alice", "tokens") == (7,)


def test_other_calls_of_the_user_meanwhile_spoil_no_settlement(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock)
    charge = quotas.charge("alice", "r1", input_tokens=10)
    quotas.charge("alice", "r2", input_tokens=5)
    charge.settle(Tokens(MODEL, 1, 1))
    assert used(dynamodb, "alice", "calls", "tokens") == (2, 7)


def test_what_the_model_refuses_costs_no_tokens_and_what_nobody_knows_stays_estimated(
    dynamodb: Any, clock: Clock
) -> None:
    quotas = quota(dynamodb, clock)
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Converse")
    with pytest.raises(ClientError), quotas.charge("alice", "r1", input_tokens=10):
        raise throttled
    assert used(dynamodb, "alice", "calls", "tokens") == (1, 0)
    with pytest.raises(ReadTimeoutError), quotas.charge("alice", "r2", input_tokens=10):
        raise ReadTimeoutError(endpoint_url="https://bedrock-runtime.eu-central-1.amazonaws.com")
    assert used(dynamodb, "alice", "calls", "tokens") == (2, 10)


def test_a_stream_is_settled_by_its_last_event_and_one_that_is_left_stays_estimated(
    dynamodb: Any, clock: Clock
) -> None:
    quotas = quota(dynamodb, clock)
    last = {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 4}}}
    events: list[dict[str, Any]] = [{"contentBlockDelta": {}}, {"messageStop": {}}, last]
    charge = quotas.charge("alice", "r1", input_tokens=50)
    assert list(charge.follow(events)) == events
    assert used(dynamodb, "alice", "tokens") == (7,)
    left = quotas.charge("alice", "r2", input_tokens=50)
    next(left.follow(events))
    assert used(dynamodb, "alice", "tokens") == (57,)


def test_the_usage_of_invoke_model_is_in_headers_and_in_the_last_chunk(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock)
    headers = {"x-amzn-bedrock-input-token-count": "5", "x-amzn-bedrock-output-token-count": "6"}
    quotas.charge("alice", "r1").settle({"ResponseMetadata": {"HTTPHeaders": headers}, "body": object()})
    last = b'{"amazon-bedrock-invocationMetrics":{"inputTokenCount":2,"outputTokenCount":1}}'
    chunks = [{"chunk": {"bytes": b'{"completion":"a"}'}}, {"chunk": {"bytes": b"["}}, {"chunk": {"bytes": last}}]
    assert list(quotas.charge("alice", "r2").follow(chunks)) == chunks
    assert used(dynamodb, "alice", "tokens") == (14,)


def test_a_refused_user_is_told_when_to_come_back_and_gets_through_then(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock, ONE)
    quotas.charge("alice", "r1")
    clock.time += 20.5
    with pytest.raises(QuotaRefused) as refused:
        quotas.charge("alice", "r2")
    assert retry_header(refused.value) == {"Retry-After": "40"}
    assert "alice" not in str(refused.value)
    clock.time += refused.value.retry_after or 0
    assert not quotas.charge("alice", "r2").repeated


def test_a_user_who_hammers_costs_a_write_now_and_then_and_every_refusal_is_counted(
    dynamodb: Any, clock: Clock, signals: Signals
) -> None:
    put(dynamodb, "mallory", blocked={"BOOL": True}, blocked_by={"SS": ["step-1"]})
    quotas = quota(dynamodb, clock, signal=signals)
    seen = []
    for n in range(50):
        with pytest.raises(QuotaRefused):
            quotas.charge("mallory", f"r{n}")
        seen.append(used(dynamodb, "mallory", "refused"))
    assert set(seen) == {(1,)}
    clock.time += REFUSALS_EVERY
    with pytest.raises(QuotaRefused):
        quotas.charge("mallory", "last")
    assert used(dynamodb, "mallory", "refused") == (51,)
    assert signals.names == ["EndUserRefused"] * 51


def test_a_limit_a_block_and_a_budget_of_one_user_are_read_from_the_table(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock, Budget(calls_per_minute=60, burst_calls=60, tokens_per_day=100))
    put(dynamodb, "alice", budget={"M": {"tokens_per_day": {"N": "5000"}, "calls_per_minute": {"N": "2"}}})
    left = quotas.charge("alice", "r1", input_tokens=1000).remaining
    assert left is not None
    assert (left.calls, left.tokens_today) == (1, 4000)
    put(dynamodb, "bob", limited_to={"N": "10"})
    assert quotas.standing("bob").remaining is not None
    assert quotas.standing("bob").limited_to == 10
    put(dynamodb, "carol", blocked={"BOOL": True}, blocked_until={"N": str(int(clock.time) + 30)})
    assert quotas.standing("carol").refusal == ("blocked", 30.0)
    clock.time += 30
    assert quotas.standing("carol").refusal is None


def test_the_end_of_a_person_s_block_ends_no_response_s_block(dynamodb: Any, clock: Clock) -> None:
    put(dynamodb, "carol", blocked={"BOOL": True}, blocked_until={"N": "1"}, blocked_by={"SS": ["step-1"]})
    assert quota(dynamodb, clock).standing("carol").refusal == ("blocked", None)


def test_a_budget_that_makes_no_sense_is_told_with_its_place(dynamodb: Any, clock: Clock) -> None:
    put(dynamodb, "alice", budget={"M": {"tokens_per_day": {"S": "many"}}})
    with pytest.raises(ValueError, match=r"quota table: tokens_per_day = None"):
        quota(dynamodb, clock).charge("alice", "r1")


def test_asking_how_a_user_stands_writes_nothing(dynamodb: Any, clock: Clock) -> None:
    put(dynamodb, "alice", blocked={"BOOL": True})
    quota(dynamodb, clock).standing("alice")
    assert item(dynamodb, "usage|alice") is None


def test_while_the_table_is_away_calls_are_refused_and_it_is_signalled(
    dynamodb: Any, clock: Clock, signals: Signals
) -> None:
    away(dynamodb)
    with pytest.raises(QuotaTableAway):
        quota(dynamodb, clock, signal=signals).charge("alice", "r1")
    assert signals == [("QuotaTableAway", {"doing": "reading a quota", "error": "ReadTimeoutError", "let": "no"})]


def test_while_the_table_is_away_calls_are_let_through_uncounted_where_that_was_chosen(
    dynamodb: Any, clock: Clock, signals: Signals
) -> None:
    quotas = quota(dynamodb, clock, when_away="let", signal=signals)
    away(dynamodb)
    with quotas.charge("alice", "r1") as charge:
        charge.settle(Tokens(MODEL, 5, 5))
    assert (charge.counted, charge.remaining, charge.user) == (False, None, "alice")
    assert signals == [("QuotaTableAway", {"doing": "reading a quota", "error": "ReadTimeoutError", "let": "yes"})]
    assert quotas.standing("alice").remaining is None


def test_a_missing_permission_is_an_absence_too_and_its_name_is_signalled(
    dynamodb: Any, clock: Clock, signals: Signals
) -> None:
    missing = Quota(dynamodb, "NoSuchTable", when_away="let", signal=signals, clock=clock)
    assert not missing.charge("alice", "r1").counted
    assert signals[0][1]["error"] == "ResourceNotFoundException"


def test_what_nobody_has_used_for_days_is_forgotten_and_what_was_decided_is_not(dynamodb: Any, clock: Clock) -> None:
    put(dynamodb, "alice", limited_to={"N": "50"})
    quota(dynamodb, clock).charge("alice", "r1")
    forget = int(item(dynamodb, "usage|alice")["forget_at"]["N"])
    assert clock.time + 2 * DAY < forget < clock.time + 8 * DAY
    assert "forget_at" not in item(dynamodb, "alice")


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=400),
    st.sampled_from(["usage|alice", "alice ", "a" * 5000, "\x00", '{"S":"x"}', "$(id)", "alice\nbob", "=sha256="]),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(user=HOSTILE)
def test_no_name_reaches_another_user_s_quota(dynamodb: Any, user: str) -> None:
    clock = Clock()
    quotas = quota(dynamodb, clock, Budget(calls_per_minute=1, burst_calls=1, calls_per_day=2))
    if user != "alice" and not used(dynamodb, "alice", "calls")[0]:
        quotas.charge("alice", "r1")
    if user != "alice":
        name = quotas.charge(user, user).user
        dynamodb.delete_item(TableName=TABLE, Key={"user": {"S": f"usage|{name}"}})
        assert used(dynamodb, "alice", "calls") == (1,)
        assert len(name) <= 256


def test_nobody_is_given_tokens_by_a_number_below_nothing(dynamodb: Any, clock: Clock) -> None:
    quotas = quota(dynamodb, clock)
    with pytest.raises(ValueError, match="gift"):
        quotas.charge("alice", "r1", input_tokens=-5)
    quotas.charge("alice", "r2").settle(Tokens(MODEL, -500, 0))
    assert used(dynamodb, "alice", "tokens", "dollars") == (0, 0)


@pytest.mark.parametrize(("user", "request_id"), [("", "r1"), ("alice", "")])
def test_a_call_without_a_user_or_an_id_is_a_fault_of_the_application(
    dynamodb: Any, clock: Clock, user: str, request_id: str
) -> None:
    with pytest.raises(ValueError, match="without a"):
        quota(dynamodb, clock).charge(user, request_id)


def test_a_signal_can_be_a_metric_of_cloudwatch() -> None:
    out = io.StringIO()
    embedded_metric("chat", out, lambda: 1000.5)("QuotaTableAway", {"error": "ReadTimeoutError"})
    line = json.loads(out.getvalue())
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "QuotaTableAway", "Unit": "Count"}]
    assert (line["_aws"]["Timestamp"], line["QuotaTableAway"], line["application"]) == (1_000_500, 1, "chat")


def test_dollars_are_what_was_written_then_what_tidegate_fetched_then_an_estimate(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {reduced("amazon.nova-pro-v1:0"): Price(2, 8), reduced("amazon.nova-lite-v1:0"): Price(1, 4)}
    DynamoPublishedPrices(dynamodb, TABLE).publish("eu-central-1", to_configuration(listed, 1000.0))
    monkeypatch.setattr(boto3, "client", lambda *_, **__: dynamodb)
    quotas = Quota.of_table(TABLE, written_prices=[("*nova-lite*", Price(0, 3))])
    for model in ("amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"):
        quotas.charge(model, "r1", model=model, output_tokens=1_000_000)
    dollars = [used(dynamodb, f"amazon.nova-{which}-v1:0", "dollars")[0] for which in ("pro", "lite", "micro")]
    assert dollars == [8_000_000, 3_000_000, 140_000]


def test_an_application_starts_while_the_table_is_away(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    away(dynamodb)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: dynamodb)
    signals = Signals()
    Quota.of_table(TABLE, signal=signals)
    assert signals.names == ["QuotaTableAway"]
