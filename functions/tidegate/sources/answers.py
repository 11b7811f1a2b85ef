"""What a model answered, by turns, and what it would have answered had no guardrail kept it back.

A guardrail that blocks or masks an answer puts another text in its place and leaves the model's own in the trace
(`modelOutput`). That text is among the turns, marked as withheld: it tells that an attack brought something out, and
nobody has seen it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tidegate.model import Turn
from tidegate.sources.answer_streams import joined
from tidegate.sources.blocks import content, items, messages, text_turn, tool_calls
from tidegate.sources.opening import decoded

_TRACES = ("trace", "amazon-bedrock-trace")
_TEXTS = ("completion", "generation", "outputText", "text")
_CHOICES = ("results", "outputs", "generations", "choices", "completions")
_HOLDERS = frozenset((*_TRACES, "metadata"))


def answered_turns(value: Any) -> Iterator[Turn]:
    """Of an opened output body: an object, or a stream's list of chunks."""
    yield from _said(value)
    for told in _model_outputs(value):
        opened = _opened(told)
        for turn in text_turn("assistant", opened) if isinstance(opened, str) else _said(opened):
            yield msgspec.structs.replace(turn, withheld=True)


def _said(value: Any) -> Iterator[Turn]:
    if isinstance(value, list):
        for role, text in joined(value):
            yield from text_turn(role, text)
    elif isinstance(value, dict):
        output = value.get("output")
        if isinstance(output, dict):
            yield from _message(output.get("message"))
        elif output:
            yield from content("assistant", output)  # text, or the items of OpenAI's Responses
        if "content" in value:
            yield from content("assistant", value["content"])
        if "message" in value:
            yield from _message(value["message"])
        for name in _TEXTS:
            if name in value:
                yield from text_turn("assistant", value[name])
        for name in _CHOICES:
            for item in items(value[name]) if name in value else ():
                yield from _choice(item)
        if "tool_calls" in value:
            yield from tool_calls(value["tool_calls"])


def _message(message: Any) -> Iterator[Turn]:
    """An answer is the assistant's, whatever role it gives itself."""
    if isinstance(message, dict):
        alike = message.get("role") == "assistant"
        yield from messages([message if alike else message | {"role": "assistant"}])
    else:
        yield from text_turn("assistant", message)


def _choice(item: Any) -> Iterator[Turn]:
    if not isinstance(item, dict):
        return
    if isinstance(item.get("message"), dict):
        yield from _message(item["message"])
    for name in ("outputText", "text"):
        yield from text_turn("assistant", item.get(name))
    data = item.get("data")
    if isinstance(data, dict):  # AI21
        yield from text_turn("assistant", data.get("text"))


def _model_outputs(value: Any) -> Iterator[Any]:
    """`modelOutput` of every guardrail trace: of Converse, of InvokeModel, of a stream's chunks and their metadata."""
    for part in value if isinstance(value, list) else (value,):
        if not isinstance(part, dict) or _HOLDERS.isdisjoint(part):
            continue
        for holder in (part, part.get("metadata")):
            if not isinstance(holder, dict):
                continue
            for name in _TRACES:
                trace = holder.get(name)
                guardrail = trace.get("guardrail") if isinstance(trace, dict) else None
                if isinstance(guardrail, dict):
                    yield from items(guardrail.get("modelOutput"))


def _opened(told: Any) -> Any:
    """A message or body as JSON in a string, in captures; else the text itself."""
    if isinstance(told, str) and told.lstrip()[:1] in ("{", "["):
        value, failed = decoded(told.encode("utf-8", "replace"))
        return told if failed else value
    return told
