"""How an invocation ended, out of the body it answered: stop reason, latency, tokens, what the guardrail did.

Every provider says it elsewhere. Converse answers an object (`stopReason`, `metrics`, `trace.guardrail`);
InvokeModel the provider's body plus `amazon-bedrock-guardrailAction` and `amazon-bedrock-trace`; a stream is
a list of chunks, of which one may be the string "[DONE]". `outputAssessments` is a list of `{id: assessment}`
in captures and a map of lists in the API model: both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tidegate.sources.opening import opened_value

# What a body or chunk holds that says more than the next piece of text.
_TELLING = frozenset(
    (
        *(
            "stopReason",
            "stop_reason",
            "completionReason",
            "finish_reason",
            "finishReason",
            "usage",
            "metrics",
            "trace",
        ),
        *("amazon-bedrock-invocationMetrics", "amazon-bedrock-guardrailAction", "amazon-bedrock-trace"),
        *("message", "messageStop", "metadata", "results", "outputs", "generations", "choices", "completions"),
    )
)
_EXACT = 2**53  # beyond, floats aren't whole numbers
_INTERVENED, _WATCHED = "INTERVENED", "NONE"
_HELD = ("delta", "message", "messageStop", "metadata")
_LISTED = ("results", "outputs", "generations", "choices", "completions")
_HOLDING = frozenset((*_HELD, *_LISTED))
_NO_ACTION = ("NONE", "", None)
_STOP_NAMES = ("stopReason", "stop_reason", "completionReason", "finish_reason", "finishReason")
_ASSESSMENTS = ("inputAssessment", "inputAssessments", "outputAssessments", "input", "outputs", "output")


class Outcome(msgspec.Struct, gc=False):
    stop_reason: str = ""
    latency_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    guardrail_action: str = ""  # "", NONE: a guardrail looked and let it pass, INTERVENED: blocked or masked
    guardrails: tuple[str, ...] = ()


def outcome(body: msgspec.Raw | None) -> Outcome:
    """An answer that can't be opened has said nothing: an empty Outcome."""
    found = Outcome()
    for part in _parts(body):
        _read(part, found)
    if found.stop_reason == "guardrail_intervened":
        found.guardrail_action = _INTERVENED
    return found


def _parts(body: msgspec.Raw | None) -> Iterator[dict[str, Any]]:
    value, _ = opened_value(body)
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for chunk in value:
            if isinstance(chunk, dict) and _tells(chunk):
                yield chunk


def _tells(chunk: dict[str, Any]) -> bool:
    """Most chunks of a stream are a few letters of text: passed over, a stream costs a fifth."""
    if not _TELLING.isdisjoint(chunk):
        return True
    delta = chunk.get("delta")
    return isinstance(delta, dict) and not _TELLING.isdisjoint(delta)


def _read(part: dict[str, Any], found: Outcome) -> None:
    for holder in _holders(part):
        if _TELLING.isdisjoint(holder):
            continue
        for name in _STOP_NAMES:
            if isinstance(holder.get(name), str):
                found.stop_reason = holder[name]
        usage = holder.get("usage")
        if isinstance(usage, dict):
            _count(usage, found)
        metrics = holder.get("metrics")
        if isinstance(metrics, dict):
            found.latency_ms = _number(metrics, found.latency_ms, "latencyMs")
        metrics = holder.get("amazon-bedrock-invocationMetrics")
        if isinstance(metrics, dict):
            found.latency_ms = _number(metrics, found.latency_ms, "invocationLatency")
            _count(metrics, found)
        action = holder.get("amazon-bedrock-guardrailAction")
        if isinstance(action, str) and found.guardrail_action != _INTERVENED:
            found.guardrail_action = _INTERVENED if action not in _NO_ACTION else _WATCHED
        for name in ("trace", "amazon-bedrock-trace"):
            trace = holder.get(name)
            guardrail = trace.get("guardrail") if isinstance(trace, dict) else None
            if isinstance(guardrail, dict):
                _read_guardrail(guardrail, found)


def _count(told: dict[str, Any], found: Outcome) -> None:
    """Tokens, under the names of Converse, Anthropic, OpenAI and Bedrock's own metrics."""
    found.input_tokens = _number(
        told, found.input_tokens, "inputTokens", "input_tokens", "prompt_tokens", "inputTokenCount"
    )
    found.output_tokens = _number(
        told, found.output_tokens, "outputTokens", "output_tokens", "completion_tokens", "outputTokenCount"
    )
    found.cache_read_tokens = _number(
        told,
        found.cache_read_tokens,
        "cacheReadInputTokens",
        "cache_read_input_tokens",
        "cacheReadInputTokenCount",
    )
    found.cache_write_tokens = _number(
        told,
        found.cache_write_tokens,
        "cacheWriteInputTokens",
        "cache_creation_input_tokens",
        "cacheWriteInputTokenCount",
    )


def _holders(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of a body or chunk that may say how it ended, at the places where the providers put them."""
    yield part
    if _HOLDING.isdisjoint(part):
        return
    for name in _HELD:
        if isinstance(part.get(name), dict):
            yield part[name]
    for name in _LISTED:
        for item in part[name] if isinstance(part.get(name), list) else ():
            if isinstance(item, dict):
                yield item


def _read_guardrail(guardrail: dict[str, Any], found: Outcome) -> None:
    names = dict.fromkeys(found.guardrails)
    acted = False
    for key in _ASSESSMENTS:
        for name, assessment in _assessments(guardrail.get(key)):
            names[name] = None
            acted = acted or _acted(assessment)
    found.guardrails = tuple(names)
    if acted:
        found.guardrail_action = _INTERVENED
    elif names and not found.guardrail_action:
        found.guardrail_action = _WATCHED


def _assessments(value: Any) -> Iterator[tuple[str, Any]]:
    for holder in value if isinstance(value, list) else [value]:
        if isinstance(holder, dict):
            yield from holder.items()


def _acted(value: Any) -> bool:
    """Whether anything in an assessment was blocked or masked. `decoded` has bounded its depth."""
    if isinstance(value, list):
        return any(_acted(item) for item in value)
    if not isinstance(value, dict):
        return False
    action = value.get("action")
    return (isinstance(action, str) and action not in _NO_ACTION) or any(_acted(item) for item in value.values())


def _number(holder: dict[str, Any], otherwise: int, *names: str) -> int:
    for name in names:
        value = holder.get(name)
        if isinstance(value, (int, float)) and 0 <= value < _EXACT:
            return int(value)
    return otherwise
