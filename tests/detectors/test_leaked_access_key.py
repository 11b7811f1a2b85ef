"""What cases can't say about leaked_access_key: who is accused, how gravely, and what answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidegate.detectors.about import Known
from tidegate.detectors.leaked_access_key import about, detect
from tidegate.model import ServiceEvent, Severity
from tidegate.sources.service_events import read_service_event

CASES = json.loads((Path(__file__).parents[2] / "events/leaked_access_key.json").read_text())


def read(name: str) -> ServiceEvent:
    record: dict[str, Any] = next(case for case in CASES["fires"] if case["name"] == name)["records"][-1]
    found = read_service_event(json.dumps(record).encode(), "queue")
    assert isinstance(found, ServiceEvent)
    return found


@pytest.mark.parametrize(
    ("case", "caller"),
    [
        ("key_in_public", "key:AKIATIDELEAKED000001"),
        ("key_and_its_user", "iam-user:ci-user"),
        ("quarantined", "iam-user:ci-user"),
    ],
)
def test_the_keys_user_is_accused_or_the_key_alone(case: str, caller: str) -> None:
    (signal,) = detect(read(case), Known())
    assert signal.caller == caller


def test_the_key_is_named_so_that_it_can_be_replaced() -> None:
    (signal,) = detect(read("key_and_its_user"), Known())
    assert "key:AKIATIDELEAKED000001" in signal.related


def test_it_is_critical_and_starts_the_rotation() -> None:
    assert about.severity is Severity.CRITICAL
    assert about.playbook == "rotate_credentials"


def test_the_same_news_through_two_regions_is_one_finding() -> None:
    one = read("key_in_public")
    (first,) = detect(one, Known())
    (second,) = detect(one, Known())
    assert first.identity == second.identity
