"""A key is tried out: calls made to fail, whose error tells whether the key could have called the model.

A thief sends `max_tokens_to_sample: -1`. A dead key gets AccessDenied, a live one a ValidationException, and nothing
is billed. Sysdig saw it first (LLMjacking, 2024). The other form is trying many models with a key that may call none
or few: AccessDenied for one model after another. Applications get refusals too, but for the one model they use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tidegate.callers.sightings import Sightings, day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, failed_invocations, signal_of_call
from tidegate.detectors.model_calls import REFUSED, model_calls
from tidegate.model import ApiCall, Invocation, Severity, related_callers
from tidegate.sources.parts import opened, part, text

LIMITS = ("max_tokens_to_sample", "max_tokens", "maxTokens", "max_gen_len", "maxTokenCount", "max_completion_tokens",
          "max_new_tokens", "maxNewTokens")  # fmt: skip
_NESTED = ("inferenceConfig", "textGenerationConfig")
_INVALID = ("ValidationException", "ValidationError")
ENOUGH = 4  # models
_WINDOW_STEPS = 15  # of two minutes
_MOST = 6
_NAME = 32  # characters of a model's name kept


class Memory(msgspec.Struct, array_like=True):
    refused: Sightings = msgspec.field(default_factory=Sightings)  # models
    raised: list[str] = []


about = Detector(
    id="credential_probe",
    title="Credentials probed against models",
    severity=Severity.MEDIUM,
    family="stolen_credentials",
    reads=(failed_invocations(), *model_calls(failed=True)),
    covers=(Attack("T1078.004"), Attack("T1580"), Atlas("AML.T0012"), Atlas("AML.T0040"), Owasp("LLM10:2025")),
    false_positives="A test suite that sends limits out of range on purpose; an application that lost its permission "
    "and falls back from model to model; a caller that is contained and goes on trying. Allow the test's principal.",
    blind_spots="A probe with another invalid parameter, or one valid call with one token. CloudTrail shows no body: "
    "there the error message must name the limit. Fewer than four models refused in half an hour.",
    runbook="Check whether the credentials were stolen: the address and agent are in CloudTrail. If an unlock or "
    "invocations follow, contain the principal; if every call was refused, rotate the key all the same.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall | Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    for record in records:
        if record.error in _INVALID:
            if probe := _impossible_limit(record):
                mark = f"limit:{day_of(record.time)}"
                if raised_once(memory.raised, mark):
                    yield _signal(
                        record, known, mark, f"sent {probe} to see whether its key is alive", {"probe": probe}
                    )
        elif (
            record.error in REFUSED
            and (model := _model(record))
            and memory.refused.add(model[-_NAME:], record.time, most=_MOST)
        ):
            yield from _many_refused(record, records, memory, known)


def _many_refused(
    record: ApiCall | Invocation, records: Sequence[ApiCall | Invocation], memory: Memory, known: Known
) -> Iterator[Signal]:
    for end, models in memory.refused.windows(record.time, _WINDOW_STEPS):
        mark = f"refused:{day_of(end - 1)}"
        if len(models) >= ENOUGH and raised_once(memory.raised, mark):
            begin = end - _WINDOW_STEPS * memory.refused.seconds
            earlier = tuple(one.id for one in records if begin <= one.time <= record.time and one.id != record.id)
            facts = {"models": list(models), "models_needed": ENOUGH, "window_seconds": end - begin}
            yield _signal(record, known, mark, f"was refused {len(models)} models in half an hour", facts, earlier)


def _model(record: ApiCall | Invocation) -> str:
    return record.model if isinstance(record, Invocation) else text(opened(record.parameters), "modelId")


def is_probe(record: ApiCall | Invocation) -> bool:
    """Whether a call was made to fail for an impossible limit."""
    return record.error in _INVALID and bool(_impossible_limit(record))


def _impossible_limit(record: ApiCall | Invocation) -> str:
    """The limit below one that was asked for, in words; empty when it was another mistake."""
    if isinstance(record, ApiCall):
        message = record.error_message
        named = next((name for name in LIMITS if name in message), "")
        low = any(
            word in message for word in ("-1", "greater", "minimum", "positive", "at least", "range", "less than")
        )
        return f"an impossible {named}" if named and low else ""
    body = opened(record.input_body)
    for values in (body, *(part(body, name) for name in _NESTED)):
        for name in LIMITS:
            value = values.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                return f"{name}={value}"
    return ""


def _signal(
    record: ApiCall | Invocation,
    known: Known,
    mark: str,
    what: str,
    facts: dict[str, Any],
    earlier: tuple[str, ...] = (),
) -> Signal:
    facts = {"error": record.error, "severity_from": "a probe, not yet a use", **facts}
    title = f"{known.name} {what}"
    if isinstance(record, ApiCall):
        facts["error_message"] = record.error_message[:200]
        return signal_of_call(record, identity=(mark,), title=title, facts=facts, event_ids=earlier)
    return Signal(
        identity=(mark,),
        title=title,
        facts=facts,
        time=record.time,
        account=record.account,
        region=record.region,
        caller=known.name,
        related=related_callers(record.principal),
        principal=record.principal,
        model=record.model,
        event_ids=(*earlier, record.id),
    )
