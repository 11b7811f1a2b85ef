"""Which buckets models learn and answer from, by the calls that say so. Not a detector.

A call that starts a training, customization, import or ingestion job names the objects it reads and writes. What it
says is kept as a snapshot under the bucket's ARN, and under the ARN of the role that the job runs as, so that a later
read, share or write of that bucket can be judged. Shapes: the API models of Bedrock and SageMaker; CloudTrail writes
their parameters with a small first letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tidegate.configurations.applications import DATA_SOURCE, partition_of, resource_of
from tidegate.detectors.about import Known
from tidegate.model import ApiCall
from tidegate.sources.parts import opened, part, text

type Before = Callable[[str, float], dict[str, Any] | None]
_DEEPEST = 8
_URI = re.compile(
    r"(?:s3://|arn:aws[\w-]*:s3:::|https://s3[.\w-]*\.amazonaws\.com/)(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})"
)


class Job(NamedTuple):
    """A kind of job: where its call names what is read, what is written, and the job itself."""

    purpose: str  # what the read bucket is to a model
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    named: tuple[str, ...]  # request or answer fields that name the job, or what comes of it, best first
    learns: bool  # what is read becomes what a model knows or answers


class Fed(NamedTuple):
    """A job that reads buckets into a model or knowledge base."""

    what: str  # name or ARN of the job's result
    purpose: str
    buckets: tuple[str, ...]


_CUSTOMIZED = Job(
    "training data",
    ("trainingDataConfig", "validationDataConfig"),
    ("outputDataConfig",),
    ("customModelName", "jobArn", "jobName"),
    True,
)
_TRAINED = Job("training data", ("inputDataConfig",), ("outputDataConfig",), ("trainingJobName", "autoMLJobName"), True)
_IMPORTED = Job(
    "model artefacts", ("modelDataSource", "modelSourceConfig"), (), ("importedModelName", "modelName"), True
)
_SOURCE = Job("knowledge base", ("dataSourceConfiguration",), (), ("knowledgeBaseId",), False)
_INGESTED = Job("knowledge base", ("documents",), (), ("knowledgeBaseId",), True)
JOBS: Mapping[tuple[str, str], Job] = {
    ("bedrock", "CreateModelCustomizationJob"): _CUSTOMIZED,
    ("bedrock", "CreateModelImportJob"): _IMPORTED,
    ("bedrock", "CreateCustomModel"): _IMPORTED,
    ("sagemaker", "CreateTrainingJob"): _TRAINED,
    ("sagemaker", "CreateAutoMLJob"): _TRAINED,
    ("sagemaker", "CreateAutoMLJobV2"): _TRAINED._replace(reads=("autoMLJobInputDataConfig",)),
    ("sagemaker", "CreateHyperParameterTuningJob"): Job(
        "training data",
        ("trainingJobDefinition", "trainingJobDefinitions"),
        (),
        ("hyperParameterTuningJobName",),
        True,
    ),
    ("sagemaker", "CreateProcessingJob"): Job(
        "training data", ("processingInputs",), ("processingOutputConfig",), ("processingJobName",), False
    ),
    ("sagemaker", "CreateModel"): Job("model artefacts", ("primaryContainer", "containers"), (), ("modelName",), False),
    **{
        (service, name): job
        for service in ("bedrock", "bedrock-agent")
        for name, job in (
            ("CreateDataSource", _SOURCE),
            ("UpdateDataSource", _SOURCE),
            ("IngestKnowledgeBaseDocuments", _INGESTED),
        )
    },
}
INGESTION = "StartIngestionJob"  # names a data source, and that one its bucket


def bucket_arn(bucket: str) -> str:
    """S3's ARNs carry neither Region nor account; the partition is left at `aws`, so that a name has one snapshot."""
    return f"arn:aws:s3:::{bucket}"


def uses(call: ApiCall) -> Iterator[tuple[str, dict[str, Any]]]:
    """(ARN of a bucket or role, what it is to a model), of a call that succeeded."""
    job = JOBS.get((call.service, call.name))
    if job is None or call.error:
        return
    request = opened(call.parameters)
    by = _named(request, opened(call.response), job)
    for bucket in _buckets(request, job.reads):
        yield bucket_arn(bucket), {"used_for": job.purpose, "by": by}
    for bucket in _buckets(request, job.writes):
        yield bucket_arn(bucket), {"used_for": "model artefacts", "by": by}
    if role := _role(request):
        yield role, {"used_for": f"reading {job.purpose}", "by": by}


def fed_by(call: ApiCall, before: Before) -> Fed | None:
    """What a call feeds, and from which buckets. `before(resource, time)`: the snapshot of a data source."""
    if call.error:
        return None
    request, answer = opened(call.parameters), opened(call.response)
    if call.name == INGESTION and call.service in ("bedrock", "bedrock-agent"):
        source = before(resource_of(call, DATA_SOURCE), call.time) or {}
        buckets = tuple(_buckets(source, ("dataSourceConfiguration",)))
        return Fed(_knowledge_base(call, request), "knowledge base", buckets) if buckets else None
    job = JOBS.get((call.service, call.name))
    if job is None or not job.learns or not (buckets := tuple(_buckets(request, job.reads))):
        return None
    what = _knowledge_base(call, request) if job is _INGESTED else _named(request, answer, job)
    return Fed(what, job.purpose, buckets)


def bucket_in(place: str) -> str:
    """The bucket of an S3 URI, ARN or URL; empty for anything else."""
    found = _URI.match(place)
    return found["bucket"] if found else ""


def use_of(bucket: str, time: float, known: Known) -> str:
    """What a bucket is to models; empty when nobody says."""
    if known.watch_of(bucket):
        return "watched by the rules"
    return text(known.before(bucket_arn(bucket), time) or {}, "used_for")


def _role(request: Mapping[str, Any]) -> str:
    role = text(request, "roleArn") or text(request, "executionRoleArn")
    if not role:
        role = text(part(request, "trainingJobDefinition"), "roleArn")
    return role if role.startswith("arn:") else ""


def _named(request: Mapping[str, Any], answer: Mapping[str, Any], job: Job) -> str:
    return next((found for name in job.named for values in (request, answer) if (found := text(values, name))), "")


def _knowledge_base(call: ApiCall, request: Mapping[str, Any]) -> str:
    identifier = text(request, "knowledgeBaseId")
    return f"arn:{partition_of(call.region)}:bedrock:{call.region}:{call.account}:knowledge-base/{identifier}"


def _buckets(holder: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        for place in _texts(holder.get(name), _DEEPEST):
            if bucket := bucket_in(place):
                found[bucket] = None
    return list(found)


def _texts(value: Any, deepest: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif deepest and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, deepest - 1)
