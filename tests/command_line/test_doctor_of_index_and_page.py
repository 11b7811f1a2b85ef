"""What the doctor says of the index, and the page that is made of its checks."""

from __future__ import annotations

import inspect
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from doctor_builders import NOW

from tidegate_local import asking, doctor_pages
from tidegate_local.command_line.doctor import CHECKS
from tidegate_local.doctor import Patient, State, examined
from tidegate_local.stack import Stack


@pytest.mark.parametrize(
    ("health", "age_hours", "state", "said"),
    [
        ("green", 1, State.OK, "1.0 hours old"),
        ("red", 1, State.BAD, "red"),
        ("green", 48, State.WARN, "48.0 hours old"),
        ("green", None, State.UNKNOWN, "no event yet"),
    ],
)
def test_the_index_is_current_or_not(
    monkeypatch: pytest.MonkeyPatch, health: str, age_hours: int | None, state: State, said: str
) -> None:
    newest = None if age_hours is None else (NOW - timedelta(hours=age_hours)).timestamp() * 1000
    node = SimpleNamespace(
        cluster=SimpleNamespace(health=lambda: {"status": health}),
        search=lambda **_given: {"aggregations": {"newest": {"value": newest}}},
    )
    monkeypatch.setattr(asking, "client_of", lambda _services: node)
    patient = Patient(Stack("tidegate", None, {}, "eu-west-1"), NOW)  # type: ignore[arg-type]
    patient.__dict__["services"] = SimpleNamespace(settings=SimpleNamespace(opensearch_endpoint="https://index"))
    (check,) = [one for one in CHECKS if one.id == "index"]
    assert any(answer.state is state and said in answer.what for _, answer in examined(patient, [check]))


def test_without_an_index_that_is_said() -> None:
    patient = Patient(Stack("tidegate", None, {}, "eu-west-1"), NOW)  # type: ignore[arg-type]
    patient.__dict__["services"] = SimpleNamespace(settings=SimpleNamespace(opensearch_endpoint=""))
    (check,) = [one for one in CHECKS if one.id == "index"]
    ((_, answer),) = examined(patient, [check])
    assert (answer.state, "no index" in answer.what) == (State.WARN, True)


def test_the_page_of_the_doctor_says_what_the_checks_say() -> None:
    assert doctor_pages.PAGE.read_text("utf-8") == doctor_pages.page(), "make docs writes it anew"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_says_what_it_looks_at_and_each_trouble_how_it_is_mended(check: Any) -> None:
    assert inspect.getdoc(check.look)
    troubles = doctor_pages.troubles(check)
    assert troubles
    assert all(what.strip(". ") and mend.strip(". ") for _, what, mend in troubles)
