"""Which features of a day speak for a verdict, beside what is usual for the tenant and for the caller."""

from __future__ import annotations

import pytest

from tidegate.callers.behaviour import usual
from tidegate.callers.behaviour.day import SHAPE
from tidegate.callers.behaviour.memory import FEATURES, Behaviour
from tidegate.callers.behaviour.profile import FINE, Profile
from tidegate.callers.behaviour.record import TRAITS
from tidegate.callers.behaviour.usual import FEWEST, Range, ranges_of, telling

TENANT: tuple[Range, ...] = ((0.0, 0.1, 0.2),) * len(SHAPE)


def heads_that_count(monkeypatch: pytest.MonkeyPatch, **weights: float) -> None:
    """Heads that add up features, by name with _ for a space, instead of trees."""
    places = {FEATURES.index(name.replace("_", " ")): weight for name, weight in weights.items()}
    monkeypatch.setattr(
        usual, "heads_of", lambda features: [sum(features[place] * weight for place, weight in places.items())]
    )


@pytest.fixture
def memory() -> Behaviour:
    """Of a newcomer whose every text is refused."""
    found = Behaviour()
    found.today.records = 18
    found.today.traits = [18 if name == "refused" else 0 for name in TRAITS]
    return found


def test_what_is_usual_is_where_nine_callers_in_ten_lie() -> None:
    shapes = [[FINE * place] * len(SHAPE) for place in range(100)]

    assert set(ranges_of(shapes)) == {(5, 50, 95)}


def test_callers_without_a_past_say_nothing_and_few_are_no_tenant() -> None:
    assert ranges_of([[FINE] * len(SHAPE)] * (FEWEST - 1) + [[]] * 20) == ()


def test_a_feature_weighs_by_how_much_less_a_head_gives_where_it_is_usual(
    memory: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads_that_count(monkeypatch, share_refused=2.0, length=5.0)

    found = telling(memory, TENANT, head=0)

    assert found == [{"feature": "share refused", "today": 0.9, "usual_of_tenant": [0.0, 0.2], "weighs": 1.6}]


def test_texts_of_a_kind_are_told_once_whichever_of_their_features_a_head_asks(
    memory: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.today.over[0], memory.today.tops[0] = 9, 64
    heads_that_count(monkeypatch, largest_jailbreak=1.0, share_of_jailbreak=1.0, mean_jailbreak=1.0)

    (found,) = telling(memory, TENANT, head=0)

    assert (found["feature"], found["furthest_record"]) == ("share of jailbreak", 4.0)


def test_a_caller_with_a_past_is_told_beside_its_own_days(memory: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.profile = Profile(4, 20, [round(0.5 * FINE)] * len(SHAPE), [round(0.1 * FINE)] * len(SHAPE), bytes(64))
    memory.profile.vocabulary = bytes(128)
    heads_that_count(monkeypatch, change_of_share_refused=1.0)

    (found,) = telling(memory, TENANT, head=0)

    assert found["usual_of_caller"] == [pytest.approx(0.3, abs=0.01), pytest.approx(0.7, abs=0.01)]
    assert found["weighs"] == pytest.approx(0.8), "were it 0.1 as usual, it would have changed by 0.8 less"


def test_what_asks_for_something_else_than_on_its_own_days_is_said(
    memory: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.profile = Profile(4, 20, [0] * len(SHAPE), [0] * len(SHAPE), bytes([127] * 64), bytes(128))
    memory.today.lanes, memory.today.laned = bytes(64), 1
    heads_that_count(monkeypatch, new_direction=0.5)

    (found,) = telling(memory, TENANT, head=0)

    assert found == {"feature": "new direction", "today": 2.0, "weighs": 1.0}


def test_without_a_head_those_furthest_outside_the_usual_are_told(memory: Behaviour) -> None:
    found = telling(memory, TENANT, head=None)

    assert found[0] == {"feature": "share refused", "today": 0.9, "usual_of_tenant": [0.0, 0.2]}
    assert "share order" not in {one["feature"] for one in found}, "none, where up to two in ten are usual"


def test_before_a_tenant_is_known_nothing_is_told(memory: Behaviour) -> None:
    assert telling(memory, (), head=0) == []
