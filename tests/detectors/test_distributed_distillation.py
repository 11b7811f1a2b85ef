"""A campaign of many callers: found without being told who belongs to it, once, and whatever the order of arrival."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from detection_builders import ACCOUNT, REGION, a_session

from tidegate.callers.board import MOST, Board
from tidegate.callers.state import CallerState, encoded
from tidegate.detectors.about import Known, Signal
from tidegate.detectors.distributed_distillation import detect
from tidegate.model import CallerDay, Severity
from tidegate.scoring.calibration import UNCALIBRATED
from tidegate.scoring.statistics import TREES
from tidegate.scoring.trees import STRANGERS, shipped

DAY = 20_697
ONE_IN_FIVE = round(16 * shipped()[1][TREES.index("harvest")].strangers[STRANGERS.index(0.2)])  # reached by strangers
CAMPAIGN, OFFICE = 1, 2


def a_day(
    name: str, *, pool: int, harvests: int = -40, known: int = 9, began: int = 0, day: int = DAY, records: int = 20,
    same_texts: bool = False,
) -> CallerDay:  # fmt: skip
    """`pool`: those of one pool ask alike; `harvests`: what the head told of says, in sixteenths."""
    dice, own = Random(pool), Random(f"{name}/{day}")
    texts = (Random(pool) if same_texts else own).getrandbits(64)
    return CallerDay(
        id=f"{name}-{day}-{records}", time=day * 86_400.0 + began + 600, account=ACCOUNT, region=REGION,
        caller=f"user:{name}", principal=a_session(), day=day, records=records, began=began, latest=began + 600,
        direction=_clipped(dice, own), marks=(), signatures=(texts,), heads=(harvests,), known=known,
        turned=0, origin=0, event=f"{name}-{day}", excerpt="Write me an instruction.", forms=(), own=harvests,
    )  # fmt: skip


def _clipped(dice: Random, own: Random) -> bytes:
    return bytes(max(-127, min(127, round(70 * dice.gauss(0, 1) + 25 * own.gauss(0, 1)))) & 0xFF for _ in range(64))


def staff(day: int = DAY) -> list[CallerDay]:
    return [a_day(f"staff-{number}", pool=100 + number % 9, began=1800 * number, day=day) for number in range(40)]


def accounts(count: int = 8, **more: int) -> list[CallerDay]:
    told = {"pool": CAMPAIGN, "harvests": 40, "known": 0, **more}
    return [a_day(f"account-{number}", began=50_000 + number, **told) for number in range(count)]  # type: ignore[arg-type]


def said(days: list[CallerDay], board: Board | None = None) -> list[Signal]:
    memory = Board() if board is None else board
    return [signal for day in days for signal in detect([day], memory, Known())]


def found(days: list[CallerDay], board: Board | None = None) -> list[Signal]:
    """What is said of campaigns, without what is said of each member."""
    return [signal for signal in said(days, board) if signal.caller.startswith("account:")]


def test_accounts_that_harvest_together_are_one_finding_of_the_account() -> None:
    signals = found([*staff(), *accounts()])

    assert {signal.caller for signal in signals} == {f"account:{ACCOUNT}"}
    assert len(signals[-1].related) >= 7
    assert all(name.startswith("user:account-") for name in signals[-1].related)
    assert set(signals[-1].facts["members"]) == set(signals[-1].related)
    assert len(signals[-1].facts["examples"]) == 3
    assert len({signal.identity for signal in signals}) == len(signals)


def test_each_member_has_one_finding_of_its_own_in_the_case_of_the_account() -> None:
    signals = said([*staff(), *accounts()])
    members = [signal for signal in signals if not signal.caller.startswith("account:")]

    assert {signal.caller for signal in members} == set(found([*staff(), *accounts()])[-1].related)
    assert len({(signal.caller, signal.identity) for signal in members}) == len(members)
    assert {signal.case for signal in members} == {f"account:{ACCOUNT}"}
    assert all(signal.caller not in signal.facts["others"] for signal in members)


def with_a_trainee(board: Board | None = None, rate: float = 0.0) -> dict[str, Signal]:
    """Somebody who looks like a harvest no more than one newcomer in five begins with a campaign: what is said last."""
    days = [*staff(), a_day("trainee", pool=CAMPAIGN, harvests=ONE_IN_FIVE, known=0, began=50_004), *accounts(9)]
    memory, known = (
        Board() if board is None else board,
        Known(calibration=msgspec.structs.replace(UNCALIBRATED, rate=rate)),
    )
    return {signal.caller: signal for day in days for signal in detect([day], memory, known)}


@pytest.mark.parametrize(("rate", "severity"), [(0.0, Severity.LOW), (0.0008, Severity.LOW), (0.008, Severity.MEDIUM)])
def test_who_looks_ordinary_beside_a_campaign_is_told_of_apart_and_below_it(rate: float, severity: Severity) -> None:
    said_of = with_a_trainee(rate=rate)
    whole, trainee = said_of.pop(f"account:{ACCOUNT}"), said_of.pop("user:trainee")

    assert whole.facts["beside_them"] == ["user:trainee"]
    assert set(whole.facts["members"]) == set(said_of) == set(whole.related)
    assert trainee.case == whole.caller
    assert trainee.severity is severity
    assert trainee.score < min(one.score for one in said_of.values())


def test_who_began_beside_a_campaign_and_stands_out_later_is_a_member() -> None:
    board = Board()
    with_a_trainee(board)

    louder = a_day("trainee", pool=CAMPAIGN, harvests=50, known=0, began=50_004, records=50)
    said_of = {signal.caller: signal for signal in said([louder, *accounts(14)], board)}

    assert "user:trainee" in said_of
    assert said_of[f"account:{ACCOUNT}"].facts["beside_them"] == []


def test_newcomers_who_ask_alike_and_nothing_special_are_quiet() -> None:
    assert not found([*staff(), *accounts(12, harvests=-40)])


def test_known_callers_who_look_like_it_every_day_are_quiet() -> None:
    assert not found([*staff(), *accounts(12, known=9)])


def test_newcomers_who_look_like_it_and_have_nothing_in_common_are_quiet() -> None:
    strangers = [
        a_day(f"new-{number}", pool=500 + number, harvests=40, known=0, began=9000 * number) for number in range(9)
    ]

    assert not found([*staff(), *strangers])


def test_where_everybody_is_new_and_begins_when_they_like_nothing_is_said() -> None:
    newcomers = [a_day(f"s-{n}", pool=n % 4, harvests=-40 + n, known=0, began=1700 * n) for n in range(48)]

    assert not found(newcomers)


def test_newcomers_who_all_ask_the_very_same_questions_are_an_application_and_not_a_campaign() -> None:
    assert found([*staff(), *accounts(20)])

    assert not found([*staff(), *accounts(20, same_texts=True)])


def test_a_campaign_that_divides_its_work_and_shares_a_few_texts_is_still_found() -> None:
    divided = [*accounts(7), *accounts(10, same_texts=True)[7:]]

    assert len(found([*staff(), *divided])[-1].related) >= 7


def test_one_or_two_others_say_too_little_about_what_is_usual_here() -> None:
    everybody = accounts(19)

    for few in (0, 1, 2):
        assert not found([*staff()[:few], *everybody]), few
    assert found([*staff(), *everybody])


def test_three_are_no_campaign() -> None:
    assert not found([*staff(), *accounts(3)])


def test_told_again_or_in_another_order_it_is_the_same_group() -> None:
    board, other = Board(), Board()
    days = [*staff(), *accounts()]
    first = found(days, board)
    assert not found(days, board)

    second = found([*reversed(days)], other)
    assert len(set(first[-1].related) & set(second[-1].related)) >= 7
    assert board.members == other.members


def test_a_fuller_summary_replaces_a_thinner_one_and_never_the_other_way() -> None:
    board = Board()
    board.note(a_day("u", pool=1, records=20))

    assert not board.note(a_day("u", pool=1, records=10))
    assert board.members["user:u"].records == 20


def test_what_came_on_two_days_is_a_job_from_the_third_on() -> None:
    board = Board()
    spoken = [bool(found([*staff(day), *accounts(day=day)], board)) for day in range(DAY, DAY + 4)]

    assert spoken == [True, True, False, False]


def test_a_finding_becomes_graver_with_the_evidence() -> None:
    signals = found([*staff(), *accounts(24, harvests=60)])

    assert signals[0].severity is None
    assert signals[-1].severity in (None, Severity.HIGH)
    assert len(signals) <= 12


def test_the_board_stays_bounded_and_keeps_newcomers() -> None:
    board = Board()
    for number in range(3 * MOST):
        board.note(a_day(f"staff-{number}", pool=number))
    for day in accounts(20):
        board.note(day)

    assert len(board.members) == MOST
    assert {f"user:account-{number}" for number in range(20)} <= set(board.members)
    assert len(encoded(CallerState(memories={"distributed_distillation": board}))) < 60_000
