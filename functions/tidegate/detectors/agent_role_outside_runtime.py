"""The execution role of an agent is used from elsewhere than the service that runs it.

An agent, a flow or a knowledge base acts with a role that only Bedrock is to assume: its calls come from AWS by name.
Code in an AgentCore runtime holds the role's credentials itself, from addresses of its own. Either way the role leaks:
by a trust policy that lets others assume it, by a tool that gives the credentials away, by an injected prompt that
makes the agent read them. Used elsewhere, it reaches whatever the agent reaches: documents, functions, secrets.

How a role is known to be an agent's, each remembered for the role: Bedrock assumed it (sts:AssumeRole by the service);
a create or update call named it (agentResourceRoleArn, executionRoleArn, roleArn); AWS's own naming of such roles.
What came before it was known is judged when it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from tidegate.callers.firsts import Firsts
from tidegate.callers.origins import agent_family, network_of
from tidegate.callers.sightings import day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, every_api_call
from tidegate.model import ApiCall, Principal, Seen, Severity, related_callers
from tidegate.sources.parts import opened, text

MANAGED, RUNTIME = "managed", "runtime"
# Roles that the console and the starter toolkit make.
NAMED = {
    "AmazonBedrockExecutionRoleForAgents_": MANAGED,
    "AmazonBedrockExecutionRoleForFlows_": MANAGED,
    "AmazonBedrockExecutionRoleForKnowledgeBase_": MANAGED,
    "AmazonBedrockAgentCore": RUNTIME,
}
# Which call names the role of what it makes, and under which name.
MAKERS = {
    ("bedrock", "CreateAgent"): ("agentResourceRoleArn", MANAGED),
    ("bedrock", "UpdateAgent"): ("agentResourceRoleArn", MANAGED),
    ("bedrock", "CreateFlow"): ("executionRoleArn", MANAGED),
    ("bedrock", "UpdateFlow"): ("executionRoleArn", MANAGED),
    ("bedrock", "CreateKnowledgeBase"): ("roleArn", MANAGED),
    ("bedrock", "UpdateKnowledgeBase"): ("roleArn", MANAGED),
    ("bedrock-agent", "CreateAgent"): ("agentResourceRoleArn", MANAGED),  # the API model's name of the same service
    ("bedrock-agent", "UpdateAgent"): ("agentResourceRoleArn", MANAGED),
    ("bedrock-agentcore", "CreateAgentRuntime"): ("roleArn", RUNTIME),
    ("bedrock-agentcore", "UpdateAgentRuntime"): ("roleArn", RUNTIME),
    ("bedrock-agentcore", "CreateGateway"): ("roleArn", MANAGED),
    ("bedrock-agentcore", "UpdateGateway"): ("roleArn", MANAGED),
}
_ASSUMES = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
_BY_SERVICE = {"bedrock.amazonaws.com": MANAGED, "bedrock-agentcore.amazonaws.com": RUNTIME}
# Of a role with a name of its own, the calls that thieves make: each service more is a state more to read.
_WATCHED = ("sts", "iam", "secretsmanager", "ssm", "organizations")
_HANDS = ("browser", "aws-cli", "curl", "postmanruntime", "wget")  # a person's tools, not a runtime's
_REFUSED_ROLE = re.compile(r":role/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)$")
_EPOCH = date(1970, 1, 1).toordinal()
_KEEP_USES = 2
_PENDING = 86_400  # seconds


class Use(msgspec.Struct, array_like=True, frozen=True):
    """A call from outside by a role of which nothing else is known yet."""

    time: float
    event: str
    api: str
    account: str
    region: str
    address: str
    agent: str
    caller: str
    arn: str
    related: tuple[str, ...]
    error: str
    assumed: bool


class Memory(msgspec.Struct, array_like=True):
    kinds: dict[str, int] = {}  # managed or runtime -> the day it was first known as that
    uses: list[Use] = []
    origins: Firsts = msgspec.field(default_factory=lambda: Firsts(seen={}, overflowed={}))  # of a runtime's calls
    raised: list[str] = []


def subjects(record: Seen, _known: Known) -> Iterable[str]:
    """The roles that a call is made with, or is about; for nearly all calls none."""
    if not isinstance(record, ApiCall):
        return
    if about := _about(record):
        yield "role:" + about
    principal = record.principal
    if principal.session and (
        record.service in _WATCHED or record.service.startswith("bedrock") or _named(principal.name)
    ):
        yield "role:" + principal.name


about = Detector(
    id="agent_role_outside_runtime",
    title="An agent's role is used outside its runtime",
    severity=Severity.HIGH,
    family="stolen_credentials",
    reads=(every_api_call(),),
    covers=(
        Attack("T1078.004"),
        Attack("T1528"),
        Atlas("AML.T0012"),
        Atlas("AML.T0053"),
        Owasp("LLM06:2025"),
    ),
    false_positives="A developer who may assume the agent's role to try what it can reach. One role for an agent and "
    "for a Lambda function: give each its own. A runtime that moves to another network is MEDIUM, once.",
    blind_spots="Roles with names of their own are known from the first creation, update or assumption by the service "
    "that is seen; before that, from their calls of Bedrock, STS, IAM and secret stores of the last day. Of such roles "
    "calls of other services aren't read. Credentials stolen from an AgentCore runtime and used from its own network "
    "look like it.",
    runbook="Find who assumed the role (sts:AssumeRole in the evidence's day) or where its credentials were read. "
    "Restrict the trust policy to the service with aws:SourceAccount and aws:SourceArn, revoke older sessions, and "
    "look at what the role reached.",
    playbook="rotate_credentials",
    memory=Memory,
    whose="resource",
    subjects=subjects,
)


def detect(records: Sequence[ApiCall], memory: Memory, known: Known) -> Iterator[Signal]:
    role = known.name.removeprefix("role:")
    if kind := _named(role):
        memory.kinds.setdefault(kind, 0)
    for call in records:
        if _about(call) == role and (kind := _learned(call)):
            day = day_of(call.time)
            memory.kinds[kind] = min(day, memory.kinds.get(kind, day))
        elif not is_service(call) and not known.is_pipeline(call.principal):
            yield from _used(_use(call, assumed=_about(call) == role), role, memory)
    if memory.kinds:
        for use in memory.uses:
            yield from _used(use, role, memory)
        memory.uses = []


def _about(call: ApiCall) -> str:
    """The name of the role that a call assumes, or gives to an agent; empty for all other calls."""
    if call.service == "sts" and call.name in _ASSUMES:
        if call.principal.kind == "AWSService" and call.principal.invoked_by not in _BY_SERVICE:
            return ""  # Lambda, EC2 and the like: most of all assumptions
        arn = text(opened(call.parameters), "roleArn")
        refused = "" if arn else _REFUSED_ROLE.search(call.error_message)  # a refused call shows no parameters
        return _role_name(arn) if arn else refused[1] if refused else ""
    maker = MAKERS.get((call.service, call.name))
    return _role_name(text(opened(call.parameters), maker[0])) if maker else ""


def _learned(call: ApiCall) -> str:
    """What a call shows the role that it is about to be: nothing if it failed, or if a person assumed it."""
    if call.error:
        return ""
    maker = MAKERS.get((call.service, call.name))
    return maker[1] if maker else _BY_SERVICE.get(call.principal.invoked_by, "")


def is_service(call: ApiCall) -> bool:
    """Whether AWS itself made the call with the role: it says so by name, where others have an address."""
    return bool(call.principal.invoked_by) or call.address.endswith(".amazonaws.com") or call.address == "AWS Internal"


def _used(use: Use, role: str, memory: Memory) -> Iterator[Signal]:
    if not memory.kinds:
        kept = [one for one in {*memory.uses, use} if one.time > use.time - _PENDING]
        memory.uses = sorted(kept, key=lambda one: (one.time, one.event))[-_KEEP_USES:]
    elif use.assumed:
        yield from _raised(use, role, memory, "somebody else than the service assumed it")
    elif RUNTIME in memory.kinds:
        yield from _from_runtime(use, role, memory)
    else:
        yield from _raised(use, role, memory, "only the service calls with such a role, and this wasn't it")


def _from_runtime(use: Use, role: str, memory: Memory) -> Iterator[Signal]:
    """Code in a runtime calls by itself: what stands out is a person's tool, and a network it never had."""
    network = network_of(use.address)
    memory.origins.saw("network", network, use.time)
    if use.agent.partition("/")[0] in _HANDS:
        yield from _raised(use, role, memory, f"{use.agent} is a person's tool, not a runtime's")
    elif memory.origins.past(use.time).is_history and memory.origins.is_new("network", network, use.time):
        reason = "the network is new to the runtime"
        yield from _raised(use, role, memory, reason, Severity.MEDIUM)


