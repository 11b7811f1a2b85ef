"""Tenants that heads are trained on beside the simulated ones: bench/training/plain.py."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from labelled import QUIET, Labelled
from plain import ATTACKS, CLASSES, JOBS, MEMBERS, SHARES, SLOW, SPREAD, Tenant
from tenant_days import ROWS, texts

HISTORY, DAYS = 4, 8


def days_of(number: int = 1, seed: str = "test") -> list[Labelled]:
    return list(Tenant(number, ROWS, seed).days(callers=40, history=HISTORY, days=DAYS))


@pytest.fixture(scope="module")
def days() -> Sequence[Labelled]:
    return days_of()


def messages_of(days: Sequence[Labelled], kind: str) -> set[int]:
    return {request.contents.messages for day in days if day.kind == kind for request in day.requests}


def test_a_seed_makes_the_same_tenant_and_another_number_another(days: Sequence[Labelled]) -> None:
    assert texts(days_of()) == texts(days)
    assert texts(days_of(number=2)) != texts(days)


def test_every_class_calls_and_every_family_attacks_at_every_share(days: Sequence[Labelled]) -> None:
    assert {day.kind for day in days if day.benign} == set(CLASSES)
    attacks = {(day.kind, day.share) for day in days if not day.benign}
    assert {kind for kind, _ in attacks} == set(ATTACKS)
    assert {share for kind, share in attacks if kind not in (SLOW, SPREAD)} == set(SHARES)
    assert len({day.caller for day in days if (day.kind, day.share) == (SPREAD, 0.5)}) == MEMBERS


def test_nobody_attacks_before_the_history_is_over(days: Sequence[Labelled]) -> None:
    assert min(day.day for day in days if not day.benign) >= HISTORY > QUIET


def test_attack_requests_are_hidden_among_the_callers_own(days: Sequence[Labelled]) -> None:
    for day in days:
        attacks = [request.contents.user for request in day.requests if request.attack]
        assert bool(attacks) != day.benign
        if day.benign:
            continue
        covered = len(day.requests) - len(attacks)
        assert covered == pytest.approx(len(attacks) * (1 - day.share) / day.share, abs=1) or covered == 100


def test_an_attacker_asks_what_its_family_asks(days: Sequence[Labelled]) -> None:
    asked = {
        request.contents.user
        for day in days
        for request in day.requests
        if request.attack and day.kind == "prompt_attack_persona"
    }
    assert asked
    assert asked <= {row["text"] for row in ROWS["coaxed"]}


def test_requests_of_a_day_are_in_the_order_of_their_times_and_of_that_day(days: Sequence[Labelled]) -> None:
    for day in days:
        times = [request.call.time for request in day.requests]
        assert times == sorted(times)
        assert len({int(time) // 86_400 for time in times}) <= 1


def test_a_conversation_goes_on_and_a_job_does_not(days: Sequence[Labelled]) -> None:
    assert max(messages_of(days, "long_chat")) > 1
    assert all(messages_of(days, job) == {1} for job in JOBS)
