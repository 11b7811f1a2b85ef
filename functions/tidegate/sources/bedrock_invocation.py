"""Records of the Bedrock model invocation log, from S3 or by a CloudWatch Logs subscription.

Format: https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
Who called from where is not in it (no address, no key): CloudTrail says so under the same request id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import msgspec

from tidegate.errors import DamagedRecord, Permanent
from tidegate.model import Invocation, derived_id, narrowest_caller
from tidegate.sources.documents_beside import with_documents
from tidegate.sources.files import Broken, Piece, array_pieces, inflated, line_pieces
from tidegate.sources.identities import NOBODY, of_arn
from tidegate.sources.opening import without_lone_surrogates
from tidegate.sources.outcomes import outcome
from tidegate.sources.times import seconds

type Fetch = Callable[[str], bytes]
"""The object at an s3:// path, gzipped or not. Retryable passes through the reader: the delivery is taken again."""

ABSENT = msgspec.Raw(b"")
NULL = msgspec.Raw(b"null")
END_USER_KEYS = ("user", "user_id", "userId", "end_user", "endUser", "sub")
Tokens = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Identity(msgspec.Struct, gc=False):
    arn: str | None = None


class _Input(msgspec.Struct, gc=False):
    inputBodyJson: msgspec.Raw = ABSENT  # noqa: N815 - AWS's names throughout
    inputBodyS3Path: str | None = None  # noqa: N815
    inputTokenCount: Tokens | None = None  # noqa: N815
    cacheReadInputTokenCount: Tokens | None = None  # noqa: N815
    cacheWriteInputTokenCount: Tokens | None = None  # noqa: N815


class _Output(msgspec.Struct, gc=False):
    outputBodyJson: msgspec.Raw = ABSENT  # noqa: N815
    outputBodyS3Path: str | None = None  # noqa: N815
    outputTokenCount: Tokens | None = None  # noqa: N815


class _Log(msgspec.Struct, gc=False):
    """The fields of a record that we want. The three required ones make it an invocation."""

    timestamp: str
    operation: str
    modelId: str  # noqa: N815
    accountId: str | None = None  # noqa: N815
    region: str | None = None
    requestId: str | None = None  # noqa: N815
    identity: _Identity | None = None
    requestMetadata: dict[str, Any] | None = None  # noqa: N815
    inferenceRegion: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    input: _Input | None = None
    output: _Output | None = None


class _LogEvent(msgspec.Struct, gc=False):
    message: str


class _Subscription(msgspec.Struct, gc=False):
    """What CloudWatch Logs delivers: lines of a log group. `messageType` is CONTROL_MESSAGE on its own checks."""

    logEvents: list[_LogEvent]  # noqa: N815
    messageType: str = ""  # noqa: N815


_log = msgspec.json.Decoder(_Log).decode
_loose_log = msgspec.json.Decoder(_Log, strict=False).decode
_subscription = msgspec.json.Decoder(_Subscription).decode
_NO_INPUT, _NO_OUTPUT = _Input(), _Output()


def read_invocation_file(
    data: bytes,
    where: str,
    *,
    end_user_keys: Sequence[str] = END_USER_KEYS,
    fetch: Fetch | None = None,
) -> Iterator[Invocation | DamagedRecord]:
    """A delivered log file, gzipped or not, a record a line, in the order written.

    Lines in the form of a CloudWatch Logs subscription are unpacked. The empty object that Bedrock writes to
    test its permission (`amazon-bedrock-logs-permission-check`) holds no records. `fetch` brings bodies over
    100 KB, which the log offloads, and text documents; without it the former stay None. What can't be had leaves
    the invocation without it, and a DamagedRecord after it.
    """
    text, damage = inflated(data, where)
    if damage:
        yield damage
    pieces = array_pieces(text) if text.lstrip()[:1] == b"[" else line_pieces(text)
    for number, piece in enumerate(pieces or (), 1):
        yield from invocations(piece, f"{where}#{number}", end_user_keys=end_user_keys, fetch=fetch)


