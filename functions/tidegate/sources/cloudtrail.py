"""CloudTrail events, each from its own JSON or from its EventBridge envelope; trail_files.py reads files of them.

Format: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import msgspec

from tidegate.errors import DamagedRecord
from tidegate.model import ApiCall, derived_id
from tidegate.sources.envelopes import detail_of
from tidegate.sources.files import Broken, Piece
from tidegate.sources.identities import of_user_identity
from tidegate.sources.opening import opened, without_lone_surrogates
from tidegate.sources.times import seconds

ABSENT = msgspec.Raw(b"")
NULL = msgspec.Raw(b"null")
_NO_IDENTITY = b"null"
_MANAGEMENT = ("Management", "")  # before eventVersion 1.07 there was no category
_BEARER_SERVICES = ("bedrock", "aws-external-anthropic")
_AGENTCORE = "bedrock-agentcore"


class _Resource(msgspec.Struct, gc=False):
    ARN: str | None = None
    accountId: str | None = None  # noqa: N815


class Event(msgspec.Struct, gc=False):
    """The fields of an event that we want, in AWS's names. The three required ones make it an event.

    Strict, because that is fast: what AWS now and then writes otherwise (null for a text, "true" for true) is met
    by the second attempt.
    """

    eventTime: str  # noqa: N815
    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    userIdentity: msgspec.Raw = ABSENT  # noqa: N815
    awsRegion: str = ""  # noqa: N815
    sourceIPAddress: str = ""  # noqa: N815
    userAgent: str = ""  # noqa: N815
    errorCode: str = ""  # noqa: N815
    errorMessage: str = ""  # noqa: N815
    requestParameters: msgspec.Raw = ABSENT  # noqa: N815
    responseElements: msgspec.Raw = ABSENT  # noqa: N815
    additionalEventData: msgspec.Raw = ABSENT  # noqa: N815
    requestID: str = ""  # noqa: N815
    eventID: str = ""  # noqa: N815
    readOnly: bool | None = None  # noqa: N815
    managementEvent: bool | None = None  # noqa: N815
    eventCategory: str = ""  # noqa: N815
    recipientAccountId: str = ""  # noqa: N815
    resources: list[_Resource] | None = None


_event = msgspec.json.Decoder(Event).decode
_loose_event = msgspec.json.Decoder(Event, strict=False).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def read_api_call(envelope: bytes, where: str) -> ApiCall | DamagedRecord:
    """An EventBridge event with detail-type "AWS API Call via CloudTrail" (or "... Console Sign In ...")."""
    detail = detail_of(envelope, where)
    if isinstance(detail, DamagedRecord):
        return detail
    return api_call(detail, where)


def api_call(piece: Piece, where: str) -> ApiCall | DamagedRecord:
    """One CloudTrail event, from its own JSON."""
    if isinstance(piece, Broken):
        return DamagedRecord(piece.reason, where=where, original=piece.original)
    try:
        return call_of(_event(piece), where)
    except (msgspec.MsgspecError, ValueError, RecursionError) as first:
        text = bytes(piece)
        try:
            return call_of(_loose_event(_usual(without_lone_surrogates(text))), where)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return DamagedRecord(f"no CloudTrail event: {first}", where=where, original=text)


def _usual(text: bytes) -> bytes:
    """The event without nulls, and with the time where Logstash put it (@timestamp) back in its place."""
    fields = {name: value for name, value in _fields(text).items() if value != NULL}
    if "@timestamp" in fields:
        fields.setdefault("eventTime", fields["@timestamp"])
    return _encode(fields)


def call_of(event: Event, where: str) -> ApiCall:
    """Raises msgspec.MsgspecError for an identity and ValueError for a time that are none."""
    identity = event.userIdentity
    principal, caller = of_user_identity(bytes(identity) if identity else _NO_IDENTITY)
    account = event.recipientAccountId or principal.account
    service = event.eventSource.removesuffix(".amazonaws.com")
    parameters, response, additional = event.requestParameters, event.responseElements, event.additionalEventData
    given = parameters if parameters and parameters != NULL else None
    extra = additional if additional and additional != NULL else None
    bearer, bearer_type = _bearer(given, extra) if service.startswith(_BEARER_SERVICES) else (False, "")
    answered = response if response and response != NULL else None
    error = event.errorCode
    if not error and answered is not None and service == _AGENTCORE:
        error = _status_error(answered)
    return ApiCall(
        event.eventID or derived_id("event", event.eventTime, service, event.eventName, account, caller, where),
        seconds(event.eventTime),
        account,
        event.awsRegion,
        service,
        event.eventName,
        caller if caller != "unknown:" else f"unknown:{account}",
        principal,
        event.requestID,
        event.sourceIPAddress,
        event.userAgent,
        error,
        event.errorMessage,
        event.readOnly is True,
        event.eventCategory in _MANAGEMENT if event.managementEvent is None else event.managementEvent,
        bearer,
        bearer_type,
        given,
        answered,
        extra,
        tuple([found.ARN for found in event.resources if found.ARN]) if event.resources else (),
        where,
        tuple([found.accountId for found in event.resources if found.accountId]) if event.resources else (),
    )


def _status_error(response: msgspec.Raw) -> str:
    """AgentCore's gateways and runtimes say that they refused or failed in `responseElements.statusCode` alone."""
    code = opened(response).get("statusCode")
    if isinstance(code, str) and code.isdecimal() and len(code) == len("404"):
        code = int(code)
    return f"StatusCode{code}" if isinstance(code, int) and 400 <= code < 600 else ""


def _bearer(parameters: msgspec.Raw | None, additional: msgspec.Raw | None) -> tuple[bool, str]:
    """Whether a Bedrock API key was the credential, and of which type.

    bedrock-runtime says so in additionalEventData; bedrock-mantle and aws-external-anthropic in requestParameters.
    """
    for body in (additional, parameters):
        if body is not None and b"earerToken" in bytes(body):
            values = opened(body)
            if values.get("callWithBearerToken") in (True, "true"):
                return True, str(values.get("bearerTokenType") or "")
    return False, ""
