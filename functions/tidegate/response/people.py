"""Who may not decide about a plan: whoever asked for it, and whoever it contains, by any of their names.

One person is an ARN at the command line and a claim on the page. Names are compared by what they have in common (the
user, the role and session, the mail address of a session), and `[[person]]` rules say the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tidegate.model import Incident, Plan, Severity

CONTAINED = ("session:", "iam-user:")  # what AWS says of a caller; an end user's name is what a caller wrote
ARN = re.compile(r"arn:[\w-]+:(?:iam|sts)::\d*:(user|assumed-role)/(.+)", re.ASCII)
TIDEGATE = "tidegate"


def excluded(incident: Incident, requested_by: str, people: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Every name of those who may not decide. `people`: the names of each person, by the rules."""
    named = [requested_by, *(name for name in (incident.caller, *incident.related) if name.startswith(CONTAINED))]
    parts = set[str]().union(*map(parts_of, named))
    more = [name for names in people if any(parts_of(name) & parts for name in names) for name in names]
    return tuple(dict.fromkeys((*named, *more)))


def why_not(plan: Plan, severity: Severity, *, requested_by: str, by: str) -> str:
    """Why this person may not decide; empty for who may."""
    if not by or parts_of(by) & parts_of(requested_by):
        return "who asked for a response can't approve it: someone else has to."
    if any(parts_of(by) & parts_of(name) for name in plan.may_not_decide):
        return "who asked for a response, or is contained by it, can't decide about it: someone else has to."
    grave = severity is Severity.CRITICAL or bool(plan.must_ask)
    if grave and requested_by != TIDEGATE and _kind(by) != _kind(requested_by):
        return (
            f"{by} and {requested_by} can't be told apart for sure, and the plan is critical or reaches far: decide by "
            "the kind of name that it was asked for with, so that it is seen to be someone else."
        )
    return ""


def parts_of(name: str) -> frozenset[str]:
    """What says who it is, whatever form the name came in."""
    given = name.strip().casefold()
    kind, value = "", given
    if found := ARN.fullmatch(given):
        kind, value = ("iam-user" if found[1] == "user" else "session"), found[2]
    elif given.startswith(CONTAINED):
        kind, _, value = given.partition(":")
    own = value.rpartition("/")[2]
    whole = own if kind == "iam-user" else value
    return frozenset({f"{kind}:{whole}" if kind else given, *([own] if "@" in own else [])})


def _kind(name: str) -> str:
    given = name.strip().casefold()
    if ARN.fullmatch(given) or given.startswith(CONTAINED):
        return "iam"
    return "mail" if "@" in given else "other"
