"""What single records say about a principal that might be after models: acts, their stage, and what each weighs.

Not a detector. An act alone is an ordinary one nearly always. The stages are those of every LLMjacking reported so
far (Sysdig 2024, Permiso 2024, Entro 2025): see what the key can do, unlock models, use them, cover it up. Weights
are ours; they were set so that the published course of such an attack and its variant without unlocking stand out from
people who enable a model in the console. Acts are kept by short codes: a principal's state is small.
"""

from __future__ import annotations

from typing import NamedTuple

from tidegate.callers.firsts import mark_of
from tidegate.callers.origins import agent_family
from tidegate.detectors.credential_probe import is_probe
from tidegate.detectors.model_access_unlocked import UNLOCKS
from tidegate.detectors.model_calls import MODEL_CALLS, REFUSED
from tidegate.detectors.model_enumeration import RECON, WATCHED
from tidegate.detectors.threat_types import COSTS, INVOKES, is_stolen, kind_of
from tidegate.model import ApiCall, Invocation, Joined, ThreatFinding
from tidegate.sources.parts import opened, part, text

type Telling = ApiCall | Invocation | Joined | ThreatFinding

PROBE, UNLOCK, INVOKE, EVADE, AGREES = "probe", "unlock", "invoke", "evade", "agrees"
STAGES = (PROBE, UNLOCK, INVOKE, EVADE)


class Act(NamedTuple):
    stage: str
    points: int
    words: str
    habit: bool = True  # done on earlier days as well, it counts nothing


LOOKED, LOOKED_FAR, WATCHES, ALIVE = "l", "ll", "g", "p"
DENIED, DENIED_MANY, NEW, NEW_NETWORK, PROXY = "d", "dd", "n", "nn", "a"
UNLOCKED, UNLOCKED_MORE, TRIED, CLICKED = "u", "uu", "t", "c"
CALLED, COSTLY, NEW_MODEL, THROTTLED, BEGUN, ALL_DAY = "i", "x", "m", "q", "b0", "b6"
REGIONS_2, REGIONS_3, KEY_MADE = "r2", "r3", "k"
BLIND, NARROWED, UNTRAILED, SUSPECTED, STOLEN = "e", "ee", "s", "z", "zz"
BLOCKED = "h"  # a guardrail stepped in: weighs nothing by itself

ACTS: dict[str, Act] = {
    LOOKED: Act(PROBE, 1, "looked which models there are"),
    LOOKED_FAR: Act(PROBE, 1, "asked three or more different things about models"),
    WATCHES: Act(PROBE, 3, "asked, by a program, whether invocations are logged"),
    ALIVE: Act(PROBE, 4, "sent a call made to fail, which tells a live key from a dead one", habit=False),
    DENIED: Act(PROBE, 1, "was refused"),
    DENIED_MANY: Act(PROBE, 3, "was refused three models or more"),
    NEW_NETWORK: Act(PROBE, 1, "came from a network new to it", habit=False),
    NEW: Act(PROBE, 2, "came from a network with an agent, both new to it", habit=False),
    PROXY: Act(PROBE, 1, "called models with a client that resale proxies use, new to it", habit=False),
    UNLOCKED: Act(UNLOCK, 3, "unlocked models by a program"),
    UNLOCKED_MORE: Act(UNLOCK, 2, "took a second step of unlocking"),
    TRIED: Act(UNLOCK, 2, "tried to unlock models and was refused"),
    CLICKED: Act(UNLOCK, 2, "unlocked models in the console"),
    CALLED: Act(INVOKE, 1, "called models"),
    COSTLY: Act(INVOKE, 1, "called an expensive model that is new to it"),
    NEW_MODEL: Act(INVOKE, 1, "called a model that is new to it"),
    THROTTLED: Act(INVOKE, 1, "called until it was throttled"),
    BEGUN: Act(INVOKE, 1, "began to call models, known for a week without", habit=False),
    ALL_DAY: Act(INVOKE, 1, "called models in six half hours of a day, known for a week without", habit=False),
    REGIONS_2: Act(INVOKE, 1, "called models in two Regions"),
    REGIONS_3: Act(INVOKE, 1, "called models in three Regions or more"),
    KEY_MADE: Act(EVADE, 3, "made a Bedrock API key to come back with"),
    BLIND: Act(EVADE, 5, "deleted the logging of invocations", habit=False),
    NARROWED: Act(EVADE, 4, "took the text out of the logging of invocations", habit=False),
    UNTRAILED: Act(EVADE, 4, "stopped or deleted a trail", habit=False),
    SUSPECTED: Act(AGREES, 2, "is the subject of a GuardDuty finding about models", habit=False),
    STOLEN: Act(AGREES, 4, "is the subject of a GuardDuty finding about stolen credentials", habit=False),
}

