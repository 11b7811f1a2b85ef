"""What a call used, out of Bedrock's answers: Converse, InvokeModel, and the streams of both.

Converse says `usage`, a stream in its last event's `metadata`. InvokeModel says it in headers, a stream in the last
chunk's `amazon-bedrock-invocationMetrics`. Input tokens don't include those of a prompt cache.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Tokens(NamedTuple):
    """Of one call of one model: what a price is put to."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    @property
    def counted(self) -> int:
        """As `quota_abuse` counts: what is read from a prompt cache costs a tenth, and is no token of a budget."""
        return self.input_tokens + self.output_tokens + self.cache_write_tokens


def tokens_of(model: str, answer: Any) -> Tokens | None:
    """Of a whole answer, its `usage`, or one event of a stream. None where nothing is said."""
    if not isinstance(answer, Mapping):
        return None
    if "chunk" in answer:
        return _of_chunk(model, answer["chunk"])
    headers = (answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    for said in (answer.get("usage"), (answer.get("metadata") or {}).get("usage"), answer, headers):
        if isinstance(said, Mapping) and (found := _of(model, said)):
            return found
    return None


_KINDS = ("input", "output", "cache-read-input", "cache-write-input")
_NAMES = (
    ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"),
    tuple(f"x-amzn-bedrock-{kind}-token-count" for kind in _KINDS),
    ("inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"),
)


def _of(model: str, said: Mapping[str, Any]) -> Tokens | None:
    for names in _NAMES:
        if any(name in said for name in names):
            return Tokens(model, *(_count(said.get(name)) for name in names))
    return None


def _of_chunk(model: str, chunk: Any) -> Tokens | None:
    try:
        metrics = json.loads(chunk["bytes"]).get("amazon-bedrock-invocationMetrics")
    except (AttributeError, KeyError, TypeError, ValueError):  # a chunk of another form says nothing
        return None
    return _of(model, metrics) if isinstance(metrics, Mapping) else None


def _count(value: Any) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return 0
