"""The text of an invocation by turns: who said it, in the order said, across the providers' bodies.

Rules that look at a whole conversation match the application's own system prompt; rules that look at the last
message miss what a tool brought in. So every piece of text carries its role: system, user, assistant,
tool_call, tool_result, retrieved. Nothing is cut short: padding must not hide what follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tidegate.model import Invocation, Turn
from tidegate.sources.answer_streams import joined
from tidegate.sources.opening import opened, opened_value
from tidegate.sources.prompt_templates import turns_of_prompt

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
_PROMPTS = ("prompt", "inputText", "message", "query", "instructions")
_DEEPEST = 12  # content within content (a tool result with a document with text)

_encode = msgspec.json.Encoder().encode


def turns(invocation: Invocation) -> list[Turn]:
    """What was sent, then what was answered. Empty where the bodies are absent or can't be opened."""
    output, _ = opened_value(invocation.output_body)
    return [*sent_turns(opened(invocation.input_body)), *answered_turns(output)]


def new_turns(invocation: Invocation) -> list[Turn]:
    """What this invocation adds to a conversation: the turns after the last answer sent along, and its own answer.

    A chat sends its whole history each time; scanned whole, one bad turn would count again with every call.
    """
    sent = list(sent_turns(opened(invocation.input_body)))
    answers = [place for place, turn in enumerate(sent) if turn.role in ("assistant", "tool_call")]
    return [*sent[answers[-1] + 1 if answers else 0 :], *answered_turns(opened_value(invocation.output_body)[0])]


def sent_turns(body: dict[str, Any]) -> Iterator[Turn]:
    """Of an opened input body."""
    yield from _content("system", body.get("system"))
    yield from _content("system", body.get("preamble"))  # Cohere
    for name in ("chat_history", "messages"):
        yield from _messages(body.get(name))
    for name in ("documents", "search_results"):
        for item in _list(body.get(name)):
            yield from _text("retrieved", _content_text(item))
    for item in _list(body.get("tool_results")):
        yield from _text("tool_result", _content_text(item))
    for name in _PROMPTS:
        yield from _prompt(body.get(name))
    for name in ("texts", "text_prompts", "inputs"):  # embeddings, images
        for item in _list(body.get(name)):
            yield from _text("user", _content_text(item))


def _messages(messages: Any) -> Iterator[Turn]:
    for message in _list(messages):
        if isinstance(message, str):
            yield from _text("user", message)
        if not isinstance(message, dict):
            continue
        role = _ROLES.get(str(message.get("role", "user")).lower(), "user")
        yield from _content(role, message.get("content", message.get("message")))
        yield from _text(role, message.get("reasoning_content"))
        yield from _tool_calls(message.get("tool_calls"))


def _content(role: str, content: Any, levels: int = _DEEPEST) -> Iterator[Turn]:
    """A string, a list of blocks or a block: Converse's (one key names the kind) or Anthropic's (`type` does)."""
    if isinstance(content, str):
        yield from _text(role, content)
    elif isinstance(content, list) and levels:
        for block in content:
            yield from _content(role, block, levels - 1)
    elif isinstance(content, dict) and levels:
        yield from _block(role, content, levels - 1)


def _block(role: str, block: dict[str, Any], levels: int) -> Iterator[Turn]:
    kind = block.get("type")
    if kind in ("tool_use", "server_tool_use"):
        yield from _call(block.get("name"), block.get("input"))
    elif isinstance(kind, str) and kind.endswith("tool_result"):
        yield from _content("tool_result", block.get("content"), levels)
    elif kind in ("document", "search_result"):
        yield from _document(block, levels)
    else:
        yield from _text(role, block.get("text") if isinstance(block.get("text"), str) else None)
        yield from _text(role, block.get("thinking"))
        yield from _content(role, block.get("content"), levels)  # citationsContent and wrappers
    for name, inner in block.items():
        if not isinstance(inner, dict):
            continue
        match name:
            case "toolUse":
                yield from _call(inner.get("name"), inner.get("input"))
            case "toolResult":
                yield from _content("tool_result", inner.get("content"), levels)
            case "document" | "searchResult":
                yield from _document(inner, levels)
            case "guardContent" | "text" | "reasoningContent" | "reasoningText" | "citationsContent":
                yield from _content(role, inner, levels)
            case "json":
                yield from _text(role, _json(inner))


def _document(document: dict[str, Any], levels: int) -> Iterator[Turn]:
    for name in ("name", "title", "context"):
        yield from _text("retrieved", document.get(name))
    source = document.get("source")
    if isinstance(source, dict):
        yield from _text("retrieved", source.get("text"))
        if source.get("type") == "text":  # Anthropic; otherwise `data` is base64
            yield from _text("retrieved", source.get("data"))
        yield from _content("retrieved", source.get("content"), levels)
    yield from _content("retrieved", document.get("content"), levels)


def _tool_calls(calls: Any) -> Iterator[Turn]:
    for call in _list(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield from _call(function.get("name"), function.get("arguments"))


def _call(name: Any, arguments: Any) -> Iterator[Turn]:
    given = arguments if isinstance(arguments, str) else _json(arguments)
    yield from _text("tool_call", f"{name or ''} {given}".strip())


def _prompt(prompt: Any) -> Iterator[Turn]:
    """A prompt in one string, or several."""
    if isinstance(prompt, list):
        for item in prompt:
            yield from _prompt(item)
    elif isinstance(prompt, str):
        yield from turns_of_prompt(prompt)


def answered_turns(value: Any) -> Iterator[Turn]:
    """Of an opened output body: an object, or a stream's list of chunks."""
    if isinstance(value, list):
        for role, text in joined(value):
            yield from _text(role, text)
    elif isinstance(value, dict):
        output = value.get("output")
        if isinstance(output, dict):
            yield from _messages([output.get("message")])
        else:
            yield from _text("assistant", output)
        yield from _content("assistant", value.get("content"))
        for name in ("completion", "generation", "outputText", "text"):
            yield from _text("assistant", value.get(name))
        for name in ("results", "outputs", "generations", "choices", "completions"):
            for item in _list(value.get(name)):
                yield from _choice(item)


def _choice(item: Any) -> Iterator[Turn]:
    if not isinstance(item, dict):
        return
    yield from _messages([item["message"]] if isinstance(item.get("message"), dict) else None)
    for name in ("outputText", "text"):
        yield from _text("assistant", item.get(name))
    data = item.get("data")
    if isinstance(data, dict):  # AI21
        yield from _text("assistant", data.get("text"))


def _content_text(item: Any) -> str:
    if isinstance(item, dict):
        return item["text"] if isinstance(item.get("text"), str) else _json(item)
    return item if isinstance(item, str) else ""


def _json(value: Any) -> str:
    return "" if value is None else _encode(value).decode("utf-8", "replace")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(role: str, text: Any) -> Iterator[Turn]:
    if isinstance(text, str) and text.strip():
        yield Turn(role, text)
