"""What travels through the house.

Two kinds of types, on purpose. Invocation, ApiCall and ThreatFinding are read thousands of times a second:
msgspec Structs, no validation beyond decoding; the readers fill them by position, nine times as fast as by name
(elsewhere names read better). Finding, Incident, Plan, Step and Receipt are written by us
and read by people and other services: frozen pydantic models, checked at the border.

Times on the hot path are seconds since the epoch, UTC, as float (`time`). On the pydantic side they are
aware datetimes in UTC, written as ISO 8601 with `Z`.

A caller is `kind:value`, the narrowest identity known: `user:` an application's end user (from
requestMetadata), `session:ROLE/SESSION`, `role:ROLE`, `key:ACCESS_KEY_ID`, `iam-user:NAME`,
`root:ACCOUNT`, `service:NAME`, `unknown:ACCOUNT`. Names are unique in an account, so the account is carried beside it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

# --- hot path -----------------------------------------------------------------------------------------------


class Principal(msgspec.Struct, frozen=True, gc=False):
    """Who signed a call, as far as the source says. Empty strings where it doesn't."""

    kind: str = ""  # CloudTrail userIdentity.type: IAMUser, AssumedRole, Root, AWSService, ...
    arn: str = ""
    account: str = ""
    principal_id: str = ""  # AIDA..., AROA...:session
    access_key: str = ""
    name: str = ""  # IAM user name, or role name
    session: str = ""  # role session name
    role_arn: str = ""  # sessionIssuer arn
    invoked_by: str = ""


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One piece of text of an invocation. `role`: system, user, assistant, tool_call, tool_result, retrieved.

    `withheld`: the model said it and a guardrail kept it back. It tells what a prompt brought out; the caller never
    saw it, so it is no leak.
    """

    role: str
    text: str
    withheld: bool = False


class Invocation(msgspec.Struct, frozen=True, gc=False):
    """One record of the Bedrock model invocation log."""

    id: str  # requestId
    time: float
    account: str
    region: str
    operation: str
    model: str  # id or ARN as logged
    caller: str
    principal: Principal
    inference_region: str = ""
    error: str = ""  # errorCode
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    stop_reason: str = ""
    latency_ms: int = 0
    guardrail_action: str = ""  # "", NONE, INTERVENED
    guardrails: tuple[str, ...] = ()
    metadata: dict[str, str] = {}
    input_body: msgspec.Raw | None = None  # as logged, or as fetched from data/; opened by who needs it
    output_body: msgspec.Raw | None = None
    where: str = ""  # "s3://bucket/key#line"


class ApiCall(msgspec.Struct, frozen=True, gc=False):
    """One CloudTrail event."""

    id: str  # eventID
    time: float
    account: str
    region: str
    service: str  # eventSource without ".amazonaws.com": "bedrock"
    name: str  # eventName
    caller: str
    principal: Principal
    request_id: str = ""
    address: str = ""
    user_agent: str = ""
    error: str = ""
    error_message: str = ""
    read_only: bool = False
    management: bool = True
    bearer: bool = False  # called with a Bedrock API key
    bearer_type: str = ""
    parameters: msgspec.Raw | None = None  # requestParameters
    response: msgspec.Raw | None = None  # responseElements
    additional: msgspec.Raw | None = None  # additionalEventData
    resources: tuple[str, ...] = ()
    where: str = ""
    owners: tuple[str, ...] = ()  # accounts that own some of `resources`, where the event says so


class ThreatFinding(msgspec.Struct, frozen=True, gc=False):
    """What AWS itself suspects: a finding of GuardDuty's, or one that came through Security Hub."""

    id: str  # finding id and updatedAt: an update is a new event of the same finding
    finding_id: str
    time: float  # eventLastSeen, else updatedAt
    first_seen: float
    account: str
    region: str
    type: str
    severity: float  # 1 to 10
    title: str
    caller: str
    principal: Principal
    addresses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    guardrails: tuple[str, ...] = ()
    actors: tuple[Principal, ...] = ()  # attack sequences name several
    archived: bool = False
    count: int = 1
    detail: msgspec.Raw | None = None
    where: str = ""
    product: str = "guardduty"  # who says so: guardduty, securityhub


