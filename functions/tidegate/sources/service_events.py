"""What AWS services say of themselves on the bus: Health, S3, CloudWatch alarms, SageMaker and Bedrock jobs.

None of them says who acted as CloudTrail does. What they do say is kept: Health the exposed key, S3 the requesting
account or service, SageMaker and Bedrock the role a job runs as, SageMaker at times who changed it. Everything else
lies in `detail`, as it came.

Formats: https://docs.aws.amazon.com/eventbridge/latest/ref/events.html, per service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tidegate.errors import DamagedRecord
from tidegate.model import Principal, ServiceEvent, derived_id, narrowest_caller
from tidegate.sources.envelopes import Envelope, opened_envelope
from tidegate.sources.identities import NOBODY, of_arn
from tidegate.sources.opening import decoded
from tidegate.sources.times import seconds

_ACCESS_KEY = re.compile(r"A[KS]IA[A-Z0-9]{4,124}")
_ACCOUNT = re.compile(r"\d{12}")
# Where each kind of SageMaker event says which state it is in now, and which it was in before.
_SAGEMAKER_STATES = (
    "EndpointStatus",
    "TrainingJobStatus",
    "ProcessingJobStatus",
    "TransformJobStatus",
    "HyperParameterTuningJobStatus",
    "currentPipelineExecutionStatus",
    "currentStepStatus",
    "ModelPackageStatus",
    "ModelCardStatus",
    "FeatureGroupStatus",
)
_SAGEMAKER_BEFORE = ("previousPipelineExecutionStatus", "previousStepStatus")
_SAGEMAKER_ARNS = (
    "EndpointArn",
    "TrainingJobArn",
    "ProcessingJobArn",
    "TransformJobArn",
    "HyperParameterTuningJobArn",
    "pipelineExecutionArn",
    "ModelPackageArn",
    "EndpointConfigArn",
    "MonitoringScheduleArn",
)


class _Said(NamedTuple):
    """What an event's detail says, where it says it."""

    name: str = ""
    resources: tuple[str, ...] = ()
    before: str = ""
    principal: Principal = NOBODY
    id: str = ""
    account: str = ""


def read_service_event(envelope: bytes, where: str) -> ServiceEvent | DamagedRecord:
    """One event of the services in SERVICES, in its EventBridge envelope."""
    opened = opened_envelope(envelope, where)
    if isinstance(opened, DamagedRecord):
        return opened
    read = SERVICES.get(opened.source)
    if read is None:
        reason = f'an EventBridge event "{opened.detail_type}" of {opened.source or "nobody"}: no service read here'
        return DamagedRecord(reason, where=where, original=envelope)
    detail, reason = decoded(bytes(opened.detail))
    if not isinstance(detail, dict):
        return DamagedRecord(f"no event: {reason or 'detail is no object'}", where=where, original=envelope)
    try:
        return _of(opened, read(detail), where)
    except ValueError as error:
        return DamagedRecord(f"no event: {error}", where=where, original=envelope)


def _of(envelope: Envelope, said: _Said, where: str) -> ServiceEvent:
    account = said.account or envelope.account
    resources = tuple(dict.fromkeys(name for name in (*said.resources, *envelope.resources) if name))
    caller = narrowest_caller(said.principal)
    return ServiceEvent(
        id=said.id
        or envelope.id
        or derived_id("event", envelope.source, envelope.detail_type, envelope.time, account, *resources, said.name),
        time=seconds(envelope.time),
        account=account,
        region=envelope.region,
        source=envelope.source.removeprefix("aws."),
        kind=envelope.detail_type,
        name=said.name or envelope.detail_type,
        caller=caller if caller != "unknown:" else f"unknown:{account}",
        principal=said.principal,
        resources=resources,
        status=said.before,
        detail=envelope.detail,
        where=where,
    )


