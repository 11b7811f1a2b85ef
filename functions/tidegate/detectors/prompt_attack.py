"""A caller works at getting a model past its rules: jailbreaks, personas, injections, harmful requests, repeatedly.

One odd prompt accuses nobody. What decides adds up over the caller's records: how far each lies in the tail of what
this tenant's callers ask, phrases that tell by themselves, refusals, and a guardrail's blocks.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.callers.behaviour.memory import Behaviour, Observation
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.verdicts import verdicts
from tidegate.model import Severity

about = Detector(
    id="prompt_attack",
    title="Jailbreaks or injections by one caller",
    severity=Severity.MEDIUM,
    family="prompt_attack",
    reads=(invocations(),),
    covers=(Atlas("AML.T0051"), Atlas("AML.T0054"), Attack("T1190"), Owasp("LLM01:2025")),
    false_positives="Security teams and red teams at work, evaluation runs with harmful questions, fiction "
    "writers. Allow "
    "the principal for this detector, with an expiry.",
    blind_spots="Semantic jailbreaks in ordinary words, escalation by harmless steps (crescendo), other languages than "
    "English beyond known phrases, refusals and what a guardrail blocks, attacks spread over many callers, one single "
    "prompt. Only what the user says is read here: instructions inside retrieved text are another detector's.",
    runbook="Read the example records and their answers. If the model complied, treat what it gave away as "
    "lost; contain "
    "the caller, not the application, and tighten the guardrail's prompt attack filter.",
    playbook="throttle_caller",
    memory=Behaviour,
    counts=True,
    shares="behaviour",
)


def judge(seen: Observation, memory: Behaviour, known: Known) -> Iterable[Signal]:  # noqa: ARG001
    return verdicts(about, seen, memory, title="{caller} tries to get a model past its rules") if seen.exceeded else ()
