"""Members of a campaign who have a past and ask for little, told by how their requests begin or end."""

from __future__ import annotations

from random import Random

import msgspec
from detection_builders import ACCOUNT, REGION, a_session

from tidegate.callers.board import Board, Member
from tidegate.callers.state import CallerState, decoded, unpacked
from tidegate.detectors.about import Known, Signal
from tidegate.detectors.distributed_distillation import detect
from tidegate.model import CallerDay, Severity
from tidegate.scoring.calibration import UNCALIBRATED, head_tail
from tidegate.scoring.statistics import STATISTICS
from tidegate.scoring.trees import shipped

DAY = 20_697
HEAD = shipped()[1][0]
CALIBRATED = msgspec.structs.replace(UNCALIBRATED, rate=0.001, tails=tuple(head_tail(HEAD) for _ in STATISTICS))
RARE, USUAL = round(16 * HEAD.benign[1]), round(16 * (HEAD.benign[0] - 3))
FORM = 4711


def a_day(name: str, *, own: int, forms: tuple[int, ...], records: int = 20, known: int = 9) -> CallerDay:
    dice = Random(name)
    return CallerDay(
        id=f"{name}-{records}", time=DAY * 86_400.0 + records, account=ACCOUNT, region=REGION, caller=f"user:{name}",
        principal=a_session(), day=DAY, records=records, began=dice.randrange(80_000), latest=81_000,
        direction=dice.randbytes(64), marks=(), signatures=(dice.getrandbits(64),), forms=forms, heads=(-60,), own=own,
        known=known, turned=0, origin=0, event=f"{name}-{records}", excerpt="Write me an instruction.",
    )  # fmt: skip


def staff() -> list[CallerDay]:
    return [a_day(f"staff-{number}", own=USUAL, forms=(number % 9,)) for number in range(60)]


def members(count: int = 9) -> list[CallerDay]:
    return [a_day(f"member-{number}", own=RARE, forms=(FORM, 9000 + number)) for number in range(count)]


def said(days: list[CallerDay], board: Board | None = None, known: Known | None = None) -> list[Signal]:
    memory = Board() if board is None else board
    return [one for day in days for one in detect([day], memory, known or Known(calibration=CALIBRATED))]


def test_members_with_a_past_are_named_with_what_they_share() -> None:
    signals = said([*staff(), *members()])
    whole = [one for one in signals if one.caller == f"account:{ACCOUNT}"][-1]
    of_members = [one for one in signals if one.caller != f"account:{ACCOUNT}"]

    assert {one.caller for one in of_members} == {f"user:member-{number}" for number in range(9)}
    assert len({(one.caller, one.identity) for one in signals}) == len(signals)
    assert {one.case for one in of_members} == {whole.caller}
    assert whole.facts["together"]["texts"] == "begin alike"
    assert set(whole.related) == set(whole.facts["members"]) <= {one.caller for one in of_members}
    assert all(45 <= one.score < 65 and one.severity is None for one in signals)


def test_nothing_is_said_before_calibration() -> None:
    assert not said([*staff(), *members()], known=Known())
    assert not said([*staff(), *members()], known=Known(calibration=UNCALIBRATED))


def test_told_again_it_is_no_news() -> None:
    board = Board()
    said([*staff(), *members()], board)

    assert not said(members(), board)


def test_who_joins_later_is_told_of_by_itself() -> None:
    board = Board()
    said([*staff(), *members()], board)
    signals = said([a_day("late", own=RARE, forms=(FORM,))], board)

    assert [one.caller for one in signals] == ["user:late"]
    assert signals[0].facts["campaign_of"] == 10


def test_colleagues_who_share_a_form_with_the_campaign_and_do_as_usual_are_not_named() -> None:
    colleagues = [a_day(f"colleague-{number}", own=USUAL, forms=(FORM,)) for number in range(5)]
    signals = said([*staff(), *colleagues, *members(14)])

    assert signals
    assert not any("colleague" in name for one in signals for name in (one.caller, *one.related))


def test_a_board_of_an_earlier_version_is_read_and_accuses_nobody_of_what_it_did_not_tell() -> None:
    board = Board()
    said([*staff(), *members(8)], board, Known())
    data = msgspec.msgpack.decode(unpacked(CallerState(memories={"d": board})))
    for told in data[1]["d"][1].values():
        del told[-2:]  # forms, own
    earlier = decoded(msgspec.msgpack.encode(data), "k").memory("d", Board)

    assert all(isinstance(one, Member) and one.forms == () for one in earlier.members.values())
    assert not said([a_day("member-8", own=RARE, forms=(FORM,))], earlier)


def test_a_member_beside_a_campaign_of_newcomers_becomes_one_of_it_when_it_goes_beyond() -> None:
    board = Board()
    said([*staff(), *members()], board)
    board.accused[0].beside = ["user:member-3"]
    signals = said([a_day("member-3", own=RARE, forms=(FORM,), records=50)], board)

    assert [one.caller for one in signals] == ["user:member-3"]
    assert board.accused[0].beside == []
    assert (signals[0].severity or Severity.MEDIUM) is Severity.MEDIUM
