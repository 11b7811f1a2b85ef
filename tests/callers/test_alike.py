"""Callers whose texts begin or end alike: what sharing a form adds to what each shows by itself."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tidegate.callers.alike import FEWEST, STANDS_OUT, own_nats, sharing, threshold
from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.board import NOTHING, Board, Member
from tidegate.scoring.calibration import head_tail
from tidegate.scoring.trees import shipped

HEAD = shipped()[1][0]
TAIL = head_tail(HEAD)
FORM, OTHER = 4711, 815
RARE, USUAL = HEAD.benign[1], HEAD.benign[0] - 3  # log-odds that one day in a hundred reaches, and that most do


def a_member(log_odds: float, *forms: int) -> Member:
    return Member(
        records=20, began=0, latest=600, direction=bytes(64), marks=(), signatures=(), heads=(0,), known=9, turned=0,
        origin=0, event="e", excerpt="", forms=forms, own=round(log_odds * UNIT),
    )  # fmt: skip


def a_board(*groups: Iterable[Member]) -> Board:
    members = [member for group in groups for member in group]
    return Board(members={f"user:{place:03d}": member for place, member in enumerate(members)})


def best(board: Board) -> float:
    return max((score for one in sharing(board, HEAD, TAIL) for score in one.scores.values()), default=0.0)


STAFF = [a_member(USUAL, 1000 + number // 4) for number in range(60)]


def test_days_of_the_tenants_own_tail_are_as_rare_as_it_says() -> None:
    for value, share in zip(HEAD.benign, (0.05, 0.01, 0.001), strict=True):
        assert own_nats(value, HEAD, TAIL) == pytest.approx(-math.log(share))
        assert own_nats(value + 1.5, HEAD, head_tail(HEAD, 1.5)) == pytest.approx(-math.log(share))


@given(one=some.floats(-20, 20), other=some.floats(-20, 20))
def test_a_day_that_goes_further_is_rarer(one: float, other: float) -> None:
    low, high = sorted((own_nats(one, HEAD, TAIL), own_nats(other, HEAD, TAIL)))

    assert 0 <= low <= high
    assert (low, high) == tuple(own_nats(value, HEAD, TAIL) for value in sorted((one, other)))


def test_fewer_wrong_accusations_asked_for_need_more_evidence() -> None:
    assert threshold(0.0001) > threshold(0.001) > threshold(0.01)


def test_known_callers_who_stand_out_and_share_a_form_are_found_together() -> None:
    members = [a_member(RARE, FORM, OTHER + number) for number in range(9)]
    found = sharing(a_board(STAFF, members), HEAD, TAIL)

    assert [one.form for one in found if one.scores] == [FORM]
    assert min(found[0].scores.values()) >= threshold(0.01)
    assert len(found[0].scores) == 9


def test_a_form_that_users_share_who_look_like_nothing_special_adds_nothing() -> None:
    everybody = [a_member(USUAL, FORM) for _ in range(30)]

    assert best(a_board(STAFF, everybody, [a_member(RARE, FORM) for _ in range(4)])) < threshold(0.01)


def test_where_many_stand_out_without_the_form_having_it_says_little() -> None:
    members = [a_member(RARE, FORM) for _ in range(6)]
    loud = [a_member(RARE, 2000 + number) for number in range(40)]

    assert best(a_board(STAFF, loud, members)) < best(a_board(STAFF, members))
    assert best(a_board(loud, members)) < threshold(0.01)


def test_too_few_are_nothing() -> None:
    assert sharing(a_board(STAFF, [a_member(9.0, FORM) for _ in range(FEWEST - 1)]), HEAD, TAIL) == []


def test_who_merely_has_the_form_has_no_score() -> None:
    quiet = a_member(USUAL, FORM)
    board = a_board([quiet], STAFF, [a_member(RARE, FORM) for _ in range(9)])

    assert all("user:000" not in one.scores for one in sharing(board, HEAD, TAIL))
    assert own_nats(USUAL, HEAD, TAIL) < STANDS_OUT


def test_what_an_earlier_version_told_of_stands_out_in_nothing() -> None:
    assert own_nats(NOTHING / UNIT, HEAD, TAIL) == 0.0


def test_neither_kind_of_evidence_decides_alone() -> None:
    assert best(a_board(STAFF, [a_member(50.0, FORM, number) for number in range(FEWEST)], STAFF)) < 12
    barely = [a_member(HEAD.benign[0] - 0.3, FORM) for _ in range(40)]
    assert best(a_board(STAFF, barely)) < threshold(0.001)


@given(some.permutations(range(12)))
def test_the_order_in_which_callers_came_changes_nothing(order: list[int]) -> None:
    members = [a_member(RARE + number / 10, FORM, OTHER + number // 4) for number in range(12)]
    names = [f"user:m{number}" for number in range(12)]
    staff = dict(a_board(STAFF).members)
    board = Board(members={**staff, **{names[place]: members[place] for place in order}})
    same = Board(members={**staff, **dict(zip(names, members, strict=True))})

    def told(one: Board) -> dict[str, float]:
        return {name: score for found in sharing(one, HEAD, TAIL) for name, score in found.scores.items()}

    assert told(board) == told(same)
