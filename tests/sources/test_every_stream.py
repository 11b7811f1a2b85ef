"""Streamed answers of every provider: what came in pieces is read as one text, as it was said."""

from __future__ import annotations

from typing import Any

import pytest
from invocation_log_builders import Said, said

CHUNKS: dict[str, tuple[list[Any], Said]] = {
    "anthropic": (
        [
            {"type": "message_start", "message": {"role": "assistant", "content": []}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm "}},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "The"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": " answer"}},
            {"type": "content_block_start", "index": 2,
             "content_block": {"type": "web_search_tool_result", "tool_use_id": "1",
                               "content": [{"type": "web_search_result", "title": "P", "url": "https://example.com"}]}},
            {"type": "message_stop"},
        ],
        [("assistant", "hm The answer"), ("tool_result", "P\nhttps://example.com")],
    ),
    "nova": (
        [
            {"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm "}}, "contentBlockIndex": 0}},
            {"contentBlockDelta": {"delta": {"reasoningContent": {"reasoningText": {"text": "so "}}}}},
            {"contentBlockDelta": {"delta": {"text": "ho"}, "contentBlockIndex": 1}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 1}}},
        ],
        [("assistant", "hm so ho")],
    ),
    "titan": ([{"outputText": "h", "index": 0}, {"outputText": "o", "completionReason": "FINISH"}],
              [("assistant", "ho")]),
    "meta": ([{"generation": "h"}, {"generation": "o", "stop_reason": "stop"}], [("assistant", "ho")]),
    "mistral": ([{"outputs": [{"text": "h"}]}, {"outputs": [{"text": "o", "stop_reason": "stop"}]}],
                [("assistant", "ho")]),
    "cohere command r": (
        [
            {"event_type": "stream-start", "is_finished": False},
            {"event_type": "text-generation", "text": "h", "is_finished": False},
            {"event_type": "text-generation", "text": "o", "is_finished": False},
            {"event_type": "tool-calls-generation", "tool_calls": [{"name": "look_up", "parameters": {"q": "x"}}]},
            {"event_type": "stream-end", "is_finished": True, "response": {"text": "ho"}},
        ],
        [("assistant", "ho"), ("tool_call", 'look_up {"q":"x"}')],
    ),
    "cohere v2": (
        [
            {"type": "message-start", "delta": {"message": {"role": "assistant"}}},
            {"type": "content-delta", "delta": {"message": {"content": {"text": "ho"}}}},
            {"type": "tool-call-start", "delta": {"message": {"tool_calls": {"function": {"name": "f"}}}}},
            {"type": "tool-call-delta", "delta": {"message": {"tool_calls": {"function": {"arguments": "{}"}}}}},
        ],
        [("assistant", "ho"), ("tool_call", "f {}")],
    ),
    "ai21 jamba": ([{"choices": [{"index": 0, "delta": {"content": "h"}}]},
                    {"choices": [{"index": 0, "delta": {"content": "o"}}]}], [("assistant", "ho")]),
    "deepseek": ([{"choices": [{"text": "h"}]}, {"choices": [{"text": "o", "stop_reason": "stop"}]}],
                 [("assistant", "ho")]),
    "openai": (
        [
            {"choices": [{"delta": {"role": "assistant", "content": "h"}}]},
            {"choices": [{"delta": {"content": "o"}}]},
            {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]}}]},
            {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}}]},
            "[DONE]",
        ],
        [("assistant", "ho"), ("tool_call", "f {}")],
    ),
    "two answers at once": (
        [
            {"choices": [{"index": 0, "delta": {"content": "secret "}}, {"index": 1, "delta": {"content": "other "}}]},
            {"choices": [{"index": 1, "delta": {"content": "word"}}, {"index": 0, "delta": {"content": "kept"}}]},
        ],
        [("assistant", "secret kept"), ("assistant", "other word")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("provider", CHUNKS)
def test_a_stream_of_each_provider_is_joined_whole(provider: str) -> None:
    chunks, expected = CHUNKS[provider]
    assert said(answered=chunks) == expected
