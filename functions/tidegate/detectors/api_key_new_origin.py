"""A Bedrock API key is used from a network, with an agent or in a Region it was never used from.

An API key is one string: whoever reads it in a repository, a log or a chat calls models with it, without signing
anything. It is put into one application, which calls from one place. So a key has less to learn than a person: having
been used on one earlier day is enough to be compared with. And an identity that always signed its calls and now sends
a key has one that somebody made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, joined_calls
from tidegate.detectors.origins import BEARER, SHARED, Look, Origins, reads, subjects
from tidegate.detectors.told import signal_of
from tidegate.detectors.whence import lasting_name
from tidegate.model import ApiCall, Joined, Severity

API_KEY_TYPES = ("LONG_TERM", "SHORT_TERM")  # `bearerTokenType`: which of them is stopped, and how
_ORIGIN = ("network", "agent", "region")

about = Detector(
    id="api_key_new_origin",
    title="Bedrock API key used from a new origin",
    severity=Severity.MEDIUM,
    family="stolen_credentials",
    reads=(*reads(), joined_calls()),
    covers=(Attack("T1078.004"), Attack("T1550.001"), Atlas("AML.T0012"), Atlas("AML.T0055"), Owasp("LLM10:2025")),
    false_positives="A key that a developer uses at home and at work, or that moves into production. One thing new is "
    "LOW for that reason. Signed calls and role sessions have homes of their own: use those in production.",
    blind_spots="The first day of a key is learned. A key known in six networks isn't judged by its network any more. "
    "Short-term keys act as the session they were made from: what the session did before is their history. The mantle "
    "endpoint's calls need data events.",
    runbook="Ask the key's owner where it runs. If nobody knows the network in the evidence, deactivate the key "
    "(iam:UpdateServiceSpecificCredential) and see what was called with it; short-term keys end with their session.",
    playbook="rotate_credentials",
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def judge(look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    record = look.record
    if not isinstance(record, ApiCall | Joined) or not record.bearer or known.name != lasting_name(record.principal):
        return
    if not (judged := _judged(look.seen, memory, record.time)):
        return
    severity, new, reason = judged
    day = str(day_of(record.time))
    if memory.once(f"k{severity.rank}:{day}"):
        yield signal_of(
            record,
            look.who,
            identity=(known.name, day, severity.value),
            title=f"API key of {known.name} used from a new {' and '.join(new)}"
            if new
            else f"{known.name} calls with an API key for the first time",
            facts={
                "key_type": record.bearer_type or None,
                "new": {dimension: look.seen[dimension] for dimension in new},
                "history": memory.history(record.time),
                "days_active_needed_for_a_key": 1,
                "severity_from": reason,
            },
            severity=severity,
            related=(f"api-key:{record.bearer_type}",) if record.bearer_type in API_KEY_TYPES else (),
        )


def _judged(seen: Mapping[str, str], memory: Origins, time: float) -> tuple[Severity, tuple[str, ...], str] | None:
    firsts = memory.firsts
    past = firsts.past(time)
    if not past.active:
        return None
    new = tuple(
        dimension
        for dimension in _ORIGIN
        if firsts.is_new(dimension, seen.get(dimension, ""), time) and not firsts.roams(dimension, time)
    )
    bearer = firsts.first_day("act", BEARER)
    if past.is_history and (bearer is None or bearer >= day_of(time)):
        if "network" in new:
            return Severity.MEDIUM, new, "it always signed its calls, and now a key is used from elsewhere"
        return Severity.LOW, new, "it always signed its calls before"
    if len(new) == len(_ORIGIN):
        return Severity.HIGH, new, "network, agent and Region of the key are all new"
    if "network" in new and len(new) > 1:
        return Severity.MEDIUM, new, f"{' and '.join(new)} of the key are new"
    return (Severity.LOW, new, f"only {' and '.join(new)} of the key is new") if new else None
