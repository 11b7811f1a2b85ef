"""The event document: one record of any source, in OCSF 1.8 names, as ready bulk bytes.

Names follow OCSF 1.8 (https://schema.ocsf.io/1.8.0): API Activity 6003 for invocations and API calls, Detection
Finding 2004 for GuardDuty, Security Hub, Health and alarms, Datastore Activity 6005 for objects in S3, Application
Lifecycle 6002 for jobs and endpoints; `ai_model` and `message_context` come from its AI profile. What OCSF has no
name for, or no place in that class, lies under `tidegate`, our one attribute besides; tests hold every document to
the published schema with that allowed and nothing else. What the schema asks for and the source doesn't say is
written as such: an address that is `not logged`, a provider that is `unknown`. Every field says how it is mapped
(the Annotated aliases), so that the strict index template is derived from these Structs and can't drift from them.
Absent values are left out of the document.

Prompts and answers are not here: they belong to an index of their own, redacted. What else people write freely (user
agents, messages, metadata, sentences in parameters) is masked here (content/redaction.py, `noted`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any, cast

import msgspec

from tidegate.content.redaction import noted, noted_in
from tidegate.index.bodies import indexable
from tidegate.model import ApiCall, Invocation, Principal, Record, ServiceEvent, ThreatFinding, related_callers
from tidegate_quota.prices import ESTIMATES, Prices

INDEX_PREFIX = "tidegate-events-"
OCSF_VERSION = "1.8.0"
CHUNK = 1 << 20  # bytes


def _mapped(**mapping: Any) -> msgspec.Meta:
    return msgspec.Meta(extra={"opensearch": mapping})


Keyword = Annotated[str, _mapped(type="keyword", ignore_above=1024)]
LongKeyword = Annotated[str, _mapped(type="keyword", ignore_above=2048)]  # ARNs, user agents
Text = Annotated[str, _mapped(type="match_only_text")]
Address = Annotated[str, _mapped(type="ip", ignore_malformed=True)]
Millis = Annotated[int, _mapped(type="date", format="epoch_millis||strict_date_optional_time")]  # OCSF timestamp_t
Number = Annotated[int, _mapped(type="long")]
Small = Annotated[int, _mapped(type="integer")]
Decimal = Annotated[float, _mapped(type="float")]
Flag = Annotated[bool, _mapped(type="boolean")]
Flat = Annotated[msgspec.Raw, _mapped(type="flat_object")]
FlatStrings = Annotated[dict[str, str], _mapped(type="flat_object")]


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A piece of an event document. Defaults are not written."""


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


_encode = msgspec.json.Encoder().encode
_encode_into = msgspec.json.Encoder().encode_into
_END = -1  # of the buffer


def _written[Shared](part: Shared) -> Shared:
    """A part that many documents share, written once: msgspec copies a Raw as it is."""
    return cast(Shared, msgspec.Raw(_encode(part)))


_BEDROCK = _written(Product("Amazon Bedrock"))
_CLOUDTRAIL = _written(Product("CloudTrail"))
_FINDERS = {"guardduty": _written(Product("GuardDuty")), "securityhub": _written(Product("Security Hub"))}
_SERVICES = {
    "health": _written(Product("AWS Health")),
    "s3": _written(Product("Amazon S3")),
    "cloudwatch": _written(Product("Amazon CloudWatch")),
    "sagemaker": _written(Product("Amazon SageMaker AI")),
    "bedrock": _BEDROCK,
}
# (class_uid, category_uid) of a service's events, and what its activities are called there.
_FINDING, _DATASTORE, _LIFECYCLE = (2004, 2), (6005, 6), (6002, 6)
_CLASSES = {"health": _FINDING, "cloudwatch": _FINDING, "s3": _DATASTORE}
_EVENT_ACTIVITIES = {
    (_FINDING, ""): 1,  # Create
    (_DATASTORE, "Object Created"): 6,
    (_DATASTORE, "Object Deleted"): 7,
}
_INFORMATIONAL = 1
_S3 = 1  # type_id of a databucket
_UNKNOWN = "unknown"  # where the schema asks for what the record doesn't say
_NOT_LOGGED = _written(Endpoint(name="not logged"))
_BEDROCK_SERVICE = _written(Service("bedrock"))
_CREATE, _READ, _UPDATE, _DELETE, _OTHER = 1, 2, 3, 4, 99
_ACTIVITIES = (
    (("Create", "Register", "Import"), _CREATE),
    (("Update", "Put", "Modify", "Associate", "Attach"), _UPDATE),
    (("Delete", "Remove", "Terminate"), _DELETE),
)


def event_document(record: Record, prices: Prices = ESTIMATES) -> EventDocument:
    """The record as a document, to be written by msgspec: parts shared with others are already JSON in it."""
    if isinstance(record, ApiCall):
        return _of_api_call(record)
    if isinstance(record, Invocation):
        return _of_invocation(record, prices)
    if isinstance(record, ServiceEvent):
        return _of_service_event(record)
    return _of_threat(record)


