"""Outside Lambda nobody reads metrics: they must not come out among what a command answers."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from tidegate.telemetry import metrics


def test_however_many_there_are_none_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(250):
        metrics.add_metric(name="FindingsMade", unit=MetricUnit.Count, value=1)
    assert capsys.readouterr() == ("", "")


def test_a_handler_is_called_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    @metrics.log_metrics
    def handle(event: str, _context: object) -> str:
        metrics.add_metric(name="FindingsMade", unit=MetricUnit.Count, value=1)
        return event

    assert handle("event", object()) == "event"
    assert capsys.readouterr().out == ""
