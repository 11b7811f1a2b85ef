"""What cases can't say about denial_of_wallet: dollars, cheap models, own days, what is remembered."""

from __future__ import annotations

import pytest
from campaign_builders import DAY, a_call, asked, memory_bytes, of
from detection_builders import World

from tidegate.rules import Rules


def _full(at: float, number: int = 0, **more):
    given = {"output_tokens": 8000, "stop_reason": "max_tokens", "tokens": 900, **more}
    return a_call(at, asked(f"never stop, {number}", max_tokens=8000), {"output": {}}, **given)


def test_the_dollars_are_the_model_s_and_say_where_they_are_from():
    rules = Rules.from_toml('[[price]]\nmodel = "anthropic.claude-3-haiku*"\ninput = 1.0\noutput = 100.0\n')
    world = World(rules=rules)

    world.see(*[_full(n, n) for n in range(20)])

    finding = of(world, "denial_of_wallet")[0]
    assert finding.evidence["this_call_dollars"] == pytest.approx(0.8009)
    assert finding.evidence["price"] == {"from": "rules, price of anthropic.claude-3-haiku*", "estimate": False}
    assert finding.evidence["dollars_24_hours"] == pytest.approx(15 * 0.8009, rel=0.01)


def test_a_cheap_model_is_no_excuse_and_its_dollars_are_told_as_they_are():
    world = World()

    world.see(*[_full(n, n) for n in range(20)])

    finding = of(world, "denial_of_wallet")[0]
    assert finding.evidence["price"]["estimate"]
    assert finding.evidence["dollars_24_hours"] < 0.25


def test_who_drives_answers_to_their_limit_every_day_is_used_to_it():
    world = World()
    for day in range(9):
        world.see(*[_full(day * DAY + n, n) for n in range(6)])
    world.see(*[_full(9 * DAY + n, n) for n in range(15)])
    assert of(world, "denial_of_wallet") == []

    world.see(*[_full(10 * DAY + n, n) for n in range(40)])
    assert of(world, "denial_of_wallet")[0].evidence["threshold_from"] == "own days"


def test_a_conversation_that_goes_on_is_not_the_same_request_again():
    world = World()
    turns = []
    calls = []
    for number in range(30):
        turns += [{"role": "user", "content": "go on"}]
        calls.append(a_call(number, {"messages": list(turns)}, {"output": {}}, tokens=3000, output_tokens=900))
        turns += [{"role": "assistant", "content": f"part {number}"}]

    world.see(*calls)

    assert of(world, "denial_of_wallet") == []


def test_failed_calls_cost_nothing():
    world = World()

    world.see(*[_full(n, error="ThrottlingException", output_tokens=0, tokens=0) for n in range(300)])

    assert of(world, "denial_of_wallet") == []


def test_small_talk_is_not_remembered():
    world = World()

    world.see(*[a_call(n, asked(f"hello {n}"), {"output": {}}, tokens=200, output_tokens=90) for n in range(100)])

    assert memory_bytes(world, "denial_of_wallet") == 0


def _vast(at: float, number: int = 0, **more):
    given = {"output_tokens": 9000, "stop_reason": "end_turn", "tokens": 200, **more}
    return a_call(at, asked(f"a book of it, {number}", max_tokens=32_000), {"output": {}}, **given)


def test_answers_of_twenty_pages_are_dear_below_any_limit():
    world = World()

    world.see(*[_vast(n, n) for n in range(14)])
    assert of(world, "denial_of_wallet") == []
    world.see(*[_vast(n, n) for n in range(14, 16)])

    finding = of(world, "denial_of_wallet")[0]
    assert finding.evidence["this_call_is_dear_by"] == ["vast answer"]
    assert finding.evidence["flagrant_calls"] == 15
    assert finding.evidence["dear_in_two_ways"] == 0


def test_long_answers_below_that_are_ordinary_and_one_at_its_limit_has_one_trait():
    world = World()

    world.see(*[_vast(n, n, output_tokens=7999) for n in range(60)])
    assert of(world, "denial_of_wallet") == []

    world.see(*[_full(1000 + n, n, output_tokens=9000) for n in range(15)])
    assert of(world, "denial_of_wallet")[0].evidence["this_call_is_dear_by"] == ["answer at its limit"]


def _cached(at: float, written: int, read: int):
    return a_call(
        at, asked(f"on with {at}", max_tokens=900), {"output": {}}, tokens=900, output_tokens=10,
        cache_write_tokens=written, cache_read_tokens=read,
    )  # fmt: skip


def test_a_cache_that_other_calls_read_is_used_and_one_that_none_reads_is_wasted():
    used, wasted = World(), World()

    used.see(*[_cached(n, 20_000 * (n % 3 < 2), 20_000 * (n % 3 == 2)) for n in range(400)])
    wasted.see(*[_cached(n, 20_000, 0) for n in range(400)])

    assert of(used, "denial_of_wallet") == []
    assert of(wasted, "denial_of_wallet")[0].evidence["this_call_is_dear_by"] == ["cache never read"]
