"""bedrock-agent: ingestion jobs of a data source, and deleting documents from the index.

A job is COMPLETE at once; what its statistics count is what lies in the data source's bucket. The same client token
gives the same job. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_StartIngestionJob.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.agents import RESPONSE, invalid, missing
from tidegate_local.aws_extensions.inventory import kept
from tidegate_local.aws_extensions.requests import body, from_path, has_form, new_id, now
from tidegate_local.aws_extensions.results import result

_MOST_DOCUMENTS = 25


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "start_ingestion_job": start_ingestion_job,
        "get_ingestion_job": get_ingestion_job,
        "delete_knowledge_base_documents": delete_documents,
    }
    for name, operation in operations.items():
        hooks.add(f"{RESPONSE}.{name}", operation)


def _source(response: Any) -> dict[str, Any]:
    base, source = from_path(response, "knowledgeBaseId"), from_path(response, "dataSourceId")
    for one in kept(response, "data source"):
        if (one["knowledgeBaseId"], one["dataSourceId"]) == (base, source):
            return one
    raise missing(f"Knowledge base {base} has no data source {source}")


def start_ingestion_job(self: Any) -> Any:
    source, given = _source(self), body(self)
    token = given.get("clientToken")
    if token is not None and not has_form(token, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){32,255}"):
        raise invalid(f"clientToken {token!r} is not of 33 to 256 letters, digits and -")
    jobs = kept(self, "ingestion job")
    for job in jobs:
        if token and job["token"] == token:
            return result({"ingestionJob": _shown(job)})
    made = {
        "knowledgeBaseId": source["knowledgeBaseId"],
        "dataSourceId": source["dataSourceId"],
        "ingestionJobId": new_id(10),
        "token": token,
        "status": "COMPLETE",
        "statistics": {"numberOfDocumentsScanned": _documents(self, source), "numberOfDocumentsFailed": 0},
        "startedAt": now(),
        "updatedAt": now(),
    }
    jobs.append(made)
    return result({"ingestionJob": _shown(made)})


def _documents(response: Any, source: dict[str, Any]) -> int:
    from moto.s3.models import FakeDeleteMarker, s3_backends

    place = source["dataSourceConfiguration"].get("s3Configuration", {})
    name = place.get("bucketArn", "").rpartition(":")[2]
    bucket = s3_backends[response.current_account]["aws"].buckets.get(name)
    prefixes = tuple(place.get("inclusionPrefixes") or ("",))
    if bucket is None:
        return 0
    present = (name for name, latest in bucket.keys.items() if not isinstance(latest, FakeDeleteMarker))
    return sum(name.startswith(prefixes) for name in present)


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name != "token"}


def get_ingestion_job(self: Any) -> Any:
    _source(self)
    identifier = from_path(self, "ingestionJobId")
    for job in kept(self, "ingestion job"):
        if job["ingestionJobId"] == identifier:
            return result({"ingestionJob": _shown(job)})
    raise missing(f"There is no ingestion job {identifier}")


def delete_documents(self: Any) -> Any:
    source, documents = _source(self), body(self).get("documentIdentifiers") or []
    if not 1 <= len(documents) <= _MOST_DOCUMENTS:
        raise invalid(f"documentIdentifiers must have 1 to {_MOST_DOCUMENTS} items")
    place = {name: source[name] for name in ("knowledgeBaseId", "dataSourceId")}
    details = [{**place, "status": "DELETING", "identifier": one, "updatedAt": now()} for one in documents]
    return result({"documentDetails": details})
