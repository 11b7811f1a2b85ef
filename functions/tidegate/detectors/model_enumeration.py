"""Someone finds out, within half an hour, which models an account has and whether anybody watches.

One list call is nothing. Five different ones of the recon set are what stolen keys are checked with. Where the models
are already enabled, three calls are enough for a thief: list the models, look whether invocations are logged, invoke.
That short form is judged on its own. What counts is distinct APIs, not calls, in a window that slides over event time;
the key is the principal, so changing the address doesn't help.

CloudTrail delivers in no order: the invocation may come before the look-around that it followed. So invocations are
remembered too, by clock half hours, which costs those that do nothing else one write in thirty minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.sightings import Sightings, day_of, raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.detectors.model_calls import MODEL_CALLS, REFUSED, model_calls
from tidegate.model import ApiCall, Severity

LISTS = ("ListFoundationModels", "ListInferenceProfiles", "GetFoundationModelAvailability")
WATCHED = "GetModelInvocationLoggingConfiguration"
RECON = (
    *LISTS,
    WATCHED,
    "GetFoundationModel",
    "GetUseCaseForModelAccess",
    "ListFoundationModelAgreementOffers",
    "ListProvisionedModelThroughputs",
    "ListCustomModels",
    "ListImportedModels",
    "ListModelInvocationJobs",
    "ListModelCustomizationJobs",
    "ListMarketplaceModelEndpoints",
    "ListGuardrails",
    "ListEnforcedGuardrailsConfiguration",
    "ListAgents",
    "ListKnowledgeBases",
)
ENOUGH = 5  # distinct recon APIs; the public captures of LLMjacking hold 5 to 10, monitoring tools 1 to 3
_INVOKES = "(a model was invoked)"
# What is remembered of each: a character, where a name would take thirty.
_CODES = {name: format(number, "x") for number, name in enumerate(RECON, 1)}
_NAMES = {code: name for name, code in _CODES.items()}
_WINDOW_STEPS = 15  # of two minutes
_WINDOW_SECONDS = _WINDOW_STEPS * 120
_HALF_HOUR = 1800  # seconds: invocations count for the windows that reach into theirs
_MOST = 10


class Memory(msgspec.Struct, array_like=True):
    recon: Sightings = msgspec.field(default_factory=Sightings)
    raised: list[str] = []
    invoked: Sightings = msgspec.field(default_factory=lambda: Sightings(seconds=_HALF_HOUR))


about = Detector(
    id="model_enumeration",
    title="Models of the account enumerated",
    severity=Severity.MEDIUM,
    family="stolen_credentials",
    reads=(api_calls("bedrock", *RECON), *model_calls()),
    covers=(Attack("T1580"), Attack("T1526"), Atlas("AML.T0040"), Atlas("AML.T0075"), Owasp("LLM10:2025")),
    false_positives="Inventory and posture tools, and people who open the Bedrock console (LOW then, by the user "
    "agent). Allow the tool's role here, with an expiry.",
    blind_spots="Fewer than five APIs without an invocation, or the calls spread over more than half an hour or over "
    "several principals. A user agent can be forged: it lowers the severity only.",
    runbook="Look who it is and from where. If the principal's owner doesn't know of it, check the credentials for "
    "theft, and whether an unlock or an invocation followed: the incident has them side by side.",
    playbook=None,
    version=2,
    memory=Memory,
    whose="principal",
)


def detect(records: Sequence[ApiCall], memory: Memory, _known: Known) -> Iterator[Signal]:
    for call in records:
        for end, codes in _touched(call, memory):
            looked = tuple(sorted(_NAMES[code] for code in codes if code in _NAMES))
            if len(looked) >= ENOUGH:
                yield from _raised("many", call, end, looked, records, memory)
            if WATCHED in looked and any(name in LISTS for name in looked) and _invoked(memory.invoked, end):
                yield from _raised("enabled", call, end, (_INVOKES, *looked), records, memory)


def _touched(call: ApiCall, memory: Memory) -> list[tuple[float, tuple[str, ...]]]:
    """The windows that a call adds something new to: (end, what was looked at in it)."""
    if call.name not in MODEL_CALLS:
        news = memory.recon.add(_CODES[call.name], call.time, most=_MOST)
        return memory.recon.windows(call.time, _WINDOW_STEPS) if news else []
    if call.error in REFUSED or not memory.invoked.add(_INVOKES[0], call.time, most=1):
        return []
    begin = int(call.time) // _HALF_HOUR * _HALF_HOUR
    windows = (memory.recon.windows(time, _WINDOW_STEPS) for time in (begin, begin + _HALF_HOUR - 1))
    return list(dict.fromkeys(window for found in windows for window in found))


def _invoked(invoked: Sightings, end: float) -> bool:
    """Whether a model was invoked in a half hour that the window reaches into."""
    newest, oldest = (int(time) // _HALF_HOUR for time in (end - 1, end - _WINDOW_SECONDS))
    return any(
        bits >> age & 1
        for bits in invoked.seen.values()
        for age in range(max(invoked.latest - newest, 0), invoked.latest - oldest + 1)
    )


def _raised(
    form: str, call: ApiCall, end: float, inside: tuple[str, ...], records: Sequence[ApiCall], memory: Memory
) -> Iterator[Signal]:
    mark = f"{form}:{day_of(end - 1)}"
    if not raised_once(memory.raised, mark):
        return
    console = call.user_agent.startswith("Mozilla/")
    begin = end - _WINDOW_SECONDS
    part = [one for one in records if begin <= one.time <= call.time and one.id != call.id]
    many = form == "many"
    yield signal_of_call(
        call,
        identity=(mark,),
        title=f"{call.caller} looked through {len(inside)} kinds of model settings in half an hour"
        if many
        else f"{call.caller} listed the models, looked whether calls are logged, and invoked one",
        facts={
            "apis": list(inside),
            "distinct": len(inside),
            "distinct_needed": ENOUGH if many else 3,
            "form": "many recon APIs" if many else "model already enabled: list, look at the log, invoke",
            "window_seconds": _WINDOW_SECONDS,
            "severity_from": "a browser's user agent: the console asks all this" if console else "a program asked",
        },
        severity=Severity.LOW if console else None,
        first_seen=min((one.time for one in part), default=call.time),
        event_ids=tuple(one.id for one in part),
    )
