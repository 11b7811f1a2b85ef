"""How long each stage took, and what the caller cost meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from response_builders import START, Account, an_incident, release, respond

from tidegate.model import Heard
from tidegate.response import holding, times
from tidegate.response.times import spelled

type Line = Callable[[], dict[str, Any]]


def heard(*, event: float, arrived: float, found: float) -> Heard:
    """Minutes after the start."""
    event_at, arrived_at, found_at = (START + timedelta(minutes=each) for each in (event, arrived, found))
    return Heard(event=event_at, arrived=arrived_at, found=found_at)


def test_every_stage_is_in_the_record_and_those_until_the_proof_add_up(account: Account) -> None:
    account.clock.advance(minutes=10)
    first = heard(event=2, arrived=7, found=8)
    planned = respond(account, account.has(an_incident(first_heard=first, last_heard=first)))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    stages = {"build_up": 120.0, "source": 300.0, "detect": 60.0, "decide": 120.0, "act": 0.0, "verify": 0.0}
    assert run.times == stages | {"contain": 600.0}
    assert sum(stages.values()) == run.times["contain"]
    account.clock.advance(minutes=20)
    release(account, run.id)
    released = account.ledger.run(run.id)
    assert released is not None
    assert released.times["recover"] == 1200.0


def test_where_the_arrival_is_not_known_the_source_and_the_detectors_are_left_out(account: Account) -> None:
    account.clock.advance(minutes=5)
    planned = respond(account, account.has(an_incident(first_seen=START - timedelta(minutes=5))))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.heard is None
    assert run.times == {"decide": 0.0, "act": 0.0, "verify": 0.0, "contain": 600.0}


def test_a_later_response_is_timed_from_the_finding_that_asked_for_it(account: Account) -> None:
    account.clock.advance(minutes=70)
    first, last = heard(event=0, arrived=1, found=2), heard(event=60, arrived=61, found=64)
    incident = an_incident(generation=2, responses=("throttle_caller",) * 2, first_heard=first, last_heard=last)
    planned = respond(account, account.has(incident))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert (run.times["source"], run.times["detect"], run.times["decide"]) == (60.0, 180.0, 360.0)


def test_a_clock_of_the_source_that_is_ahead_of_ours_makes_no_negative_delay() -> None:
    assert heard(event=5, arrived=4, found=3).stages == {"source": 0.0, "detect": 0.0}


def test_what_it_cost_until_it_was_contained_is_known_once_the_logs_are_in(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    account.clock.advance(minutes=5)
    account.events.spent["session:app/alice"] = 12.5
    account.response.check()
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.dollars == 12.5
    account.clock.advance(hours=2)
    account.events.spent["session:app/alice"] = 99.0
    account.response.check()
    later = account.ledger.run(run.id)
    assert later is not None
    assert (later.dollars, later.times) == (12.5, run.times)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """What a function in Lambda would have printed by now: one line in CloudWatch's embedded metric format."""
    metrics = Metrics(namespace="Tidegate", service="tidegate")
    metrics.clear_metrics()
    for module in (times, holding):
        monkeypatch.setattr(module, "metrics", metrics)

    def printed() -> dict[str, Any]:
        said: dict[str, Any] = dict(metrics.serialize_metric_set())
        metrics.clear_metrics()
        return said

    return printed


def test_each_stage_is_published_once_as_a_metric_in_seconds(account: Account, line: Line) -> None:
    account.clock.advance(minutes=10)
    first = heard(event=2, arrived=7, found=8)
    incident = account.has(an_incident(first_heard=first, last_heard=first))
    planned = respond(account, incident)
    account.response.close(incident.id, 1, "contained")  # said twice
    said = line()
    seconds = {name: value for name, value in said.items() if name.startswith("SecondsTo")}
    assert seconds == {
        "SecondsToDecide": [120.0],
        "SecondsToAct": [0.0],
        "SecondsToVerify": [0.0],
        "SecondsToContain": [600.0],
    }
    assert said["SecondsOfBuildUp"] == [120.0]
    assert {one["Unit"] for one in said["_aws"]["CloudWatchMetrics"][0]["Metrics"]} == {"Seconds"}
    account.clock.advance(minutes=20)
    release(account, planned["run_id"])
    assert line()["SecondsToRecover"] == [1200.0]


def test_what_it_cost_is_published_and_what_is_learned_later_is_added(account: Account, line: Line) -> None:
    respond(account, account.has(an_incident()))
    line()
    for minutes, spent in ((5, 12.5), (5, 12.5), (5, 20.0)):
        account.clock.advance(minutes=minutes)
        account.events.spent["session:app/alice"] = spent
        account.response.check()
    assert line()["DollarsBeforeContainment"] == [12.5, 7.5]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (12.5, "12.5 s"), (60, "1 min"), (95.4, "1 min 35 s"), (3600, "1 h"), (5700, "1 h 35 min")],
)
def test_a_stage_is_told_in_the_units_that_a_person_thinks_in(seconds: float, said: str) -> None:
    assert spelled({"contain": seconds}) == (f"contained, since the first event, after {said}",)
