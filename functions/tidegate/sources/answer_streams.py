"""A streamed answer, put together again from the chunks that the invocation log keeps as a list.

InvokeModelWithResponseStream logs the provider's chunks: Anthropic's content blocks, Nova's and Converse's
contentBlockDelta, OpenAI's and DeepSeek's choices, Titan's outputText, Llama's generation, Cohere's events. A chunk
may be the plain string "[DONE]".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tidegate.sources.blocks import json_of

_PLAIN = frozenset(("type", "index", "delta"))
_TEXTS = ("content", "text", "outputText", "reasoning_content", "reasoning", "refusal")


class _Piece(NamedTuple):
    role: str
    text: str
    starts: bool = False  # begins a turn
    lane: int = 0  # which of several answers to one call, told apart by their `index`


def joined(chunks: list[Any]) -> Iterator[tuple[str, str]]:
    """(role, text) of an answer: consecutive pieces of one role, and of tool calls those of one call, are one text."""
    lanes: dict[int, tuple[str, list[str]]] = {}
    for chunk in chunks:
        text = _plain_text(chunk)
        for piece in _pieces(chunk) if text is None else (_Piece("assistant", text),):
            role, parts = lanes.get(piece.lane, ("", []))
            if piece.role != role or piece.starts:
                yield role, "".join(parts)
                parts = []
                lanes[piece.lane] = (piece.role, parts)
            parts.append(piece.text)
    for role, parts in lanes.values():
        yield role, "".join(parts)


def _plain_text(chunk: Any) -> str | None:
    """Of Anthropic's most frequent chunk, a few letters of text and nothing else: told apart at once, as most are."""
    if type(chunk) is not dict or len(chunk) != len(_PLAIN) or not _PLAIN.issuperset(chunk):
        return None
    delta = chunk["delta"]
    if type(delta) is not dict or len(delta) != len(("type", "text")) or delta.get("type") != "text_delta":
        return None
    text = delta.get("text")
    return text if type(text) is str else None


def _pieces(chunk: Any) -> Iterator[_Piece]:
    """None of what is no object: "[DONE]" and the like."""
    if not isinstance(chunk, dict):
        return
    start = chunk.get("content_block") or _inner(chunk, "contentBlockStart", "start", "toolUse")
    if isinstance(start, dict):
        yield from _start(start)
    delta = chunk.get("delta") or _inner(chunk, "contentBlockDelta", "delta")
    if isinstance(delta, dict):
        yield from _delta(delta)
    for name in ("outputText", "generation", "completion", "text"):
        if isinstance(chunk.get(name), str):
            yield _Piece("assistant", chunk[name])
    for name in ("choices", "outputs", "generations", "results"):
        for item in _list(chunk.get(name)):
            yield from _choice_pieces(item)
    yield from _calls(chunk.get("tool_calls"), 0)  # Cohere


def _start(block: dict[str, Any]) -> Iterator[_Piece]:
    """A content block that begins: a tool's call, or text of its own; what a server's tool found comes whole."""
    if isinstance(block.get("name"), str):
        yield _Piece("tool_call", block["name"] + " ", starts=True)
    for name in ("text", "thinking"):
        if isinstance(block.get(name), str):
            yield _Piece("assistant", block[name])
    for found in _list(block.get("content")):
        if isinstance(found, dict):
            told = [found[name] for name in ("title", "url", "text") if isinstance(found.get(name), str)]
            if told:
                yield _Piece("tool_result", "\n".join(told), starts=True)


def _delta(delta: dict[str, Any]) -> Iterator[_Piece]:
    for name in ("text", "thinking"):
        if isinstance(delta.get(name), str):
            yield _Piece("assistant", delta[name])
    reasoning = delta.get("reasoningContent")
    if isinstance(reasoning, dict):
        reasoned = reasoning.get("text", _inner(reasoning, "reasoningText", "text"))
        if isinstance(reasoned, str):
            yield _Piece("assistant", reasoned)
    arguments = delta.get("partial_json", _inner(delta, "toolUse", "input"))
    if isinstance(arguments, str):
        yield _Piece("tool_call", arguments)
    message = delta.get("message")  # Cohere
    if isinstance(message, dict):
        text = _inner(message, "content", "text")
        if isinstance(text, str):
            yield _Piece("assistant", text)
        if isinstance(message.get("tool_plan"), str):
            yield _Piece("assistant", message["tool_plan"])
        calls = message.get("tool_calls")
        yield from _calls([calls] if isinstance(calls, dict) else calls, 0)


def _choice_pieces(item: Any) -> Iterator[_Piece]:
    if not isinstance(item, dict):
        return
    index = item.get("index")
    lane = index if isinstance(index, int) else 0
    for holder in (item, item.get("delta"), item.get("message")):
        if not isinstance(holder, dict):
            continue
        for name in _TEXTS:
            if isinstance(holder.get(name), str):
                yield _Piece("assistant", holder[name], lane=lane)
        yield from _calls(holder.get("tool_calls"), lane)


def _calls(calls: Any, lane: int) -> Iterator[_Piece]:
    """OpenAI's pieces of `{function: {name, arguments}}`; Cohere's `{name, parameters}` come whole."""
    for call in _list(calls):
        function = _inner(call, "function") if isinstance(call, dict) and "function" in call else call
        if not isinstance(function, dict):
            continue
        if isinstance(function.get("name"), str):
            yield _Piece("tool_call", function["name"] + " ", starts=True, lane=lane)
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            yield _Piece("tool_call", arguments, lane=lane)
        elif isinstance(function.get("parameters"), dict):
            yield _Piece("tool_call", json_of(function["parameters"]), lane=lane)


def _inner(holder: Any, *names: str) -> Any:
    for name in names:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
