"""InvokeModel in the words of Nova, Llama, Mistral, Cohere, Titan, OpenAI's open weights and the embedding models."""

from __future__ import annotations

from typing import Any

from tidegate_local.simulation.calls import Call, Message
from tidegate_local.simulation.rendering.converse import converse_input, converse_output
from tidegate_local.simulation.rendering.outcomes import CHUNK, metrics, stop_reason

TITAN_DIMENSIONS = 8  # of a logged embedding; real ones have 256 to 1536 numbers, which tell nothing here


def _plain(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if part.text)


def nova_input(call: Call) -> dict[str, Any]:
    return converse_input(call) | {"schemaVersion": "messages-v1"}


def nova_output(call: Call) -> Any:
    if not call.streamed:
        return converse_output(call)
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
        {"metadata": {"usage": usage, "metrics": {}}, **metrics(call)},
    ]


def llama_input(call: Call) -> dict[str, Any]:
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


def llama_output(call: Call) -> Any:
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
    return [*chunks, {"generation": "", "stop_reason": stop, **metrics(call)}]


def mistral_input(call: Call) -> dict[str, Any]:
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


def mistral_output(call: Call) -> Any:
    body = {"outputs": [{"text": call.exchange.answer, "stop_reason": "length" if call.exchange.cut else "stop"}]}
    return [body, metrics(call)] if call.streamed else body


def cohere_input(call: Call) -> dict[str, Any]:
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


def cohere_output(call: Call) -> Any:
    body = {
        "text": call.exchange.answer,
        "generation_id": call.request_id,
        "finish_reason": "MAX_TOKENS" if call.exchange.cut else "COMPLETE",
    }
    return [body, metrics(call)] if call.streamed else body


def titan_input(call: Call) -> dict[str, Any]:
    turns = "\n".join(f"{'User' if message.role == 'user' else 'Bot'}: {_plain(message)}" for message in call.messages)
    text = f"{call.system}\n{turns}" if call.system else turns
    return {
        "inputText": text,
        "textGenerationConfig": {
            "maxTokenCount": call.exchange.parameters.get("maxTokens", 512),
            "temperature": call.exchange.parameters.get("temperature", 0.3),
        },
    }


def titan_output(call: Call) -> Any:
    reason = "LENGTH" if call.exchange.cut else "FINISH"
    if call.streamed:
        return [
            {
                "outputText": call.exchange.answer,
                "index": 0,
                "totalOutputTextTokenCount": call.output_tokens,
                "completionReason": reason,
                **metrics(call),
            }
        ]
    return {
        "inputTextTokenCount": call.input_tokens,
        "results": [{"tokenCount": call.output_tokens, "outputText": call.exchange.answer, "completionReason": reason}],
    }


def openai_input(call: Call) -> dict[str, Any]:
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


def openai_output(call: Call) -> Any:
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
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage, **metrics(call)},
        "[DONE]",
    ]


def titan_embed_input(call: Call) -> dict[str, Any]:
    return {"inputText": _plain(call.messages[-1]), "dimensions": 256, "normalize": True}


def titan_embed_output(call: Call) -> Any:
    return {"embedding": _vector(call), "inputTextTokenCount": call.input_tokens}


def cohere_embed_input(call: Call) -> dict[str, Any]:
    return {"texts": [_plain(call.messages[-1])], "input_type": "search_document"}


def cohere_embed_output(call: Call) -> Any:
    return {"id": call.request_id, "embeddings": [_vector(call)], "response_type": "embeddings_floats"}


def _vector(call: Call) -> list[float]:
    number = int(call.request_id[:8], 16)
    return [round(((number >> place) & 15) / 16 - 0.5, 4) for place in range(TITAN_DIMENSIONS)]
