"""Confirmation: what stands between seeing a plan and changing something.

A page that asks for a decision carries a token that nobody can guess. It belongs to the person, the incident and the
digest of the plan that were on that page, ends soon, and is used up by its first use, right or wrong. So neither a
link, nor another site's form, nor a page that was left open while the plan changed can decide anything. The table
keeps a hash of the token: who reads it can't use it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from tidegate.console.world import ConsoleWorld
from tidegate.errors import Refused
from tidegate.model import Run
from tidegate.ports import Confirmation
from tidegate.response.world import digest_of

LIVES = timedelta(minutes=15)  # long enough to read a plan twice; the page can be asked for again
DECIDE, UNDO = "decide", "undo"
_LONGEST = 100  # characters of a token; ours has 43


def token_for(world: ConsoleWorld, run: Run, *, purpose: str, person: str) -> str:
    token = secrets.token_urlsafe(32)
    expires = (world.clock() + LIVES).timestamp()
    world.confirmations.put(_hashed(token), Confirmation(purpose, person, run.incident_id, run.id, _plan(run), expires))
    return token


def confirm(world: ConsoleWorld, run: Run, token: str, *, purpose: str, person: str) -> None:
    """Uses the token up. Raises Refused unless it was made for exactly this, for this person, a short while ago."""
    kept = world.confirmations.take(_hashed(token)) if 0 < len(token) <= _LONGEST else None
    if kept is None:
        raise Refused("this confirmation has been used, or is none: look at the page again and decide there.")
    if kept.expires_at <= world.clock().timestamp():
        raise Refused("this confirmation is too old: look at the page again and decide there.")
    if kept.person != person:
        raise Refused("this confirmation was made for somebody else's page.")
    if (kept.purpose, kept.incident_id, kept.run_id) != (purpose, run.incident_id, run.id):
        raise Refused("this confirmation was made for something else.")
    if kept.plan_digest != _plan(run):
        raise Refused("the plan is not the one that was on the page: look at it again.")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _plan(run: Run) -> str:
    return digest_of(run.plan) if run.plan else ""
