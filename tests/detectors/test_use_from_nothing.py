"""An identity that never called models and now does all day: weak signs of a theft, however often a call is told."""

from __future__ import annotations

from detection_builders import a_user, an_api_call, an_invocation

from tidegate.detectors.about import Known
from tidegate.detectors.acts import ALL_DAY, BEGUN, CALLED
from tidegate.detectors.origins import Origins
from tidegate.model import narrowest_caller

DAY, HALF_HOUR = 86_400, 1800
WHO = a_user()


def known_for_a_week(*, with_models: bool) -> Origins:
    memory = Origins()
    for day in range(8):
        record = (
            an_invocation(day * DAY, user="", principal=WHO)
            if with_models
            else an_api_call("ListGuardrails", at=day * DAY, principal=WHO)
        )
        memory.observe(record, Known(name=narrowest_caller(WHO)))
    return memory


def acts_of_a_day(memory: Origins, half_hours: int, *, told: int = 1) -> set[str]:
    for number in range(half_hours):
        for again in range(told):
            call = an_invocation(8 * DAY + number * HALF_HOUR + again, user="", principal=WHO)
            memory.__dict__.clear()  # another fold
            memory.observe(call, Known(name=narrowest_caller(WHO)))
    return {code for code, bits in memory.acts.seen.items() if bits & (1 << 48) - 1}


def test_who_begins_and_goes_on_all_day_shows_both() -> None:
    assert {CALLED, BEGUN, ALL_DAY} <= acts_of_a_day(known_for_a_week(with_models=False), 8)


def test_a_few_calls_are_a_beginning_alone_however_often_they_are_told() -> None:
    acts = acts_of_a_day(known_for_a_week(with_models=False), 3, told=50)
    assert BEGUN in acts
    assert ALL_DAY not in acts


def test_who_has_always_called_models_shows_neither() -> None:
    assert acts_of_a_day(known_for_a_week(with_models=True), 8).isdisjoint({BEGUN, ALL_DAY})


def test_of_a_stranger_nothing_is_said() -> None:
    assert acts_of_a_day(Origins(), 8).isdisjoint({BEGUN, ALL_DAY})
