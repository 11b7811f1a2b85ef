"""Keys that came after a response to the incident had begun: the owner's, in most cases, and not the thief's.

rotate_credentials makes a new key for the owner, whose application then calls models with it: a detector may find that
odd, and names the key. An owner may also make one by hand. Neither is stopped as if it had been stolen: the first
never, because our own ledger says that we made it; of the second a person decides, because IAM doesn't say who made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tidegate.actions.deactivate_access_key import made_at
from tidegate.actions.replace_access_key import handed_over
from tidegate.actions.stop_api_key import api_keys_made_at
from tidegate.model import Incident, Receipt
from tidegate.playbooks import ANY_API_KEY
from tidegate.response.world import World, run_of

STOPS = ("deny_iam_user", "deactivate_access_key", "stop_api_key", "deny_role_session", "deny_identity_center_user")


def replacement(world: World, incident: Incident, generation: int, key: str) -> str:
    """Why the key is not stopped: the run of the incident that made it. Empty: none of them did.

    Also where the function died between handing the key over and writing so: the secret's version tells.
    """
    for receipt in _earlier(world, incident, generation):
        if receipt.step.action != "replace_access_key" or receipt.found is None:
            continue
        by_record = (receipt.changed or {}).get("key") == key
        if by_record or (key not in receipt.found["keys"] and handed_over(receipt.step, key, world.clients)):
            made_for, user = receipt.step.target.id, receipt.step.target.details["user"]
            return (
                f"key {key} of {user} is the replacement that run {receipt.run_id} made for {made_for}: it is not "
                f"stopped by itself. If it was stolen too, stop it by hand and give {user} another"
            )
    return ""


def newer(world: World, incident: Incident, generation: int, user: str, key: str) -> str:
    """Why a person decides about a key of the user (or ANY_API_KEY); empty: it is older than the first containment."""
    applied = (one.applied_at for one in _earlier(world, incident, generation) if one.step.action in STOPS)
    since = min((each for each in applied if each), default=None)
    if since is None:
        return ""
    if key == ANY_API_KEY:
        made = max(api_keys_made_at(user, world.clients), default=None)
        which = f"a Bedrock API key of {user}"
    else:
        made, which = made_at(user, key, world.clients), f"key {key} of {user}"
    if made is None or made <= since:
        return ""
    times = f"was made at {_said(made)}, after the first containment at {_said(since)}"
    return f"{which} {times}: it may be the owner's new one"


def _earlier(world: World, incident: Incident, generation: int) -> Iterator[Receipt]:
    """Of every earlier run: a replacement stays one, however many responses came after it."""
    for number in range(1, generation):
        yield from world.ledger.receipts(run_of(incident.id, number))


def _said(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
