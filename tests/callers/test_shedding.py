"""A state keeps within its bound, and gives up first what is needed least."""

from __future__ import annotations

import random
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.callers.behaviour.day import Day
from tidegate.callers.behaviour.memory import Behaviour, Example
from tidegate.callers.behaviour.past_day import PastDay
from tidegate.callers.behaviour.profile import Profile
from tidegate.callers.series import Series
from tidegate.callers.shedding import MOST, fitted
from tidegate.callers.sightings import Sightings
from tidegate.callers.state import MARK, RING, CallerState, decoded, encoded
from tidegate.callers.usage import Usage
from tidegate.detectors import MEMORIES
from tidegate.detectors.origins import Origins

KEY = "111122223333/iam-user:ci-user"


def _busy(seed: int = 1, *, steps: int = 72, examples: int = 3) -> CallerState:
    """Of a service that calls all day, whose memories hold as much as they can."""
    dice = random.Random(seed)
    today = Day(
        records=900, sums=_some(dice, 8), gains=_some(dice, 8), over=_some(dice, 8), recent=_some(dice, 12, 64),
        traits=_some(dice, 13), prefixes=dict(zip(_some(dice, 8, 16), _some(dice, 8, 7), strict=True)),
        vocabulary=dice.randbytes(128), lanes=dice.randbytes(64), laned=200,
    )  # fmt: skip
    profile = Profile(9, 800, _some(dice, 46), _some(dice, 46), dice.randbytes(64), dice.randbytes(128))
    words = ["".join(dice.choices(string.ascii_lowercase, k=60)) for _ in range(examples)]
    usage = Usage(
        5_962_059, Series(5_962_059, _some(dice, steps, 6)), Series(5_962_059, _some(dice, steps, 15)),
        Series(496_838, _some(dice, 29, 8)), Series(496_838, _some(dice, 29, 16)),
    )  # fmt: skip
    behaviour = Behaviour(20_700, today, profile, examples=[Example(30, dice.randbytes(16), said) for said in words])
    return CallerState(
        memories={"behaviour": behaviour, "quota_abuse": usage}, folded=dice.randbytes(RING * MARK), seen=20_700
    )


def _some(dice: random.Random, count: int, bits: int = 7) -> list[int]:
    return [dice.getrandbits(bits) for _ in range(count)]


def _opened(data: bytes) -> tuple[Behaviour, Usage, CallerState]:
    state = decoded(data, KEY)
    return state.memory("behaviour", Behaviour), state.memory("quota_abuse", Usage), state


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), marks=st.integers(0, 12))
def test_a_busy_state_fits_and_is_read_as_it_was_left(seed: int, marks: int) -> None:
    state = _busy(seed)
    newest = state.folded[-MARK * marks :] if marks else b""
    assert len(encoded(state)) > MOST

    data = fitted(state, marks)

    assert len(data) <= MOST
    behaviour, usage, read = _opened(data)
    assert (behaviour, usage) == (state.memories["behaviour"], state.memories["quota_abuse"])
    assert read.folded == state.folded
    assert read.folded.endswith(newest)


def test_counts_sums_and_baselines_stay() -> None:
    before, usage_before, _ = _opened(encoded(_busy()))
    behaviour, usage, _ = _opened(fitted(_busy(), 1))

    assert behaviour.profile == before.profile
    assert behaviour.today.shape() == before.today.shape()
    assert (usage.hour_calls, usage.day_tokens) == (usage_before.hour_calls, usage_before.day_tokens)
    assert usage.used(0, usage.latest) == usage_before.used(0, usage.latest), "nor does the newest hour change"


def test_of_words_the_least_telling_go_first() -> None:
    behaviour, usage, _ = _opened(fitted(_busy(), 1))

    assert [len(example.asked) for example in behaviour.examples] == [60, 60, 1]
    assert len(usage.step_calls.values) == 72, "they were enough"


