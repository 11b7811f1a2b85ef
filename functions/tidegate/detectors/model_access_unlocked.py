"""Someone who never did it before unlocks models for the account.

Before a thief can run an expensive model in an account that doesn't use it, the use case form must be filled in, the
agreement accepted and the entitlement put. Accounts do this once a model, by few people: what decides is that this
principal does it for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, text

UNLOCKS = ("PutUseCaseForModelAccess", "CreateFoundationModelAgreement", "PutFoundationModelEntitlement")


class Memory(msgspec.Struct, array_like=True):
    first: dict[str, int] = {}  # API -> the day on which this principal was first seen to call it


about = Detector(
    id="model_access_unlocked",
    title="Model access unlocked by a principal for the first time",
    severity=Severity.MEDIUM,
    family="stolen_credentials",
    reads=(api_calls("bedrock", *UNLOCKS),),
    covers=(Attack("T1496"), Attack("T1098"), Atlas("AML.T0040"), Atlas("AML.T0012"), Owasp("LLM10:2025")),
    false_positives="The first model a person enables, in particular in the console, which accepts agreements on the "
    "first use. Name the principal that enables models as pipeline, or allow it here, with an expiry.",
    blind_spots="Models that are already enabled need no unlocking: see model_enumeration. A principal is forgotten "
    "30 days after its last call; a session under a new name is a new principal. Agreements made in AWS Marketplace "
    "itself aren't read.",
    runbook="Ask who wanted the model. If nobody did, delete the agreement, read what the principal called since, and "
    "treat its credentials as stolen: large bills follow within minutes.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    for call in records:
        if known.is_pipeline(call.principal):
            continue
        day = day_of(call.time)
        first = memory.first.get(call.name)
        if first is None or day < first:
            memory.first[call.name] = day
        if first is None or day <= first:  # the same finding again, until the day of the first one is over
            yield _signal(call, day)


def _signal(call: ApiCall, day: int) -> Signal:
    model = text(opened(call.parameters), "modelId")
    refused = bool(call.error)
    return signal_of_call(
        call,
        identity=(call.name, str(day)),
        title=f"{call.caller} {'tried to unlock' if refused else 'unlocked'} models with {call.name}",
        facts={
            "model": model or None,
            "succeeded": not refused,
            "with_api_key": call.bearer,
            "history": "This principal was not seen calling this API before.",
            "severity_from": "an attempt only" if refused else "models can be called now that could not before",
        },
        severity=Severity.LOW if refused else None,
        resource=model,
    )
