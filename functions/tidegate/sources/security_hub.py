"""Security Hub's findings: OCSF of Security Hub ("Findings Imported V2"), ASFF of Security Hub CSPM.

An event may hold several. What GuardDuty found comes natively and through both hubs: its finding id is taken out of the
ARN that the hubs give it, so that detectors, which go by finding id, take the copies for one.

Formats: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-v2-cwe-event-formats.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html, https://schema.ocsf.io.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.model import Principal, ThreatFinding, narrowest_caller
from tidegate.sources.envelopes import detail_of
from tidegate.sources.files import Broken, Piece
from tidegate.sources.identities import NOBODY, of_access_key, of_arn
from tidegate.sources.opening import decoded, without_lone_surrogates
from tidegate.sources.times import seconds

OWN_FINDINGS = "tidegate/incident/"  # what ids of the findings begin with that Tidegate imports itself
KINDS = ("Findings Imported V2", "Security Hub Findings - Imported", "Security Hub Findings - Custom Action")
# On GuardDuty's scale of 1 to 10, the middle of what GuardDuty itself calls so: both hubs name severities the same.
_SEVERITIES = {"informational": 1.0, "low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.5, "fatal": 10.0}
_BY_OCSF_ID = dict(enumerate(_SEVERITIES.values(), 1))
_GUARDDUTY_ID = re.compile(r"arn:[^:]*:guardduty:.*/finding/([^/]+)\Z")
# GuardDuty's `Purpose:Resource/Family` is written `Namespace/Category/Purpose:Resource-Family` in ASFF.
_TYPE = re.compile(r"([A-Za-z]+:[A-Za-z0-9]+)[-/](.+)\Z")
_ACCESS_KEY = re.compile(r"A[KS]IA[A-Z0-9]{4,124}\Z")
_OCSF_CLOSED = ("suppressed", "resolved", "archived")

_findings = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _Named(NamedTuple):
    """A resource of a finding."""

    kind: str
    id: str
    data: dict[str, Any]


def read_security_hub(envelope: bytes, where: str) -> Iterator[ThreatFinding | DamagedRecord]:
    """The findings of an EventBridge event of either hub."""
    detail = detail_of(envelope, where)
    if isinstance(detail, DamagedRecord):
        yield detail
        return
    try:
        found = _list_of(_findings(detail)["findings"])
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError, RecursionError) as error:
        yield DamagedRecord(f"no Findings Imported V2 and none of CSPM: {error}", where=where, original=envelope)
        return
    if not found:
        yield DamagedRecord("a Findings Imported V2 event without findings", where=where, original=envelope)
    for number, finding in enumerate(found, 1):
        if not _is_our_own(finding):
            yield hub_finding(finding, where if len(found) == 1 else f"{where}.{number}")


def _is_our_own(finding: msgspec.Raw) -> bool:
    """What notices/security_hub.py imported comes back on the bus: an incident must not become evidence of itself."""
    if OWN_FINDINGS.encode() not in bytes(finding):
        return False
    value, _ = decoded(bytes(finding))
    if not isinstance(value, dict):
        return False
    return (_text(value, "Id") or _text(_object(value, "finding_info"), "uid")).startswith(OWN_FINDINGS)


def hub_finding(piece: Piece, where: str) -> ThreatFinding | DamagedRecord:
    """One finding, OCSF or ASFF, from its own JSON."""
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=piece.original)
    text = bytes(piece)
    value, reason = decoded(text)
    if not isinstance(value, dict):
        return DamagedRecord(f"no finding: {reason or 'no object'}", where=where, original=text)
    try:
        kept = msgspec.Raw(without_lone_surrogates(text))
        return _of_asff(value, kept, where) if "AwsAccountId" in value else _of_ocsf(value, kept, where)
    except (ValueError, RecursionError) as error:
        return DamagedRecord(f"no finding of Security Hub: {error}", where=where, original=text)


def _of_asff(found: dict[str, Any], detail: msgspec.Raw, where: str) -> ThreatFinding:
    account, updated = _text(found, "AwsAccountId"), _text(found, "UpdatedAt")
    fields, severity = _object(found, "ProductFields"), _object(found, "Severity")
    resources = [
        _Named(_text(one, "Type"), _text(one, "Id"), _details(_object(one, "Details")))
        for one in _objects(found, "Resources")
    ]
    action = _object(found, "Action")
    addresses = [_remote(_object(action, name)) for name in action]
    last = _text(found, "LastObservedAt") or updated
    native, id_ = _native(_text(found, "Id"))
    return _made(
        id_,
        updated or last,
        time=seconds(last),
        first_seen=seconds(_text(found, "FirstObservedAt") or _text(found, "CreatedAt") or last),
        account=account,
        region=_text(found, "Region") or _text(fields, "aws/securityhub/region") or _region_of(_text(found, "Id")),
        type=_type(_texts(found.get("Types")), _text(found, "Title"), native),
        severity=_asff_severity(severity, native),
        title=_text(found, "Title"),
        principal=_principal(resources, account),
        addresses=[*addresses, *(value for key, value in fields.items() if key.lower().endswith("ipaddressv4"))],
        resources=resources,
        archived=_text(found, "RecordState") == "ARCHIVED"
        or _text(_object(found, "Workflow"), "Status") in ("SUPPRESSED", "RESOLVED"),
        count=_whole(fields.get("aws/guardduty/service/count")),
        detail=detail,
        where=where,
    )


def _of_ocsf(found: dict[str, Any], detail: msgspec.Raw, where: str) -> ThreatFinding:
    info, cloud, metadata = _object(found, "finding_info"), _object(found, "cloud"), _object(found, "metadata")
    account = _text(_object(cloud, "account"), "uid")
    resources = [
        _Named(_text(one, "type"), _text(one, "uid"), _object(one, "data")) for one in _objects(found, "resources")
    ]
    evidences = _objects(found, "evidences")
    last = _moment(info, "last_seen_time") or _moment(found, "end_time") or _moment(info, "modified_time")
    last = last or _moment(found, "time")
    if last is None:
        raise ValueError("no time")
    updated = _moment(info, "modified_time") or _moment(found, "time") or last
    first = _moment(info, "first_seen_time") or _moment(info, "created_time") or last
    native, id_ = _native(_text(info, "uid") or _text(metadata, "uid"))
    native = native or _text(_object(metadata, "product"), "name") == "GuardDuty"
    actors = [_actor(_object(one, "actor"), account) for one in evidences] + [_actor(_object(found, "actor"), account)]
    return _made(
        id_,
        datetime.fromtimestamp(updated, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        time=last,
        first_seen=first,
        account=account,
        region=_text(cloud, "region"),
        type=_type(_texts(info.get("types")), _text(info, "title"), native),
        severity=_ocsf_severity(found),
        title=_text(info, "title"),
        principal=next((actor for actor in actors if actor != NOBODY), _principal(resources, account)),
        addresses=[_text(_object(one, "src_endpoint"), "ip") for one in evidences],
        resources=resources,
        archived=_text(found, "status").lower() in _OCSF_CLOSED,
        count=_whole(found.get("count")),
        detail=detail,
        where=where,
    )


def _made(
    finding_id: str,
    updated: str,
    *,
    time: float,
    first_seen: float,
    account: str,
    region: str,
    type: str,
    severity: float,
    title: str,
    principal: Principal,
    addresses: Iterable[Any],
    resources: list[_Named],
    archived: bool,
    count: int,
    detail: msgspec.Raw,
    where: str,
) -> ThreatFinding:
    if not finding_id or not account:
        raise ValueError("no id" if not finding_id else "no account")
    caller = narrowest_caller(principal)
    names = [one.id for one in resources]
    return ThreatFinding(
        id=f"securityhub/{finding_id}@{updated}",
        finding_id=finding_id,
        time=time,
        first_seen=first_seen,
        account=account,
        region=region,
        type=type,
        severity=severity,
        title=title or type,
        caller=caller if caller != "unknown:" else f"unknown:{account}",
        principal=principal,
        addresses=_distinct(addresses),
        models=_distinct(name for name in names if re.search(r":bedrock:.*(-model|inference-profile)/", name)),
        guardrails=_distinct(name for name in names if ":bedrock:" in name and ":guardrail/" in name),
        archived=archived,
        count=count,
        detail=detail,
        where=where,
        product="securityhub",
    )


def _native(id_: str) -> tuple[bool, str]:
    """(whether it is GuardDuty's, the id that GuardDuty itself gives it; any other finding keeps its own)."""
    found = _GUARDDUTY_ID.search(id_)
    return (True, found[1]) if found else (False, id_)


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if arn.startswith("arn:") and len(parts) > 4 else ""


def _type(types: list[str], title: str, native: bool) -> str:
    """GuardDuty's type in GuardDuty's own words; another product's first one."""
    for candidate in (*types, title) if native else ():
        if found := _TYPE.search(candidate.rpartition("/")[2]) or _TYPE.fullmatch(candidate):
            return f"{found[1]}/{found[2]}"
    return types[0] if types else title


def _asff_severity(severity: dict[str, Any], native: bool) -> float:
    given = severity.get("Product")
    if native and isinstance(given, int | float) and 0 < given <= 10:
        return float(given)
    if named := _SEVERITIES.get(_text(severity, "Label").lower()):
        return named
    normalised = severity.get("Normalized")
    return max(1.0, min(10.0, normalised / 10)) if isinstance(normalised, int | float) else 1.0


def _ocsf_severity(found: dict[str, Any]) -> float:
    number = found.get("severity_id")
    if isinstance(number, int) and number in _BY_OCSF_ID:
        return _BY_OCSF_ID[number]
    return _SEVERITIES.get(_text(found, "severity").lower(), 1.0)


def _principal(resources: list[_Named], account: str) -> Principal:
    """Of an access key with details, else whom an ARN or a bare key among the resources names."""
    for one in resources:
        if "accesskey" in one.kind.lower().replace("::", ""):
            data = {key[:1].lower() + key[1:]: value for key, value in one.data.items()}
            key = _text(data, "accessKeyId") or one.id.rpartition("/")[2].rpartition(":")[2]
            return of_access_key(
                kind=_text(data, "principalType") or _text(data, "userType"),
                name=_text(data, "userName") or _text(data, "principalName"),
                principal_id=_text(data, "principalId"),
                access_key=key if _ACCESS_KEY.match(key) else "",
                account=_text(data, "accountId") or account,
            )
    return next((of_arn(one.id) for one in resources if ":iam::" in one.id or ":assumed-role/" in one.id), NOBODY)


def _actor(actor: dict[str, Any], account: str) -> Principal:
    user, session = _object(actor, "user"), _object(actor, "session")
    if not user and not session:
        return NOBODY
    arn = _text(user, "uid_alt") or (_text(user, "uid") if _text(user, "uid").startswith("arn:") else "")
    if arn and of_arn(arn).kind:
        return msgspec.structs.replace(of_arn(arn), access_key=_text(user, "credential_uid"))
    issuer = _text(session, "issuer")
    return of_access_key(
        kind=_text(user, "type"),
        name=_text(user, "name") or (issuer.rpartition("/")[2] if ":role/" in issuer else ""),
        principal_id=_text(user, "uid"),
        access_key=_text(user, "credential_uid"),
        account=_text(_object(user, "account"), "uid") or account,
    )


def _details(details: dict[str, Any]) -> dict[str, Any]:
    """ASFF puts a resource's details under the name of its type."""
    return next((inner for inner in details.values() if isinstance(inner, dict)), details)


def _remote(action: dict[str, Any]) -> str:
    return _text(_object(action, "RemoteIpDetails"), "IpAddressV4")


def _moment(holder: dict[str, Any], name: str) -> float | None:
    """OCSF's milliseconds since the epoch, else the same in words (`*_dt`), as seconds. ValueError for no time."""
    given = holder.get(name)
    if isinstance(given, int | float) and not isinstance(given, bool):
        try:
            return seconds(datetime.fromtimestamp(given / 1000, UTC).isoformat())
        except (OverflowError, OSError) as error:
            raise ValueError(f"time out of range: {given!r}") from error
    text = _text(holder, f"{name}_dt") or (given if isinstance(given, str) else "")
    return seconds(text) if text else None


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return max(1, int(value))
    return max(1, value) if isinstance(value, int) and not isinstance(value, bool) and value < 2**53 else 1


def _distinct(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))