def test_memories_that_a_batch_had_no_need_of_give_up_as_well() -> None:
    closed = decoded(encoded(_busy()), KEY)

    assert fitted(closed, 1) == fitted(_busy(), 1)


def test_a_memory_that_cannot_be_read_is_stored_as_it_is() -> None:
    state = _busy()
    state.memories["behaviour"] = damaged = random.Random(1).randbytes(2000)

    read = decoded(fitted(state, 1), KEY)

    assert read.memories["behaviour"] == damaged
    assert len(read.memory("quota_abuse", Usage).step_calls.values) < 72, "others give up what they can"


def test_before_a_state_is_too_large_explanations_grow_poorer() -> None:
    state = _busy()
    state.memories["new_origin"] = random.Random(1).randbytes(600)  # which no step gives up

    behaviour, _, _ = _opened(fitted(state, 1))

    assert len(behaviour.examples) == 1, "the one that stood out most"
    assert set(behaviour.profile.spread) == {0}
    assert behaviour.profile.shape == _opened(encoded(_busy()))[0].profile.shape


def test_where_nothing_else_helps_the_largest_memories_are_begun_anew() -> None:
    state = _busy()
    sizes = {"denial_of_wallet": 60, "embedding_extraction": 200, "logit_probe": 300, "origins": 220}
    for name, size in sizes.items():
        state.memories[name] = random.Random(size).randbytes(size)

    data = fitted(state, 1)

    assert len(data) <= MOST
    behaviour, usage, read = _opened(data)
    assert set(read.memories) == {"behaviour", "quota_abuse", *sizes} - {"logit_probe"}, "the largest that may"
    assert (behaviour.past, behaviour.examples) == (PastDay(), [])
    before, usage_before, _ = _opened(encoded(_busy()))
    assert (behaviour.profile.shape, behaviour.today.shape()) == (before.profile.shape, before.today.shape())
    assert usage.used(0, usage.latest) == usage_before.used(0, usage.latest)


def test_what_is_kept_of_an_account_stays_whole() -> None:
    board = random.Random(1).randbytes(50_000)
    state = CallerState(memories={"distributed_distillation": board}, folded=bytes(RING * MARK))

    assert decoded(fitted(state, 1), KEY).memories["distributed_distillation"] == board


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), marks=st.integers(1, 48), others=st.lists(st.integers(0, 900), max_size=12))
def test_whatever_a_caller_tripped_its_state_is_within_the_bound(seed: int, marks: int, others: list[int]) -> None:
    state = _busy(seed)
    for place, size in enumerate(others):
        state.memories[f"detector {place}"] = random.Random(place).randbytes(size)

    data = fitted(state, marks)

    assert len(data) <= MOST
    assert decoded(data, KEY).folded.endswith(state.folded[-MARK * marks :])


def test_what_fits_is_stored_as_it_is() -> None:
    state = _busy(steps=2, examples=0)
    state.folded = state.folded[-MARK:]
    assert len(encoded(state)) <= MOST

    assert fitted(state, 1) == encoded(state)


def test_a_batch_of_many_deliveries_remembers_them_all() -> None:
    state = _busy()
    before = state.folded

    fitted(state, RING)

    assert state.folded == before


def test_nothing_is_given_up_while_findings_are_owed() -> None:
    state = _busy()
    state.owed = [b"{}" * 1000]

    assert fitted(state, 1) == encoded(state)


def test_what_was_seen_last_stays() -> None:
    seen = Sightings(seconds=60)
    for step in range(10):
        seen.add(f"act {step}", 60.0 * step, most=20)

    seen.keep(3)

    assert set(seen.seen) == {"act 7", "act 8", "act 9"}


def test_what_is_shed_by_name_has_that_name() -> None:
    assert (MEMORIES["behaviour"].memory, MEMORIES["quota_abuse"].memory) == (Behaviour, Usage)
    assert isinstance(Origins().raised, list)
