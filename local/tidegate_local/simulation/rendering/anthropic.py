"""InvokeModel in Anthropic's words, whole and as a stream of chunks."""

from __future__ import annotations

import json
from typing import Any

from tidegate_local.simulation.calls import Call, Part
from tidegate_local.simulation.rendering.converse import TOOL_SCHEMA
from tidegate_local.simulation.rendering.outcomes import CHUNK, metrics, stop_reason


def anthropic_input(call: Call) -> dict[str, Any]:
    parameters = call.exchange.parameters
    body: dict[str, Any] = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": parameters.get("maxTokens", 1024),
        "messages": [
            {"role": message.role, "content": [_anthropic_part(part) for part in message.parts]}
            for message in call.messages
        ],
    }
    if call.system:
        body["system"] = call.system
    if "temperature" in parameters:
        body["temperature"] = parameters["temperature"]
    if call.exchange.offered:
        body["tools"] = [{"name": name, "input_schema": TOOL_SCHEMA} for name in call.exchange.offered]
    return body


def _anthropic_part(part: Part) -> dict[str, Any]:
    if part.kind == "document":
        return {
            "type": "document",
            "title": part.name,
            "source": {"type": "text", "media_type": "text/plain", "data": part.text},
        }
    if part.kind == "tool_result":
        return {
            "type": "tool_result",
            "tool_use_id": part.use.id if part.use else "",
            "content": [{"type": "text", "text": part.text}],
        }
    if part.kind == "tool_use" and part.use:
        return {"type": "tool_use", "id": part.use.id, "name": part.use.name, "input": dict(part.use.input)}
    return {"type": "text", "text": part.text}


def anthropic_output(call: Call) -> Any:
    exchange = call.exchange
    usage = {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens}
    if call.streamed:
        return _anthropic_chunks(call, usage)
    content: list[dict[str, Any]] = [{"type": "text", "text": exchange.answer}] if exchange.answer else []
    if exchange.tool:
        content.append(
            {"type": "tool_use", "id": exchange.tool.id, "name": exchange.tool.name, "input": dict(exchange.tool.input)}
        )
    body: dict[str, Any] = {
        "id": "msg_" + call.request_id[:8], "type": "message", "role": "assistant", "content": content,
        "stop_reason": stop_reason(call), "usage": usage,
    }  # fmt: skip
    return body


def _anthropic_chunks(call: Call, usage: dict[str, int]) -> list[Any]:
    text, tool = call.exchange.answer, call.exchange.tool
    chunks: list[Any] = [
        {
            "type": "message_start",
            "message": {
                "id": "msg_" + call.request_id[:8],
                "type": "message",
                "role": "assistant",
                "content": [],
                "usage": usage,
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    chunks += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text[at : at + CHUNK]}}
        for at in range(0, len(text), CHUNK)
    ]
    chunks.append({"type": "content_block_stop", "index": 0})
    if tool:
        chunks.append(
            {
                "type": "content_block_start",
                "index": 1,
                "content_block": {"type": "tool_use", "id": tool.id, "name": tool.name, "input": {}},
            }
        )
        chunks.append(
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": json.dumps(dict(tool.input))},
            }
        )
        chunks.append({"type": "content_block_stop", "index": 1})
    chunks.append(
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason(call)},
            "usage": {"output_tokens": call.output_tokens},
        }
    )
    chunks.append({"type": "message_stop", **metrics(call)})
    return chunks
