"""What a detector says of itself, what it is told, and what it answers.

A detector is a module with `about = Detector(...)` and `detect`. Without memory:

    def detect(record: Record, known: Known) -> Iterator[Signal]

With memory (`about.memory` names its type), called once per caller and batch with what is new, oldest first:

    def detect(records: Sequence[Record], memory: Memory, known: Known) -> Iterator[Signal]

Several detectors may share one memory (`about.shares` is its name, `about.memory` its type). The memory folds a
record in once, `memory.observe(record, known)` saying what is to be judged (None: nothing), and each is asked:

    def judge(seen: Seen, memory: Memory, known: Known) -> Iterable[Signal]

`detect` never sees a clock, a client or an environment variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

import msgspec

from tidegate.callers.behaviour.record import Record, read
from tidegate.content.output_rules import NO_OUTPUT_RULES, OutputRules
from tidegate.model import ApiCall, Invocation, Principal, Seen, ServiceEvent, Severity, related_callers
from tidegate.model.minted import minted
from tidegate.scoring.calibration import UNCALIBRATED_CROWDS, Calibrated
from tidegate.scoring.scale import Scale
from tidegate.sources.contents import Contents, contents_of
from tidegate.sources.opening import opened
from tidegate_quota.prices import ESTIMATES, Prices

EVERY = "*"
_DAY = 86_400


class Reads(NamedTuple):
    """Which records a detector is shown. `names` empty: every name of the service; service `*`: every call.

    A detector that reads every call pays for every call: it must decide on the first comparison. `failed`: only the
    records that an error answered, so that a detector of refusals costs the others nothing. `intervened`: only the
    invocations in which a guardrail did.
    """

    source: Literal["api_call", "invocation", "threat", "service_event", "joined", "caller_day"]
    service: str = EVERY
    names: tuple[str, ...] = ()
    failed: bool = False
    intervened: bool = False


def api_calls(service: str, *names: str) -> Reads:
    """CloudTrail events by eventSource (without .amazonaws.com) and eventName."""
    return Reads("api_call", service, names)


def every_api_call() -> Reads:
    return Reads("api_call")


def invocations() -> Reads:
    return Reads("invocation")


def failed_invocations() -> Reads:
    return Reads("invocation", failed=True)


def intervened_invocations() -> Reads:
    return Reads("invocation", intervened=True)


def threats() -> Reads:
    return Reads("threat")


def service_events(source: str, *kinds: str) -> Reads:
    """Events of a service ("health", "s3", "cloudwatch", ...) by detail-type; none named: all of them."""
    return Reads("service_event", source, kinds)


def joined_calls() -> Reads:
    """Invocations matched with their CloudTrail event: address, agent and access key of who called."""
    return Reads("joined")


def caller_days() -> Reads:
    """Summaries of callers' days, told as they grow; a summary may be shown again."""
    return Reads("caller_day")


class Technique(NamedTuple):
    catalogue: str
    id: str


def Atlas(id: str) -> Technique:  # noqa: N802 - reads as the catalogue's name
    """A MITRE ATLAS technique."""
    return Technique("MITRE ATLAS", id)


def Attack(id: str) -> Technique:  # noqa: N802
    """A MITRE ATT&CK technique."""
    return Technique("MITRE ATT&CK", id)