def invocations(
    piece: Piece,
    where: str,
    *,
    end_user_keys: Sequence[str] = END_USER_KEYS,
    fetch: Fetch | None = None,
) -> Iterator[Invocation | DamagedRecord]:
    """One line: a record, or a subscription's message with many."""
    if isinstance(piece, Broken):
        yield DamagedRecord(piece.reason, where=where, original=piece.original)
        return
    text = bytes(piece)
    try:
        log = _log(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as first:
        messages = subscribed(text)
        if messages is None:
            yield from _second_attempt(text, where, first, end_user_keys, fetch)
            return
        for number, message in enumerate(messages, 1):
            yield from invocations(message, f"{where}.{number}", end_user_keys=end_user_keys, fetch=fetch)
    else:
        yield from _read(log, text, where, end_user_keys, fetch)


def _second_attempt(
    text: bytes, where: str, first: Exception, end_user_keys: Sequence[str], fetch: Fetch | None
) -> Iterator[Invocation | DamagedRecord]:
    """With unpaired surrogates replaced, and with numbers taken from strings."""
    try:
        log = _loose_log(without_lone_surrogates(text))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        yield DamagedRecord(f"no invocation record: {first}", where=where, original=text)
    else:
        yield from _read(log, text, where, end_user_keys, fetch)


def subscribed(text: bytes) -> list[bytes] | None:
    """The messages of a CloudWatch Logs subscription payload; None if it is none."""
    try:
        found = _subscription(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return [] if found.messageType == "CONTROL_MESSAGE" else [event.message.encode() for event in found.logEvents]


def _read(
    log: _Log, text: bytes, where: str, end_user_keys: Sequence[str], fetch: Fetch | None
) -> Iterator[Invocation | DamagedRecord]:
    given, answered = log.input or _NO_INPUT, log.output or _NO_OUTPUT
    input_body, input_lost = _body(given.inputBodyJson, given.inputBodyS3Path, fetch)
    output_body, output_lost = _body(answered.outputBodyJson, answered.outputBodyS3Path, fetch)
    input_body, documents_lost = with_documents(input_body, fetch) if fetch else (input_body, [])
    try:
        yield _of(log, where, end_user_keys, input_body, output_body)
    except ValueError as error:
        yield DamagedRecord(f"no invocation record: {error}", where=where, original=text)
        return
    for lost in (input_lost, output_lost, *documents_lost):
        if lost:
            yield DamagedRecord(lost, where=where, original=text)


def _of(
    log: _Log,
    where: str,
    end_user_keys: Sequence[str],
    input_body: msgspec.Raw | None,
    output_body: msgspec.Raw | None,
) -> Invocation:
    given, answered = log.input or _NO_INPUT, log.output or _NO_OUTPUT
    arn = (log.identity and log.identity.arn) or ""
    principal = of_arn(arn) if arn else NOBODY
    account = log.accountId or principal.account
    metadata = (
        {key: value if isinstance(value, str) else str(value) for key, value in log.requestMetadata.items()}
        if log.requestMetadata
        else {}
    )
    end_user = next((metadata[key] for key in end_user_keys if metadata.get(key)), "")
    caller = narrowest_caller(principal, end_user)
    ended = outcome(output_body)
    return Invocation(
        log.requestId or derived_id("invocation", log.timestamp, account, arn, log.modelId, where),
        seconds(log.timestamp),
        account,
        log.region or "",
        log.operation,
        log.modelId,
        caller if caller != "unknown:" else f"unknown:{account}",
        principal,
        log.inferenceRegion or "",
        log.errorCode or "",
        ended.input_tokens if given.inputTokenCount is None else given.inputTokenCount,
        ended.output_tokens if answered.outputTokenCount is None else answered.outputTokenCount,
        ended.cache_read_tokens if given.cacheReadInputTokenCount is None else given.cacheReadInputTokenCount,
        ended.cache_write_tokens if given.cacheWriteInputTokenCount is None else given.cacheWriteInputTokenCount,
        ended.stop_reason,
        ended.latency_ms,
        ended.guardrail_action,
        ended.guardrails,
        metadata,
        input_body,
        output_body,
        where,
    )


def _body(logged: msgspec.Raw, path: str | None, fetch: Fetch | None) -> tuple[msgspec.Raw | None, str]:
    """(body, why it is lacking though it should be there)."""
    if logged and logged != NULL:
        return logged, ""
    if not path or fetch is None:
        return None, ""
    try:
        data = fetch(path)
    except Permanent as error:
        return None, f"the body at {path} could not be fetched: {error}"
    text, damage = inflated(data, path)
    return msgspec.Raw(text), f"the body at {path} is damaged: {damage.reason}" if damage else ""
