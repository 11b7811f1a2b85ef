"""Messages and their content as turns: blocks of Converse and Anthropic, messages of OpenAI and Cohere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tidegate.model import Turn

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "tool": "tool_result",
    "function": "tool_result",
}
_DEEPEST = 12  # content within content (a tool result with a document with text)
_BESIDE = ("reasoning_content", "reasoning", "refusal", "tool_plan")  # text that stands beside a message's content

_encode = msgspec.json.Encoder().encode


def messages(given: Any) -> Iterator[Turn]:
    """A list of messages of any provider. One without a role is the user's."""
    for message in items(given):
        if isinstance(message, str):
            yield from text_turn("user", message)
        if not isinstance(message, dict):
            continue
        if "role" not in message and isinstance(message.get("type"), str):  # items of OpenAI's Responses
            yield from content("user", message)
            continue
        role = _ROLES.get(str(message.get("role", "user")).lower(), "user")
        if len(message) == 2 and "content" in message and "role" in message:  # nearly all
            given = message["content"]
            text = given if isinstance(given, str) else _only_text(given)
            yield from content(role, given) if text is None else text_turn(role, text)
            continue
        yield from content(role, message.get("content", message.get("message")))
        for name in _BESIDE:
            yield from text_turn(role, message.get(name))
        yield from tool_calls(message.get("tool_calls"))
        if isinstance(message.get("function_call"), dict):
            yield from tool_calls([message["function_call"]])
        for result in items(message.get("tool_results")):
            yield from text_turn("tool_result", text_of(result))


def _only_text(given: Any) -> str | None:
    """Of content that is one block of text and no more, as most is."""
    if type(given) is not list or len(given) != 1 or type(block := given[0]) is not dict:
        return None
    if len(block) != 1 and not (len(block) == len(("type", "text")) and block.get("type") == "text"):
        return None
    text = block.get("text")
    return text if type(text) is str else None


def content(role: str, given: Any, levels: int = _DEEPEST) -> Iterator[Turn]:
    """A string, a list of blocks or a block: Converse's (one key names the kind) or Anthropic's (`type` does)."""
    if isinstance(given, str):
        yield from text_turn(role, given)
    elif isinstance(given, list) and levels:
        for block in given:
            yield from content(role, block, levels - 1)
    elif isinstance(given, dict) and levels:
        yield from _block(role, given, levels - 1)


def _block(role: str, block: dict[str, Any], levels: int) -> Iterator[Turn]:
    kind = block.get("type")
    if not isinstance(kind, str):
        kind = ""
    if len(block) == 1 + (kind == "text") and isinstance(text := block.get("text"), str):  # nearly all
        yield from text_turn(role, text)
        return
    if kind.endswith("tool_use"):  # also server_tool_use and mcp_tool_use
        yield from call_turn(block.get("name"), block.get("input"))
    elif kind.endswith("tool_result"):
        yield from content("tool_result", block.get("content"), levels)
    elif kind == "function_call":
        yield from call_turn(block.get("name"), block.get("arguments"))
    elif kind == "function_call_output":
        yield from content("tool_result", block.get("output"), levels)
    elif kind in ("document", "search_result"):
        yield from _document(block, levels)
    else:
        for name in ("text", "refusal", "thinking"):
            yield from text_turn(role, block.get(name))
        if kind.endswith("_result"):  # a web page that was found: title and address, its text is encrypted
            yield from text_turn(role, block.get("title"))
            yield from text_turn(role, block.get("url"))
        yield from content(role, block.get("content"), levels)  # citationsContent, messages and wrappers
    for name, inner in block.items():
        if name == "json" and inner is not None:
            yield from text_turn(role, text_of(inner))
        if not isinstance(inner, dict):
            continue
        match name:
            case "toolUse":
                yield from call_turn(inner.get("name"), inner.get("input"))
            case "toolResult":
                yield from content("tool_result", inner.get("content"), levels)
            case "document" | "searchResult":
                yield from _document(inner, levels)
            case "guardContent" | "text" | "reasoningContent" | "reasoningText" | "citationsContent":
                yield from content(role, inner, levels)


def _document(document: dict[str, Any], levels: int) -> Iterator[Turn]:
    for name in ("name", "title", "context"):
        yield from text_turn("retrieved", document.get(name))
    source = document.get("source")
    if isinstance(source, dict):
        yield from text_turn("retrieved", source.get("text"))
        if source.get("type") == "text":  # Anthropic; otherwise `data` is base64
            yield from text_turn("retrieved", source.get("data"))
        yield from content("retrieved", source.get("content"), levels)
    else:
        yield from text_turn("retrieved", source)  # where a search result was found
    yield from content("retrieved", document.get("content"), levels)


def tool_calls(calls: Any) -> Iterator[Turn]:
    """OpenAI's `{function: {name, arguments}}` and Cohere's `{name, parameters}`."""
    for call in items(calls):
        if isinstance(call, dict):
            function = call.get("function")
            told = function if isinstance(function, dict) else call
            yield from call_turn(told.get("name"), told.get("arguments", told.get("parameters")))


def call_turn(name: Any, arguments: Any) -> Iterator[Turn]:
    given = arguments if isinstance(arguments, str) else json_of(arguments)
    yield from text_turn("tool_call", f"{name or ''} {given}".strip())


def text_of(item: Any) -> str:
    """The text of a document or result: the text it carries, else all of it as JSON."""
    if isinstance(item, str):
        return item
    return item["text"] if isinstance(item, dict) and isinstance(item.get("text"), str) else json_of(item)


def json_of(value: Any) -> str:
    return "" if value is None else _encode(value).decode("utf-8", "replace")


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text_turn(role: str, text: Any) -> Iterator[Turn]:
    if isinstance(text, str) and text and not text.isspace():
        yield Turn(role, text)
