"""A caller extracts an application's system prompt, by asking for it in one form after another.

Told by the phrases, by how far its texts lie in the tail of what this tenant's callers ask, and by the answer: one
that holds the caller's own system prompt word for word is the proof that it worked.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.callers.behaviour.memory import Behaviour, Observation
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.verdicts import verdicts
from tidegate.model import Severity

about = Detector(
    id="system_prompt_extraction",
    title="System prompt being extracted",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(invocations(),),
    covers=(Atlas("AML.T0056"), Attack("T1213"), Owasp("LLM07:2025")),
    false_positives="Developers who test their own assistant; users who ask once what it was told (once "
    "accuses nobody).",
    blind_spots="A prompt that leaks in translation or encoded, after a single question in unusual words. A "
    "system prompt "
    "made of short common sentences.",
    runbook="See whether the answers hold the prompt. If so treat it as public: rotate what secrets it names, move "
    "decisions out of it. Contain the caller.",
    playbook="throttle_caller",
    memory=Behaviour,
    counts=True,
    shares="behaviour",
)


def judge(seen: Observation, memory: Behaviour, known: Known) -> Iterable[Signal]:  # noqa: ARG001
    return verdicts(about, seen, memory, title="{caller} extracts the system prompt") if seen.exceeded else ()
