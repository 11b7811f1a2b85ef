"""A caller burns money: calls made to be as dear as they can be.

Answers driven to their token limit or to the length of a book's chapter, prompts filled up to the context window, the
same dear request over and over, thinking budgets at their maximum, prompt caches written and never read. One such trait
may be an application's nature; two in one call hardly are, and any of them is abuse where a caller that never did it
spends more on it in a day than on everything before. quota_abuse counts all calls, tokens and dollars; this counts what
is spent in vain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import msgspec

from tidegate.callers.past_days import PastDays
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.campaigns import Beyond, beyond, deciding, first_today
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents
from tidegate_quota.prices import UNKNOWN

LONG_ANSWER = 1000  # tokens; a limit below it is a matter of style
LONG_PROMPT = 30_000  # uncached tokens: 15 % of a window of 200,000
LONG_THOUGHT = 16_000  # tokens of a thinking budget; 1,024 is the least, 4,000 to 8,000 usual
HEAVY = 1000  # tokens of a request that is dear enough to be repeated for the damage
_CACHE_READ = 0.1  # of calls: a cache that serves so many is used, whoever misses it
_CACHE_CALLS = 64  # then both counts are halved
UNREAD = 1024  # tokens written to the prompt cache: the least a provider caches
FLAGRANT = 4000  # tokens of an answer that reached its limit, or of a request sent again: nobody needs many of those
VAST = 8000  # tokens of an answer, whatever its limit: some 6,000 words, twenty pages
JOINT_BEGUN, JOINT_NEW = 12, 20  # calls with two traits or more within a day
FLAGRANT_BEGUN, FLAGRANT_NEW = 8, 15  # such calls within a day
WASTE_BEGUN, WASTE_NEW = 3.0, 20.0  # dollars on calls with a trait within a day
_LEAST_CALLS = 20  # with one trait: a few long documents are a morning's work
_LEAST_DOLLARS = 0.5  # below it, no wallet is harmed
_CENTS = 10_000  # of a dollar: what is counted, a hundredth of a cent
_REPEATS = 16  # requests remembered, four bytes each
_AT_LIMIT = 0.95
_AT_LIMIT_TRAIT, _REPEATED_TRAIT, _VAST_TRAIT = "answer at its limit", "the same request again", "vast answer"
_CUT = ("max_tokens", "length", "MAX_TOKENS", "LENGTH", "max_output_tokens", "ERROR_LIMIT")
_UNANSWERED = ("ModelTimeoutException", "ServiceUnavailableException", "InternalServerException")
RULES = DEAR_TWICE, DRIVEN, SPENT = (
    "denial_of_wallet/dear_in_two_ways",
    "denial_of_wallet/flagrant",
    "denial_of_wallet/spent",
)


class Memory(msgspec.Struct, array_like=True):
    recent: bytes = b""  # the latest heavy requests
    calls: PastDays = msgspec.field(default_factory=PastDays)  # with a trait
    joint: PastDays = msgspec.field(default_factory=PastDays)  # with two or more
    flagrant: PastDays = msgspec.field(default_factory=PastDays)
    spent: PastDays = msgspec.field(default_factory=PastDays)  # on those with a trait, in hundredths of a cent
    billed: PastDays = msgspec.field(default_factory=PastDays)  # the same at the model's own price
    raised: list[str] = []
    cached: int = 0  # latest calls that wrote to a prompt cache and read nothing of it
    read: int = 0  # since then, calls that did read


about = Detector(
    id="denial_of_wallet",
    title="A caller burns money on calls made to be dear",
    severity=Severity.MEDIUM,
    family="quota_abuse",
    reads=(invocations(),),
    covers=(Atlas("AML.T0034"), Atlas("AML.T0034.001"), Attack("T1496"), Owasp("LLM10:2025")),
    false_positives="A first day of long translations or reports whose limit is too low or that fill twenty pages; a "
    "load test. What a caller does on five days is usual for it. Allow the principal, or write its price and budget "
    "into the rules. `tidegate calibrate` learns how far several callers go by nature, and how much less is enough "
    "where hardly any does such a thing (down to half): then a new application is noticed sooner, too.",
    blind_spots="Dear calls that look like everybody's: only a budget in dollars (dollars_per_day) sees those. Models "
    "behind application profiles are taken for ones of middle price unless the rules name theirs. Images, video and "
    "speech are not counted. Loops of agents are the owner's mistake and look the same.",
    runbook="See which requests repeat and what they cost. Throttle the caller; limit max_tokens, context and thinking "
    "budget in the application, and give every caller a budget in dollars.",
    playbook="throttle_caller",
    memory=Memory,
    counts=True,
)


def detect(calls: Sequence[Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        traits = _traits(call, memory, known)
        if not traits:
            continue
        memory.calls.add(call.time)
        billed = known.prices.dollars(call)
        memory.billed.add(call.time, round(billed * _CENTS))
        memory.spent.add(call.time, round(max(billed, _at_middle_price(call)) * _CENTS))
        if _is_flagrant(call, traits):
            memory.flagrant.add(call.time)
        if len(traits) > 1:
            memory.joint.add(call.time)
        yield from _judge(call, traits, memory, known)


def _at_middle_price(call: Invocation) -> float:
    """Dollars as if the model were of middle price: a cheap one's tokens are taken from the account's quota all the
    same, and an attacker takes what model there is."""
    return UNKNOWN.of(call.input_tokens, call.output_tokens, call.cache_read_tokens, call.cache_write_tokens)


def _traits(call: Invocation, memory: Memory, known: Known) -> tuple[str, ...]:
    """What makes a call dear. Most calls are small and are passed over unopened."""
    uncached = call.input_tokens + call.cache_write_tokens
    unread = (call.cache_write_tokens or memory.cached) and _cache_unread(call, memory)
    heavy = uncached + call.output_tokens >= HEAVY or call.error in _UNANSWERED
    if not heavy:
        return ()
    contents = known.contents(call)
    if contents.embedding:
        return ()
    asked = contents.parameters
    limit = asked.max_tokens
    at_limit = call.output_tokens >= LONG_ANSWER and (
        call.stop_reason in _CUT or call.output_tokens >= _AT_LIMIT * limit > 0
    )
    found = {
        _AT_LIMIT_TRAIT: at_limit,
        _VAST_TRAIT: call.output_tokens >= VAST and not at_limit,  # one trait: both say that it is long
        "long prompt": uncached >= LONG_PROMPT,
        "thinking budget": asked.reasoning_budget >= LONG_THOUGHT,
        "cache never read": bool(unread),
        _REPEATED_TRAIT: _repeated(contents, memory),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _cache_unread(call: Invocation, memory: Memory) -> bool:
    """Whether the call fills a prompt cache that this caller hardly ever reads."""
    writes = call.cache_write_tokens >= UNREAD and not call.cache_read_tokens
    memory.cached += writes
    memory.read += call.cache_read_tokens > 0
    if memory.cached + memory.read >= _CACHE_CALLS:
        memory.cached, memory.read = memory.cached // 2, memory.read // 2
    return writes and memory.read < _CACHE_READ * (memory.cached + memory.read)


def _is_flagrant(call: Invocation, traits: tuple[str, ...]) -> bool:
    if _VAST_TRAIT in traits or (_AT_LIMIT_TRAIT in traits and call.output_tokens >= FLAGRANT):
        return True
    return _REPEATED_TRAIT in traits and call.input_tokens + call.cache_write_tokens + call.output_tokens >= FLAGRANT


def _repeated(contents: Contents, memory: Memory) -> bool:
    """Whether this very request was among the last heavy ones. A conversation's next turn is another request."""
    text = contents.user or contents.brought
    if not text:
        return False
    mark = crc32(f"{contents.messages}\x1f{text}".encode("utf-8", "surrogatepass")).to_bytes(4)
    known = memory.recent
    again = any(known[place : place + 4] == mark for place in range(0, len(known), 4))
    if not again:
        memory.recent = (known + mark)[-4 * _REPEATS :]
    return again


