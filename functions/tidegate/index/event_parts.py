"""Parts that many event documents share: each is written once and kept, as JSON that msgspec copies as it is.

Whatever a source names differs from record to record far less often than records come.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import cast

import msgspec

from tidegate.content.redaction import noted
from tidegate.index.event_shapes import (
    Actor,
    Cloud,
    CloudAccount,
    Endpoint,
    HttpRequest,
    Product,
    Service,
    Session,
    User,
)
from tidegate.model import Principal, related_callers

_encode = msgspec.json.Encoder().encode


def written[Shared](part: Shared) -> Shared:
    """A part that many documents share, written once: msgspec copies a Raw as it is."""
    return cast(Shared, msgspec.Raw(_encode(part)))


UNKNOWN = "unknown"  # where the schema asks for what the record doesn't say
NOT_LOGGED = written(Endpoint(name="not logged"))
BEDROCK_SERVICE = written(Service("bedrock"))


@lru_cache(maxsize=1024)
def cloud_of(account: str, region: str) -> Cloud:
    return written(Cloud("AWS", CloudAccount(account) if account else None, region))


def product_of(known: Mapping[str, Product], name: str) -> Product:
    return known.get(name) or Product(name or UNKNOWN)


@lru_cache(maxsize=8192)
def who(principal: Principal, account: str) -> tuple[Actor, tuple[str, ...]]:
    """(actor, every name the principal goes by): the same for all records of a principal."""
    return written(_actor(principal, account)), written(related_callers(principal))


def _actor(principal: Principal, seen_in: str) -> Actor:
    """Of a user without name and id, OCSF asks for the account: its own, else the one in which it was seen."""
    nobody = not (principal.name or principal.principal_id)
    account = principal.account or (seen_in or UNKNOWN if nobody else "")
    return Actor(
        User(
            principal.kind,
            principal.name,
            principal.principal_id,
            principal.arn,
            principal.access_key,
            CloudAccount(account) if account else None,
        ),
        Session(principal.session, principal.role_arn) if principal.session or principal.role_arn else None,
        principal.invoked_by,
    )


@lru_cache(maxsize=8192)
def endpoint(address: str) -> Endpoint:
    if not address:
        return NOT_LOGGED
    return written(Endpoint(ip=address) if is_address(address) else Endpoint(domain=address))


@lru_cache(maxsize=8192)
def http_request(user_agent: str) -> HttpRequest | None:
    return written(HttpRequest(noted(user_agent))) if user_agent else None


@lru_cache(maxsize=8192)
def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # a scope id parses here and not in OpenSearch
