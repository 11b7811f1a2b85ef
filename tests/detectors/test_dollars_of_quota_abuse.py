"""Budgets in dollars: counted only where one is written, at the prices that are known."""

from __future__ import annotations

import pytest
from detection_builders import ACCOUNT, REGION, T, World, an_invocation

from tidegate.model import Severity
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate_quota.prices import Price, resource_of, to_configuration

OPUS = "us.anthropic.claude-opus-4-1-20250805-v1:0"


def _rules(text: str) -> Rules:
    return Rules.from_toml(text)


def _calls(count: int, *, tokens: int, every: float = 60.0):
    return [an_invocation(n * every, tokens=tokens, id=f"dear-{n}") for n in range(count)]


def test_a_day_over_its_budget_in_dollars():
    rules = _rules(
        '[[budget]]\ncaller = "user:*"\ndollars_per_day = 9.95\n'
        '[[price]]\nmodel = "anthropic.claude-3-haiku*"\ninput = 1000.0\noutput = 1.0\n'
    )
    world = World(rules=rules)

    world.see(*_calls(110, tokens=100))  # ten cents each

    [finding] = world.found
    assert finding.evidence["exceeded"] == "dollars"
    assert finding.evidence["limits"][0]["used"] == pytest.approx(11.0)
    assert finding.evidence["price"] == {"from": "rules, price of anthropic.claude-3-haiku*", "estimate": False}
    assert finding.event_ids[-1] == "dear-99", "the hundredth carried it over"
    assert "$11.00 in a day" in finding.title


def test_without_a_budget_dollars_are_not_kept():
    world = World()

    world.see(*_calls(3, tokens=100))

    state = world.states.load([f"{ACCOUNT}/user:u-1"])[f"{ACCOUNT}/user:u-1"]
    with_budget = World(rules=_rules('[[budget]]\ncaller = "user:*"\ndollars_per_day = 10\n'))
    with_budget.see(*_calls(3, tokens=100_000))
    kept = with_budget.states.load([f"{ACCOUNT}/user:u-1"])[f"{ACCOUNT}/user:u-1"]
    assert len(state.data) < len(kept.data)


def test_dollars_of_last_night_are_not_told_again_in_the_morning():
    world = World(rules=_rules('[[budget]]\ncaller = "user:*"\ndollars_per_day = 0.4\n'))
    midnight = 86_400 - T % 86_400

    world.see(*(an_invocation(midnight - 3000 + n, tokens=900_000, id=f"night-{n}") for n in range(3)))
    told = len(world.found)
    world.see(an_invocation(midnight + 3000, tokens=10, id="morning"))

    assert told == len(world.found) >= 1


def test_an_hour_of_dollars_has_its_own_budget_and_tiers():
    world = World(rules=_rules('[[budget]]\ncaller = "user:*"\ndollars_per_hour = 0.1\n'))

    world.see(*_calls(5, tokens=900_000, every=30))  # 22 cents each at a haiku's estimate

    assert {finding.severity for finding in world.found} == {Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL}
    assert world.found[0].evidence["price"]["estimate"]


def test_the_price_list_of_the_region_is_read_by_event_time():
    settings = Settings(region=REGION)
    rules = _rules('[[budget]]\ncaller = "user:*"\ndollars_per_day = 5\n')
    world = World(rules=rules, settings=settings)
    listed = to_configuration({"claude3haiku": Price(2000.0, 1.0)}, T - 3600)
    world.snapshots.record(resource_of(REGION), T - 3600, "refresh-1", listed)

    world.see(*_calls(40, tokens=100))

    [finding] = world.found
    assert finding.evidence["limits"][0]["used"] == pytest.approx(8.0)
    assert finding.evidence["price"] == {"from": "AWS Price List", "estimate": False, "list_age_days": 0}


def test_the_budget_of_the_settings_is_a_default_for_all():
    world = World(settings=Settings(dollars_per_day=0.01))

    world.see(*_calls(3, tokens=50_000))

    assert world.found[0].evidence["limits"][0]["source"] == "settings"
