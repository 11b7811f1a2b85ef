"""Close the way that data leaves by: shares are closed, and who took it is stopped by the narrowest lever.

What the incident names decides: each snapshot or bucket that was opened is closed again; the end user, role sessions
or IAM users that read are stopped. Each is a round of its own. Evidence is kept first, as before every change. What
was closed stays closed when the time is over: only a person opens it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.errors import HeldAlready, Refused
from tidegate.model import Incident, Target
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, all_of, names_of, target

about = Playbook(
    id="contain_exfiltration",
    summary="Close shares and stop who took the data, by the narrowest lever.",
    answers=("sensitive_output", "output_exfiltration", "data_exfiltration"),
    expires=True,
    undo="The caller may go on; only when a person undoes it is what was shared SHARED AGAIN, exactly as found.",
)

_SNAPSHOT = re.compile(r"arn:aws[\w-]*:ec2:[\w-]*:\d*:snapshot/(?P<name>snap-[0-9a-f]{8,32})", re.ASCII)
_BUCKET = re.compile(r"arn:aws[\w-]*:s3:::(?P<name>[a-z0-9.-]{3,63})(/.*)?", re.ASCII)
_ASKS = "whatever was shared before the incident is closed too: nothing tells it apart"


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    """What was opened first, then who: a closed share helps against everybody. Raises Refused when neither is named,
    HeldAlready when all of it is held."""
    found = (*_shares(incident), *_caller(incident, known))
    free = [lever for lever in found if f"{lever.action}:{lever.target.id}" not in known.standing]
    if found and not free:
        raise HeldAlready(f"an earlier response to incident {incident.id} holds all that this one would do.")
    if not free:
        raise Refused(
            f"incident {incident.id} names no snapshot, no bucket and no caller that one may stop alone: close what "
            "was opened by hand, and give the application's calls a user or a session name of their own."
        )
    return tuple(free)


def _shares(incident: Incident) -> Iterator[Lever]:
    for form, kind, action in (
        (_SNAPSHOT, "snapshot", "close_snapshot_share"),
        (_BUCKET, "bucket", "close_bucket_policy"),
    ):
        if "data_exfiltration" not in incident.detectors:
            continue
        named = [match["name"] for resource in incident.resources if (match := form.fullmatch(resource))]
        for name in dict.fromkeys(named):
            yield Lever(action, target(incident, kind, name), required=False, asks=_ASKS, round=f"{kind}:{name}")


def _caller(incident: Incident, known: Surroundings) -> Iterator[Lever]:
    """Not required: a share is closed also where a role's session can't be denied alone."""
    kind, _, value = incident.caller.partition(":")
    names = names_of(incident)
    if kind == "user":
        yield Lever("block_end_user", target(incident, "end_user", value), required=False, round=incident.caller)
    elif kind in ("session", "role"):
        for session in dict.fromkeys(all_of(names, "session")):
            yield _denied("deny_role_session", target(incident, "role_session", session), f"session:{session}")
    elif kind in ("iam-user", "key"):
        owner = [known.key_owner(value)] if kind == "key" else []
        for user in dict.fromkeys([*owner, *all_of(names, "iam-user")]):
            yield _denied("deny_iam_user", target(incident, "iam_user", user), f"iam-user:{user}")


def _denied(action: str, who: Target, name: str) -> Lever:
    return Lever(action, who, required=False, reach_by=name, round=name)
