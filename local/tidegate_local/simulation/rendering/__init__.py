"""A call in the words of its provider: the record that Bedrock's model invocation log holds of it.

Shapes after the Bedrock user guide (model invocation logging, inference request parameters) and captures: Converse
bodies for Converse and ConverseStream; each provider's own body for InvokeModel, its chunks for a stream.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tidegate_local.simulation.calls import Call
from tidegate_local.simulation.rendering.anthropic import anthropic_input, anthropic_output
from tidegate_local.simulation.rendering.converse import converse_input, converse_output
from tidegate_local.simulation.rendering.others import (
    cohere_embed_input,
    cohere_embed_output,
    cohere_input,
    cohere_output,
    llama_input,
    llama_output,
    mistral_input,
    mistral_output,
    nova_input,
    nova_output,
    openai_input,
    openai_output,
    titan_embed_input,
    titan_embed_output,
    titan_input,
    titan_output,
)
from tidegate_local.simulation.rendering.outcomes import with_trace

_INPUTS = {
    "anthropic": anthropic_input,
    "amazon": nova_input,
    "meta": llama_input,
    "mistral": mistral_input,
    "cohere": cohere_input,
    "titan": titan_input,
    "openai": openai_input,
    "titan-embed": titan_embed_input,
    "cohere-embed": cohere_embed_input,
}
_OUTPUTS = {
    "anthropic": anthropic_output,
    "amazon": nova_output,
    "meta": llama_output,
    "mistral": mistral_output,
    "cohere": cohere_output,
    "titan": titan_output,
    "openai": openai_output,
    "titan-embed": titan_embed_output,
    "cohere-embed": cohere_embed_output,
}


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
            "inputBodyJson": converse_input(call) if converse else _INPUTS[call.model.maker](call),
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
        "outputBodyJson": converse_output(call) if converse else with_trace(call, _OUTPUTS[call.model.maker](call)),
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