def _judge(call: Invocation, traits: tuple[str, ...], memory: Memory, known: Known) -> Iterator[Signal]:
    time = call.time
    if memory.spent.recent(time) < _LEAST_DOLLARS * _CENTS:
        return
    if found := beyond(DEAR_TWICE, memory.joint, time, known, begun=JOINT_BEGUN, new=JOINT_NEW):
        yield from _signal(call, traits, memory, known, found, "calls dear in two ways or more")
    if found := beyond(DRIVEN, memory.flagrant, time, known, begun=FLAGRANT_BEGUN, new=FLAGRANT_NEW):
        what = f"answers of {FLAGRANT} tokens driven to their limit, or of {VAST}, and large requests sent again"
        yield from _signal(call, traits, memory, known, found, what)
    begun, new = round(WASTE_BEGUN * _CENTS), round(WASTE_NEW * _CENTS)
    found = beyond(SPENT, memory.spent, time, known, begun=begun, new=new)
    if found and memory.calls.recent(time) >= _LEAST_CALLS:
        yield from _signal(
            call,
            traits,
            memory,
            known,
            found,
            "hundredths of a cent on dear calls, a cheap model's at a middle price",
        )


def _signal(
    call: Invocation, traits: tuple[str, ...], memory: Memory, known: Known, found: Beyond, what: str
) -> Iterator[Signal]:
    if not (identity := first_today(memory.raised, found, call.time, known)):
        return
    dollars = memory.billed.recent(call.time) / _CENTS
    facts: dict[str, Any] = {
        **found.facts(what),
        "dollars_24_hours": round(dollars, 2),
        "dollars_a_call": round(dollars / max(1.0, memory.calls.recent(call.time)), 4),
        "this_call_dollars": round(known.prices.dollars(call), 4),
        "price": known.prices.said(call.model, call.time),
        "dear_calls": round(memory.calls.recent(call.time)),
        "dear_in_two_ways": round(memory.joint.recent(call.time)),
        "flagrant_calls": round(memory.flagrant.recent(call.time)),
        **deciding(call, known),
        "this_call_is_dear_by": list(traits),
    }
    title = f"{known.name} spent ${dollars:,.2f} in a day on calls made to be dear"
    yield signal_of_invocation(
        call, identity=(identity,), title=title, facts=facts, severity=found.severity, score=found.score
    )
