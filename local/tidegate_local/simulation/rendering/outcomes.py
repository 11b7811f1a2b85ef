"""How a call ended, in the words that all providers share: stop reason, guardrail trace, metrics of a stream."""

from __future__ import annotations

from typing import Any

from tidegate_local.simulation.calls import Call

CHUNK = 48  # characters of text in one chunk of a stream


def stop_reason(call: Call) -> str:
    return "max_tokens" if call.exchange.cut else "tool_use" if call.exchange.tool else "end_turn"


def guardrail(call: Call) -> dict[str, Any]:
    """The trace of a guardrail: what it blocked, or that it looked; and how grounded the answer was."""
    exchange = call.exchange
    blocked, other = exchange.blocked
    name = blocked or other
    assessment: dict[str, Any] = {"invocationMetrics": {"guardrailProcessingLatency": 180}}
    if blocked and other == "Legal advice":
        assessment["topicPolicy"] = {"topics": [{"name": other, "type": "DENY", "action": "BLOCKED"}]}
    elif blocked:
        assessment["contentPolicy"] = {
            "filters": [{"type": other, "confidence": "HIGH", "filterStrength": "HIGH", "action": "BLOCKED"}]
        }
    trace: dict[str, Any] = {"inputAssessment": {name: assessment}}
    if exchange.grounding is not None and not blocked:
        filters = [
            {"type": kind, "threshold": 0.5, "score": round(max(0.0, min(1.0, score)), 2), "action": "NONE"}
            for kind, score in (("GROUNDING", exchange.grounding), ("RELEVANCE", exchange.grounding + 0.04))
        ]
        trace["outputAssessments"] = {name: [{"contextualGroundingPolicy": {"filters": filters}}]}
    return trace


def metrics(call: Call) -> dict[str, Any]:
    return {
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": call.input_tokens, "outputTokenCount": call.output_tokens,
            "invocationLatency": call.latency_ms, "firstByteLatency": min(call.latency_ms, 400),
        }
    }  # fmt: skip


def with_trace(call: Call, body: Any) -> Any:
    """A provider's own body with what InvokeModel adds about a guardrail: a stream has it in its last chunk."""
    if not any(call.exchange.blocked):
        return body
    trace = guardrail(call)
    told: dict[str, Any] = {"input": trace["inputAssessment"]}
    if "outputAssessments" in trace:
        told["outputs"] = [{name: one[0] for name, one in trace["outputAssessments"].items()}]
    added = {
        "amazon-bedrock-guardrailAction": "INTERVENED" if call.exchange.blocked[0] else "NONE",
        "amazon-bedrock-trace": {"guardrail": told},
    }
    if isinstance(body, dict):
        return {name: value for name, value in body.items() if name != "trace"} | added
    last = max(place for place, chunk in enumerate(body) if isinstance(chunk, dict))
    return [*body[:last], body[last] | added, *body[last + 1 :]]
