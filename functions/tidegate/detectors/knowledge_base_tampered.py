"""What a knowledge base answers from was redirected, written to directly or deleted, outside the pipeline.

Whoever chooses the documents chooses the answers. A data source that points to another bucket, documents ingested or
deleted one by one, another vector store: each is compared with the last configuration seen, and quiet when the
pipeline did it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.configurations.applications import (
    DATA_SOURCE,
    KNOWLEDGE_BASE,
    PUTS,
    changed,
    configuration_of,
    resource_of,
)
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, rows, text

_DELETED = {
    "DeleteDataSource": "a data source was deleted",
    "DeleteKnowledgeBase": "the knowledge base was deleted",
    "DeleteKnowledgeBaseDocuments": "documents were deleted one by one",
}
_NAMES = (*_DELETED, "IngestKnowledgeBaseDocuments", "CreateDataSource", "UpdateDataSource", "UpdateKnowledgeBase")

about = Detector(
    id="knowledge_base_tampered",
    title="Knowledge base redirected, written to or deleted outside the pipeline",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(api_calls("bedrock", *_NAMES), api_calls("bedrock-agent", *_NAMES)),
    covers=(Atlas("AML.T0070"), Atlas("AML.T0020"), Attack("T1565.001"), Owasp("LLM08:2025"), Owasp("LLM04:2025")),
    false_positives="An application that ingests documents by itself: name its role as pipeline or allow it here. A "
    "knowledge base set up by hand.",
    blind_spots="Documents put into the bucket that the data source reads, and what is in them. The vector store "
    "itself. With no pipeline named, everyone is outside it.",
    runbook="Stop the next ingestion job. Compare the data source with the former one (it is in the evidence), look at "
    "the documents that came since, and ingest anew from the bucket that belongs there.",
    playbook="roll_back_model",
)


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    if call.error or known.is_pipeline(call.principal):
        return
    parameters = opened(call.parameters)
    kind = PUTS.get(call.name) or (DATA_SOURCE if text(parameters, "dataSourceId") else KNOWLEDGE_BASE)
    resource = resource_of(call, kind)
    found = known.before(resource, call.time) if resource else None
    before = None if found is None or found.get("deleted") else found
    grave, losses = _judged(call, parameters, before)
    if not losses:
        return
    yield signal_of_call(
        call,
        title=f"Knowledge base {text(parameters, 'knowledgeBaseId') or 'not named'}: {losses[0]}",
        facts={
            "losses": losses,
            "knowledge_base": text(parameters, "knowledgeBaseId") or None,
            "former_state_known": before is not None,
            "before": before,
            "pipeline_principals": list(known.pipeline),
            "severity_from": "its answers come from elsewhere now, or are gone" if grave else "a change by hand",
        },
        severity=Severity.HIGH if grave else None,
        resource=resource,
    )


def _judged(call: ApiCall, parameters: dict[str, Any], before: dict[str, Any] | None) -> tuple[bool, list[str]]:
    """(grave, what happened)."""
    if call.name in _DELETED:
        return call.name != "DeleteKnowledgeBaseDocuments", [_DELETED[call.name]]
    if call.name == "IngestKnowledgeBaseDocuments":
        count = len(rows(parameters, "documents"))
        return False, [f"{count or 'some'} documents were ingested directly"]
    after = configuration_of(call, PUTS[call.name])
    foreign = _owner(after)
    if foreign and foreign != call.account and foreign != _owner(before or {}):
        return True, [f"it reads a bucket of account {foreign}"]
    if call.name == "CreateDataSource":
        return False, []  # one more source of the account's own is growth
    if before is None:
        return False, ["changed, and what it was isn't known"]
    fields = changed(before, after, PUTS[call.name])
    if "dataSourceConfiguration" in fields:
        return True, [f"it reads {_source(after)} instead of {_source(before)}"]
    if "storageConfiguration" in fields:
        return True, ["it answers from another vector store"]
    return False, [f"{name} changed" for name in fields]


def _owner(configuration: dict[str, Any]) -> str:
    return text(part(part(configuration, "dataSourceConfiguration"), "s3Configuration"), "bucketOwnerAccountId")


def _source(configuration: dict[str, Any]) -> str:
    source = part(configuration, "dataSourceConfiguration")
    bucket = part(source, "s3Configuration")
    prefixes = bucket.get("inclusionPrefixes")
    place = text(bucket, "bucketArn").rpartition(":")[2]
    inside = f" ({', '.join(map(str, prefixes))})" if isinstance(prefixes, list) and prefixes else ""
    return f"{place}{inside}" if place else text(source, "type") or "another source"
