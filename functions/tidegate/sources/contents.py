"""What an invocation says, opened once: the text by role and turn, tools, parameters, what a guardrail measured.

A dozen detectors look at the same call. Opening a body costs more than most of them, so it is done here, once a
record, and the result is handed to each. Only what is new in a conversation is in `new`: a chat sends its whole
history along, and one bad turn would otherwise count again with every call that follows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import msgspec

from tidegate.model import Invocation, Turn
from tidegate.sources.opening import decoded, opened, opened_value
from tidegate.sources.turns import answered_turns, first_new, sent_turns

_BROUGHT = ("tool_result", "retrieved")
# Where the providers put what a call asks of the model: the body itself, Converse's, Titan's, and pass-through.
_HOLDERS = ("inferenceConfig", "textGenerationConfig", "additionalModelRequestFields", "generation_config")
_MAX_TOKENS = ("maxTokens", "max_tokens", "max_completion_tokens", "maxTokenCount", "max_gen_len", "max_new_tokens")
_SEVERAL = ("n", "num_generations", "numResults", "num_return_sequences")
_VECTORS = frozenset(("embedding", "embeddings", "embeddingsByType"))
_ASSESSMENTS = ("inputAssessment", "inputAssessments", "outputAssessments", "input", "outputs", "output")
# What of it calls usually say, and what few of them do.
_STOPS = ("stopSequences", "stop_sequences", "stop")
_USUAL = frozenset((*_MAX_TOKENS, *_STOPS, "temperature", "topP", "top_p", "p", "topK", "top_k", "k"))
_BIASES = ("logprobs", "top_logprobs", "return_likelihoods", "logit_bias", "logitBias")
_RARE = frozenset((*_BIASES, *_SEVERAL, "seed", "thinking", "reasoning_config"))
_sorted_json = msgspec.json.Encoder(order="sorted").encode
_MOST_FACTS = 200  # of one call's guardrails; AWS allows 30 topics and 10,000 words a policy


class Parameters(msgspec.Struct, frozen=True, gc=False):
    """How the model was asked to answer. 0, None and False: not said."""

    max_tokens: int = 0
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    logprobs: bool = False  # asks for the probabilities of tokens (OpenAI `logprobs`, Cohere `return_likelihoods`)
    logit_bias: bool = False
    seed: int | None = None
    n: int = 1  # answers asked for
    stop_sequences: int = 0
    reasoning_budget: int = 0  # tokens the model may think for (Anthropic `thinking.budget_tokens`)
    bias: int = 0  # 32 bits of what `logit_bias` says, so that a sweep is seen without keeping it


_NOTHING_ASKED = Parameters()


class ToolUse(msgspec.Struct, frozen=True, gc=False):
    """A tool the model asked for. `input` is what it gave: an object, or the text where that is no JSON."""

    name: str
    input: Any
    text: str  # name and input, as the turn holds them


class GuardrailFact(msgspec.Struct, frozen=True, gc=False):
    """One entry of a guardrail's assessment."""

    policy: str  # contentPolicy, topicPolicy, wordPolicy, sensitiveInformationPolicy, contextualGroundingPolicy, ...
    name: str  # filter type, topic, kind of entity; "" for words (they may be the secret itself)
    action: str  # BLOCKED, ANONYMIZED, NONE
    on_answer: bool
    score: float | None = None  # grounding and relevance, 0 to 1
    threshold: float | None = None
    guardrail: str = ""


class Contents(msgspec.Struct, frozen=True, gc=False):
    """Nothing is cut short: padding must not hide what follows it."""

    new: tuple[Turn, ...]  # what this call adds: the turns after the last answer sent along, with a prefill at the end
    answer: tuple[Turn, ...]  # what the caller saw
    system: str  # every system turn, also of later calls of a conversation: what an answer must not give away
    user: str  # of `new`
    brought: str  # of `new`: tool results and retrieved text
    answered: str  # the answer's text, without tool calls
    tool_uses: tuple[ToolUse, ...] = ()
    tools_offered: tuple[str, ...] = ()
    messages: int = 0  # sent along, the new ones included
    parameters: Parameters = _NOTHING_ASKED
    embedding: bool = False
    guardrail: tuple[GuardrailFact, ...] = ()
    withheld: tuple[Turn, ...] = ()  # what the model said and a guardrail kept back: nobody saw it


def contents_of(call: Invocation) -> Contents:
    """What can't be opened is empty: the reader has reported it, and the index keeps the reason."""
    body = opened(call.input_body)
    output, _ = opened_value(call.output_body)
    sent, told = tuple(sent_turns(body)), tuple(answered_turns(output))
    new = sent[first_new(sent) :]
    answer = tuple([turn for turn in told if not turn.withheld])
    return Contents(
        new=new,
        answer=answer,
        system=_of(sent, ("system",)),
        user=_of(new, ("user",)),
        brought=_of(new, _BROUGHT),
        answered=_of(answer, ("assistant",)),
        tool_uses=tuple([_tool_use(turn.text) for turn in answer if turn.role == "tool_call"]),
        tools_offered=tuple(_offered(body)),
        messages=_length(body.get("messages")) + _length(body.get("chat_history")),
        parameters=_parameters(body),
        embedding=_embeds(call.model, output),
        guardrail=tuple(_facts(output)) if call.guardrails or call.guardrail_action else (),
        withheld=() if len(answer) == len(told) else tuple([turn for turn in told if turn.withheld]),
    )


