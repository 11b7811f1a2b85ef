"""Optimistic locking, in memory."""

from __future__ import annotations

from tidegate.errors import Conflict


def expect(what: str, given: int, stored: int) -> None:
    """Raises Conflict unless the revision given is the stored one."""
    if given != stored:
        raise Conflict(
            f"{what}: someone else wrote first (revision {stored}, not {given}); read again and write again."
        )
