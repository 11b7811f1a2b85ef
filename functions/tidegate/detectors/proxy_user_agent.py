"""An identity calls models with a plain HTTP client or a gateway that it never used: what resale proxies run on.

Who sells stolen model access puts a reverse proxy in front of it, and these sign requests themselves: axios, aiohttp,
httpx, node-fetch, Go's client, LiteLLM, one-api. Applications use AWS's SDKs, nearly always the same one. The agent is
written by the sender: a careful thief writes another, and then this stays quiet.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, joined_calls
from tidegate.detectors.acts import is_proxy
from tidegate.detectors.origins import SHARED, Look, Origins, reads, subjects
from tidegate.detectors.told import signal_of
from tidegate.detectors.whence import is_model_call, lasting_name
from tidegate.model import ApiCall, Joined, Severity

about = Detector(
    id="proxy_user_agent",
    title="Models called with a client that resale proxies use",
    severity=Severity.LOW,
    family="stolen_credentials",
    reads=(*reads(), joined_calls()),
    covers=(Attack("T1496"), Attack("T1078.004"), Atlas("AML.T0012"), Atlas("AML.T0034"), Owasp("LLM10:2025")),
    false_positives="An application that moves to a gateway of its own (LiteLLM) or calls the API without an SDK, and "
    "a person who tries it with curl. On the next day the client is the identity's own. With an API key plain clients "
    "are usual: INFORMATIONAL unless the key has a history without them.",
    blind_spots="A user agent is whatever the sender writes. Proxies built on AWS's SDKs look like applications. "
    "Identities younger than a week are LOW whatever they did: there is nothing to compare with.",
    runbook="Ask the owner whether a gateway was put in front. If not, look for the other signs of LLMjacking in the "
    "incident: a new network, unlocking, several Regions; contain the principal when one of them is there.",
    playbook=None,
    memory=Origins,
    whose="resource",
    subjects=subjects,
    shares=SHARED,
)


def judge(look: Look, memory: Origins, known: Known) -> Iterator[Signal]:
    record, agent = look.record, look.seen.get("agent", "")
    if not agent or not is_proxy(agent) or not is_model_call(record) or not isinstance(record, ApiCall | Joined):
        return
    if known.name != lasting_name(record.principal) or known.is_pipeline(record.principal):
        return
    day = day_of(record.time)
    first = memory.firsts.first_day("agent", agent)
    if first is not None and first < day:
        return
    severity, reason = _judged(record, look, memory)
    if memory.once(f"a{severity.rank}:{agent[:12]}:{day}"):
        yield signal_of(
            record,
            look.who,
            identity=(known.name, agent, str(day), severity.value),
            title=f"{known.name} called models with {agent} for the first time",
            facts={
                "client": agent,
                "with_api_key": record.bearer,
                "also_new": [dimension for dimension in look.new if dimension != "agent"],
                "history": memory.history(record.time),
                "severity_from": reason,
            },
            severity=severity,
        )


def _judged(record: ApiCall | Joined, look: Look, memory: Origins) -> tuple[Severity, str]:
    has_history = "agent" in look.new
    if has_history and "network" in look.new:
        return Severity.MEDIUM, "client and network are both new to an identity with a history"
    if has_history:
        return Severity.LOW, "the client is new to an identity with a history; its network is not"
    if record.bearer:
        return Severity.INFORMATIONAL, "an API key without a history: plain clients are usual with those"
    past = memory.firsts.past(record.time)
    return Severity.LOW, f"there is no history to compare with: {past.active} active days before"
