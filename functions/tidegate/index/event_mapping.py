"""A record of each source as an event document.

API Activity 6003 for invocations and API calls, Detection Finding 2004 for GuardDuty, Security Hub, Health and alarms,
Datastore Activity 6005 for objects in S3, Application Lifecycle 6002 for jobs and endpoints. What the schema asks for
and the source doesn't say is written as such: an address that is `not logged`, a provider that is `unknown`.
"""

from __future__ import annotations

from functools import lru_cache

from tidegate.content.redaction import noted, noted_in
from tidegate.index.bodies import indexable
from tidegate.index.event_parts import (
    BEDROCK_SERVICE,
    NOT_LOGGED,
    UNKNOWN,
    cloud_of,
    endpoint,
    http_request,
    is_address,
    product_of,
    who,
    written,
)
from tidegate.index.event_shapes import (
    OCSF_VERSION,
    AiModel,
    Api,
    ApiRequest,
    ApiResponse,
    DataBucket,
    EventDocument,
    Evidence,
    Extension,
    FindingInfo,
    MessageContext,
    Metadata,
    Product,
    Resource,
    Service,
)
from tidegate.model import ApiCall, Invocation, ServiceEvent, ThreatFinding, related_callers
from tidegate_quota.prices import Prices

_BEDROCK = written(Product("Amazon Bedrock"))
_CLOUDTRAIL = written(Product("CloudTrail"))
_FINDERS = {"guardduty": written(Product("GuardDuty")), "securityhub": written(Product("Security Hub"))}
_SERVICES = {
    "health": written(Product("AWS Health")),
    "s3": written(Product("Amazon S3")),
    "cloudwatch": written(Product("Amazon CloudWatch")),
    "sagemaker": written(Product("Amazon SageMaker AI")),
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
_CREATE, _READ, _UPDATE, _DELETE, _OTHER = 1, 2, 3, 4, 99
_ACTIVITIES = (
    (("Create", "Register", "Import"), _CREATE),
    (("Update", "Put", "Modify", "Associate", "Attach"), _UPDATE),
    (("Delete", "Remove", "Terminate"), _DELETE),
)


def of_invocation(record: Invocation, prices: Prices) -> EventDocument:
    model = _model_id(record.model)
    tokens = record.input_tokens, record.output_tokens
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=6003,
        category_uid=6,
        activity_id=_OTHER,
        type_uid=600399,
        severity_id=_INFORMATIONAL,
        metadata=Metadata(record.id, OCSF_VERSION, _BEDROCK, "bedrock_invocation", record.id),
        cloud=cloud_of(record.account, record.region),
        actor=who(record.principal, record.account)[0],
        tidegate=_extension_of_invocation(record, model, prices),
        status="Failure" if record.error else "Success",
        status_id=2 if record.error else 1,
        status_code=record.error,
        src_endpoint=NOT_LOGGED,  # CloudTrail's event of the same request has it
        api=Api(
            record.operation or UNKNOWN,
            BEDROCK_SERVICE,
            ApiRequest(record.id),
            ApiResponse(record.error) if record.error else None,
        ),
        ai_model=AiModel(record.model, _provider(model)) if record.model else None,
        message_context=MessageContext(*tokens, sum(tokens), BEDROCK_SERVICE),
    )


def _extension_of_invocation(record: Invocation, model: str, prices: Prices) -> Extension:
    price, estimated, _ = prices.of(record.model)
    end_user = record.caller[5:] if record.caller.startswith("user:") else ""
    return Extension(
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
    )


def of_api_call(record: ApiCall) -> EventDocument:
    activity, service = _operation(record.service, record.name, record.read_only)
    actor, names = who(record.principal, record.account)
    response = indexable(record.response) if record.response else None
    return EventDocument(
        int(record.time * 1000),
        6003,
        6,
        activity,
        600300 + activity,
        _INFORMATIONAL,
        Metadata(record.id, OCSF_VERSION, _CLOUDTRAIL, "cloudtrail", record.request_id),
        cloud_of(record.account, record.region),
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
        endpoint(record.address),
        http_request(record.user_agent),
        Api(
            record.name or UNKNOWN,
            service,
            ApiRequest(record.request_id or record.id, indexable(record.parameters) if record.parameters else None),
            ApiResponse(record.error, noted(record.error_message), response) if record.error or response else None,
        ),
        tuple([Resource(uid) for uid in record.resources]) if record.resources else (),
    )


def of_threat(record: ThreatFinding) -> EventDocument:
    activity = _CREATE if record.count <= 1 else _READ  # Detection Finding: 1 Create, 2 Update
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=2004,
        category_uid=2,
        activity_id=activity,
        type_uid=200400 + activity,
        severity_id=_severity_id(record.severity),
        metadata=Metadata(record.id, OCSF_VERSION, product_of(_FINDERS, record.product), record.product),
        cloud=cloud_of(record.account, record.region),
        tidegate=Extension(
            caller=record.caller,
            names=related_callers(record.principal),
            raw_ref=record.where,
            addresses=tuple(address for address in record.addresses if is_address(address)),
            models=record.models,
            guardrails=record.guardrails,
            severity=record.severity,
            count=record.count,
            archived=record.archived,
        ),
        evidences=(
            Evidence(
                who(record.principal, record.account)[0],
                endpoint(record.addresses[0] if record.addresses else ""),
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


def of_service_event(record: ServiceEvent) -> EventDocument:
    of_class = _CLASSES.get(record.source, _LIFECYCLE)
    class_uid, category = of_class
    finding, stored = of_class is _FINDING, of_class is _DATASTORE
    activity = _EVENT_ACTIVITIES.get((of_class, "" if finding else record.kind), _OTHER)
    product = product_of(_SERVICES, record.source)
    return EventDocument(
        time=int(record.time * 1000),
        class_uid=class_uid,
        category_uid=category,
        activity_id=activity,
        type_uid=class_uid * 100 + activity,
        severity_id=_INFORMATIONAL,
        metadata=Metadata(record.id, OCSF_VERSION, product, record.source),
        cloud=cloud_of(record.account, record.region),
        tidegate=Extension(
            caller=record.caller,
            names=related_callers(record.principal),
            raw_ref=record.where,
            event_kind=record.kind,
            event_name=record.name,
            event_before=record.status,
            detail=indexable(record.detail) if record.detail else None,
            resources=() if finding else record.resources,
        ),
        actor=who(record.principal, record.account)[0] if stored else None,
        src_endpoint=NOT_LOGGED if stored else None,
        databucket=DataBucket(_S3, record.resources[-1] if record.resources else UNKNOWN) if stored else None,
        app=product if of_class is _LIFECYCLE else None,
        resources=tuple([Resource(uid) for uid in record.resources]) if finding else (),
        finding_info=FindingInfo(record.id, f"{record.kind}: {record.name}", (record.kind,)) if finding else None,
    )


def _severity_id(severity: float) -> int:
    """OCSF severity_id of GuardDuty's 1 to 10: low below 4, medium below 7, high below 9, critical above."""
    return 2 if severity < 4 else 3 if severity < 7 else 4 if severity < 9 else 5


@lru_cache(maxsize=4096)
def _operation(service: str, name: str, read_only: bool) -> tuple[int, Service]:
    """(activity_id, service) of an API operation."""
    if read_only:
        return _READ, written(Service(service))
    activity = next((activity for prefixes, activity in _ACTIVITIES if name.startswith(prefixes)), _OTHER)
    return activity, written(Service(service))


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
    return (parts[0] if len(parts) > 1 else "") or UNKNOWN
