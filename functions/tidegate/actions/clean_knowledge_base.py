"""Clean a knowledge base of what was written into its data source: documents out, objects back, then sync.

In this order: the documents that changed are deleted from the index at once, so that nobody is answered from them;
the objects go back to their versions from before `parameters["before"]` (ISO 8601), else the next sync would add them
again; then the data source is synced, and the job's statistics are the proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions import object_versions
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.object_versions import Written
from tidegate.errors import NotProven, Permanent, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="clean_knowledge_base",
    summary="Take what was written into a knowledge base's data source out again, and sync.",
    family=Family.MODELS,
    reads=("bedrock:GetDataSource", "bedrock:ListDataSources", "bedrock:GetIngestionJob", *object_versions.READS),
    changes=("bedrock:DeleteKnowledgeBaseDocuments", "bedrock:StartIngestionJob", *object_versions.CHANGES),
    calls=("bedrock:DeleteKnowledgeBaseDocuments", "s3:CopyObject", "s3:DeleteObject", "bedrock:StartIngestionJob"),
    limits="Data sources in versioned S3 buckets, one a step: web pages, Confluence and the like have no versions. At "
    f"most {object_versions.MOST_OBJECTS} objects. A sync under way is waited for.",
    reach=Reach.ONE_KNOWLEDGE_BASE,
    undo="Every object has its content again that was found, and the data source is synced once more.",
)

_MOST_DOCUMENTS = 25  # in one DeleteKnowledgeBaseDocuments


class Found(Model):
    base: str
    source: str
    objects: tuple[Written, ...]


class Changed(Model):
    versions: dict[str, str]
    job: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for a data source that isn't an S3 bucket with versions, and where nothing was written."""
    base, _, source = step.target.id.partition("/")
    before = str(step.parameters["before"])
    reasons = []
    for candidate in (source,) if source else _sources(base, clients):
        try:
            bucket, prefixes = _place(base, candidate, clients)
            objects = object_versions.written_since(clients, bucket, prefixes, before)
        except Refused as refusal:
            reasons.append(str(refusal))
            continue
        return Found(base=base, source=candidate, objects=objects)
    raise Refused("; ".join(reasons) or f"knowledge base {base} has no data source: delete documents by hand.")


def differences(step: Step, found: Found) -> Iterable[Difference]:
    yield from object_versions.differences(found.objects)
    place = f"knowledge-base/{found.base}/data-source/{found.source}/sync"
    yield Difference(resource=place, before="as it is", after="synced again")


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    """Raises ChangedSince before anything is put back when an object was written since; Retryable while a sync runs."""
    for some in batched(_documents(found), _MOST_DOCUMENTS, strict=False):
        clients.named("bedrock-agent").delete_knowledge_base_documents(
            knowledgeBaseId=found.base, dataSourceId=found.source, documentIdentifiers=list(some)
        )
    versions = object_versions.put_back(clients, found.objects, {})
    return Changed(versions=versions, job=_sync(step, found, clients, "apply"))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    if left := object_versions.still_changed(clients, found.objects, changed.versions):
        raise NotProven(f"{len(left)} objects are not as they were: {', '.join(left[:3])}.")
    job = clients.named("bedrock-agent").get_ingestion_job(
        knowledgeBaseId=found.base, dataSourceId=found.source, ingestionJobId=changed.job
    )["ingestionJob"]
    if job["status"] in ("FAILED", "STOPPED", "STOPPING"):
        reasons = "; ".join(job.get("failureReasons", ()))
        raise Permanent(f"sync {changed.job} of knowledge base {found.base} is {job['status']}: {reasons}.")
    if job["status"] != "COMPLETE":
        raise NotProven(f"sync {changed.job} of knowledge base {found.base} is {job['status']}.")
    return Proof(facts={"objects": len(found.objects), "job": changed.job, "statistics": job.get("statistics", {})})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    done = object_versions.take_back(clients, found.objects, changed.versions if changed else {})
    if done:
        _sync(step, found, clients, "undo")
    return Restored(facts={"objects": sorted(done)}, already=not done)


def _sync(step: Step, found: Found, clients: Clients, phase: str) -> str:
    """The id of the job. The token depends on the step: a second try starts no second job."""
    token = hashlib.sha256(f"{step.id}/{phase}".encode()).hexdigest()
    started = clients.named("bedrock-agent").start_ingestion_job(
        knowledgeBaseId=found.base, dataSourceId=found.source, clientToken=token, description="Tidegate"
    )
    return str(started["ingestionJob"]["ingestionJobId"])


def _documents(found: Found) -> Iterator[dict[str, Any]]:
    """What the index holds of the objects that changed; one that was deleted is in it no more."""
    for one in found.objects:
        if one.now:
            yield {"dataSourceType": "S3", "s3": {"uri": f"s3://{one.bucket}/{one.key}"}}


def _sources(base: str, clients: Clients) -> list[str]:
    listed = clients.named("bedrock-agent").list_data_sources(knowledgeBaseId=base)["dataSourceSummaries"]
    return [str(one["dataSourceId"]) for one in listed]


def _place(base: str, source: str, clients: Clients) -> tuple[str, tuple[str, ...]]:
    """Bucket and prefixes of a data source."""
    try:
        found = clients.named("bedrock-agent").get_data_source(knowledgeBaseId=base, dataSourceId=source)["dataSource"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(f"knowledge base {base} has no data source {source} in this account and Region.") from error
    configuration = found["dataSourceConfiguration"]
    if configuration["type"] != "S3":
        raise Refused(
            f"data source {source} is of type {configuration['type']}, which keeps no versions: clean it there."
        )
    place = configuration["s3Configuration"]
    return place["bucketArn"].rpartition(":")[2], tuple(place.get("inclusionPrefixes") or ("",))
