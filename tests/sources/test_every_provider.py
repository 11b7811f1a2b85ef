"""One invocation log record per provider and shape: nothing that was said is lost, each piece with who said it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from invocation_log_builders import TOOL_CALL, Said, said

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
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [TOOL_CALL]}}]},
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
                "tool_calls": [TOOL_CALL],
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
                {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
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