EXPENSIVE = (
    "claude-opus", "claude-3-opus", "claude-sonnet", "claude-3-5-sonnet", "claude-3-7-sonnet", "claude-v2",
    "nova-premier", "405b", "mistral-large", "pixtral-large", "deepseek.r1", "command-r-plus", "jamba-1-5-large",
)  # fmt: skip
PROXIES = (
    "aiohttp", "axios", "urllib3", "python-urllib", "python-urllib3", "httpx", "python-httpx", "curl", "wget",
    "python-requests", "go-http-client", "node-fetch", "node", "undici", "okhttp", "got", "reqwest", "litellm",
    "one-api", "new-api", "oai-reverse-proxy", "postmanruntime", "guzzlehttp", "java-http-client", "bun",
)  # fmt: skip
THROTTLES = ("ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException", "Throttling")
TRAIL_STOPS = ("StopLogging", "DeleteTrail")
KEYS_MADE = ("CreateServiceSpecificCredential",)
_LOGGING_PUT, _LOGGING_DELETED = "PutModelInvocationLoggingConfiguration", "DeleteModelInvocationLoggingConfiguration"
_ACCESS = (
    WATCHED,
    "GetFoundationModelAvailability",
    "GetUseCaseForModelAccess",
    "ListFoundationModelAgreementOffers",
)


def _group(name: str) -> int:
    """What a recon API asks about: 0 the models there are, 1 access to them, 2 models made here, 3 all else."""
    if name in ("ListFoundationModels", "ListInferenceProfiles", "GetFoundationModel"):
        return 0
    if name in _ACCESS:
        return 1
    return 2 if "Model" in name else 3


_FAR = 3  # groups of recon APIs, refused models
# What is asked about, in four groups: distinct questions count, and four codes are less to remember than seventeen.
_RECON_CODE = {name: f"{LOOKED}{_group(name)}" for name in RECON}


def acts_of(record: Telling) -> tuple[str, ...]:
    """The codes of what one record shows: an act, or a part of one that counts with others (`parts`)."""
    if isinstance(record, ThreatFinding):
        if is_stolen(record.type):
            return (STOLEN,)
        return (SUSPECTED, CALLED) if kind_of(record.type) in (INVOKES, COSTS) else (SUSPECTED,)
    if isinstance(record, Invocation):
        if record.guardrail_action == "INTERVENED":
            return (CALLED, BLOCKED, f"@{_one_of_eight(record.region)}")
        return _of_model_call(record.error, is_probe(record), record.model, record.region)
    if isinstance(record, Joined):
        return _of_model_call(record.error, False, record.model, record.region)
    if record.name in MODEL_CALLS:
        model = text(opened(record.parameters), "modelId") if record.error in REFUSED else ""
        return _of_model_call(record.error, is_probe(record), model, record.region)
    if code := _RECON_CODE.get(record.name):
        if record.error in REFUSED:
            return (DENIED,)
        if is_console(record):
            return ()  # the console asks all of it when a page is opened
        return (WATCHES, code) if record.name == WATCHED else (LOOKED, code)
    if record.name in UNLOCKS:
        if record.error:
            return (TRIED,)
        return (CLICKED,) if is_console(record) else (UNLOCKED, f"{UNLOCKED}{UNLOCKS.index(record.name)}")
    return _of_change(record)


def _of_model_call(error: str, probe: bool, model: str, region: str) -> tuple[str, ...]:
    if not error:
        return (CALLED, f"@{_one_of_eight(region)}")
    if probe:
        return (ALIVE,)
    if error in REFUSED:
        return (DENIED, f"{DENIED}{_one_of_eight(model)}") if model else (DENIED,)
    return (THROTTLED,) if error in THROTTLES else ()


def _of_change(record: ApiCall) -> tuple[str, ...]:
    if record.error:
        return (DENIED,) if record.error in REFUSED else ()
    if record.name == _LOGGING_DELETED:
        return (BLIND,)
    if record.name == _LOGGING_PUT:
        configuration = part(opened(record.parameters), "loggingConfig")
        return (NARROWED,) if configuration.get("textDataDeliveryEnabled") is False else ()
    if record.service == "cloudtrail" and record.name in TRAIL_STOPS:
        return (UNTRAILED,)
    if record.name in KEYS_MADE and text(opened(record.parameters), "serviceName").startswith("bedrock"):
        return (KEY_MADE,)
    return ()


def counted(seen: tuple[str, ...]) -> tuple[str, ...]:
    """The acts in a window, out of the codes seen in it: parts that count together become what they amount to."""
    codes = set(seen)
    asked = sum(1 for group in range(4) if f"{LOOKED}{group}" in codes)
    regions = sum(1 for code in codes if code.startswith("@"))
    models = sum(1 for code in codes if code.startswith(DENIED) and code[1:].isdigit())
    steps = sum(1 for number in range(len(UNLOCKS)) if f"{UNLOCKED}{number}" in codes)
    together = (
        (LOOKED_FAR, asked >= _FAR),
        (REGIONS_2, regions >= 2),
        (REGIONS_3, regions >= 3),
        (DENIED_MANY, models >= _FAR),
        (UNLOCKED_MORE, steps >= 2),
    )
    codes.update(code for code, enough in together if enough)
    return tuple(code for code in ACTS if code in codes)


def is_console(call: ApiCall) -> bool:
    return agent_family(call.user_agent).startswith("browser")


def is_expensive(family: str) -> bool:
    return any(name in family for name in EXPENSIVE)


def is_proxy(agent: str) -> bool:
    """Whether an agent's family is a plain HTTP client or a gateway, as resellers of stolen access use."""
    return agent.partition("/")[0] in PROXIES


def _one_of_eight(thing: str) -> int:
    """A bucket: two things in the same one count as one, so that the remembered never are too many."""
    return mark_of("bucket", thing)[0] % 8