def index_name(time: float) -> str:
    """The weekly index (ISO year and week) of an event at `time`, epoch seconds."""
    return _week(int(time // 86_400))


def bulk_bytes(record: Record, prices: Prices = ESTIMATES) -> bytes:
    """The record as an action and a document line for `_bulk`; created once however often it is sent."""
    buffer = bytearray()
    _write(record, buffer, prices)
    return bytes(buffer)


def bulk_chunks(records: Iterable[Record], *, size: int = CHUNK, prices: Prices = ESTIMATES) -> Iterator[bytes]:
    """`bulk_bytes` of many records joined, in chunks of about `size` bytes: one buffer instead of one each."""
    buffer = bytearray()
    for record in records:
        _write(record, buffer, prices)
        if len(buffer) >= size:
            yield bytes(buffer)
            buffer = bytearray()
    if buffer:
        yield bytes(buffer)


def _write(record: Record, buffer: bytearray, prices: Prices) -> None:
    document = _of_api_call(record) if type(record) is ApiCall else event_document(record, prices)
    buffer += _action(record.time)
    _encode_into(record.id, buffer, _END)
    buffer += b"}}\n"
    _encode_into(document, buffer, _END)
    buffer += b"\n"


def _of_invocation(record: Invocation, prices: Prices) -> EventDocument:
    price, estimated, _ = prices.of(record.model)
    end_user = record.caller[5:] if record.caller.startswith("user:") else ""
    model = _model_id(record.model)
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=6003,
        category_uid=6,
        activity_id=_OTHER,
        type_uid=600399,
        severity_id=_INFORMATIONAL,
        metadata=Metadata(record.id, OCSF_VERSION, _BEDROCK, "bedrock_invocation", record.id),
        cloud=_cloud(record.account, record.region),
        actor=_who(record.principal, record.account)[0],
        tidegate=Extension(
            caller=record.caller,
            names=related_callers(record.principal, end_user),
            raw_ref=record.where,
            model=model,
            inference_region=record.inference_region,
            stop_reason=record.stop_reason,
            latency_ms=record.latency_ms,
            cache_read_tokens=record.cache_read_tokens,
            cache_write_tokens=record.cache_write_tokens,
            guardrail_action=record.guardrail_action,
            guardrails=record.guardrails,
            request_metadata=noted_in(record.metadata, (end_user,)) or None,
            dollars=price.of(
                record.input_tokens, record.output_tokens, record.cache_read_tokens, record.cache_write_tokens
            ),
            dollars_estimated=estimated,
        ),
        status="Failure" if record.error else "Success",
        status_id=2 if record.error else 1,
        status_code=record.error,
        src_endpoint=_NOT_LOGGED,  # CloudTrail's event of the same request has it
        api=Api(
            record.operation or _UNKNOWN,
            _BEDROCK_SERVICE,
            ApiRequest(record.id),
            ApiResponse(record.error) if record.error else None,
        ),
        ai_model=AiModel(record.model, _provider(model)) if record.model else None,
        message_context=MessageContext(
            record.input_tokens, record.output_tokens, record.input_tokens + record.output_tokens, _BEDROCK_SERVICE
        ),
    )


def _of_api_call(record: ApiCall) -> EventDocument:
    activity, service = _operation(record.service, record.name, record.read_only)
    actor, names = _who(record.principal, record.account)
    response = indexable(record.response) if record.response else None
    return EventDocument(
        int(record.time * 1000),
        6003,
        6,
        activity,
        600300 + activity,
        _INFORMATIONAL,
        Metadata(record.id, OCSF_VERSION, _CLOUDTRAIL, "cloudtrail", record.request_id),
        _cloud(record.account, record.region),
        Extension(
            record.caller,
            names,
            record.where,
            record.read_only,
            not record.management,
            record.bearer,
            record.bearer_type,
            indexable(record.additional) if record.additional else None,
        ),
        actor,
        "Failure" if record.error else "Success",
        2 if record.error else 1,
        record.error,
        _endpoint(record.address),
        _http_request(record.user_agent),
        Api(
            record.name or _UNKNOWN,
            service,
            ApiRequest(record.request_id or record.id, indexable(record.parameters) if record.parameters else None),
            ApiResponse(record.error, noted(record.error_message), response) if record.error or response else None,
        ),
        tuple([Resource(uid) for uid in record.resources]) if record.resources else (),
    )


def _of_threat(record: ThreatFinding) -> EventDocument:
    activity = _CREATE if record.count <= 1 else _READ  # Detection Finding: 1 Create, 2 Update
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=2004,
        category_uid=2,
        activity_id=activity,
        type_uid=200400 + activity,
        severity_id=_severity_id(record.severity),
        metadata=Metadata(record.id, OCSF_VERSION, _product(_FINDERS, record.product), record.product),
        cloud=_cloud(record.account, record.region),
        tidegate=Extension(
            caller=record.caller,
            names=related_callers(record.principal),
            raw_ref=record.where,
            addresses=tuple(address for address in record.addresses if _is_address(address)),
            models=record.models,
            guardrails=record.guardrails,
            severity=record.severity,
            count=record.count,
            archived=record.archived,
        ),
        evidences=(
            Evidence(
                _who(record.principal, record.account)[0],
                _endpoint(record.addresses[0] if record.addresses else ""),
            ),
        ),
        finding_info=FindingInfo(
            record.finding_id,
            noted(record.title),
            (record.type,),
            int(record.first_seen * 1000),
            int(record.time * 1000),
        ),
    )


