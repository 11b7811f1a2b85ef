"""Levers that put one setting back: what holds for all of them."""

from __future__ import annotations

import pytest
from switch_builders import MOVED, Moved, through_the_ledger

from tidegate.actions import ACTIONS, ActionModule
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince, NotProven, Refused
from tidegate_local import aws_extensions

aws_extensions.install()


@pytest.fixture(params=MOVED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def action(name: str) -> ActionModule:
    return ACTIONS[name]


@pytest.fixture
def moved(name: str, clients: AwsClients) -> Moved:
    moved = MOVED[name](clients)
    if moved.read() != moved.swapped:
        moved.write(moved.swapped)
    return moved


def test_it_is_put_back_and_read_back(action: ActionModule, moved: Moved, clients: AwsClients) -> None:
    found = through_the_ledger(action.snapshot(moved.step, clients))
    (difference, *_) = action.differences(moved.step, found)
    assert (difference.before, difference.after) == (moved.swapped, moved.former)
    changed = action.apply(moved.step, found, clients)
    assert moved.read() == moved.former
    assert action.verify(moved.step, found, changed, clients).facts


def test_apply_twice_is_apply_once(action: ActionModule, moved: Moved, clients: AwsClients) -> None:
    found = action.snapshot(moved.step, clients)
    assert action.apply(moved.step, found, clients) == action.apply(moved.step, found, clients)
    assert moved.read() == moved.former


def test_undo_is_exact_also_when_a_death_hid_the_change(
    action: ActionModule, moved: Moved, clients: AwsClients
) -> None:
    found = action.snapshot(moved.step, clients)
    assert action.undo(moved.step, found, None, clients).already
    changed = action.apply(moved.step, found, clients)
    assert not action.undo(moved.step, found, None, clients).already
    assert moved.read() == moved.swapped
    assert action.undo(moved.step, found, changed, clients).already


def test_what_somebody_else_has_set_since_is_left_alone(
    action: ActionModule, moved: Moved, clients: AwsClients
) -> None:
    if moved.other is None:
        pytest.skip("it has two states only")
    found = action.snapshot(moved.step, clients)
    changed = action.apply(moved.step, found, clients)
    moved.write(moved.other)
    for refused in (
        lambda: action.apply(moved.step, found, clients),
        lambda: action.undo(moved.step, found, changed, clients),
    ):
        with pytest.raises(ChangedSince):
            refused()
    with pytest.raises(NotProven):
        action.verify(moved.step, found, changed, clients)
    assert moved.read() == moved.other


def test_what_is_as_before_is_refused(action: ActionModule, moved: Moved, clients: AwsClients) -> None:
    moved.write(moved.former)
    with pytest.raises(Refused):
        action.snapshot(moved.step, clients)


def test_what_does_not_exist_is_refused(action: ActionModule, moved: Moved, clients: AwsClients) -> None:
    absent = "".join("9" if letter.isdigit() else letter for letter in moved.step.target.id[:-3]) + "zzz"
    step = moved.step.model_copy(update={"target": moved.step.target.model_copy(update={"id": absent})})
    with pytest.raises(Refused):
        action.snapshot(step, clients)
