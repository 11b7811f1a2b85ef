"""What a simulated call is, before it is written in a provider's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class ToolUse(NamedTuple):
    id: str
    name: str
    input: Mapping[str, Any]


class Part(NamedTuple):
    """A piece of a message: text, tool_use, tool_result or document; `name` is a tool's or a document's."""

    kind: str
    text: str = ""
    name: str = ""
    use: ToolUse | None = None


class Message(NamedTuple):
    role: str  # user, assistant
    parts: tuple[Part, ...]


def says(role: str, text: str) -> Message:
    return Message(role, (Part("text", text),))


class Model(NamedTuple):
    id: str
    maker: str  # anthropic, amazon, meta, mistral, cohere, titan, titan-embed, cohere-embed
    api: str  # converse, invoke
    profile_region: str = ""  # where a cross-region profile sends calls


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who calls, and by which principal. `user`: the end user named in requestMetadata, else empty."""

    label: str  # unique in a run
    kind: str  # AssumedRole, IAMUser
    name: str  # role or user name
    principal_id: str
    access_key: str
    session: str
    address: str
    agent: str
    user: str = ""
    bearer: bool = False  # a Bedrock API key is the credential
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> str:
        """As Tidegate names it: the narrowest identity."""
        if self.user:
            return "user:" + self.user
        return f"session:{self.name}/{self.session}" if self.session else f"iam-user:{self.name}"


@dataclass(slots=True)
class Exchange:
    """What one call asks and gets, from a class's or a family's script. Empty fields take the caller's habit."""

    ask: str
    answer: str = ""
    retrieved: tuple[str, ...] = ()
    tool_results: tuple[str, ...] = ()
    tool: ToolUse | None = None  # the answer calls it
    follows: bool = False  # continues the conversation
    attack: bool = False
    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)  # maxTokens, temperature, logprobs, ...
    embed: bool = False
    error: str = ""
    blocked: tuple[str, str] = ("", "")  # guardrail policy and name
    grounding: float | None = None
    output_tokens: int = 0  # 0: by the answer's length
    cut: bool = False  # stopped by max_tokens
    offered: tuple[str, ...] = ()  # tools


@dataclass(slots=True)
class Call:
    time: float
    who: Caller
    model: Model
    request_id: str
    system: str
    messages: tuple[Message, ...]
    exchange: Exchange
    streamed: bool
    input_tokens: int
    output_tokens: int
    cache_read: int
    cache_write: int
    latency_ms: int