def _length(messages: Any) -> int:
    return len(messages) if isinstance(messages, list) else 0


def _of(turns: tuple[Turn, ...], roles: tuple[str, ...]) -> str:
    return "\n".join([turn.text for turn in turns if turn.role in roles])


def _tool_use(text: str) -> ToolUse:
    name, _, given = text.partition(" ")
    value, failed = decoded(given.encode("utf-8", "replace")) if given else ({}, "")
    return ToolUse(name, given if failed else value, text)


def _offered(body: dict[str, Any]) -> Iterator[str]:
    config = body.get("toolConfig")
    tools = config.get("tools") if isinstance(config, dict) else body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        for holder in (tool.get("toolSpec"), tool.get("function"), tool):
            if isinstance(holder, dict) and isinstance(holder.get("name"), str):
                yield holder["name"]
                break


def _parameters(body: dict[str, Any]) -> Parameters:
    asked = body
    for name in _HOLDERS:
        if isinstance(holder := body.get(name), dict):
            asked = asked | holder
    if _USUAL.isdisjoint(asked) and _RARE.isdisjoint(asked):
        return _NOTHING_ASKED
    stops = asked.get("stopSequences") or asked.get("stop_sequences") or asked.get("stop")
    usual = Parameters(
        max_tokens=int(_number(asked, *_MAX_TOKENS) or 0),
        temperature=_number(asked, "temperature"),
        top_p=_number(asked, "topP", "top_p", "p"),
        top_k=_number(asked, "topK", "top_k", "k"),
        stop_sequences=len(stops) if isinstance(stops, list) else int(isinstance(stops, str)),
    )
    return usual if _RARE.isdisjoint(asked) else _with_rare(usual, asked)


def _with_rare(usual: Parameters, asked: dict[str, Any]) -> Parameters:
    thinking = asked.get("thinking") or asked.get("reasoning_config")
    likelihoods = asked.get("return_likelihoods")
    seed = _number(asked, "seed")
    return msgspec.structs.replace(
        usual,
        logprobs=bool(asked.get("logprobs") or asked.get("top_logprobs"))
        or (isinstance(likelihoods, str) and likelihoods.upper() not in ("", "NONE")),
        logit_bias=bool(asked.get("logit_bias") or asked.get("logitBias")),
        seed=None if seed is None else int(seed),
        n=max(1, int(_number(asked, *_SEVERAL) or 1)),
        reasoning_budget=int((_number(thinking, "budget_tokens") if isinstance(thinking, dict) else 0) or 0),
        bias=crc32(_sorted_json(bias)) if (bias := asked.get("logit_bias") or asked.get("logitBias")) else 0,
    )


def _number(holder: dict[str, Any], *names: str) -> float | None:
    for name in names:
        value = holder.get(name)
        if (type(value) is int or type(value) is float) and math.isfinite(value):  # JSON has no other numbers
            return float(value) if abs(value) < 2**53 else None
    return None


def _embeds(model: str, output: Any) -> bool:
    return "embed" in model or (isinstance(output, dict) and not _VECTORS.isdisjoint(output))


def _facts(output: Any) -> Iterator[GuardrailFact]:
    parts = output if isinstance(output, list) else [output]
    yielded = 0
    for part in parts:
        for trace in _traces(part):
            for key in _ASSESSMENTS:
                for guardrail, assessment in _assessments(trace.get(key)):
                    for fact in _assessed(guardrail, assessment, key.startswith("output")):
                        yield fact
                        yielded += 1
                        if yielded == _MOST_FACTS:
                            return


def _traces(part: Any) -> Iterator[dict[str, Any]]:
    """Converse has it under `trace`, a stream in its last chunk's `metadata`, InvokeModel under a name of its own."""
    if not isinstance(part, dict):
        return
    for holder in (part, part.get("metadata")):
        for name in ("trace", "amazon-bedrock-trace"):
            trace = holder.get(name) if isinstance(holder, dict) else None
            guardrail = trace.get("guardrail") if isinstance(trace, dict) else None
            if isinstance(guardrail, dict):
                yield guardrail


def _assessments(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """`{id: assessment}`, a list of those, or `{id: [assessment]}`: captures and the API model differ."""
    for holder in value if isinstance(value, list) else [value]:
        for name, found in holder.items() if isinstance(holder, dict) else ():
            for assessment in found if isinstance(found, list) else [found]:
                if isinstance(assessment, dict):
                    yield str(name), assessment


def _assessed(guardrail: str, assessment: dict[str, Any], on_answer: bool) -> Iterator[GuardrailFact]:
    for policy, found in assessment.items():
        if not policy.endswith("Policy") or not isinstance(found, dict):
            continue
        for entries in found.values():
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict):
                    name = entry.get("type") or entry.get("name") or ""
                    yield GuardrailFact(
                        policy=policy,
                        name="" if policy == "wordPolicy" else str(name),
                        action=str(entry.get("action") or ""),
                        on_answer=on_answer,
                        score=_number(entry, "score"),
                        threshold=_number(entry, "threshold"),
                        guardrail=guardrail,
                    )