def _raised(use: Use, role: str, memory: Memory, reason: str, severity: Severity = Severity.HIGH) -> Iterator[Signal]:
    refused = bool(use.error)
    severity = Severity.LOW if refused and use.assumed else severity
    mark = f"{day_of(use.time)}:{severity.rank}:{use.caller[-24:]}"
    if not raised_once(memory.raised, mark, keep=4):
        return
    facts: dict[str, Any] = {
        "role": role,
        "known_as": {
            kind: f"since {date.fromordinal(_EPOCH + day)}" if day else "by its name"
            for kind, day in memory.kinds.items()
        },
        "api": use.api,
        "address": use.address,
        "agent": use.agent,
        "error": use.error,
        "severity_from": reason + (", but it was refused" if refused and use.assumed else ""),
    }
    yield Signal(
        identity=(role, mark),
        title=f"{use.caller} {'assumed' if use.assumed else 'called with'} the agent's role {role} outside its runtime",
        facts=facts,
        time=use.time,
        severity=severity,
        account=use.account,
        region=use.region,
        caller=use.caller,
        related=(*use.related, f"role:{role}", f"address:{use.address}"),
        principal=Principal(kind="AssumedRole", arn=use.arn, name=role),
        event_ids=(use.event,),
    )


def _use(call: ApiCall, assumed: bool) -> Use:
    return Use(
        time=call.time,
        event=call.id,
        api=f"{call.service}:{call.name}",
        account=call.account,
        region=call.region,
        address=call.address,
        agent=agent_family(call.user_agent),
        caller=call.caller,
        arn=call.principal.arn,
        related=related_callers(call.principal),
        error=call.error,
        assumed=assumed,
    )


def _named(role: str) -> str:
    """What AWS's own naming says of a role."""
    return next((kind for prefix, kind in NAMED.items() if role.startswith(prefix)), "")


def _role_name(arn: str) -> str:
    return arn.rpartition("/")[2] if ":role/" in arn else ""
