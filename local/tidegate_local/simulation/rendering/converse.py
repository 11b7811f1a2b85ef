"""Bodies of Converse and ConverseStream, which are the same for all models."""

from __future__ import annotations

from typing import Any

from tidegate_local.simulation.calls import Call, Part
from tidegate_local.simulation.rendering.outcomes import guardrail, stop_reason


def converse_input(call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": [
            {"role": message.role, "content": [_converse_part(part) for part in message.parts]}
            for message in call.messages
        ]
    }
    if call.system:
        body["system"] = [{"text": call.system}]
    config = {
        name: call.exchange.parameters[name]
        for name in ("maxTokens", "temperature", "topP", "stopSequences")
        if name in call.exchange.parameters
    }
    if config:
        body["inferenceConfig"] = config
    extra = {
        name: call.exchange.parameters[name]
        for name in ("logprobs", "logitBias", "seed")
        if name in call.exchange.parameters
    }
    if extra:
        body["additionalModelRequestFields"] = {_SNAKE.get(name, name): value for name, value in extra.items()}
    if call.exchange.offered:
        body["toolConfig"] = {
            "tools": [
                {"toolSpec": {"name": name, "inputSchema": {"json": TOOL_SCHEMA}}} for name in call.exchange.offered
            ]
        }
    return body


TOOL_SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}}}
_SNAKE = {"logitBias": "logit_bias", "maxTokens": "max_tokens", "topP": "top_p", "stopSequences": "stop_sequences"}


def _converse_part(part: Part) -> dict[str, Any]:
    if part.kind == "document":
        return {"document": {"format": "txt", "name": part.name, "source": {"text": part.text}}}
    if part.kind == "tool_result":
        return {
            "toolResult": {
                "toolUseId": part.use.id if part.use else "",
                "content": [{"text": part.text}],
                "status": "success",
            }
        }
    if part.kind == "tool_use" and part.use:
        return {"toolUse": {"toolUseId": part.use.id, "name": part.use.name, "input": dict(part.use.input)}}
    return {"text": part.text}


def converse_output(call: Call) -> dict[str, Any]:
    exchange = call.exchange
    content: list[dict[str, Any]] = [{"text": exchange.answer}] if exchange.answer else []
    if exchange.tool:
        content.append(
            {"toolUse": {"toolUseId": exchange.tool.id, "name": exchange.tool.name, "input": dict(exchange.tool.input)}}
        )
    body: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "guardrail_intervened" if exchange.blocked[0] else stop_reason(call),
        "metrics": {"latencyMs": call.latency_ms},
        "usage": {
            "inputTokens": call.input_tokens,
            "outputTokens": call.output_tokens,
            "totalTokens": call.input_tokens + call.output_tokens,
        },
    }
    if any(exchange.blocked):
        body["trace"] = {"guardrail": guardrail(call)}
    return body
