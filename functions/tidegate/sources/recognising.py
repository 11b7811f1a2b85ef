"""Any native record, whatever it came in: for replay, where files are given without saying what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.model import Record
from tidegate.sources.bedrock_invocation import END_USER_KEYS, Fetch, invocations, subscribed
from tidegate.sources.cloudtrail import api_call
from tidegate.sources.files import Broken, Piece, array_pieces, inflated, line_pieces
from tidegate.sources.guardduty import api_finding, threat_finding
from tidegate.sources.opening import without_lone_surrogates
from tidegate.sources.security_hub import KINDS, hub_finding, read_security_hub
from tidegate.sources.service_events import SERVICES, read_service_event


class _Look(msgspec.Struct, gc=False, rename={"detail_type": "detail-type"}):
    """As much of a record as tells its form."""

    detail_type: str | None = None
    source: str | None = None
    detail: msgspec.Raw = msgspec.Raw(b"")
    eventSource: str | None = None  # noqa: N815
    eventName: str | None = None  # noqa: N815
    schemaType: str | None = None  # noqa: N815
    modelId: str | None = None  # noqa: N815
    operation: str | None = None
    type: str | None = None
    service: msgspec.Raw = msgspec.Raw(b"")
    resource: msgspec.Raw = msgspec.Raw(b"")
    logEvents: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815
    Findings: list[msgspec.Raw] | None = None
    Type: str | None = None
    Service: msgspec.Raw = msgspec.Raw(b"")
    Resource: msgspec.Raw = msgspec.Raw(b"")
    AwsAccountId: str | None = None
    ProductArn: str | None = None
    class_uid: int | None = None
    finding_info: msgspec.Raw = msgspec.Raw(b"")


_look = msgspec.json.Decoder(_Look).decode
_value = msgspec.json.Decoder(msgspec.Raw).decode


def read_any(
    data: bytes,
    where: str,
    *,
    end_user_keys: Sequence[str] = END_USER_KEYS,
    fetch: Fetch | None = None,
) -> Iterator[Record | DamagedRecord]:
    """Records of a file in any native form, also mixed, gzipped or not, in the order written.

    Bedrock invocation records, CloudTrail events, findings of GuardDuty and Security Hub, each bare or in its
    EventBridge envelope, and the events of services; one a line, as an array, as a trail's `{"Records": [...]}`, as
    one indented object, as the payload of a CloudWatch Logs subscription, or as the `{"Findings": [...]}` that the
    APIs of GuardDuty and Security Hub answer. Anything else is a DamagedRecord that says so.
    """
    text, damage = inflated(data, where)
    if damage:
        yield damage
    for number, piece in enumerate(_pieces(text), 1):
        yield from _recognised(piece, f"{where}#{number}", end_user_keys, fetch)


def _pieces(text: bytes) -> list[Piece]:
    pieces = array_pieces(text)
    if pieces is not None:
        return pieces
    pieces = line_pieces(text)
    if len(pieces) > 1 and not _is_whole(pieces[0]) and _is_whole(text):
        return line_pieces(text.replace(b"\r", b" ").replace(b"\n", b" "))  # one object over many lines
    return pieces


def _is_whole(piece: Piece) -> bool:
    if isinstance(piece, Broken):
        return False
    try:
        _value(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _recognised(
    piece: Piece, where: str, end_user_keys: Sequence[str], fetch: Fetch | None
) -> Iterator[Record | DamagedRecord]:
    if isinstance(piece, Broken):
        yield DamagedRecord(piece.reason, where=where, original=piece.original)
        return
    text = bytes(piece)
    try:
        look = _looked(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        yield DamagedRecord(f"no readable JSON: {error}", where=where, original=text)
        return
    if look.logEvents and (messages := subscribed(text)) is not None:
        for number, message in enumerate(messages, 1):
            yield from _recognised(message, f"{where}.{number}", end_user_keys, fetch)
        return
    if look.Findings is not None:
        for number, finding in enumerate(look.Findings, 1):
            yield from _recognised(finding, f"{where}.{number}", end_user_keys, fetch)
        return
    body: Piece = look.detail if look.detail and look.detail_type else text
    if look.detail_type == "GuardDuty Finding" or (look.type and look.service and look.resource):
        yield threat_finding(body, where)
    elif look.Type and look.Service and look.Resource:
        yield api_finding(text, where)
    elif look.detail_type in KINDS:
        yield from read_security_hub(text, where)
    elif (look.AwsAccountId and look.ProductArn) or (look.class_uid and look.finding_info):
        yield hub_finding(text, where)
    elif (look.detail_type or "").endswith("via CloudTrail") or (look.eventSource and look.eventName):
        yield api_call(body, where)
    elif look.detail_type and look.source in SERVICES:
        yield read_service_event(text, where)
    elif look.schemaType == "ModelInvocationLog" or (look.modelId and look.operation):
        yield from invocations(text, where, end_user_keys=end_user_keys, fetch=fetch)
    else:
        form = f'an EventBridge event "{look.detail_type}"' if look.detail_type else "of no form known here"
        yield DamagedRecord(
            f"{form}: no invocation record, CloudTrail event, finding or event of a service read here",
            where=where,
            original=text,
        )


def _looked(text: bytes) -> _Look:
    try:
        return _look(text)
    except msgspec.MsgspecError:
        return _look(without_lone_surrogates(text))
