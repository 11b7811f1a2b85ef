"""The text of an invocation by turns: who said it, in the order said, across the providers' bodies.

Rules that look at a whole conversation match the application's own system prompt; rules that look at the last
message miss what a tool brought in. So every piece of text carries its role: system, user, assistant,
tool_call, tool_result, retrieved. Nothing is cut short: padding must not hide what follows it.

Images, video and documents by reference have no text here: only the name a document was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tidegate.model import Invocation, Turn
from tidegate.sources.answers import answered_turns
from tidegate.sources.blocks import content, items, messages, text_of, text_turn
from tidegate.sources.opening import opened, opened_value
from tidegate.sources.prompt_templates import turns_of_prompt

_PROMPTS = ("prompt", "inputText", "inputPrompt", "message", "query", "instructions", "suffix", "negative_prompt")
_BROUGHT = frozenset(("documents", "search_results", "tool_results"))
_OURS = ("assistant", "tool_call")
# What Converse's and Anthropic's bodies are made of: what of it holds text is looked for first.
_CONVERSE = frozenset(
    (
        "system", "preamble", "messages", "chat_history", "inferenceConfig", "additionalModelRequestFields",
        "additionalModelResponseFieldPaths", "guardrailConfig", "toolConfig", "performanceConfig", "requestMetadata",
        "serviceTier", "outputConfig", "anthropic_version", "anthropic_beta", "max_tokens", "temperature", "top_p",
        "top_k", "stop_sequences", "tools", "tool_choice", "thinking", "metadata",
    )
)  # fmt: skip

__all__ = ["answered_turns", "first_new", "new_turns", "sent_turns", "turns"]


def turns(invocation: Invocation) -> list[Turn]:
    """What was sent, then what was answered. Empty where the bodies are absent or can't be opened."""
    output, _ = opened_value(invocation.output_body)
    return [*sent_turns(opened(invocation.input_body)), *answered_turns(output)]


def new_turns(invocation: Invocation) -> list[Turn]:
    """What this invocation adds to a conversation: the turns after the last answer sent along, and its own answer.

    A chat sends its whole history each time; scanned whole, one bad turn would count again with every call.
    """
    sent = list(sent_turns(opened(invocation.input_body)))
    return [*sent[first_new(sent) :], *answered_turns(opened_value(invocation.output_body)[0])]


def first_new(sent: Sequence[Turn]) -> int:
    """The place of the first turn that this call adds.

    Words put into the model's mouth at the very end (a prefill) are no answer: they are new, with what they follow.
    """
    asked = len(sent)
    while asked and sent[asked - 1].role in _OURS:
        asked -= 1
    while asked and sent[asked - 1].role not in _OURS:
        asked -= 1
    return asked


def sent_turns(body: dict[str, Any]) -> Iterator[Turn]:
    """Of an opened input body."""
    for name in ("system", "preamble"):  # `preamble`: Cohere
        if name in body:
            yield from content("system", body[name])
    for name in ("chat_history", "messages", "input"):  # `input`: OpenAI's Responses
        if name in body:
            yield from messages(body[name])
    if body.keys() <= _CONVERSE:  # nearly all bodies: nothing below is in them
        return
    if not _BROUGHT.isdisjoint(body):
        for name in ("documents", "search_results"):
            for item in items(body.get(name)):
                yield from text_turn("retrieved", text_of(item))
        for item in items(body.get("tool_results")):
            yield from text_turn("tool_result", text_of(item))
    for name in _PROMPTS:
        if name in body:
            yield from _prompt(body[name])
    if isinstance(body.get("input"), str):
        yield from turns_of_prompt(body["input"])
    for name in ("texts", "text_prompts", "inputs"):  # embeddings, images
        for item in items(body.get(name)):
            if isinstance(item, dict) and "content" in item:
                yield from content("user", item["content"])
            else:
                yield from text_turn("user", text_of(item))
    variables = body.get("promptVariables")  # Converse with a prompt of Prompt management
    for variable in variables.values() if isinstance(variables, dict) else ():
        yield from content("user", variable)
    for name, given in body.items():
        if name.endswith("Params") and isinstance(given, dict):
            yield from _task(given)


def _task(given: dict[str, Any]) -> Iterator[Turn]:
    """What Amazon's image, video and embedding models are asked for: `textToImageParams` and the like."""
    for name in ("text", "negativeText"):
        asked = given.get(name)
        yield from text_turn("user", asked.get("value") if isinstance(asked, dict) else asked)
    for shot in items(given.get("shots")):
        yield from text_turn("user", text_of(shot))


def _prompt(prompt: Any) -> Iterator[Turn]:
    """A prompt in one string, or several."""
    if isinstance(prompt, list):
        for item in prompt:
            yield from _prompt(item)
    elif isinstance(prompt, str):
        yield from turns_of_prompt(prompt)
