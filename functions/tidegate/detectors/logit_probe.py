"""A model's probabilities are read out: one prompt asked again and again, a token at a time, under changing settings.

Logit bias over one token after the other, log probabilities, seeds and temperatures swept over the same prompt, many
samples of a single token: enough of them give a model's output layer or its training data away (Carlini and others,
Stealing Part of a Production Language Model, 2024). Classification asks for single tokens too, with log probabilities
even: but its texts change and its settings don't. So a sweep counts, not a short answer; asking for probabilities
counts only for who never did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import msgspec

from tidegate.callers.fingerprints import NEAR, distance, fingerprint
from tidegate.callers.past_days import PastDays
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.campaigns import Beyond, beyond, deciding, first_today
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents, Parameters

TINY = 5  # tokens: an answer that can only be a label or a probe
SHORT = 16  # of an answer whose probabilities are asked for
SWEPT = 20  # points of evidence within a day, of any caller
ASKED = 25  # calls for probabilities within a day, of a known caller that never asked for any
ASKED_NEW = 3000  # of a caller that is new itself: it may be a new classification service
BARE = 16  # words of a prompt; a longer one is cut off where it isn't over, in the middle of a sentence
_POINTS_SWEEP = 3  # the prompt nearly as before, under settings not yet tried on it
_POINTS_BIAS = 3  # a bias not yet seen
_POINTS_SETTING = 1  # settings not yet seen, on another prompt
_POINTS_BARE = 1  # one token of another bare prompt
_SAMPLES = 15  # the same short question so often under the same settings, then the next: sampling a distribution
_SEVERAL = 4  # answers drawn at once
_CHOOSES = re.compile(  # what a classification asks for
    r"\b(?:classif|label|categor|sentiment|answer|yes|true|choose|choice|option|rate|rating|score|intent|topic|spam|"
    r"toxic|relevan|either|one of|which of)",
    re.IGNORECASE,
)
_GROUPS = 4  # prompts remembered
_SETTINGS = 16  # settings remembered a prompt, two bytes each
_TRIED = 40  # settings remembered of a caller


class Group(msgspec.Struct, array_like=True, gc=False):
    """Calls with nearly the same prompt."""

    fingerprint: int
    calls: int = 0  # in a row with the very same text
    settings: bytes = b""
    text: int = 0  # 32 bits of the text itself, the last time


RULES = SWEEP, PROBABILITIES = "logit_probe/sweep", "logit_probe/probabilities"


class Memory(msgspec.Struct, array_like=True):
    groups: list[Group] = []  # the one used last is last
    tried: bytes = b""
    points: PastDays = msgspec.field(default_factory=PastDays)
    asked: PastDays = msgspec.field(default_factory=PastDays)  # calls for probabilities of single tokens
    raised: list[str] = []


about = Detector(
    id="logit_probe",
    title="A model's token probabilities are swept",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(invocations(),),
    covers=(Atlas("AML.T0024.002"), Atlas("AML.T0024.000"), Attack("T1119"), Owasp("LLM10:2025")),
    false_positives="Research on calibration, a test of sampling parameters, a search for the best temperature. Allow "
    "the principal for the time of the study. `tidegate calibrate` learns how far several callers go by nature, "
    "and how much less is enough where hardly any does such a thing (down to half): then a new application is noticed "
    "sooner, too.",
    blind_spots="A sweep spread over many callers, or over weeks below the daily threshold. A prompt rewritten "
    "completely for each call, with settings that stay the same, looks like classification: only a caller that never "
    "asked for probabilities before is noticed then. The log doesn't say what a provider returned.",
    runbook="Look at the prompts: the same text under other settings is no application's traffic. Throttle the "
    "caller; take logprobs, logit_bias and n out of what the application passes on.",
    playbook="throttle_caller",
    memory=Memory,
    counts=True,
)


def detect(calls: Sequence[Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        contents = known.contents(call)
        asked = contents.parameters
        if call.error or contents.embedding or not _could_probe(asked, call):
            continue
        points, changed = _points(contents, memory)
        bare = changed and _is_bare(contents)
        if points or bare:
            memory.points.add(call.time, max(points, _POINTS_BARE * bare))
        if changed and _asks_for_probabilities(asked) and 0 < (asked.max_tokens or call.output_tokens) <= SHORT:
            memory.asked.add(call.time)
        yield from _judge(call, contents, memory, known)


def _could_probe(asked: Parameters, call: Invocation) -> bool:
    """What all other calls are passed over by: they ask for text under settings that show nothing of a token."""
    return (
        0 < asked.max_tokens <= TINY
        or _asks_for_probabilities(asked)
        or (asked.seed is not None and 0 < call.output_tokens <= TINY)
    )


def _asks_for_probabilities(asked: Parameters) -> bool:
    return asked.logprobs or asked.logit_bias or (asked.n >= _SEVERAL and 0 < asked.max_tokens <= SHORT)


def _is_bare(contents: Contents) -> bool:
    """One token of a prompt that gives nothing to choose from: the next word itself is what was wanted."""
    asked, text = contents.parameters, contents.user.rstrip()
    if not 0 < asked.max_tokens <= 2 or contents.system or not text:
        return False
    is_prompt = asked.n >= _SEVERAL or text[-1].isalnum() or len(text.split()) <= BARE
    return is_prompt and not _CHOOSES.search(text)


def _points(contents: Contents, memory: Memory) -> tuple[int, bool]:
    """What one more call says, given those before it: points, and whether it is another prompt, if by one word only."""
    print_of_call = fingerprint(contents.user)
    asked = contents.parameters
    text = crc32(contents.user.encode("utf-8", "surrogatepass"))
    group = next((one for one in memory.groups if distance(one.fingerprint, print_of_call) <= NEAR), None)
    points, is_new = 0, group is None
    if group is None:
        if len(memory.groups) >= _GROUPS:
            points += _left(memory.groups.pop(0), asked)
        group = Group(print_of_call)
    else:
        memory.groups.remove(group)
    # A seed drawn anew for each call is an application's habit; on the very same text it is a sweep.
    is_same = group.text == text
    setting = _setting(asked, asked.seed if is_same else None)
    if not is_new and not _has(group.settings, setting):
        points += _POINTS_SWEEP
    memory.groups.append(group)
    group.calls, group.text = (group.calls + 1 if is_same else 1), text
    group.settings = _with(group.settings, setting, _SETTINGS)
    of_any = _setting(asked, None)
    if not _has(memory.tried, of_any):
        if memory.tried:
            points = max(points, _POINTS_BIAS if asked.bias else _POINTS_SETTING)
        memory.tried = _with(memory.tried, of_any, _TRIED)
    return points, not is_same


def _left(group: Group, asked: Parameters) -> int:
    """A prompt that is done with: asked often under the same settings, and not to be answered alike, it was sampled.

    One prompt that never ends is a health check."""
    return group.calls if group.calls >= _SAMPLES and asked.temperature != 0 else 0


def _setting(asked: Parameters, seed: int | None) -> bytes:
    said = (asked.temperature, asked.top_p, asked.top_k, asked.logprobs, asked.bias, asked.n, asked.max_tokens, seed)
    return (crc32(repr(said).encode()) & 0xFFFF).to_bytes(2)


def _has(settings: bytes, one: bytes) -> bool:
    return any(settings[place : place + 2] == one for place in range(0, len(settings), 2))


def _with(settings: bytes, one: bytes, most: int) -> bytes:
    return settings if _has(settings, one) else (settings + one)[-2 * most :]


def _judge(call: Invocation, contents: Contents, memory: Memory, known: Known) -> Iterator[Signal]:
    if swept := beyond(SWEEP, memory.points, call.time, known, begun=SWEPT, new=SWEPT):
        what = "points of a sweep: settings not tried before, on nearly the same prompt or in all"
        yield from _signal(call, contents, memory, known, swept, what)
    if asked := beyond(PROBABILITIES, memory.asked, call.time, known, begun=ASKED, new=ASKED_NEW):
        what = "other prompts each time, and the probabilities of a token asked for or bent"
        yield from _signal(call, contents, memory, known, asked, what)


def _signal(
    call: Invocation, contents: Contents, memory: Memory, known: Known, found: Beyond, what: str
) -> Iterator[Signal]:
    if identity := first_today(memory.raised, found, call.time, known):
        asked = contents.parameters
        facts: dict[str, Any] = {
            **found.facts(what),
            "points": {
                "settings not tried on this prompt": _POINTS_SWEEP,
                "a bias not tried": _POINTS_BIAS,
                "settings not tried": _POINTS_SETTING,
                "one token of a bare prompt": _POINTS_BARE,
                "a prompt sampled": "its calls",
            },
            "asked": {
                "max_tokens": asked.max_tokens,
                "temperature": asked.temperature,
                "logprobs": asked.logprobs,
                "logit_bias": asked.logit_bias,
                "seed": asked.seed,
                "n": asked.n,
            },
            "same_prompt_calls": memory.groups[-1].calls,
            "settings_on_it": len(memory.groups[-1].settings) // 2,
            **deciding(call, known),
            "settings_in_all": len(memory.tried) // 2,
        }
        title = f"{known.name} swept a model's token probabilities"
        yield signal_of_invocation(
            call, identity=(identity,), title=title, facts=facts, severity=found.severity, score=found.score
        )
