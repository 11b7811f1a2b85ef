"""A model was brought in from a source that this principal never imported from.

Imported weights answer as they were trained to, back doors included. Bedrock imports from S3, from model packages and
from the Marketplace. What decides is the source: the pipeline's are trusted, a principal's own are known once it has
used them, and one in another account is graver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tidegate.callers.firsts import Firsts
from tidegate.callers.sightings import day_of
from tidegate.configurations.applications import account_in
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text


class Memory(msgspec.Struct, array_like=True):
    sources: Firsts = msgspec.field(default_factory=Firsts)  # of imports: each a "source"


about = Detector(
    id="untrusted_model_imported",
    title="Model imported from an unknown source",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(
        api_calls(
            "bedrock",
            "CreateModelImportJob",
            "CreateCustomModel",
            "CreateMarketplaceModelEndpoint",
            "RegisterMarketplaceModelEndpoint",
        ),
    ),
    covers=(Atlas("AML.T0010"), Atlas("AML.T0018"), Attack("T1195.002"), Owasp("LLM03:2025"), Owasp("LLM04:2025")),
    false_positives="The first import of a person or of a new model bucket. Allow the source here (`model` in the "
    "rules matches it), or name the principal as pipeline.",
    blind_spots="Who wrote the weights into a known bucket, and what is in them. Whose bucket it is can't be told from "
    "its name. A principal is forgotten 30 days after its last call. SageMaker isn't read.",
    runbook="Ask where the weights come from and compare their checksums with the publisher's. Don't route traffic to "
    "the model until then; delete it if nobody knows it.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    for call in records:
        if call.error or known.is_pipeline(call.principal):
            continue
        source = _source(opened(call.parameters))
        day = day_of(call.time)
        first = memory.sources.first_day("source", source)
        memory.sources.saw("source", source, call.time)
        if first is None or day <= first:
            yield _signal(call, source, day, memory.sources.known("source", call.time))


def _source(parameters: dict[str, Any]) -> str:
    """Bucket of the weights, model package, or Marketplace model. "?" when the call doesn't say."""
    for place in ("modelDataSource", "modelSourceConfig"):
        if uri := text(part(part(parameters, place), "s3DataSource"), "s3Uri"):
            return "s3://" + uri.removeprefix("s3://").partition("/")[0]
    package = text(part(part(parameters, "customModelDataSource"), "modelPackageArnDataSource"), "modelPackageArn")
    return (package or text(parameters, "modelSourceIdentifier") or "?")[:200]


def _signal(call: ApiCall, source: str, day: int, others: int) -> Signal:
    parameters = opened(call.parameters)
    owner = account_in(source)
    foreign = owner.isdigit() and owner != call.account
    name = text(parameters, "importedModelName") or text(parameters, "modelName") or text(parameters, "endpointName")
    return signal_of_call(
        call,
        identity=(source, str(day)),
        title=f"{call.caller} imported a model from {source}",
        facts={
            "source": source,
            "model_name": name or None,
            "role": text(parameters, "roleArn") or None,
            "history": f"This principal was not seen importing from this source before, but from {others} others.",
            "severity_from": f"the source belongs to account {owner}" if foreign else "a source that is new to it",
        },
        severity=Severity.HIGH if foreign else None,
        resource=source,
    )