class ServiceEvent(msgspec.Struct, frozen=True, gc=False):
    """What an AWS service says of itself on the bus: a job or endpoint changed its state, an alarm, an object came."""

    id: str  # of the envelope, or derived from its content where there is none
    time: float
    account: str
    region: str
    source: str  # health, s3, cloudwatch, sagemaker, bedrock: the envelope's source without "aws."
    kind: str  # its detail-type: "CloudWatch Alarm State Change"
    name: str  # the state or event code that decides: ALARM, Failed, AWS_RISK_CREDENTIALS_EXPOSED
    caller: str
    principal: Principal
    resources: tuple[str, ...] = ()  # ARNs, the one it is about first
    status: str = ""  # what it was before, where the event tells
    detail: msgspec.Raw | None = None
    where: str = ""


class Joined(msgspec.Struct, frozen=True, gc=False):
    """An invocation and its CloudTrail event, matched by request id: what was used, and from where."""

    id: str  # request id
    time: float  # of the invocation
    account: str
    region: str
    caller: str  # of the invocation: an end user where it names one
    principal: Principal  # with the access key, which only CloudTrail has
    model: str
    operation: str
    address: str = ""
    user_agent: str = ""
    bearer: bool = False
    bearer_type: str = ""
    inference_region: str = ""
    tokens: int = 0
    error: str = ""
    where: str = ""


class CallerDay(msgspec.Struct, frozen=True, gc=False):
    """A caller's day so far, as what is remembered of the caller tells it to those who look at many callers."""

    id: str
    time: float  # of the newest record
    account: str
    region: str
    caller: str
    principal: Principal
    day: int  # since the epoch, UTC
    records: int
    began: int  # seconds of the day
    latest: int  # seconds since the day began
    direction: bytes  # 64 signed bytes: where its texts point to, see scoring/words.py
    marks: tuple[int, ...]  # of heavy prefixes, and of suffixes plus 65,536
    signatures: tuple[int, ...]  # 64 bits each, of some of its texts
    heads: tuple[int, ...]  # log-odds that it harvests a model, as of a stranger, in sixteenths
    known: int  # days of history
    turned: int  # how far its direction is from its usual one: 0 to 32
    origin: int  # 32 bits of the network it calls from; 0: not known, or an application's
    event: str  # id of the newest record
    excerpt: str  # what that one asked, redacted


type Record = Invocation | ApiCall | ThreatFinding | ServiceEvent
# What detectors are shown. A `Joined` is made of two records, a `CallerDay` of many; neither is indexed.
type Seen = Record | Joined | CallerDay


def narrowest_caller(principal: Principal, end_user: str = "") -> str:
    """The caller of a record, in the order user, session, role, IAM user, key, root, service."""
    if end_user:
        return "user:" + end_user
    if principal.session:
        return f"session:{principal.name}/{principal.session}"
    if principal.kind == "Root":
        return "root:" + principal.account
    if principal.kind in ("AssumedRole", "Role") and principal.name:
        return "role:" + principal.name
    if principal.name:
        return "iam-user:" + principal.name
    if principal.access_key:
        return "key:" + principal.access_key
    if principal.invoked_by:
        return "service:" + principal.invoked_by
    return "unknown:" + principal.account


def related_callers(principal: Principal, end_user: str = "") -> tuple[str, ...]:
    """Every `kind:value` this principal goes by, narrowest first; the first is `narrowest_caller`."""
    names = [narrowest_caller(principal, end_user)]
    if end_user:
        names.append(narrowest_caller(principal))
    if principal.session:
        names.append("role:" + principal.name)
    if principal.access_key:
        names.append("key:" + principal.access_key)
    return tuple(dict.fromkeys(names))


def derived_id(prefix: str, *parts: str) -> str:
    """A short id that depends on content alone, so that a replay gives the same: PREFIX-20 hex digits."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{prefix}-{digest[:20]}"


# --- at the borders -------------------------------------------------------------------------------------------


class Severity(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for informational to 4 for critical; OCSF severity_id is rank + 1."""
        return list(Severity).index(self)


class Mode(StrEnum):
    OBSERVE = "observe"  # record the plan and its exact difference, change nothing
    APPROVE = "approve"  # wait for a person
    AUTO = "auto"


class Unanswered(StrEnum):
    """What becomes of a critical plan that nobody answered in time. Others lapse."""

    LAPSE = "lapse"
    ASK_AGAIN = "ask_again"  # up to three times, then it lapses
    ACT = "act"  # unless there is a reason why a person must decide


