"""A caller makes a model give back what it was trained on: a word without end, passages and names left open, masks.

Such probes are short, many, and alike in form rather than in words: phrases and forms decide, over several records.
A long answer that repeats itself after such a request shows that the model diverged.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.callers.behaviour.memory import Behaviour, Observation
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.verdicts import verdicts
from tidegate.model import Severity

about = Detector(
    id="training_data_extraction",
    title="Training data being extracted",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(invocations(),),
    covers=(Atlas("AML.T0024.000"), Atlas("AML.T0057"), Attack("T1213"), Owasp("LLM02:2025")),
    false_positives="Autocompletion products that send unfinished sentences (their own history raises the "
    "threshold once "
    "calibrated), tests of the model with cloze questions.",
    blind_spots="Membership inference by loss or logits (see logit_probe). Prefixes that end like whole "
    "sentences. Sources "
    "of such attacks share nothing with each other: a new form is found only by how a caller's day changes.",
    runbook="See what the answers gave back. Personal data is a breach: inform who must be informed. Contain "
    "the caller, and "
    "add a denied topic or word filter to the guardrail.",
    playbook="throttle_caller",
    memory=Behaviour,
    counts=True,
    shares="behaviour",
)


def judge(seen: Observation, memory: Behaviour, known: Known) -> Iterable[Signal]:  # noqa: ARG001
    return verdicts(about, seen, memory, title="{caller} probes for training data") if seen.exceeded else ()
