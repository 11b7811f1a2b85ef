"""A caller harvests a model to train another: instruction sets, elicited reasoning, preferences, generated tasks.

No single request tells; over many, the day differs from what the caller and the tenant usually do: instructions of
every kind without a conversation, one suffix on unrelated questions, judgements of pairs of answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.callers.behaviour.memory import Behaviour, Observation
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations
from tidegate.detectors.verdicts import verdicts
from tidegate.model import Severity

about = Detector(
    id="distillation",
    title="Model being distilled",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(invocations(),),
    covers=(Atlas("AML.T0024.002"), Atlas("AML.T0040"), Attack("T1213"), Owasp("LLM10:2025")),
    false_positives="Evaluation runs, synthetic-data jobs and batch work of one's own look like it by nature: "
    "their own "
    "history makes them usual, and `tidegate calibrate` proposes allow-lists for them. A new job is accused once.",
    blind_spots="Low and slow harvests under some ten requests a day, and callers that hide a few among many of their "
    "own. Before calibration only texts that ask for data sets outright, and reasoning elicited with one suffix or "
    "prefix on different questions, are found.",
    runbook="Ask the owner whether it is a job of theirs; if so allow its principal. If not, compare volume "
    "and addresses "
    "with other callers of the same days, contain the caller, and see what terms the account holds it to.",
    playbook="throttle_caller",
    memory=Behaviour,
    counts=True,
    shares="behaviour",
)


def judge(seen: Observation, memory: Behaviour, known: Known) -> Iterable[Signal]:  # noqa: ARG001
    return verdicts(about, seen, memory, title="{caller} harvests a model") if seen.exceeded else ()
