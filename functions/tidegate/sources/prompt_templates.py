r"""A prompt written as one string, taken apart by the marks of the chat template that it was written in.

InvokeModel of Llama, Mistral, older Anthropic and imported models takes the whole conversation as one string. Unsplit,
the application's system prompt and everything said before would be taken for what the user says now. The templates:
Llama 3 (`<|start_header_id|>user<|end_header_id|>`), ChatML (`<|im_start|>user`), Mistral and Llama 2 (`[INST]`,
`<<SYS>>`), Anthropic's older `\n\nHuman:`, Titan's `User:` and `Bot:`.

Whoever writes into such a string can write marks too, to have words taken for somebody else's. So only what stands
before the first user turn is the system's, and a long end that is marked as the assistant's is the user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.model import Turn

_MARKS = re.compile(
    r"<\|start_header_id\|>\s*(?P<llama>\w+)\s*<\|end_header_id\|>"
    r"|<\|im_start\|>\s*(?P<chatml>\w+)"
    r"|(?P<begin>\[INST\])|(?P<end>\[/INST\])"
    r"|(?:^|\n\n)(?P<anthropic>Human|Assistant):"
)
_TITAN = re.compile(r"(?:^|\n)(?P<titan>User|Bot):")
_SYSTEM_BEGINS, _SYSTEM_ENDS = "<<SYS>>", "<</SYS>>"
_NOISE = re.compile(r"<\|(?:begin_of_text|eot_id|eom_id|im_end|end_of_text)\|>|</?s>")
_HINTS = ("<|start_header_id|>", "<|im_start|>", "[INST]", "Human:", "\nBot:")
_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "tool": "tool_result",
    "ipython": "tool_result",
    "[inst]": "user",
    "[/inst]": "assistant",
}
_PREFILL = 200  # characters an application puts into the model's mouth


def turns_of_prompt(prompt: str) -> Iterator[Turn]:
    """In the order said. A prompt without marks is the user's."""
    if not any(map(prompt.__contains__, _HINTS)):
        yield from _turn("user", prompt)
        return
    marks = list(_MARKS.finditer(prompt)) or list(_TITAN.finditer(prompt))
    if not marks:
        yield from _turn("user", prompt)
        return
    yield from _turn("system", prompt[: marks[0].start()])
    asked = False
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(prompt)
        role = _ROLES.get((mark[mark.lastgroup or 0]).lower(), "user")
        text = prompt[mark.end() : end]
        if role == "user" and not asked and _SYSTEM_ENDS in text:
            before, _, rest = text.partition(_SYSTEM_BEGINS)
            system, _, after = rest.partition(_SYSTEM_ENDS)
            yield from _turn("system", system)
            text = before + after
        if (role == "system" and asked) or (role == "assistant" and end == len(prompt) and len(text) > _PREFILL):
            role = "user"
        asked = asked or role == "user"
        yield from _turn(role, text)


def _turn(role: str, text: str) -> Iterator[Turn]:
    if bare := (_NOISE.sub("", text) if "<" in text else text).strip():
        yield Turn(role, bare)
