"""An application's answers lose their ground: guardrail scores fall below its own history, or blocks for them rise.

A contextual grounding policy measures each answer: whether it rests on the text it was given (GROUNDING), whether it
answers the question (RELEVANCE), both from 0 to 1. Single bad answers happen. A sequential test over an application
and guardrail asks whether bad ones have become more frequent than in its history: a swapped model, a poisoned or
emptied knowledge base, a changed prompt. It says so after some dozens of answers and not after one. An application
without a history is held to the guardrail's own threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from tidegate.callers.score_history import LEARNING_DAYS, LEARNING_SCORES, ScoreHistory
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.campaigns import once_a_day
from tidegate.model import Invocation, Seen, Severity, narrowest_caller

_POLICY = "contextualGroundingPolicy"
_MOST = 6  # guardrails and measures of one application: GROUNDING and RELEVANCE of three


class Memory(msgspec.Struct, array_like=True):
    histories: dict[str, ScoreHistory] = {}  # by "guardrail measure"
    raised: list[str] = []


def applications(record: Seen, _known: Known) -> Iterable[str]:
    """The application behind a call: the role that its sessions share, else who signed. Calls that no guardrail saw
    have none."""
    if not isinstance(record, Invocation) or not record.guardrail_action:
        return ()
    return (application_of(record),)


def application_of(call: Invocation) -> str:
    principal = call.principal
    return f"role:{principal.name}" if principal.session else narrowest_caller(principal)


about = Detector(
    id="ungrounded_answers",
    title="An application's answers are less grounded than they were",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(invocations(),),
    covers=(
        Atlas("AML.T0048"),
        Atlas("AML.T0020"),
        Atlas("AML.T0070"),
        Attack("T1565.001"),
        Owasp("LLM09:2025"),
        Owasp("LLM04:2025"),
    ),
    false_positives="A planned change of model, prompt, chunking or of the guardrail's thresholds; a new kind of "
    "question after a launch. The history takes the new level in after some days.",
    blind_spots="Applications without a contextual grounding policy. In the first "
    f"{LEARNING_DAYS} days and {LEARNING_SCORES} scores of one only what lies below the guardrail's threshold counts: "
    "every second answer, over a dozen and more. A decline so slow that each day looks like the last. Answers made up "
    "in the style of their source: the guardrail scores those, we only read its scores.",
    runbook="Compare with the last change of the model, the agent's alias, the prompt and the knowledge base's data: "
    "if none was planned, see model_swapped, knowledge_base_tampered and training_data_poisoned and roll that back.",
    playbook=None,
    version=2,
    memory=Memory,
    whose="resource",
    subjects=applications,
    counts=True,
)


def detect(calls: Sequence[Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    for call in calls:
        for fact in known.contents(call).guardrail:
            if fact.policy != _POLICY or fact.score is None:
                continue
            name = f"{fact.guardrail} {fact.name}"
            history = memory.histories.get(name)
            if history is None:
                if len(memory.histories) >= _MOST:
                    continue
                history = memory.histories[name] = ScoreHistory()
            change = history.see(fact.score, fact.action == "BLOCKED", call.time, fact.threshold)
            if change:
                yield from _signal(call, name, change, history, memory, known, fact.threshold)


def _signal(
    call: Invocation,
    name: str,
    change: str,
    history: ScoreHistory,
    memory: Memory,
    known: Known,
    threshold: float | None,
) -> Iterator[Signal]:
    guardrail, _, measure = name.partition(" ")
    severity = Severity.HIGH if history.is_much_worse(change) else Severity.MEDIUM
    if not (identity := once_a_day(memory.raised, severity, call.time, f"{change}:{name}:")):
        return
    what = {
        "scores": f"{measure.lower()} scores fell below its own history",
        "blocks": f"blocks for {measure.lower()} rose above its own history",
        "floor": f"{measure.lower()} scores of a new application lie below the guardrail's threshold",
    }[change]
    facts: dict[str, Any] = {
        "application": known.name,
        "guardrail": guardrail,
        "measure": measure,
        "guardrail_threshold": threshold,
        **history.facts(change),
        "severity_from": (
            "the guardrail's threshold: there is no history to compare with"
            if change == "floor"
            else "the share of bad answers since the change began; high from half of them on"
        ),
    }
    signal = signal_of_invocation(
        call,
        identity=(identity,),
        title=f"{known.name}: {what}",
        facts=facts,
        severity=severity,
        resource=guardrail,
    )
    # It is the application that changed; who happened to ask it has done nothing.
    yield replace(signal, caller=application_of(call), related=())