def _of_service_event(record: ServiceEvent) -> EventDocument:
    of_class = _CLASSES.get(record.source, _LIFECYCLE)
    class_uid, category = of_class
    activity = _EVENT_ACTIVITIES.get((of_class, "" if of_class is _FINDING else record.kind), _OTHER)
    product = _product(_SERVICES, record.source)
    stored = of_class is _DATASTORE
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=class_uid,
        category_uid=category,
        activity_id=activity,
        type_uid=class_uid * 100 + activity,
        severity_id=_INFORMATIONAL,
        metadata=Metadata(record.id, OCSF_VERSION, product, record.source),
        cloud=_cloud(record.account, record.region),
        tidegate=Extension(
            caller=record.caller,
            names=related_callers(record.principal),
            raw_ref=record.where,
            event_kind=record.kind,
            event_name=record.name,
            event_before=record.status,
            detail=indexable(record.detail) if record.detail else None,
            resources=() if of_class is _FINDING else record.resources,
        ),
        actor=_who(record.principal, record.account)[0] if stored else None,
        src_endpoint=_NOT_LOGGED if stored else None,
        databucket=DataBucket(_S3, record.resources[-1] if record.resources else _UNKNOWN) if stored else None,
        app=product if of_class is _LIFECYCLE else None,
        resources=tuple([Resource(uid) for uid in record.resources]) if of_class is _FINDING else (),
        finding_info=FindingInfo(record.id, f"{record.kind}: {record.name}", (record.kind,))
        if of_class is _FINDING
        else None,
    )


def _severity_id(severity: float) -> int:
    """OCSF severity_id of GuardDuty's 1 to 10: low below 4, medium below 7, high below 9, critical above."""
    return 2 if severity < 4 else 3 if severity < 7 else 4 if severity < 9 else 5


@lru_cache(maxsize=4096)
def _operation(service: str, name: str, read_only: bool) -> tuple[int, Service]:
    """(activity_id, service) of an API operation."""
    if read_only:
        return _READ, _written(Service(service))
    activity = next((activity for prefixes, activity in _ACTIVITIES if name.startswith(prefixes)), _OTHER)
    return activity, _written(Service(service))


@lru_cache(maxsize=1024)
def _cloud(account: str, region: str) -> Cloud:
    return _written(Cloud("AWS", CloudAccount(account) if account else None, region))


def _product(known: Mapping[str, Product], name: str) -> Product:
    return known.get(name) or Product(name or _UNKNOWN)


@lru_cache(maxsize=8192)
def _who(principal: Principal, account: str) -> tuple[Actor, tuple[str, ...]]:
    """(actor, every name the principal goes by): the same for all records of a principal."""
    return _written(_actor(principal, account)), _written(related_callers(principal))


def _actor(principal: Principal, seen_in: str) -> Actor:
    """Of a user without name and id, OCSF asks for the account: its own, else the one in which it was seen."""
    nobody = not (principal.name or principal.principal_id)
    account = principal.account or (seen_in or _UNKNOWN if nobody else "")
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
def _endpoint(address: str) -> Endpoint:
    if not address:
        return _NOT_LOGGED
    return _written(Endpoint(ip=address) if _is_address(address) else Endpoint(domain=address))


@lru_cache(maxsize=8192)
def _http_request(user_agent: str) -> HttpRequest | None:
    return _written(HttpRequest(noted(user_agent))) if user_agent else None


@lru_cache(maxsize=8192)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # a scope id parses here and not in OpenSearch


@lru_cache(maxsize=16_384)
def _action(time: float) -> bytes:
    """The beginning of the action line; records share their seconds."""
    return b'{"create":{"_index":"%b","_id":' % index_name(time).encode()


@lru_cache(maxsize=4096)
def _week(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime(f"{INDEX_PREFIX}%G.%V")


@lru_cache(maxsize=4096)
def _model_id(model: str) -> str:
    """`anthropic.claude-...` of an id or an ARN; for an application profile its own id."""
    return model.rpartition("/")[2] if model.startswith("arn:") else model


@lru_cache(maxsize=4096)
def _provider(model: str) -> str:
    """`anthropic` of `us.anthropic.claude-...`; `unknown` where the id doesn't say (application profiles)."""
    parts = model.split(".")
    if len(parts) > 2 and parts[0] in ("us", "eu", "apac", "global", "us-gov", "jp", "au", "ca"):
        return parts[1]
    return (parts[0] if len(parts) > 1 else "") or _UNKNOWN
