"""Someone calls models through an endpoint that the model invocation log does not cover.

`bedrock-mantle` (the OpenAI-compatible API) and the Claude platform endpoint write no invocation record: no prompt, no
answer, no tokens reach us. CloudTrail shows the call alone. The first one of a principal is reported: either somebody
works around the log, or an application must be watched by other means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.model_calls import REFUSED
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, text

ENDPOINTS = ("bedrock-mantle", "aws-external-anthropic")


class Memory(msgspec.Struct, array_like=True):
    first: dict[str, int] = {}  # endpoint -> the day on which this principal was first seen to call it


about = Detector(
    id="mantle_inference_unlogged",
    title="Inference through an endpoint that the invocation log does not cover",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=tuple(api_calls(endpoint, "CreateInference") for endpoint in ENDPOINTS),
    covers=(Atlas("AML.T0015"), Atlas("AML.T0040"), Attack("T1562.008"), Owasp("LLM10:2025")),
    false_positives="An application that uses the OpenAI-compatible API on purpose: allow its role, and watch it by "
    "its own log. Once reported, a principal stays quiet.",
    blind_spots="These are data events: without a trail that records them nothing is seen at all. A principal is "
    "forgotten 30 days after its last call. What was asked and answered can't be known.",
    runbook="Ask whether this endpoint is wanted. If not, deny bedrock-mantle:* by a service control policy; if so, "
    "have the application log what the service doesn't.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    for call in records:
        if call.error in REFUSED or known.is_pipeline(call.principal):
            continue
        day = day_of(call.time)
        first = memory.first.get(call.service)
        if first is None or day < first:
            memory.first[call.service] = day
            yield _signal(call, day)


def _signal(call: ApiCall, day: int) -> Signal:
    model = text(opened(call.parameters), "model") or text(opened(call.parameters), "modelId")
    return signal_of_call(
        call,
        identity=(call.service, str(day)),
        title=f"{call.caller} calls models through {call.service}, which the invocation log does not cover",
        facts={
            "endpoint": call.service,
            "model": model or None,
            "with_api_key": call.bearer,
            "api_key_type": call.bearer_type or None,
            "history": "This principal was not seen calling this endpoint before.",
            "severity_from": "an API key: anybody who holds it can"
            if call.bearer
            else "what is asked and answered there leaves no record, and it is new for this principal",
        },
        severity=Severity.HIGH if call.bearer else None,
        resource=model,
    )
