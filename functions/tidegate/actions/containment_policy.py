"""The one inline policy that Tidegate keeps on a contained role or user: a statement per step, nothing else.

Several runs may hold statements in it. Each adds and removes its own, known by its Sid, and leaves the others
byte for byte. Source: IAM and STS quotas (inline policies of a user 2,048 characters in total, of a role
10,240; white space is not counted).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tidegate.errors import ChangedSince, Refused
from tidegate.model import Difference, Step

NAME = "TidegateContainment"

MODELS = ("bedrock:*", "bedrock-mantle:*", "bedrock-agentcore:*")  # bedrock:* alone does not stop mantle

ESCALATION = (
    "iam:Add*",
    "iam:Attach*",
    "iam:Change*",
    "iam:Create*",
    "iam:Deactivate*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:Enable*",
    "iam:PassRole",
    "iam:Put*",
    "iam:Remove*",
    "iam:Reset*",
    "iam:Set*",
    "iam:Tag*",  # where rights go by tags
    "iam:Untag*",
    "iam:Update*",
    "iam:Upload*",
    "sts:AssumeRole*",
    "sts:AssumeRoot",
    "sts:GetFederationToken",
)

EVERYTHING = (*MODELS, *ESCALATION)

type Statement = dict[str, Any]


def deny(step: Step, actions: tuple[str, ...], condition: Mapping[str, Any] | None = None) -> Statement:
    statement: Statement = {"Sid": sid(step), "Effect": "Deny", "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": dict(condition)} if condition else statement


def sid(step: Step) -> str:
    """Sids are letters and digits only."""
    return "Tidegate" + "".join(letter for letter in step.id if letter.isalnum())


def moment_of(step: Step) -> str:
    """`parameters["before"]` as a policy writes it. Raises Refused for what is no moment."""
    given = str(step.parameters.get("before", ""))
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise Refused(f"{given!r:.60} is no moment: {step.action} needs one in ISO 8601.") from error
    if moment.tzinfo is None:
        raise Refused(f"{given} has no time zone: {step.action} needs one.")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def issued_before(moment: str) -> dict[str, dict[str, str]]:
    """The condition that temporary credentials older than a moment meet, and no others. Long-term keys never do."""
    return {"DateLessThan": {"aws:TokenIssueTime": moment}}


def written(document: Mapping[str, Any] | str) -> str:
    """The policy as we write it: no white space, order kept, so that the same policy is the same bytes."""
    parsed = json.loads(document) if isinstance(document, str) else document
    return json.dumps(parsed, separators=(",", ":"), ensure_ascii=False)


def with_statement(document: str | None, statement: Statement) -> str:
    """Its owner's Id and Version stay: another version would make other rules of its owner's statements."""
    return _holding(document, [*_others(document, statement), statement])


def without_statement(document: str, statement: Statement) -> str | None:
    """None: nothing is left, delete the policy."""
    others = _others(document, statement)
    return _holding(document, others) if others else None


def _others(document: str | None, statement: Statement) -> list[Statement]:
    return [other for other in statements(document) if other.get("Sid") != statement["Sid"]]


def _holding(document: str | None, held: list[Statement]) -> str:
    return written({**(json.loads(document) if document else {"Version": "2012-10-17"}), "Statement": held})


def statements(document: str | None) -> list[Statement]:
    found = json.loads(document)["Statement"] if document else []
    return found if isinstance(found, list) else [found]


def own_statement(document: str | None, statement: Statement) -> Statement | None:
    return next((other for other in statements(document) if other.get("Sid") == statement["Sid"]), None)


def difference(resource: str, document: str | None, statement: Statement) -> Difference:
    """Our one statement: whatever else the policy holds stays as it is."""
    where = f"{resource}/policy/{NAME}/{statement['Sid']}"
    return Difference(resource=where, before=own_statement(document, statement), after=statement)


def restored(
    now: str | None, found: str | None, changed: str | None, statement: Statement, resource: str
) -> str | None:
    """The policy as undo must leave it. Raises ChangedSince when our statement is not as we wrote it."""
    ours = own_statement(now, statement)
    if now is None or ours is None:
        return now  # nothing of ours is there: undone before, or never applied
    if ours != statement:
        raise ChangedSince(f"{resource}: someone has edited our statement {statement['Sid']}; left as it is.")
    without = without_statement(now, statement)
    as_found = without == (written(found) if found else None)  # also where a crash hid what we wrote
    return found if now == changed or as_found else without


def refuse_when_full(document: str, others: int, *, limit: int, resource: str, alternative: str) -> None:
    """`others`: characters of the other inline policies. Raises Refused and names the alternative."""
    total = others + len(document)
    if total > limit:
        raise Refused(f"{resource}: inline policies would take {total:,} of {limit:,} characters. {alternative}")


def size_of_others(names: list[str], read: Callable[[str], str | None]) -> int:
    return sum(len(read(name) or "") for name in names if name != NAME)