class IncidentStatus(StrEnum):
    NEW = "new"
    TRIAGED = "triaged"
    CONTAINED = "contained"
    ERADICATED = "eradicated"
    RECOVERED = "recovered"
    CLOSED = "closed"


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(_iso, return_type=str, when_used="json")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suppressed(Model):
    """The allowance that kept a finding from being raised."""

    rule: str  # what it allows, as written
    reason: str
    expires: Time


class Heard(Model):
    """How an event became a finding, so that each delay can be told from the others."""

    event: Time  # when it happened
    arrived: Time  # when it reached our queue
    found: Time  # when a detector had seen it

    @property
    def stages(self) -> dict[str, float]:
        """Seconds: how late the source was, and how long we took. 0 where a clock of the source is ahead of ours."""
        spans = {"source": self.arrived - self.event, "detect": self.found - self.arrived}
        return {name: max(0.0, round(span.total_seconds(), 1)) for name, span in spans.items()}


class Finding(Model):
    """One detector's statement about one caller, with what it rests on."""

    id: str  # derived from detector, account, caller, subject and event ids
    detector: str
    detector_version: int = 1
    family: str  # extraction, quota_abuse, exfiltration, prompt_attack, stolen_credentials, tampering
    severity: Severity
    score: float = Field(ge=0, le=100)
    title: str
    time: Time  # event time of the event that decided
    first_seen: Time
    caller: str
    related: tuple[str, ...] = ()  # other kind:value this caller goes by, and address:IP
    account: str
    region: str
    resource: str = ""
    event_ids: tuple[str, ...] = ()  # at most 100, the deciding one last
    evidence: dict[str, Any] = {}  # facts, thresholds and history that a person can check
    techniques: tuple[str, ...] = ()  # ATLAS, ATT&CK, OWASP ids
    playbook: str | None = None  # what the detector's runbook asks for
    arrived: Time | None = None  # when the event that decided reached us; None: not known, as in a replay
    found: Time | None = None  # when it was found; None where `arrived` is. No id depends on either
    got_through: bool = Field(default=False, exclude_if=lambda given: not given)  # the call that decided succeeded
    suppressed: Suppressed | None = Field(default=None, exclude_if=lambda given: given is None)  # indexed, never raised
    case: str = Field(default="", exclude_if=lambda given: not given)  # whose incident it goes to, if not the caller's

    @property
    def heard(self) -> Heard | None:
        if self.arrived is None or self.found is None:
            return None
        return Heard(event=self.time, arrived=self.arrived, found=self.found)


class Incident(Model):
    """What belongs together, and how far we are with it."""

    id: str
    severity: Severity
    score: float = 0
    status: IncidentStatus = IncidentStatus.NEW
    title: str = ""
    caller: str
    related: tuple[str, ...] = ()
    account: str
    region: str
    detectors: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    first_seen: Time
    last_seen: Time
    first_heard: Heard | None = None  # of the finding that was found first; None where arrivals aren't known
    last_heard: Heard | None = None
    playbook: str | None = None
    playbook_severity: Severity | None = None  # of the finding that chose `playbook`
    peak: Severity = Severity.INFORMATIONAL  # the most severe single finding; `severity` may be raised above it
    generation: int = 0  # counts the responses asked for; with the id it names the execution
    responses: tuple[str, ...] = ()  # the playbook of generation 1, 2, ...: what `respond` is to run
    asks: str = ""  # why a person decides, whatever the mode; empty: the mode decides
    contained_at: Time | None = None  # when the latest containment was read back; what succeeds later tells against it
    got_through_at: Time | None = None  # when a call of the caller was last known to succeed: by a finding, or a look
    run_id: str | None = None  # the latest run of `respond`
    revision: int = 0  # of the stored item; 0 is not stored yet
    closed_reason: str = ""

    def playbook_of(self, generation: int) -> str | None:
        """What the response of this generation is to run; the incident's `playbook` may be a later one by now."""
        return self.responses[generation - 1] if 0 < generation <= len(self.responses) else self.playbook


class Target(Model):
    """What an action acts on. `kind`: end_user, role_session, iam_user, access_key, agent_alias."""

    kind: str
    id: str  # user, AROA...:session or ROLE/SESSION, user name, AKIA..., AGENT_ID/ALIAS_ID
    account: str
    region: str
    details: dict[str, str] = {}  # role name, user name of a key, ...

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Difference(Model):
    """Exactly what a step changes: a person reads it before approving."""

    resource: str
    before: Any
    after: Any


