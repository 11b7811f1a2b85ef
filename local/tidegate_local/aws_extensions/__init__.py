"""Operations that moto lacks and the actions need, behaving as AWS documents."""

from __future__ import annotations


def install() -> None:
    """Adds them to moto, once a process."""
