"""Shape of the event document: OCSF 1.8 names (https://schema.ocsf.io/1.8.0).

What OCSF has no name for, or no place in that class, lies under `tidegate`, our one attribute besides.
"""

from __future__ import annotations

import msgspec

from tidegate.index.field_types import (
    Address,
    Decimal,
    Flag,
    Flat,
    FlatStrings,
    Keyword,
    LongKeyword,
    Millis,
    Number,
    Part,
    Small,
    Text,
)

OCSF_VERSION = "1.8.0"


class Product(Part, frozen=True):
    name: Keyword = ""


class Metadata(Part, frozen=True):
    uid: Keyword = ""  # the source's event id, also the document's _id
    version: Keyword = ""
    product: Product | None = None
    log_name: Keyword = ""  # bedrock_invocation, cloudtrail, guardduty, securityhub, health, s3, cloudwatch, ...
    correlation_uid: Keyword = ""  # request id: joins an invocation with its CloudTrail event


class CloudAccount(Part, frozen=True):
    uid: Keyword = ""


class Cloud(Part, frozen=True):
    provider: Keyword = ""
    account: CloudAccount | None = None
    region: Keyword = ""


class User(Part, frozen=True):
    type: Keyword = ""  # IAMUser, AssumedRole, Root, ...
    name: Keyword = ""
    uid: Keyword = ""  # principal id
    uid_alt: LongKeyword = ""  # ARN
    credential_uid: Keyword = ""  # access key id
    account: CloudAccount | None = None


class Session(Part, frozen=True):
    uid: Keyword = ""  # role session name
    issuer: LongKeyword = ""  # ARN of the role


class Actor(Part, frozen=True):
    user: User | None = None
    session: Session | None = None
    invoked_by: Keyword = ""


class Endpoint(Part, frozen=True):
    ip: Address = ""
    domain: Keyword = ""  # an AWS service that called on someone's behalf, or whatever is no address
    name: Keyword = ""  # `not logged`, of a source that tells no address


class HttpRequest(Part, frozen=True):
    user_agent: LongKeyword = ""


class Service(Part, frozen=True):
    name: Keyword = ""


class ApiRequest(Part, frozen=True):
    uid: Keyword = ""
    data: Flat | None = None  # requestParameters


class ApiResponse(Part, frozen=True):
    error: Keyword = ""
    error_message: Text = ""
    data: Flat | None = None  # responseElements


class Api(Part, frozen=True):
    operation: Keyword = ""
    service: Service | None = None
    request: ApiRequest | None = None
    response: ApiResponse | None = None


class Resource(Part, frozen=True):
    uid: LongKeyword = ""


class AiModel(Part, frozen=True):
    name: LongKeyword = ""  # as logged: an id, or the ARN of a profile
    ai_provider: Keyword = ""


class MessageContext(Part, frozen=True):
    prompt_tokens: Number = 0
    completion_tokens: Number = 0
    total_tokens: Number = 0
    service: Service | None = None


class Evidence(Part, frozen=True):
    """Who and whence, of a finding: its class has no actor of its own."""

    actor: Actor | None = None
    src_endpoint: Endpoint | None = None


class DataBucket(Part, frozen=True):
    type_id: Small = 0
    uid: LongKeyword = ""


class FindingInfo(Part, frozen=True):
    uid: Keyword = ""
    title: Text = ""
    types: tuple[Keyword, ...] = ()
    first_seen_time: Millis = 0
    last_seen_time: Millis = 0


class Extension(Part, frozen=True):
    """What OCSF has no name for."""

    caller: LongKeyword = ""
    names: tuple[LongKeyword, ...] = ()  # every kind:value the caller goes by, narrowest first
    raw_ref: LongKeyword = ""  # where the record was read from
    read_only: Flag = False
    data_event: Flag = False
    bearer: Flag = False  # called with a Bedrock API key
    bearer_type: Keyword = ""
    additional: Flat | None = None  # additionalEventData
    model: LongKeyword = ""  # the model's id without the ARN around it
    inference_region: Keyword = ""
    stop_reason: Keyword = ""
    latency_ms: Number = 0
    cache_read_tokens: Number = 0
    cache_write_tokens: Number = 0
    guardrail_action: Keyword = ""
    guardrails: tuple[Keyword, ...] = ()
    request_metadata: FlatStrings | None = None
    addresses: tuple[Address, ...] = ()
    models: tuple[LongKeyword, ...] = ()
    severity: Decimal = 0.0  # GuardDuty, and Security Hub on its scale: 1 to 10
    count: Number = 0
    archived: Flag = False
    event_kind: Keyword = ""  # of a service's event: its detail-type
    dollars: Decimal = 0.0  # what an invocation cost, at the prices known when it was indexed
    dollars_estimated: Flag = False  # no list had the model's price
    event_name: Keyword = ""  # the state or event code
    event_before: Keyword = ""  # the state before, where it is told
    detail: Flat | None = None  # of a service's event, as it came
    resources: tuple[LongKeyword, ...] = ()  # of a service's event whose class has no resources


class EventDocument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    time: Millis
    class_uid: Small
    category_uid: Small
    activity_id: Small
    type_uid: Number
    severity_id: Small
    metadata: Metadata
    cloud: Cloud
    tidegate: Extension
    actor: Actor | None = None
    status: Keyword = ""
    status_id: Small = 0
    status_code: Keyword = ""
    src_endpoint: Endpoint | None = None
    http_request: HttpRequest | None = None
    api: Api | None = None
    resources: tuple[Resource, ...] = ()
    ai_model: AiModel | None = None
    message_context: MessageContext | None = None
    finding_info: FindingInfo | None = None
    evidences: tuple[Evidence, ...] = ()
    databucket: DataBucket | None = None
    app: Product | None = None
