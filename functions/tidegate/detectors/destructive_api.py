"""Models, agents or knowledge bases are deleted by someone who never deletes, by an API key, or in a row.

Deleting is part of every life cycle: pipelines and the people who build do it. What stands out is a credential that is
made for calling models and deletes them, a principal that deletes for the first time, and five deletions within half
an hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.firsts import Firsts
from tidegate.callers.sightings import Sightings, day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.phantom_user_pivot import PHANTOM
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened

_MODELS = (
    "DeleteCustomModel",
    "DeleteCustomModelDeployment",
    "DeleteImportedModel",
    "DeleteProvisionedModelThroughput",
    "DeleteMarketplaceModelEndpoint",
    "DeleteInferenceProfile",
    "DeletePromptRouter",
)
_AGENTS = ("DeleteAgent", "DeleteAgentVersion", "DeleteFlow", "DeletePrompt", "DeleteKnowledgeBase", "DeleteDataSource")
_AGENTCORE = ("DeleteAgentRuntime", "DeleteGateway", "DeleteMemory", "DeletePolicyEngine", "DeletePolicy")
ENOUGH = 5  # different things
_WINDOW_STEPS = 15  # of two minutes
_MOST = 8
_DELETES = "delete"
_NAME = 24  # characters kept of what was deleted


class Memory(msgspec.Struct, array_like=True):
    deleted: Sightings = msgspec.field(default_factory=Sightings)
    habit: Firsts = msgspec.field(default_factory=Firsts)  # that it deletes at all: the "act"
    raised: list[str] = []


about = Detector(
    id="destructive_api",
    title="Models, agents or knowledge bases deleted by an unusual principal",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(
        api_calls("bedrock", *_MODELS, *_AGENTS),
        api_calls("bedrock-agent", *_AGENTS),
        api_calls("bedrock-agentcore", *_AGENTCORE),
    ),
    covers=(Attack("T1485"), Attack("T1489"), Atlas("AML.T0029"), Atlas("AML.T0048"), Owasp("LLM10:2025")),
    false_positives="The first clean-up of a person, and every clean-up of five things at once. Name the pipeline; "
    "allow who takes an environment down, with an expiry.",
    blind_spots="A principal that has deleted before deletes one more. Sessions with ever new names are always new. "
    "Guardrails, logging and trails have detectors of their own; SageMaker isn't read.",
    runbook="Ask the caller. Custom and imported models can't be brought back: import them again from their artefacts. "
    "Agents and knowledge bases: deploy them again; the last configuration is in the snapshots.",
    playbook=None,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    for call in records:
        if call.error or known.is_pipeline(call.principal):
            continue
        day = day_of(call.time)
        first = memory.habit.first_day("act", _DELETES)
        if call.bearer or call.principal.name.startswith(PHANTOM):
            yield _signal(call, (call.id,), "an API key deletes", Severity.HIGH, [_thing(call)], first)
        elif first is None or day <= first:
            yield _signal(call, ("first", str(day)), "its first deletion", Severity.MEDIUM, [_thing(call)], first)
        memory.habit.saw("act", _DELETES, call.time)
        if memory.deleted.add(_thing(call)[-_NAME:], call.time, most=_MOST):
            yield from _in_a_row(call, records, memory)


def _in_a_row(call: ApiCall, records: Sequence[ApiCall], memory: Memory) -> Iterator[Signal]:
    for end, things in memory.deleted.windows(call.time, _WINDOW_STEPS):
        mark = f"row:{day_of(end - 1)}"
        if len(things) >= ENOUGH and raised_once(memory.raised, mark):
            begin = end - _WINDOW_STEPS * memory.deleted.seconds
            earlier = tuple(one.id for one in records if begin <= one.time <= call.time and one.id != call.id)
            reason = f"{ENOUGH} deletions or more in half an hour"
            first = memory.habit.first_day("act", _DELETES)
            yield _signal(call, (mark,), reason, Severity.HIGH, list(things), first, earlier)


def _thing(call: ApiCall) -> str:
    """What was deleted: the call's name without the verb, and the identifiers it gives."""
    values = sorted((name, value) for name, value in opened(call.parameters).items() if isinstance(value, str))
    which = "/".join(value for name, value in values if name != "clientToken")
    return f"{call.name.removeprefix('Delete')} {which}"


def _signal(
    call: ApiCall,
    identity: tuple[str, ...],
    reason: str,
    severity: Severity,
    things: list[str],
    first: int | None,
    earlier: tuple[str, ...] = (),
) -> Signal:
    return signal_of_call(
        call,
        identity=identity,
        title=f"{call.caller} deleted {things[-1] if len(things) == 1 else f'{len(things)} things'}: {reason}",
        facts={
            "deleted": things,
            "with_api_key": call.bearer,
            "threshold": f"{ENOUGH} different things in half an hour, or a first day of deleting",
            "history": "it was not seen deleting before today"
            if first is None or first >= day_of(call.time)
            else f"it deleted {day_of(call.time) - first} days ago for the first time that is known",
            "severity_from": reason,
        },
        severity=severity,
        resource=next(iter(call.resources), ""),
        event_ids=earlier,
    )
