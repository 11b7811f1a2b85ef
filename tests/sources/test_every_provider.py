"""One invocation log record per provider and shape: nothing that was said is lost, each piece with who said it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.model import Invocation, Turn
from tidegate.sources import new_turns, read_invocation_file, turns
from tidegate.sources.contents import contents_of

Said = list[tuple[str, str]]


def a_record(sent: Any = None, answered: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-09-01T10:00:00Z",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": "request-1",
        "operation": "InvokeModel",
        "modelId": "example.model",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/App/web-1"},
        "input": {"inputContentType": "application/json", "inputBodyJson": sent, "inputTokenCount": 9},
        "output": {"outputContentType": "application/json", "outputBodyJson": answered, "outputTokenCount": 3},
    } | more


def read_one(record: dict[str, Any]) -> Invocation:
    (found,) = read_invocation_file(json.dumps(record).encode(), "log")
    assert isinstance(found, Invocation), found
    return found


def said(sent: Any = None, answered: Any = None) -> Said:
    return [(turn.role, turn.text) for turn in turns(read_one(a_record(sent, answered)))]


CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"q":"x"}'}}

WHOLE: dict[str, tuple[Any, Any, Said]] = {
    "anthropic": (
        {
            "anthropic_version": "bedrock-2023-05-31",
            "system": [{"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "hi"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                        {
                            "type": "search_result",
                            "source": "https://docs.example.com/a",
                            "title": "A",
                            "content": [{"type": "text", "text": "found"}],
                        },
                    ],
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "server_tool_use", "id": "1", "name": "web_search", "input": {"query": "q"}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "1",
                    "content": [{"type": "web_search_result", "title": "Page", "url": "https://example.com/p"}],
                },
                {"type": "mcp_tool_use", "id": "2", "name": "mail", "server_name": "m", "input": {"to": "a"}},
                {"type": "text", "text": "done"},
            ],
            "stop_reason": "end_turn",
        },
        [
            ("system", "Rules."),
            ("user", "hi"),
            ("retrieved", "A"),
            ("retrieved", "https://docs.example.com/a"),
            ("retrieved", "found"),
            ("assistant", "hm"),
            ("tool_call", 'web_search {"query":"q"}'),
            ("tool_result", "Page"),
            ("tool_result", "https://example.com/p"),
            ("tool_call", 'mail {"to":"a"}'),
            ("assistant", "done"),
        ],
    ),
    "nova": (
        {
            "schemaVersion": "messages-v1",
            "system": [{"text": "Rules."}],
            "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        },
        {"output": {"message": {"role": "assistant", "content": [{"text": "ho"}]}}, "stopReason": "end_turn"},
        [("system", "Rules."), ("user", "hi"), ("assistant", "ho")],
    ),
    "nova canvas": (
        {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a tide", "negativeText": "boats"}},
        {"images": ["aGk="]},
        [("user", "a tide"), ("user", "boats")],
    ),
    "nova embeddings": (
        {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {"text": {"truncationMode": "END", "value": "hi"}}},
        {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.1]}]},
        [("user", "hi")],
    ),
    "titan": (
        {"inputText": "hi", "textGenerationConfig": {"maxTokenCount": 5}},
        {"inputTextTokenCount": 1, "results": [{"tokenCount": 1, "outputText": "ho", "completionReason": "FINISH"}]},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "titan embeddings": ({"inputText": "hi"}, {"embedding": [0.1, 0.2]}, [("user", "hi")]),
    "meta": (
        {"prompt": "hi", "max_gen_len": 5},
        {"generation": "ho", "stop_reason": "stop"},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "mistral": (
        {"prompt": "<s>[INST] hi [/INST]"},
        {"outputs": [{"text": "ho", "stop_reason": "stop"}]},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "mistral chat": (
        {"messages": [{"role": "system", "content": "Rules."}, {"role": "user", "content": "hi"}]},
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [CALL]}}]},
        [("system", "Rules."), ("user", "hi"), ("tool_call", 'look_up {"q":"x"}')],
    ),
    "cohere command r": (
        {
            "preamble": "Rules.",
            "chat_history": [
                {"role": "USER", "message": "a"},
                {"role": "CHATBOT", "message": "b", "tool_calls": [{"name": "old", "parameters": {"n": 1}}]},
                {"role": "TOOL", "tool_results": [{"call": {"name": "old"}, "outputs": [{"r": 1}]}]},
            ],
            "documents": [{"title": "t", "snippet": "s"}],
            "message": "hi",
            "tool_results": [{"call": {"name": "look_up"}, "outputs": [{"r": 2}]}],
        },
        {"text": "ho", "tool_calls": [{"name": "look_up", "parameters": {"q": "x"}}], "finish_reason": "COMPLETE"},
        [
            ("system", "Rules."),
            ("user", "a"),
            ("assistant", "b"),
            ("tool_call", 'old {"n":1}'),
            ("tool_result", '{"call":{"name":"old"},"outputs":[{"r":1}]}'),
            ("retrieved", '{"title":"t","snippet":"s"}'),
            ("tool_result", '{"call":{"name":"look_up"},"outputs":[{"r":2}]}'),
            ("user", "hi"),
            ("assistant", "ho"),
            ("tool_call", 'look_up {"q":"x"}'),
        ],
    ),
    "cohere v2": (
        {"messages": [{"role": "user", "content": "hi"}]},
        {
            "message": {
                "role": "assistant",
                "tool_plan": "I look.",
                "tool_calls": [CALL],
                "content": [{"type": "text", "text": "ho"}],
            }
        },
        [("user", "hi"), ("assistant", "ho"), ("assistant", "I look."), ("tool_call", 'look_up {"q":"x"}')],
    ),
    "cohere generate": (
        {"prompt": "hi"},
        {"generations": [{"text": "ho"}, {"text": "hu"}]},
        [("user", "hi"), ("assistant", "ho"), ("assistant", "hu")],
    ),
    "cohere embed": (
        {"texts": ["a", "b"], "input_type": "search_document"},
        {"embeddings": {"float": [[0.1]]}},
        [("user", "a"), ("user", "b")],
    ),
    "cohere embed v4": (
        {"inputs": [{"content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "d"}}]}]},
        {"embeddings": {"float": [[0.1]]}},
        [("user", "a")],
    ),
    "cohere rerank": (
        {"query": "hi", "documents": ["a", "b"]},
        {"results": [{"index": 0, "relevance_score": 0.5}]},
        [("retrieved", "a"), ("retrieved", "b"), ("user", "hi")],
    ),
    "ai21 jurassic": (
        {"prompt": "hi"},
        {"completions": [{"data": {"text": "ho"}, "finishReason": {}}]},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "ai21 jamba": (
        {"messages": [{"role": "user", "content": "hi"}]},
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "ho"}}]},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "deepseek": (
        {"prompt": "hi"},
        {"choices": [{"text": "ho", "stop_reason": "stop"}]},
        [("user", "hi"), ("assistant", "ho")],
    ),
    "deepseek chat": (
        {"messages": [{"role": "user", "content": "hi"}]},
        {"choices": [{"message": {"role": "assistant", "reasoning_content": "hm", "content": "ho"}}]},
        [("user", "hi"), ("assistant", "ho"), ("assistant", "hm")],
    ),
    "openai": (
        {
            "messages": [
                {"role": "developer", "content": "Rules."},
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "found"},
            ]
        },
        {"choices": [{"message": {"role": "assistant", "content": None, "refusal": "no", "reasoning": "hm"}}]},
        [
            ("system", "Rules."),
            ("user", "hi"),
            ("tool_call", 'look_up {"q":"x"}'),
            ("tool_result", "found"),
            ("assistant", "hm"),
            ("assistant", "no"),
        ],
    ),
    "openai responses": (
        {
            "instructions": "hello",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "function_call", "name": "look_up", "arguments": '{"q":"x"}', "call_id": "1"},
                {"type": "function_call_output", "call_id": "1", "output": "found"},
            ],
        },
        {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ho"}]}]},
        [
            ("user", "hi"),
            ("tool_call", 'look_up {"q":"x"}'),
            ("tool_result", "found"),
            ("user", "hello"),
            ("assistant", "ho"),
        ],
    ),
    "stability": (
        {"prompt": "a tide", "negative_prompt": "boats"},
        {"images": ["aGk="]},
        [("user", "a tide"), ("user", "boats")],
    ),
    "pegasus": (
        {"inputPrompt": "what is seen?", "mediaSource": {"s3Location": {"uri": "s3://b/k"}}},
        {"message": "a tide", "finishReason": "stop"},
        [("user", "what is seen?"), ("assistant", "a tide")],
    ),
}


@pytest.mark.parametrize("provider", WHOLE)
def test_a_body_of_each_provider_is_read_whole(provider: str) -> None:
    sent, answered, expected = WHOLE[provider]
    assert sorted(said(sent, answered)) == sorted(expected)
    assert said(json.dumps(sent), json.dumps(answered)) == said(sent, answered), "also where the log escaped it"


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


def test_converse_says_more_than_text() -> None:
    sent = {
        "messages": [
            {"role": "user", "content": [
                {"text": "hi"},
                {"image": {"format": "png", "source": {"s3Uri": "s3://logs/data/r_input_media_00.png"}}},
                {"document": {"format": "pdf", "name": "plan", "source": {"s3Uri": "s3://logs/data/r_media_01.pdf"}}},
                {"searchResult": {"source": "https://docs.example.com/a", "title": "A", "content": [{"text": "b"}]}},
                {"cachePoint": {"type": "default"}},
                {"toolResult": {"toolUseId": "1", "content": [{"json": [1, {"a": "b"}]}, {"json": "word"}]}},
            ]},
        ],
        "promptVariables": {"topic": {"text": "tides"}},
    }  # fmt: skip
    assert sorted(said(sent)) == sorted(
        [("user", "hi"), ("retrieved", "plan"), ("retrieved", "A"), ("retrieved", "https://docs.example.com/a"),
         ("retrieved", "b"), ("tool_result", '[1,{"a":"b"}]'), ("tool_result", "word"), ("user", "tides")]
    )  # fmt: skip


BLOCKED = {"role": "assistant", "content": [{"text": "Blocked by policy"}]}
ASSESSED = {"gr1": {"contentPolicy": {"filters": [{"type": "MISCONDUCT", "action": "BLOCKED"}]}}}
WITHHELD_IN: dict[str, Any] = {
    "converse": {
        "output": {"message": BLOCKED},
        "stopReason": "guardrail_intervened",
        "trace": {
            "guardrail": {
                "modelOutput": [json.dumps({"role": "assistant", "content": [{"type": "text", "text": "the secret"}]})],
                "outputAssessments": [ASSESSED],
            }
        },
    },
    "invoke model": {
        "content": [{"type": "text", "text": "Blocked by policy"}],
        "amazon-bedrock-guardrailAction": "INTERVENED",
        "amazon-bedrock-trace": {"guardrail": {"modelOutput": ["the secret"], "outputs": [ASSESSED]}},
    },
    "stream": [
        {"contentBlockDelta": {"delta": {"text": "Blocked by policy"}}},
        {
            "metadata": {
                "trace": {
                    "guardrail": {
                        "modelOutput": [{"content": [{"text": "the secret"}]}],
                        "outputAssessments": {"gr1": [ASSESSED["gr1"]]},
                    }
                }
            }
        },
    ],
}


@pytest.mark.parametrize("form", WITHHELD_IN)
def test_what_a_guardrail_kept_back_is_among_the_turns_and_marked(form: str) -> None:
    call = read_one(a_record({"messages": [{"role": "user", "content": "q"}]}, WITHHELD_IN[form]))
    assert turns(call)[1:] == [Turn("assistant", "Blocked by policy"), Turn("assistant", "the secret", withheld=True)]
    contents = contents_of(call)
    assert contents.answered == "Blocked by policy"
    assert [turn.text for turn in contents.withheld] == ["the secret"]
    assert (call.guardrail_action, call.guardrails) == ("INTERVENED", ("gr1",))


@pytest.mark.parametrize(
    ("sent", "new"),
    [
        ([("user", "a"), ("assistant", "b"), ("user", "c")], ["c"]),
        ([("user", "a"), ("assistant", "Sure, here is")], ["a", "Sure, here is"]),
        ([("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "Sure")], ["c", "Sure"]),
        ([("assistant", "b")], ["b"]),
    ],
)
def test_words_put_into_the_model_s_mouth_hide_nothing(sent: Said, new: list[str]) -> None:
    call = read_one(a_record({"messages": [{"role": role, "content": text} for role, text in sent]}))
    assert [turn.text for turn in new_turns(call)] == [turn.text for turn in contents_of(call).new] == new


@pytest.mark.parametrize(
    "answered",
    [
        {"usage": {"inputTokens": 9, "outputTokens": 3, "cacheReadInputTokens": 5, "cacheWriteInputTokens": 7}},
        {"usage": {"input_tokens": 9, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7}},
        [{"amazon-bedrock-invocationMetrics": {"cacheReadInputTokenCount": 5, "cacheWriteInputTokenCount": 7}}],
    ],
)
def test_caches_are_counted_where_only_the_body_says_so(answered: Any) -> None:
    found = read_one(a_record({}, answered))
    assert (found.cache_read_tokens, found.cache_write_tokens) == (5, 7)


def test_what_the_log_counts_goes_before_what_the_body_says() -> None:
    given = {"inputBodyJson": {}, "cacheReadInputTokenCount": 1, "cacheWriteInputTokenCount": 0}
    answered = {"usage": {"cacheReadInputTokens": 5, "cacheWriteInputTokens": 7}}
    found = read_one(a_record(answered=answered, input=given))
    assert (found.cache_read_tokens, found.cache_write_tokens) == (1, 0)
