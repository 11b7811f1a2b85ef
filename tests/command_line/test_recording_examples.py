"""What is recorded for the page of commands is the same in every recording."""

from __future__ import annotations

from tidegate_local.command_examples import with_steady_approvals


def test_ids_drawn_at_random_are_counted_instead_and_the_same_one_stays_the_same() -> None:
    first, second = f"approval-{'a1' * 10}", f"approval-{'0f' * 10}"
    shown = with_steady_approvals(f"{second} waits; {first} waits; tidegate approve {second}")
    one, two = f"approval-{1:020x}", f"approval-{2:020x}"
    assert shown == f"{one} waits; {two} waits; tidegate approve {one}"
