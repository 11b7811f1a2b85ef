"""What a body tells besides what was said: what a guardrail kept back, what the caches held, which words are new."""

from __future__ import annotations

import json
from typing import Any

import pytest
from invocation_log_builders import Said, a_log_record, read_one

from tidegate.model import Turn
from tidegate.sources import new_turns, turns
from tidegate.sources.contents import contents_of

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
    call = read_one(a_log_record({"messages": [{"role": "user", "content": "q"}]}, WITHHELD_IN[form]))
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
    call = read_one(a_log_record({"messages": [{"role": role, "content": text} for role, text in sent]}))
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
    found = read_one(a_log_record({}, answered))
    assert (found.cache_read_tokens, found.cache_write_tokens) == (5, 7)


def test_what_the_log_counts_goes_before_what_the_body_says() -> None:
    given = {"inputBodyJson": {}, "cacheReadInputTokenCount": 1, "cacheWriteInputTokenCount": 0}
    answered = {"usage": {"cacheReadInputTokens": 5, "cacheWriteInputTokens": 7}}
    found = read_one(a_log_record(answered=answered, input=given))
    assert (found.cache_read_tokens, found.cache_write_tokens) == (1, 0)
