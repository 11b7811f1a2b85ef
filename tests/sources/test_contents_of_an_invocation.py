"""What an invocation says, opened once: tools, parameters, guardrail facts, and only what is new."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from detection_builders import an_invocation

from tidegate.sources.contents import Contents, contents_of


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def opened(sent: Any = None, answered: Any = None, **given: Any) -> Contents:
    return contents_of(an_invocation(input_body=raw(sent), output_body=raw(answered), **given))


def test_a_conversation_adds_only_what_follows_the_last_answer():
    sent = {
        "system": [{"text": "You help with tides."}],
        "messages": [
            {"role": "user", "content": [{"text": "When is high tide?"}]},
            {"role": "assistant", "content": [{"text": "At six."}]},
            {"role": "user", "content": [{"text": "And low tide?"}]},
        ],
    }
    found = opened(sent, {"output": {"message": {"role": "assistant", "content": [{"text": "At noon."}]}}})
    assert (found.user, found.answered, found.system) == ("And low tide?", "At noon.", "You help with tides.")
    assert found.messages == 3


def test_a_tool_result_is_what_was_brought_not_what_the_user_said():
    sent = {
        "messages": [
            {"role": "user", "content": [{"text": "Weather?"}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "weather", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": "Rain."}]}}]},
        ]
    }
    found = opened(sent)
    assert (found.user, found.brought) == ("", "Rain.")


@pytest.mark.parametrize(
    "answer",
    [
        {
            "output": {
                "message": {"content": [{"toolUse": {"name": "fetch", "input": {"url": "https://a.example.com"}}}]}
            }
        },
        {"content": [{"type": "tool_use", "id": "t", "name": "fetch", "input": {"url": "https://a.example.com"}}]},
        {
            "choices": [
                {
                    "message": {
                        "tool_calls": [{"function": {"name": "fetch", "arguments": '{"url": "https://a.example.com"}'}}]
                    }
                }
            ]
        },
        [
            {"content_block": {"type": "tool_use", "name": "fetch"}},
            {"delta": {"partial_json": '{"url": "https:'}},
            {"delta": {"partial_json": '//a.example.com"}'}},
        ],
    ],
    ids=["Converse", "Anthropic", "OpenAI", "stream"],
)
def test_tool_uses_of_every_provider_read_alike(answer: Any):
    (use,) = opened(answered=answer).tool_uses
    assert (use.name, use.input) == ("fetch", {"url": "https://a.example.com"})


@pytest.mark.parametrize(
    "sent",
    [
        {"inferenceConfig": {"maxTokens": 7, "temperature": 0.5}},
        {"max_tokens": 7, "temperature": 0.5},
        {"textGenerationConfig": {"maxTokenCount": 7, "temperature": 0.5}},
        {"max_gen_len": 7, "temperature": 0.5},
    ],
    ids=["Converse", "Anthropic", "Titan", "Meta"],
)
def test_parameters_are_found_where_each_provider_puts_them(sent: dict[str, Any]):
    found = opened(sent).parameters
    assert (found.max_tokens, found.temperature) == (7, 0.5)


def test_probing_parameters_are_named():
    found = opened({"logprobs": True, "logit_bias": {"50256": -100}, "seed": 4, "n": 3}).parameters
    assert (found.logprobs, found.logit_bias, found.seed, found.n) == (True, True, 4, 3)


@pytest.mark.parametrize(
    "assessments",
    [
        [
            {
                "gr1": {
                    "contextualGroundingPolicy": {"filters": [{"type": "GROUNDING", "score": 0.3, "action": "BLOCKED"}]}
                }
            }
        ],
        {
            "gr1": [
                {"contextualGroundingPolicy": {"filters": [{"type": "GROUNDING", "score": 0.3, "action": "BLOCKED"}]}}
            ]
        },
    ],
    ids=["list of maps", "map of lists"],
)
def test_grounding_scores_are_read_in_both_forms(assessments: Any):
    found = opened(answered={"trace": {"guardrail": {"outputAssessments": assessments}}}, guardrail_action="INTERVENED")
    (fact,) = found.guardrail
    assert (fact.policy, fact.name, fact.score, fact.action, fact.on_answer, fact.guardrail) == (
        "contextualGroundingPolicy",
        "GROUNDING",
        0.3,
        "BLOCKED",
        True,
        "gr1",
    )


def test_a_word_that_a_guardrail_matched_is_not_named():
    found = opened(
        answered={
            "trace": {"guardrail": {"inputAssessment": {"gr1": {"wordPolicy": {"customWords": [{"match": "x"}]}}}}}
        },
        guardrail_action="INTERVENED",
    )
    assert [fact.name for fact in found.guardrail] == [""]


def test_bodies_that_cannot_be_opened_say_nothing():
    found = contents_of(an_invocation(input_body=msgspec.Raw(b"{"), output_body=None))
    assert (found.new, found.answer, found.tools_offered) == ((), (), ())
