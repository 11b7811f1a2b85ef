"""CloudFormation's custom resources: a request comes with a URL, and the stack waits until an answer lies there.

So there is one answer, always: when the work is done, when it fails, and when time runs out before either. Should
even that fail, the function's error makes Lambda try again, and the resource's ServiceTimeout ends the waiting.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from threading import Lock, Timer
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tidegate.errors import Permanent, Retryable, TidegateError
from tidegate.telemetry import logger

LARGEST_ANSWER = 4096  # bytes
LONGEST_ID = 1024
RESERVE_SECONDS = 8.0  # for an answer after the time is up
TRIES = 5
_LOOPBACK = ("127.0.0.1", "localhost")

_encode = msgspec.json.Encoder(order="deterministic").encode


class Request(msgspec.Struct, frozen=True, rename="pascal"):
    request_type: Literal["Create", "Update", "Delete"]
    response_url: str = msgspec.field(name="ResponseURL")  # signed beforehand: whoever knows it can answer
    stack_id: str
    request_id: str
    logical_resource_id: str
    resource_properties: dict[str, Any] = {}
    physical_resource_id: str = ""  # none on Create


class Answer(NamedTuple):
    physical_id: str
    data: Mapping[str, str] = {}  # what Fn::GetAtt gives


type Work = Callable[[Request], Answer]
type Put = Callable[[str, bytes], None]


def is_request(event: Mapping[str, Any]) -> bool:
    return "ResponseURL" in event


def answer(
    event: Mapping[str, Any],
    work: Work,
    *,
    physical_id: str,
    remaining: Callable[[], float],
    put: Put | None = None,
) -> None:
    """Does the work and answers for it. `physical_id`: of a resource that has none yet, should creating it fail.

    Raises msgspec.ValidationError for what is no request; Retryable or Permanent when the answer can't be left.
    """
    request = msgspec.convert(event, Request)
    said = _Said(request, request.physical_resource_id or physical_id, put or put_answer)
    late = Timer(max(remaining() - RESERVE_SECONDS, 0.0), said.failed, ["not done in time; deploy again to go on"])
    late.daemon = True
    late.start()
    try:
        done = work(request)
    except Exception as error:  # noqa: BLE001  whatever it was, the stack waits for a word
        logger.exception("the custom resource failed", extra={"request": request.request_id})
        kind = "" if isinstance(error, TidegateError) else f"{type(error).__name__}: "
        said.failed(f"{kind}{error}")
    else:
        said.succeeded(done)
    finally:
        late.cancel()


class _Said:
    """The one answer: whoever comes second is not heard."""

    def __init__(self, request: Request, physical_id: str, put: Put) -> None:
        self._request = request
        self._physical_id = physical_id
        self._put = put
        self._lock = Lock()
        self._done = False

    def succeeded(self, done: Answer) -> None:
        self._say({"Status": "SUCCESS", "PhysicalResourceId": done.physical_id, "Data": dict(done.data)})

    def failed(self, reason: str) -> None:
        self._say({"Status": "FAILED", "PhysicalResourceId": self._physical_id, "Reason": reason or "no reason given"})

    def _say(self, told: dict[str, Any]) -> None:
        with self._lock:
            if self._done:
                return
            self._put(self._request.response_url, body_of(self._request, told))
            self._done = True


def body_of(request: Request, told: Mapping[str, Any]) -> bytes:
    """The answer as CloudFormation takes it: what is too long for it is cut, the reason first."""
    said = {
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_resource_id,
        **told,
        "PhysicalResourceId": told["PhysicalResourceId"][:LONGEST_ID],
    }
    body = _encode(said)
    while len(body) > LARGEST_ANSWER:
        if reason := said.get("Reason", ""):
            said["Reason"] = reason[: -max(len(body) - LARGEST_ANSWER, 1)].rstrip() or None
        else:
            said["Data"] = {}
        body = _encode(said)
    return body


def put_answer(url: str, body: bytes, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Raises Permanent when the URL is refused (it ends after hours), Retryable when nothing answers."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise Permanent(f"an answer is left over https only, not at {parts.scheme}://{parts.hostname}")
    # The URL is signed for no content type; urllib would give one.
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    last: Exception | None = None
    for attempt in range(TRIES):
        if attempt:
            pause(2.0 ** (attempt - 1))
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise Permanent(f"CloudFormation's bucket refused the answer: {error}") from error
            last = error
        except OSError as error:
            last = error
    raise Retryable(f"the answer could not be left at {parts.hostname}: {last}") from last
