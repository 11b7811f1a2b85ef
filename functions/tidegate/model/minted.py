"""Temporary credentials that a call of STS made out of other credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

# operation -> (seconds that they live by default, and at most). STS API reference, DurationSeconds of each.
LIFETIMES = {
    "AssumeRole": (3600, 43_200),
    "GetSessionToken": (43_200, 129_600),
    "GetFederationToken": (43_200, 129_600),
}
LONGEST_ROLE_SESSION = LIFETIMES["AssumeRole"][1]  # seconds
LONGEST = max(most for _, most in LIFETIMES.values())


class Minted(NamedTuple):
    key: str  # ASIA...
    at: float  # seconds since the epoch, UTC
    until: float  # when it expires by itself
    role: str = ""  # of AssumeRole: the role's name, its session's and its account; empty: it is the user's own
    session: str = ""
    account: str = ""

    @property
    def name(self) -> str:
        """ROLE/SESSION, as callers are named."""
        return f"{self.role}/{self.session}"


def minted(operation: str, time: float, asked: Mapping[str, Any], answered: Mapping[str, Any]) -> Minted | None:
    """Out of requestParameters and responseElements as CloudTrail tells them; None where they name no credentials.

    The role is taken from AWS's answer, not from what the caller asked for.
    """
    key = _of(answered, "credentials").get("accessKeyId")
    if operation not in LIFETIMES or not isinstance(key, str) or not key:
        return None
    until = time + _seconds(operation, asked.get("durationSeconds"))
    if operation != "AssumeRole":
        return Minted(key, time, until)
    arn = str(_of(answered, "assumedRoleUser").get("arn") or "")  # arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
    parts, where = arn.partition("assumed-role/")[2].split("/"), arn.split(":")
    if len(parts) != 2 or not all(parts) or len(where) != 6:
        return None
    return Minted(key, time, until, role=parts[0], session=parts[1], account=where[4])


def _seconds(operation: str, asked: object) -> float:
    usual, most = LIFETIMES[operation]
    return min(float(asked), most) if isinstance(asked, int) and asked > 0 else usual


def _of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}