def _health(detail: dict[str, Any]) -> _Said:
    """AWS_RISK_CREDENTIALS_EXPOSED and the like: the entities are access keys, or ARNs of users.

    The same news comes through two Regions with envelopes of their own, and one `communicationId`.
    """
    entities = tuple(
        text for entity in _list(detail.get("affectedEntities")) if (text := _text(_of_dict(entity, "entityValue")))
    )
    key = next((entity for entity in entities if _ACCESS_KEY.fullmatch(entity)), "")
    arn = next((entity for entity in entities if entity.startswith("arn:") and ":iam::" in entity), "")
    holder = of_arn(arn) if arn else NOBODY
    principal = Principal(
        kind=holder.kind,
        arn=holder.arn,
        account=holder.account,
        access_key=key,
        name=holder.name,
    )
    return _Said(
        name=_text(detail.get("eventTypeCode")),
        resources=entities,
        before="",
        principal=principal,
        id=_text(detail.get("communicationId")),
        account=_text(detail.get("affectedAccount")),
    )


def _s3(detail: dict[str, Any]) -> _Said:
    """`requester` is an account's number or a service. Who it was there, only CloudTrail's data events say."""
    bucket, key = _text(_of_dict(detail.get("bucket"), "name")), _text(_of_dict(detail.get("object"), "key"))
    requester = _text(detail.get("requester"))
    if _ACCOUNT.fullmatch(requester):
        principal = Principal(kind="AWSAccount", account=requester)
    else:
        principal = Principal(kind="AWSService", invoked_by=requester) if requester else NOBODY
    places = (f"arn:aws:s3:::{bucket}/{key}" if key else "", f"arn:aws:s3:::{bucket}") if bucket else ()
    return _Said(_text(detail.get("reason")), places, principal=principal)


def _cloudwatch(detail: dict[str, Any]) -> _Said:
    """What an alarm watches is not in its event, nor are its tags: rules name the alarms that watch a model."""
    return _Said(
        name=_text(_of_dict(detail.get("state"), "value")),
        before=_text(_of_dict(detail.get("previousState"), "value")),
    )


def _sagemaker(detail: dict[str, Any]) -> _Said:
    """A model package has two states; where it is its approval that changed, that one decides."""
    name = _first(detail, _SAGEMAKER_STATES)
    if "ModelApprovalStatus" in _list(detail.get("UpdatedModelPackageFields")) or not name:
        name = _text(detail.get("ModelApprovalStatus")) or name
    return _Said(
        name=name,
        resources=tuple(_texts(detail, _SAGEMAKER_ARNS)),
        before=_first(detail, _SAGEMAKER_BEFORE),
        principal=_who_changed(detail),
    )


def _who_changed(detail: dict[str, Any]) -> Principal:
    for holder in ("LastModifiedBy", "CreatedBy"):
        identity = _of_dict(detail.get(holder), "IamIdentity")
        if arn := _text(_of_dict(identity, "Arn")):
            return of_arn(arn)
    role = _text(detail.get("RoleArn")) or _text(detail.get("ExecutionRoleArn"))
    return of_arn(role) if role else NOBODY


def _bedrock(detail: dict[str, Any]) -> _Said:
    """Batch inference (`status`) and model customization (`jobStatus`); the role is what the job runs as."""
    role = _text(detail.get("roleArn"))
    return _Said(
        name=_first(detail, ("jobStatus", "status")),
        resources=tuple(
            _texts(detail, ("batchJobArn", "jobArn", "outputModelArn", "batchModelId", "baseModelArn", "modelId"))
        ),
        principal=of_arn(role) if role else NOBODY,
    )


SERVICES: dict[str, Callable[[dict[str, Any]], _Said]] = {
    "aws.health": _health,
    "aws.s3": _s3,
    "aws.cloudwatch": _cloudwatch,
    "aws.sagemaker": _sagemaker,
    "aws.bedrock": _bedrock,
}


def _first(holder: dict[str, Any], names: tuple[str, ...]) -> str:
    return next(_texts(holder, names), "")


def _texts(holder: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if text := _text(holder.get(name)):
            yield text


def _of_dict(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
