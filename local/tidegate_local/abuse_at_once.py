"""Abuse in a few deliveries, where the story of a morning (tidegate_local.story) takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tidegate_local import story
from tidegate_local.native_records import converse, invoke_model, threat

SCRAPER = story.PAPERS  # a role session that calls without naming an end user


def over_quota(now: datetime) -> Iterator[dict[str, Any]]:
    """An end user's 650 calls within the quarter of an hour before."""
    who = {"user": story.GREEDY_USER, "application": "support-assistant"}
    for n in range(650):
        at = now - timedelta(seconds=n)
        yield converse(at, story.ASSISTANT[1], story.MIDDLE, f"Text {n}.", "Text.", tokens=(30, 90), metadata=who)


def scraped(now: datetime) -> Iterator[dict[str, Any]]:
    """Ten calls of 150,000 tokens by a role session."""
    for n in range(10):
        at = now - timedelta(seconds=30 * n)
        yield invoke_model(at, SCRAPER, story.LARGE, f"All of chapter {n}.", "It.", tokens=(100_000, 50_000))


def stolen(now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(5):
        at = now - timedelta(seconds=n)
        yield invoke_model(at, story.THIEF, story.LARGE, f"Chapter {n}.", "Once.", tokens=(1200, 3000))


def the_thief_is_known(now: datetime) -> dict[str, Any]:
    return threat(
        now,
        story.THIEF,
        "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
        f"API InvokeModel was called from a known malicious address {story.THIEF.address}.",
        severity=5,
        first_seen=now - timedelta(minutes=5),
        action="InvokeModel",
    )
