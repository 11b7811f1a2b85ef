"""A streamed answer, put together again from the chunks that the invocation log keeps as a list.

InvokeModelWithResponseStream logs the provider's chunks: Anthropic's content blocks, Nova's and Converse's
contentBlockDelta, OpenAI's and DeepSeek's choices, Titan's outputText, Llama's generation. A chunk may be the
plain string "[DONE]".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def joined(chunks: list[Any]) -> Iterator[tuple[str, str]]:
    """(role, text) of an answer: consecutive pieces of one role, and of tool calls those of one call, are one text."""
    role, parts = "", list[str]()
    for chunk in chunks:
        for said, text, starts in _pieces(chunk):
            if said != role or starts:
                yield role, "".join(parts)
                role, parts = said, []
            parts.append(text)
    yield role, "".join(parts)


def _pieces(chunk: Any) -> Iterator[tuple[str, str, bool]]:
    """(role, text, begins a turn) of one chunk; "[DONE]" and the like say nothing."""
    if not isinstance(chunk, dict):
        return
    start = chunk.get("content_block") or _inner(chunk, "contentBlockStart", "start", "toolUse")
    if isinstance(start, dict) and isinstance(start.get("name"), str):
        yield "tool_call", start["name"] + " ", True
    delta = chunk.get("delta") or _inner(chunk, "contentBlockDelta", "delta")
    if isinstance(delta, dict):
        for name in ("text", "thinking"):
            if isinstance(delta.get(name), str):
                yield "assistant", delta[name], False
        arguments = delta.get("partial_json", _inner(delta, "toolUse", "input"))
        if isinstance(arguments, str):
            yield "tool_call", arguments, False
    for name in ("outputText", "generation", "completion", "text"):
        if isinstance(chunk.get(name), str):
            yield "assistant", chunk[name], False
    for name in ("choices", "outputs", "generations", "results"):
        for item in _list(chunk.get(name)):
            yield from _choice_pieces(item)


def _choice_pieces(item: Any) -> Iterator[tuple[str, str, bool]]:
    if not isinstance(item, dict):
        return
    for holder in (item, item.get("delta"), item.get("message")):
        if not isinstance(holder, dict):
            continue
        for name in ("content", "text", "outputText", "reasoning_content"):
            if isinstance(holder.get(name), str):
                yield "assistant", holder[name], False
        for call in _list(holder.get("tool_calls")):
            function = _inner(call, "function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                if isinstance(function.get("name"), str):
                    yield "tool_call", function["name"] + " ", True
                if isinstance(function.get("arguments"), str):
                    yield "tool_call", function["arguments"], False


def _inner(holder: Any, *names: str) -> Any:
    for name in names:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
