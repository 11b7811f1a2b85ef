"""GuardDuty findings, in their EventBridge envelope or bare (a findings export has one a line).

Format: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html, camelCase on the bus and PascalCase
from the API (`aws guardduty get-findings`), which is put into camelCase before it is read.
A finding is delivered again when it is updated: the record's id is the finding's with its `updatedAt`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.model import Principal, ThreatFinding, narrowest_caller
from tidegate.sources.envelopes import detail_of
from tidegate.sources.files import Broken, Piece
from tidegate.sources.identities import NOBODY, of_access_key
from tidegate.sources.opening import decoded, without_lone_surrogates
from tidegate.sources.times import seconds


class _Part(msgspec.Struct, gc=False, rename="camel"):
    """A part of a finding, in AWS's camelCase."""


class _AccessKey(_Part):
    access_key_id: str | None = None
    principal_id: str | None = None
    user_name: str | None = None
    user_type: str | None = None


class _ModelDetail(_Part):
    model_id: str | None = None


class _GuardrailName(_Part):
    arn: str | None = None
    guardrail_arn: str | None = None


class _GuardrailDetails(_Part):
    guardrail_arn: str | None = None
    guardrails: list[_GuardrailName] | None = None


class _ResourceDetails(_Part):
    access_key_details: _AccessKey | None = None
    model_details: list[_ModelDetail] | None = None
    bedrock_guardrail_details: _GuardrailDetails | None = None


class _RemoteIp(_Part):
    ip_address_v4: str | None = None
    ip_address_v6: str | None = None


class _Remote(_Part):
    remote_ip_details: _RemoteIp | None = None


class _Action(_Part):
    aws_api_call_action: _Remote | None = None
    network_connection_action: _Remote | None = None
    kubernetes_api_call_action: _Remote | None = None
    rds_login_attempt_action: _Remote | None = None


class _ActorAccount(_Part):
    uid: str | None = None


class _ActorUser(_Part):
    name: str | None = None
    uid: str | None = None
    type: str | None = None
    credential_uid: str | None = None
    account: _ActorAccount | None = None


class _ActorSession(_Part):
    uid: str | None = None
    issuer: str | None = None


class _Actor(_Part):
    user: _ActorUser | None = None
    session: _ActorSession | None = None


class _Point(_Part):
    ip: str | None = None


class _Sequence(_Part):
    actors: list[_Actor] | None = None
    endpoints: list[_Point] | None = None


class _Detection(_Part):
    sequence: _Sequence | None = None


class _Service(_Part):
    action: _Action | None = None
    archived: bool | None = None
    count: int | None = None
    event_first_seen: str | None = None
    event_last_seen: str | None = None
    detection: _Detection | None = None


class _Finding(_Part):
    """The fields of a finding that we want. The required ones make it a GuardDuty finding."""

    id: str
    type: str
    severity: float
    account_id: str
    region: str
    updated_at: str
    resource: _ResourceDetails
    service: _Service
    created_at: str | None = None
    title: str | None = None


_finding = msgspec.json.Decoder(_Finding).decode
_loose_finding = msgspec.json.Decoder(_Finding, strict=False).decode
_encode = msgspec.json.Encoder().encode


def read_threat(envelope: bytes, where: str) -> ThreatFinding | DamagedRecord:
    """An EventBridge event with detail-type "GuardDuty Finding"."""
    detail = detail_of(envelope, where)
    if isinstance(detail, DamagedRecord):
        return detail
    return threat_finding(detail, where)


def threat_finding(piece: Piece, where: str) -> ThreatFinding | DamagedRecord:
    """One finding, from its own JSON."""
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=piece.original)
    text = bytes(piece)
    try:
        return _of(_finding(text), msgspec.Raw(text), where)
    except (msgspec.MsgspecError, ValueError, RecursionError) as first:
        try:
            mended = without_lone_surrogates(text)
            return _of(_loose_finding(mended), msgspec.Raw(mended), where)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return DamagedRecord(f"no GuardDuty finding: {first}", where=where, original=text)


def api_finding(piece: Piece, where: str) -> ThreatFinding | DamagedRecord:
    """One finding as GuardDuty's API answers it."""
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=piece.original)
    value, reason = decoded(bytes(piece))
    if reason:
        return DamagedRecord(reason, where=where, original=bytes(piece))
    found = threat_finding(_encode(_in_camel_case(value)), where)
    if isinstance(found, DamagedRecord):
        return DamagedRecord(found.reason, where=where, original=bytes(piece))
    return found


def _in_camel_case(value: Any) -> Any:
    """`decoded` has bounded the depth."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _in_camel_case(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_camel_case(inner) for inner in value]
    return value


def _of(found: _Finding, detail: msgspec.Raw, where: str) -> ThreatFinding:
    sequence = (found.service.detection and found.service.detection.sequence) or _Sequence()
    actors = tuple(_actor(actor, found.account_id) for actor in sequence.actors or ())
    key = found.resource.access_key_details
    principal = _key_holder(key, found.account_id) if key else actors[0] if actors else NOBODY
    caller = narrowest_caller(principal)
    last_seen = found.service.event_last_seen or found.updated_at
    return ThreatFinding(
        id=f"{found.id}@{found.updated_at}",
        finding_id=found.id,
        time=seconds(last_seen),
        first_seen=seconds(found.service.event_first_seen or found.created_at or last_seen),
        account=found.account_id,
        region=found.region,
        type=found.type,
        severity=found.severity,
        title=found.title or found.type,
        caller=caller if caller != "unknown:" else f"unknown:{found.account_id}",
        principal=principal,
        addresses=_addresses(found.service.action, sequence),
        models=_distinct(model.model_id for model in found.resource.model_details or ()),
        guardrails=_guardrails(found.resource.bedrock_guardrail_details),
        actors=actors,
        archived=found.service.archived is True,
        count=max(1, found.service.count or 1),
        detail=detail,
        where=where,
    )


def _key_holder(key: _AccessKey, account: str) -> Principal:
    return of_access_key(
        kind=key.user_type or "",
        name=key.user_name or "",
        principal_id=key.principal_id or "",
        access_key=key.access_key_id or "",
        account=account,
    )


def _actor(actor: _Actor, account: str) -> Principal:
    """An attack sequence's actor. For a session `session.issuer` is the role's ARN and names the role."""
    user, session = actor.user or _ActorUser(), actor.session or _ActorSession()
    issuer = session.issuer or ""
    principal = of_access_key(
        kind=user.type or "",
        name=user.name or (issuer.rpartition("/")[2] if ":role/" in issuer else ""),
        principal_id=user.uid or "",
        access_key=user.credential_uid or "",
        account=(user.account and user.account.uid) or account,
    )
    return msgspec.structs.replace(principal, role_arn=issuer) if ":role/" in issuer else principal


def _addresses(action: _Action | None, sequence: _Sequence) -> tuple[str, ...]:
    found = action or _Action()
    remotes = (
        found.aws_api_call_action,
        found.network_connection_action,
        found.kubernetes_api_call_action,
        found.rds_login_attempt_action,
    )
    details = [remote.remote_ip_details for remote in remotes if remote and remote.remote_ip_details]
    return _distinct(
        [detail.ip_address_v4 or detail.ip_address_v6 for detail in details]
        + [point.ip for point in sequence.endpoints or ()]
    )


def _guardrails(details: _GuardrailDetails | None) -> tuple[str, ...]:
    if details is None:
        return ()
    named = [found.arn or found.guardrail_arn for found in details.guardrails or ()]
    return _distinct([details.guardrail_arn, *named])


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
