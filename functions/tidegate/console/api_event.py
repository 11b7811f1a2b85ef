"""The border to an HTTP API (payload format 2.0): who is signed in, what is asked for, and the answer in its form.

The person is what the API's authorizer has proven: a claim of a JWT, or the ARN that signed the request with IAM
credentials. Nothing in a header, an address or a form can name one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl

from tidegate.console.console import Answer, Person, Request
from tidegate.console.page import headers
from tidegate.settings import Settings

LONGEST_FORM = 4096  # bytes: a token and a decision
NOBODY = "Nobody is signed in: the API in front of this console must have an authorizer."


def request_of(event: Mapping[str, Any], settings: Settings) -> Request | None:
    """None when no authorizer says who asks."""
    context = event.get("requestContext") or {}
    person = person_of(context.get("authorizer") or {}, settings)
    if person is None:
        return None
    given = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return Request(
        method=str((context.get("http") or {}).get("method", "")),
        path=str(event.get("rawPath", "/")),
        person=person,
        query=fields(str(event.get("rawQueryString", ""))),
        form=_form(event, given),
        headers=given,
    )


def person_of(authorizer: Mapping[str, Any], settings: Settings) -> Person | None:
    jwt = (authorizer.get("jwt") or {}).get("claims") or {}
    if name := str(jwt.get(settings.console_claim) or ""):
        groups = _listed(jwt.get(settings.console_groups_claim))
        return Person(name, decides=may_decide((name, *groups), settings))
    if name := str((authorizer.get("iam") or {}).get("userArn") or ""):
        return Person(name, decides=may_decide((name,), settings))
    return None


def may_decide(names: tuple[str, ...], settings: Settings) -> bool:
    """Without a list of deciders, everybody whom the authorizer lets in."""
    deciders = settings.console_deciders
    return not deciders or any(fnmatchcase(name, decider) for name in names for decider in deciders)


def fields(encoded: str) -> dict[str, str]:
    """A query or a form; a name that comes twice counts by its first value."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return dict(reversed(pairs))


def event_answer(answer: Answer) -> dict[str, Any]:
    return {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.body, "isBase64Encoded": False}


def nobody() -> dict[str, Any]:
    plain = headers() | {"Content-Type": "text/plain; charset=utf-8"}
    return event_answer(Answer(401, NOBODY, plain))


def _form(event: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    if not given.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return {}
    body = str(event.get("body") or "")
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except ValueError:  # neither base64 nor UTF-8
            return {}
    return fields(body) if len(body) <= LONGEST_FORM else {}


def _listed(claim: Any) -> tuple[str, ...]:
    """HTTP APIs hand a list on as text: `[responders on-call]`."""
    if isinstance(claim, list):
        return tuple(map(str, claim))
    return tuple(str(claim or "").strip("[]").replace(",", " ").split())