def Owasp(id: str) -> Technique:  # noqa: N802
    """An entry of the OWASP Top 10 for LLM applications, with its year."""
    return Technique("OWASP LLM", id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """What a detector is, which the documentation is generated from."""

    id: str  # = module = events file = test
    title: str
    severity: Severity  # the usual one; a signal may carry its own, with the reason in its facts
    family: Literal["extraction", "quota_abuse", "exfiltration", "prompt_attack", "stolen_credentials", "tampering"]
    reads: tuple[Reads, ...]
    covers: tuple[Technique, ...]
    false_positives: str
    blind_spots: str
    runbook: str  # what a person does, in a few sentences
    playbook: str | None  # the state machine that contains it
    version: int = 1  # rises when the same records would give other findings
    memory: type[Any] | None = None  # msgspec Struct with defaults for every field
    # Whose memory: the narrowest caller's, who signed, or that of what the record is about.
    whose: Literal["caller", "principal", "resource"] = "caller"
    subjects: Callable[[Seen, Known], Iterable[str]] | None = None  # with "resource": what, each as kind:value
    counts: bool = False  # folding a record twice would change the memory: its deliveries are remembered
    crowd: bool = False  # with "resource": of many names together, folded after theirs, apart from them
    shares: str = ""  # the name of a memory that several detectors judge; then the module has `judge`, not `detect`


class Budget(NamedTuple):
    """What a caller may use; 0 is no limit."""

    calls_per_hour: int = 0
    tokens_per_hour: int = 0
    calls_per_day: int = 0
    tokens_per_day: int = 0
    own_times: float = 1.0  # how many times the limit of a caller's own baseline; 0: the baseline is not asked
    source: str = ""  # where it is written down, for the evidence
    dollars_per_hour: float = 0.0
    dollars_per_day: float = 0.0
    learned: bool = False  # from all callers' days, and not written down


NO_BUDGET = Budget()
NOBODY = Principal()


class Watched(NamedTuple):
    """A bucket that models learn or answer from, and who may write it, as an organisation wrote it down."""

    bucket: str  # a name, with * and ?
    writers: tuple[str, ...] = ()  # kind:value or ARN patterns; none: those that wrote it before


class ModelAlarm(NamedTuple):
    """A CloudWatch alarm or monitoring schedule that watches a model: the event itself carries no tags."""

    alarm: str  # its name or ARN, with * and ?
    resource: str  # ARN or id of the alias, endpoint, model or knowledge base that it watches; * and ? too
    fed_by: tuple[str, ...] = ()  # what that one answers from: agents, knowledge bases, guardrails behind it

    def is_about(self, names: Iterable[str]) -> bool:
        return any(fnmatchcase(name, self.alarm) for name in names)

    def depends_on(self, resource: str) -> bool:
        return any(fnmatchcase(resource, pattern) for pattern in (self.resource, *self.fed_by))


class Quota(NamedTuple):
    """What AWS allows the account of a model in a Region, as Service Quotas shows it; 0 is not known."""

    model: str  # id or ARN as logged, with * and ?
    region: str = "*"
    requests_per_minute: int = 0
    tokens_per_minute: int = 0


def _nothing_known(_resource: str, _time: float) -> dict[str, Any] | None:
    return None


class Known(msgspec.Struct, frozen=True):
    """What is known besides the record. `name` is the `kind:value` whose memory is being folded.

    A Struct: one is made for each caller of a batch, which takes a dataclass ten times as long.
    """

    before: Callable[[str, float], dict[str, Any] | None] = _nothing_known  # configuration just before a time
    pipeline: tuple[str, ...] = ()  # kind:value or ARN patterns of principals that may change models
    name: str = ""
    through: bool = False  # `name` signed for end users, whose calls are summed here
    budget: Budget = NO_BUDGET
    contents: Callable[[Invocation], Contents] = contents_of  # opened once a batch, whoever asks
    calibration: Calibrated | None = None  # what the tenant's own days say of behaviour; None: not calibrated
    outputs: OutputRules = NO_OUTPUT_RULES  # canaries, patterns, hosts and tools of the organisation
    stack: str = "tidegate"  # what the names of our own resources begin with
    own: tuple[str, ...] = ()  # our own resources that no name tells: ids of keys, a domain
    watched: tuple[Watched, ...] = ()
    model_alarms: tuple[ModelAlarm, ...] = ()
    quotas: tuple[Quota, ...] = ()
    prices: Prices = ESTIMATES
    record_of: Callable[[Invocation, Contents, Scale], Record | None] = read  # scored once, where several ask
    crowds: Calibrated = UNCALIBRATED_CROWDS  # the same of many names together
    accused: set[tuple[str, str]] = msgspec.field(
        default_factory=set
    )  # account and name, of this batch, whose day is accused
    first_seen: dict[tuple[str, str], int] = msgspec.field(
        default_factory=dict
    )  # the day (since the epoch) since which a name of this batch, by account and name, is known
    multipliers: Mapping[str, float] = msgspec.field(
        default_factory=dict
    )  # of what counting detectors let pass, by their id
    reached: dict[str, float] | None = None  # how many times its threshold each of those saw, for who calibrates
    since: int = 0  # the day (since the epoch) of the first record that this memory saw; 0: of this batch

    def days_known(self, time: float) -> int:
        """For how many days the caller whose memory is being folded has been known: 0 on its first."""
        return max(0, int(time) // _DAY - self.since) if self.since else 0

    def is_accused(self, account: str, name: str) -> bool:
        return (account, name) in self.accused

    def note_first(self, account: str, name: str, day: int) -> None:
        """A name was first seen on this day, as one of its memories has it."""
        self.first_seen[account, name] = min(day, self.first_seen.get((account, name), day))

    def is_established(self, account: str, name: str, time: float, days: int) -> bool:
        """Whether a name of this batch had been there for so many days."""
        return int(time) // _DAY - self.first_seen.get((account, name), int(time) // _DAY) >= days

    def is_pipeline(self, principal: Principal) -> bool:
        return any(matches(pattern, principal) for pattern in self.pipeline)

    def quota_of(self, model: str, region: str) -> Quota | None:
        """The first written quota that applies to a model in a Region, if any."""
        return next(
            (one for one in self.quotas if fnmatchcase(model, one.model) and fnmatchcase(region, one.region)), None
        )

    def watch_of(self, bucket: str) -> Watched | None:
        """What is written down about a bucket, if anything."""
        return next((watched for watched in self.watched if fnmatchcase(bucket, watched.bucket)), None)


def matches(pattern: str, principal: Principal, caller: str = "") -> bool:
    """Whether a principal goes by this `kind:value` or ARN; `*` and `?` as in IAM, case counts."""
    names = (caller, *related_callers(principal), principal.arn, principal.role_arn)
    return any(fnmatchcase(name, pattern) for name in names if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a detector saw. The engine makes a Finding of it.

    `identity` is what, besides detector, account and caller, makes two signals the same finding: the event id,
    or a window. Nothing in it may depend on batching or order of arrival.
    """

    identity: tuple[str, ...]
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    time: float
    first_seen: float = 0.0  # 0: as `time`
    severity: Severity | None = None
    score: float | None = None  # 0 to 100; None: by severity
    account: str
    region: str
    caller: str
    related: tuple[str, ...] = ()
    principal: Principal = NOBODY  # for allow-lists
    resource: str = ""
    model: str = ""  # for allow-lists
    event_ids: tuple[str, ...] = ()
    case: str = ""  # whose incident it belongs to, where that isn't the caller's own


class Besides(TypedDict, total=False):
    """What a detector may say besides of a signal that one record decides."""

    severity: Severity | None
    score: float | None
    resource: str
    related: tuple[str, ...]
    identity: tuple[str, ...]  # where it isn't the record that makes it one finding
    first_seen: float
    event_ids: tuple[str, ...]  # of the records before this one


def signal_of_call(call: ApiCall, *, title: str, facts: Mapping[str, Any], **besides: Unpack[Besides]) -> Signal:
    """A signal that one API call decides."""
    shown = {
        "api": f"{call.service}:{call.name}",
        "address": call.address,
        "user_agent": call.user_agent,
        "error": call.error,
    }
    address = (f"address:{call.address}",) if call.address else ()
    return _signal(call, title, {**shown, **facts}, besides, behind=(*address, *_made(call)))


def _made(call: ApiCall) -> tuple[str, ...]:
    """Names of the credentials that the call itself made: who made them goes by them from then on."""
    if call.service != "sts" or call.error:
        return ()
    made = minted(call.name, call.time, opened(call.parameters), opened(call.response))
    if made is None:
        return ()
    return (f"key:{made.key}", *((f"session:{made.name}",) if made.role and made.account == call.account else ()))


def signal_of_invocation(
    call: Invocation, *, title: str, facts: Mapping[str, Any], **besides: Unpack[Besides]
) -> Signal:
    """A signal that one invocation decides."""
    shown = {"operation": call.operation, "model": call.model, "error": call.error}
    end_user = call.caller[5:] if call.caller.startswith("user:") else ""
    return _signal(call, title, {**shown, **facts}, besides, end_user=end_user, model=call.model)


def signal_of_event(event: ServiceEvent, *, title: str, facts: Mapping[str, Any], **besides: Unpack[Besides]) -> Signal:
    """A signal that one event of a service decides."""
    shown = {"event": f"{event.source}: {event.kind}", "name": event.name}
    first = event.resources[0] if event.resources else ""
    return _signal(event, title, {**shown, **facts}, besides, resource=first)


def _signal(
    record: ApiCall | Invocation | ServiceEvent,
    title: str,
    facts: Mapping[str, Any],
    besides: Besides,
    *,
    end_user: str = "",
    behind: tuple[str, ...] = (),
    resource: str = "",
    model: str = "",
) -> Signal:
    """`resource`: where the detector names none; `behind`: related besides those that it names."""
    return Signal(
        identity=besides.get("identity") or (record.id,),
        title=title,
        facts=facts,
        time=record.time,
        first_seen=besides.get("first_seen", 0.0),
        severity=besides.get("severity"),
        score=besides.get("score"),
        account=record.account,
        region=record.region,
        caller=record.caller,
        related=(*related_callers(record.principal, end_user), *besides.get("related", ()), *behind),
        principal=record.principal,
        resource=besides.get("resource") or resource,
        model=model,
        event_ids=(*besides.get("event_ids", ()), record.id),
    )
