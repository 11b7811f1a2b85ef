"""A call in the words of its provider: the record that Bedrock's model invocation log holds of it.

Shapes after the Bedrock user guide (model invocation logging, inference request parameters) and captures: Converse
bodies for Converse and ConverseStream; each provider's own body for InvokeModel, its chunks for a stream.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tidegate_local.simulation.calls import Call, Message, Part

TITAN_DIMENSIONS = 8  # of a logged embedding; real ones have 256 to 1536 numbers, which tell nothing here
CHUNK = 48  # characters of text in one chunk of a stream


def record(call: Call, account: str, region: str) -> dict[str, Any]:
    exchange = call.exchange
    converse = call.model.api == "converse"
    operation = ("Converse", "ConverseStream") if converse else ("InvokeModel", "InvokeModelWithResponseStream")
    found: dict[str, Any] = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": stamp(call.time),
        "accountId": account,
        "identity": {"arn": arn_of(call, account)},
        "region": region,
        "requestId": call.request_id,
        "operation": operation[call.streamed],
        "modelId": call.model.id,
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": _converse_input(call) if converse else _INPUTS[call.model.maker](call),
            "inputTokenCount": call.input_tokens,
        },
    }
    if call.cache_read or call.cache_write:
        found["input"] |= {"cacheReadInputTokenCount": call.cache_read, "cacheWriteInputTokenCount": call.cache_write}
    if call.model.profile_region:
        found["inferenceRegion"] = call.model.profile_region
    if call.who.metadata:
        found["requestMetadata"] = dict(call.who.metadata)
    if exchange.error:
        found["errorCode"] = exchange.error
        return found
    found["output"] = {
        "outputContentType": "application/json",
        "outputBodyJson": _converse_output(call) if converse else _OUTPUTS[call.model.maker](call),
        "outputTokenCount": call.output_tokens,
    }
    return found


def stamp(time: float) -> str:
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def arn_of(call: Call, account: str) -> str:
    who = call.who
    if who.session:
        return f"arn:aws:sts::{account}:assumed-role/{who.name}/{who.session}"
    return f"arn:aws:iam::{account}:user/{who.name}"


# --- Converse -----------------------------------------------------------------------------------------------


def _converse_input(call: Call) -> dict[str, Any]:
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
            "tools": [{"toolSpec": {"name": name, "inputSchema": {"json": _SCHEMA}}} for name in call.exchange.offered]
        }
    return body


_SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}}}
_SNAKE = {"logitBias": "logit_bias", "maxTokens": "max_tokens", "topP": "top_p", "stopSequences": "stop_sequences"}


def _converse_part(part: Part) -> dict[str, Any]:
    if part.kind == "document":
        return {"document": {"format": "txt", "name": part.name, "source": {"text": part.text}}}
    if part.kind == "tool_result":
        return {"toolResult": {"toolUseId": "tooluse", "content": [{"text": part.text}], "status": "success"}}
    if part.kind == "tool_use" and part.use:
        return {"toolUse": {"toolUseId": part.use.id, "name": part.use.name, "input": dict(part.use.input)}}
    return {"text": part.text}


def _converse_output(call: Call) -> dict[str, Any]:
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


# --- InvokeModel: Anthropic -----------------------------------------------------------------------------------


def _anthropic_input(call: Call) -> dict[str, Any]:
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
        body["tools"] = [{"name": name, "input_schema": _SCHEMA} for name in call.exchange.offered]
    return body


def _anthropic_part(part: Part) -> dict[str, Any]:
    if part.kind == "document":
        return {
            "type": "document",
            "title": part.name,
            "source": {"type": "text", "media_type": "text/plain", "data": part.text},
        }
    if part.kind == "tool_result":
        return {"type": "tool_result", "tool_use_id": "tooluse", "content": [{"type": "text", "text": part.text}]}
    if part.kind == "tool_use" and part.use:
        return {"type": "tool_use", "id": part.use.id, "name": part.use.name, "input": dict(part.use.input)}
    return {"type": "text", "text": part.text}


def _anthropic_output(call: Call) -> Any:
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
    return body | _traced(call)


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
                "delta": {"type": "input_json_delta", "partial_json": _plain_json(tool.input)},
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
    chunks.append({"type": "message_stop", **_metrics(call), **_traced(call)})
    return chunks


def _plain_json(value: Any) -> str:
    import json

    return json.dumps(dict(value))


def _metrics(call: Call) -> dict[str, Any]:
    return {
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": call.input_tokens, "outputTokenCount": call.output_tokens,
            "invocationLatency": call.latency_ms, "firstByteLatency": min(call.latency_ms, 400),
        }
    }  # fmt: skip


def _traced(call: Call) -> dict[str, Any]:
    if not any(call.exchange.blocked):
        return {}
    trace = guardrail(call)
    return {
        "amazon-bedrock-guardrailAction": "INTERVENED" if call.exchange.blocked[0] else "NONE",
        "amazon-bedrock-trace": {
            "guardrail": {
                "input": trace["inputAssessment"],
                **(
                    {"outputs": [{name: one[0] for name, one in trace["outputAssessments"].items()}]}
                    if "outputAssessments" in trace
                    else {}
                ),
            }
        },
    }


# --- InvokeModel: others --------------------------------------------------------------------------------------


def _plain(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if part.text)


def _nova_input(call: Call) -> dict[str, Any]:
    return _converse_input(call) | {"schemaVersion": "messages-v1"}


def _nova_output(call: Call) -> Any:
    if not call.streamed:
        return _converse_output(call)
    text = call.exchange.answer
    chunks: list[Any] = [{"messageStart": {"role": "assistant"}}]
    chunks += [
        {"contentBlockDelta": {"delta": {"text": text[at : at + CHUNK]}, "contentBlockIndex": 0}}
        for at in range(0, len(text), CHUNK)
    ]
    usage = {"inputTokens": call.input_tokens, "outputTokens": call.output_tokens}
    return [
        *chunks,
        {"messageStop": {"stopReason": stop_reason(call)}},
        {"metadata": {"usage": usage, "metrics": {}}, **_metrics(call)},
    ]


def _llama_input(call: Call) -> dict[str, Any]:
    parts = ["<|begin_of_text|>"]
    if call.system:
        parts.append(f"<|start_header_id|>system<|end_header_id|>\n\n{call.system}<|eot_id|>")
    parts += [
        f"<|start_header_id|>{message.role}<|end_header_id|>\n\n{_plain(message)}<|eot_id|>"
        for message in call.messages
    ]
    parts.append("<|start_header_id|>assistant<|end_header_id|>\n\n")
    return {
        "prompt": "".join(parts),
        "max_gen_len": call.exchange.parameters.get("maxTokens", 512),
        "temperature": call.exchange.parameters.get("temperature", 0.5),
    }


def _llama_output(call: Call) -> Any:
    stop = "length" if call.exchange.cut else "stop"
    if not call.streamed:
        return {
            "generation": call.exchange.answer,
            "prompt_token_count": call.input_tokens,
            "generation_token_count": call.output_tokens,
            "stop_reason": stop,
        }
    text = call.exchange.answer
    chunks: list[Any] = [
        {"generation": text[at : at + CHUNK], "stop_reason": None} for at in range(0, len(text), CHUNK)
    ]
    return [*chunks, {"generation": "", "stop_reason": stop, **_metrics(call)}]


def _mistral_input(call: Call) -> dict[str, Any]:
    parts = [
        f"<s>[INST] {call.system}\n" if call.system and not place else "[INST] " if message.role == "user" else ""
        for place, message in enumerate(call.messages)
    ]
    text = "".join(
        f"{lead}{_plain(message)}{' [/INST]' if message.role == 'user' else '</s>'}"
        for lead, message in zip(parts, call.messages, strict=True)
    )
    return {
        "prompt": text,
        "max_tokens": call.exchange.parameters.get("maxTokens", 512),
        "temperature": call.exchange.parameters.get("temperature", 0.5),
    }


def _mistral_output(call: Call) -> Any:
    body = {"outputs": [{"text": call.exchange.answer, "stop_reason": "length" if call.exchange.cut else "stop"}]}
    return [body, _metrics(call)] if call.streamed else body


def _cohere_input(call: Call) -> dict[str, Any]:
    last = call.messages[-1]
    body: dict[str, Any] = {
        "message": "\n".join(part.text for part in last.parts if part.kind == "text"),
        "max_tokens": call.exchange.parameters.get("maxTokens", 512),
    }
    history = [
        {"role": "USER" if message.role == "user" else "CHATBOT", "message": _plain(message)}
        for message in call.messages[:-1]
    ]
    documents = [
        {"title": part.name, "snippet": part.text, "text": part.text} for part in last.parts if part.kind == "document"
    ]
    if call.system:
        body["preamble"] = call.system
    if history:
        body["chat_history"] = history
    if documents:
        body["documents"] = documents
    results = [
        {"call": {"name": "lookup_record"}, "outputs": [{"text": part.text}]}
        for part in last.parts
        if part.kind == "tool_result"
    ]
    if results:
        body["tool_results"] = results
    return body


def _cohere_output(call: Call) -> Any:
    body = {
        "text": call.exchange.answer,
        "generation_id": call.request_id,
        "finish_reason": "MAX_TOKENS" if call.exchange.cut else "COMPLETE",
    }
    return [body, _metrics(call)] if call.streamed else body


def _titan_input(call: Call) -> dict[str, Any]:
    turns = "\n".join(f"{'User' if message.role == 'user' else 'Bot'}: {_plain(message)}" for message in call.messages)
    text = f"{call.system}\n{turns}" if call.system else turns
    return {
        "inputText": text,
        "textGenerationConfig": {
            "maxTokenCount": call.exchange.parameters.get("maxTokens", 512),
            "temperature": call.exchange.parameters.get("temperature", 0.3),
        },
    }


def _titan_output(call: Call) -> Any:
    reason = "LENGTH" if call.exchange.cut else "FINISH"
    if call.streamed:
        return [
            {
                "outputText": call.exchange.answer,
                "index": 0,
                "totalOutputTextTokenCount": call.output_tokens,
                "completionReason": reason,
                **_metrics(call),
            }
        ]
    return {
        "inputTextTokenCount": call.input_tokens,
        "results": [{"tokenCount": call.output_tokens, "outputText": call.exchange.answer, "completionReason": reason}],
    }


def _openai_input(call: Call) -> dict[str, Any]:
    parameters = call.exchange.parameters
    messages = [{"role": "system", "content": call.system}] if call.system else []
    messages += [{"role": message.role, "content": _plain(message)} for message in call.messages]
    body: dict[str, Any] = {"messages": messages, "max_completion_tokens": parameters.get("maxTokens", 1024)}
    for name in ("temperature", "seed"):
        if name in parameters:
            body[name] = parameters[name]
    if "logprobs" in parameters:
        body |= {"logprobs": True, "top_logprobs": parameters["logprobs"]}
    if "logitBias" in parameters:
        body["logit_bias"] = parameters["logitBias"]
    return body


def _openai_output(call: Call) -> Any:
    reason = "length" if call.exchange.cut else "stop"
    usage = {
        "prompt_tokens": call.input_tokens,
        "completion_tokens": call.output_tokens,
        "total_tokens": call.input_tokens + call.output_tokens,
    }
    if not call.streamed:
        return {
            "id": call.request_id,
            "choices": [
                {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": call.exchange.answer}}
            ],
            "usage": usage,
        }
    text = call.exchange.answer
    chunks: list[Any] = [
        {"choices": [{"index": 0, "delta": {"content": text[at : at + CHUNK]}}]} for at in range(0, len(text), CHUNK)
    ]
    return [
        *chunks,
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage, **_metrics(call)},
        "[DONE]",
    ]


def _titan_embed_input(call: Call) -> dict[str, Any]:
    return {"inputText": _plain(call.messages[-1]), "dimensions": 256, "normalize": True}


def _titan_embed_output(call: Call) -> Any:
    return {"embedding": _vector(call), "inputTextTokenCount": call.input_tokens}


def _cohere_embed_input(call: Call) -> dict[str, Any]:
    return {"texts": [_plain(call.messages[-1])], "input_type": "search_document"}


def _cohere_embed_output(call: Call) -> Any:
    return {"id": call.request_id, "embeddings": [_vector(call)], "response_type": "embeddings_floats"}


def _vector(call: Call) -> list[float]:
    number = int(call.request_id[:8], 16)
    return [round(((number >> place) & 15) / 16 - 0.5, 4) for place in range(TITAN_DIMENSIONS)]


_INPUTS = {
    "anthropic": _anthropic_input,
    "amazon": _nova_input,
    "meta": _llama_input,
    "mistral": _mistral_input,
    "cohere": _cohere_input,
    "titan": _titan_input,
    "openai": _openai_input,
    "titan-embed": _titan_embed_input,
    "cohere-embed": _cohere_embed_input,
}
_OUTPUTS = {
    "anthropic": _anthropic_output,
    "amazon": _nova_output,
    "meta": _llama_output,
    "mistral": _mistral_output,
    "cohere": _cohere_output,
    "titan": _titan_output,
    "openai": _openai_output,
    "titan-embed": _titan_embed_output,
    "cohere-embed": _cohere_embed_output,
}
