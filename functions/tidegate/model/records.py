"""What is read of the sources, thousands of times a second, and what detectors are shown of it.

msgspec Structs, no validation beyond decoding; the readers fill them by position, nine times as fast as by name
(elsewhere names read better). `time` is seconds since the epoch, UTC, as float.
"""

from __future__ import annotations

import msgspec

from tidegate.model.identities import Principal


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One piece of text of an invocation. `role`: system, user, assistant, tool_call, tool_result, retrieved.

    `withheld`: the model said it and a guardrail kept it back. It tells what a prompt brought out; the caller never
    saw it, so it is no leak.
    """

    role: str
    text: str
    withheld: bool = False


class Invocation(msgspec.Struct, frozen=True, gc=False):
    """One record of the Bedrock model invocation log."""

    id: str  # requestId
    time: float
    account: str
    region: str
    operation: str
    model: str  # id or ARN as logged
    caller: str
    principal: Principal
    inference_region: str = ""
    error: str = ""  # errorCode
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    stop_reason: str = ""
    latency_ms: int = 0
    guardrail_action: str = ""  # "", NONE, INTERVENED
    guardrails: tuple[str, ...] = ()
    metadata: dict[str, str] = {}
    input_body: msgspec.Raw | None = None  # as logged, or as fetched from data/; opened by who needs it
    output_body: msgspec.Raw | None = None
    where: str = ""  # "s3://bucket/key#line"


class ApiCall(msgspec.Struct, frozen=True, gc=False):
    """One CloudTrail event."""

    id: str  # eventID
    time: float
    account: str
    region: str
    service: str  # eventSource without ".amazonaws.com": "bedrock"
    name: str  # eventName
    caller: str
    principal: Principal
    request_id: str = ""
    address: str = ""
    user_agent: str = ""
    error: str = ""
    error_message: str = ""
    read_only: bool = False
    management: bool = True
    bearer: bool = False  # called with a Bedrock API key
    bearer_type: str = ""
    parameters: msgspec.Raw | None = None  # requestParameters
    response: msgspec.Raw | None = None  # responseElements
    additional: msgspec.Raw | None = None  # additionalEventData
    resources: tuple[str, ...] = ()
    where: str = ""
    owners: tuple[str, ...] = ()  # accounts that own some of `resources`, where the event says so


class ThreatFinding(msgspec.Struct, frozen=True, gc=False):
    """What AWS itself suspects: a finding of GuardDuty's, or one that came through Security Hub."""

    id: str  # finding id and updatedAt: an update is a new event of the same finding
    finding_id: str
    time: float  # eventLastSeen, else updatedAt
    first_seen: float
    account: str
    region: str
    type: str
    severity: float  # 1 to 10
    title: str
    caller: str
    principal: Principal
    addresses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    guardrails: tuple[str, ...] = ()
    actors: tuple[Principal, ...] = ()  # attack sequences name several
    archived: bool = False
    count: int = 1
    detail: msgspec.Raw | None = None
    where: str = ""
    product: str = "guardduty"  # who says so: guardduty, securityhub


class ServiceEvent(msgspec.Struct, frozen=True, gc=False):
    """What an AWS service says of itself on the bus: a job or endpoint changed its state, an alarm, an object came."""

    id: str  # of the envelope, or derived from its content where there is none
    time: float
    account: str
    region: str
    source: str  # health, s3, cloudwatch, sagemaker, bedrock: the envelope's source without "aws."
    kind: str  # its detail-type: "CloudWatch Alarm State Change"
    name: str  # the state or event code that decides: ALARM, Failed, AWS_RISK_CREDENTIALS_EXPOSED
    caller: str
    principal: Principal
    resources: tuple[str, ...] = ()  # ARNs, the one it is about first
    status: str = ""  # what it was before, where the event tells
    detail: msgspec.Raw | None = None
    where: str = ""


class Joined(msgspec.Struct, frozen=True, gc=False):
    """An invocation and its CloudTrail event, matched by request id: what was used, and from where."""

    id: str  # request id
    time: float  # of the invocation
    account: str
    region: str
    caller: str  # of the invocation: an end user where it names one
    principal: Principal  # with the access key, which only CloudTrail has
    model: str
    operation: str
    address: str = ""
    user_agent: str = ""
    bearer: bool = False
    bearer_type: str = ""
    inference_region: str = ""
    tokens: int = 0
    error: str = ""
    where: str = ""


class CallerDay(msgspec.Struct, frozen=True, gc=False):
    """A caller's day so far, as what is remembered of the caller tells it to those who look at many callers."""

    id: str
    time: float  # of the newest record
    account: str
    region: str
    caller: str
    principal: Principal
    day: int  # since the epoch, UTC
    records: int
    began: int  # seconds of the day
    latest: int  # seconds since the day began
    direction: bytes  # 64 signed bytes: where its texts point to, see scoring/words.py
    marks: tuple[int, ...]  # of heavy prefixes, and of suffixes plus 65,536
    signatures: tuple[int, ...]  # 64 bits each, of some of its texts
    forms: tuple[int, ...]  # of all beginnings and endings that are kept, in the manner of `marks`
    heads: tuple[int, ...]  # log-odds that it harvests a model, as of a stranger, in sixteenths
    own: int  # the most that its day reached, judged with its own history, in sixteenths
    known: int  # days of history
    turned: int  # how far its direction is from its usual one: 0 to 32
    origin: int  # 32 bits of the network it calls from; 0: not known, or an application's
    event: str  # id of the newest record
    excerpt: str  # what that one asked, redacted


type Record = Invocation | ApiCall | ThreatFinding | ServiceEvent
# What detectors are shown. A `Joined` is made of two records, a `CallerDay` of many; neither is indexed.
type Seen = Record | Joined | CallerDay