class Step(Model):
    id: str  # derived from run, action and target
    action: str
    target: Target
    parameters: dict[str, Any] = {}
    calls: tuple[str, ...] = ()  # "iam:PutRolePolicy", in order
    difference: tuple[Difference, ...] = ()
    reach: int = 0  # how many others use this lever, by our own event index; -1: could not be counted
    reached: tuple[str, ...] = ()  # who: the most active of them first, at most ten


class Plan(Model):
    """What a playbook will do about an incident: the narrowest lever, how far it reaches, when it ends."""

    run_id: str
    incident_id: str
    playbook: str
    mode: Mode
    steps: tuple[Step, ...]
    reason: str
    reach: int = 0
    mode_reason: str = ""  # why auto became approve, or a step was refused
    created: Time
    expires: Time | None = None
    undo: str = ""  # how it is undone, in a sentence
    must_ask: tuple[str, ...] = ()  # why a person has to decide: silence is no answer then
    remarks: tuple[str, ...] = ()  # what was left out or put in another's place, and why
    stops: tuple[str, ...] = ()  # what stops working meanwhile, in the words of the application's owner
    requested_by: str = "tidegate"
    may_not_decide: tuple[str, ...] = ()  # every known name of who asked for it, or is contained by it


class StepStatus(StrEnum):
    PLANNED = "planned"
    SNAPSHOTTED = "snapshotted"  # what was found is on record; the change may or may not have happened
    APPLIED = "applied"
    VERIFIED = "verified"
    UNDONE = "undone"
    REFUSED = "refused"
    FAILED = "failed"


class Receipt(Model):
    """One step in the ledger: written before the change and after it."""

    id: str  # = step id
    run_id: str
    incident_id: str
    playbook: str
    step: Step
    mode: Mode
    status: StepStatus
    found: dict[str, Any] | None = None  # the snapshot
    changed: dict[str, Any] | None = None
    proof: dict[str, Any] | None = None
    restored: dict[str, Any] | None = None
    error: str = ""
    planned_at: Time
    applied_at: Time | None = None
    verified_at: Time | None = None
    expires_at: Time | None = None
    undone_at: Time | None = None
    undone_by: str = ""
    approved_by: str = ""
    later: bool = False  # beside the plan: no playbook takes it, the sweeper does
    due_at: Time | None = None  # when the sweeper takes it; None: it doesn't, or has
    revision: int = 0


class RunStatus(StrEnum):
    PLANNED = "planned"
    OBSERVED = "observed"
    AWAITING_APPROVAL = "awaiting_approval"
    REFUSED = "refused"  # no lever may be used on this target; `error` says why and names the alternative
    NOT_NEEDED = "not_needed"  # earlier responses to the incident hold all that this one would do
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    ACTING = "acting"
    CONTAINED = "contained"
    FAILED = "failed"
    UNDOING = "undoing"
    RELEASED = "released"


class Run(Model):
    """One execution of `respond` for one incident."""

    id: str
    incident_id: str
    playbook: str
    mode: Mode
    status: RunStatus
    plan: Plan | None = None
    approval_id: str = ""
    approved_by: str = ""
    error: str = ""
    heard: Heard | None = None  # of the finding that the response answers
    started_at: Time
    decided_at: Time | None = None
    contained_at: Time | None = None
    released_at: Time | None = None
    expires_at: Time | None = None
    evidence_ref: str = ""
    times: dict[str, float] = {}  # seconds of each stage: see response/times.py
    dollars: float | None = None  # what the contained caller cost from its first event until it was contained
    asked: int = 0  # how often people were asked for approval
    history: tuple[str, ...] = ()  # who was asked, answered or didn't, and when, in words
    refusals_at: Time | None = None  # when calls of the contained caller were first seen to be refused
    outlived_at: Time | None = None  # when later calls were seen to succeed: the containment does not hold
    revision: int = 0


class DamagedNote(Model):
    """An entry of the errors index: why a record was not read, and where its original lies."""

    id: str
    time: Time
    source: Literal[
        "bedrock_invocation", "cloudtrail", "guardduty", "security_hub", "service_event", "index", "unknown"
    ]
    where: str
    reason: str
    original_ref: str = ""  # s3://... of the bytes as they came
