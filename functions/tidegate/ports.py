"""What the flow asks of the world, as Protocols.

Adapters over AWS live in `aws/`, fakes in memory in `tidegate_local/memory/`; both pass the same contract
tests (tests/contracts/). Every write is conditional or idempotent: at least once in, exactly once in effect.
A lost condition raises `Conflict`; a throttle or time-out `Retryable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from tidegate.model import Finding, Incident, Minted, Model, Receipt, Run, RunStatus, Time


class Stored(NamedTuple):
    """Bytes under optimistic locking. Revision 0: nothing stored yet."""

    data: bytes
    revision: int


class CallerStates(Protocol):
    """What is remembered about callers. Keys are `account/kind:value`."""

    def load(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Absent keys come back as Stored(b"", 0). Batches of 100 are the adapter's business."""
        ...

    def save(self, key: str, data: bytes, *, revision: int, forget_at: float) -> None:
        """Writes revision + 1 if `revision` is still the stored one, else Conflict. `forget_at`: epoch seconds."""
        ...


class EveryState(Protocol):
    """All that is remembered, for what looks at everybody once a day."""

    def every(self) -> Iterator[tuple[str, bytes]]:
        """Key and data of each, in no order; what is written meanwhile may be there or not."""
        ...


class Deliveries(Protocol):
    """Which deliveries (log files, bus events) have been taken in whole."""

    def done(self, ids: Sequence[str]) -> set[str]: ...

    def mark_done(self, ids: Sequence[str], *, forget_at: float) -> None: ...


class ConfigurationSnapshots(Protocol):
    """Configurations of guardrails, logging, agents and aliases as they were, by event time.

    `resource` is an ARN, or `logging/ACCOUNT/REGION` for the invocation logging configuration.
    """

    def before(self, resource: str, time: float) -> dict[str, Any] | None:
        """The configuration in force just before `time` (epoch seconds), or None if never seen."""
        ...

    def record(self, resource: str, time: float, event_id: str, configuration: Mapping[str, Any]) -> None:
        """Idempotent by (resource, time, event_id)."""
        ...


class ReadConfiguration(NamedTuple):
    """A configuration as AWS reads it back. `name`: an ARN, the part of one that names the resource, or an id."""

    kind: str  # guardrail, logging, enforced guardrail, agent, alias, ...: see configurations/read_back.py
    name: str
    values: Mapping[str, Any]


class Configurations(Protocol):
    """What there is to be read in an account and Region, in groups that fail each for itself."""

    def groups(self) -> Mapping[str, Callable[[], Iterable[ReadConfiguration]]]:
        """Reading a group raises Permanent or Retryable that names it."""
        ...


class FindingQueue(Protocol):
    def send(self, findings: Iterable[Finding]) -> None: ...


class Incidents(Protocol):
    def get(self, incident_id: str) -> Incident | None: ...

    def of_finding(self, finding_id: str) -> str | None:
        """The incident a finding was folded into, also long after it closed."""
        ...

    def open_for(self, account: str, callers: Sequence[str]) -> list[Incident]:
        """Open incidents that any of these `kind:value` belongs to."""
        ...

    def save(self, incident: Incident, *, new_findings: Sequence[str], names: Sequence[str]) -> Incident:
        """One transaction: the incident at revision + 1, finding -> incident for `new_findings`,
        caller name -> incident for `names`. Conflict if the revision moved. Returns the incident as stored."""
        ...

    def list(self, *, open_only: bool = False, limit: int = 100) -> list[Incident]: ...


class Responses(Protocol):
    """Starts playbooks. Starting the same (incident, generation) twice starts one."""

    def start(self, incident_id: str, generation: int) -> None: ...

    def release(self, run_id: str, *, reason: str, by: str) -> str:
        """Starts `release` for a run; returns the execution's name. Same arguments, same execution."""
        ...


class Ledger(Protocol):
    """Runs and receipts: what was found, changed, proven and restored."""

    def run(self, run_id: str) -> Run | None: ...

    def save_run(self, run: Run) -> Run:
        """Writes revision + 1 if `run.revision` is the stored one; Conflict otherwise."""
        ...

    def receipts(self, run_id: str) -> list[Receipt]:
        """Of the plan's steps, in the order planned."""
        ...

    def later(self, run_id: str) -> list[Receipt]:
        """Of the steps beside the plan, which the sweeper takes."""
        ...

    def receipt(self, run_id: str, step_id: str) -> Receipt | None: ...

    def save_receipt(self, receipt: Receipt) -> Receipt: ...

    def runs(self, *, statuses: Sequence[RunStatus] = (), limit: int = 100) -> list[Run]: ...

    def within(self, name: str, entry: str, *, most: int, now: float, once: bool = False) -> bool:
        """Notes `entry` under `name` at `now`; whether it is one of `most` in the hour before. An entry that is noted
        already is, unless `once`. Two at the same moment may both be told that they aren't, never that more are."""
        ...

    def hold(self, what: str, holder: str, *, forget_at: float) -> None:
        """Notes that `holder` may hold `what`; noting it twice is noting it once."""
        ...

    def holders(self, what: str) -> list[str]:
        """Whoever was noted, also those that have let go since: ask their receipts."""
        ...

    def due(self, now: datetime) -> list[Receipt]:
        """Receipts whose `due_at` has come: for the sweeper. Longest due first."""
        ...

    def expired(self, now: datetime) -> list[Run]:
        """Runs whose containment is over its time and not yet released: for the sweeper."""
        ...


class Approval(NamedTuple):
    id: str  # opaque
    run_id: str
    task_token: str
    requested_by: str
    expires_at: float
    decision: str  # "", approved, declined
    decided_by: str


class Approvals(Protocol):
    def put(self, approval: Approval) -> None: ...

    def get(self, approval_id: str) -> Approval | None: ...

    def decide(self, approval_id: str, *, decision: str, by: str, now: float) -> Approval:
        """Once only: a second decision raises Refused, an expired approval too."""
        ...


class Confirmation(NamedTuple):
    """What one single-use token of the console was made for."""

    purpose: str  # decide, undo
    person: str
    incident_id: str
    run_id: str
    plan_digest: str
    expires_at: float


class Confirmations(Protocol):
    """Single-use tokens, by their hashes."""

    def put(self, token_hash: str, confirmation: Confirmation) -> None: ...

    def take(self, token_hash: str) -> Confirmation | None:
        """What it was made for, the first time; None ever after. Whether it has expired is for the caller to see."""
        ...


class Execution(NamedTuple):
    """A state machine as it ran: its definition, and the events of GetExecutionHistory, without their data."""

    playbook: str
    definition: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]


class Executions(Protocol):
    def of_run(self, playbook: str, run_id: str) -> Execution | None:
        """`playbook`: respond, or the playbook's own. None: not started, or forgotten (Step Functions: 90 days)."""
        ...


class FindingIndex(Protocol):
    def of_incident(self, incident_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
        """Finding documents as indexed, oldest first."""
        ...


class Outbox(Protocol):
    """Durable documents on their way to the index: gzipped NDJSON in S3."""

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        """`documents`: each ready bytes `{"create"|"index": {...}}\\n{...}\\n`. The same batch id overwrites itself."""
        ...


class PriceList(Protocol):
    """What AWS asks for what it sells."""

    def products(self, region: str) -> Iterable[Mapping[str, Any]]:
        """Bedrock's products of a Region, as the AWS Price List has them."""
        ...


class PublishedPrices(Protocol):
    """What applications price their calls by."""

    def publish(self, region: str, configuration: Mapping[str, Any]) -> None: ...


class DamagedStore(Protocol):
    """Originals of what could not be read."""

    def keep(self, note_id: str, original: bytes) -> str:
        """Returns the reference (s3://...)."""
        ...


MOST_MINTED = 100  # credentials of one key that are told of


class EventIndex(Protocol):
    """Our own index of events, asked for blast radius and for proof. All arguments are values, never query text."""

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        """Other callers that went through `name` (kind:value) in the window: who else a lever would hit. The most
        active first, where the index counts events."""
        ...

    def calls(self, account: str, name: str, *, since: float, until: float) -> tuple[int, int]:
        """(succeeded, denied) model calls of `name` in the window."""
        ...

    def dollars(self, account: str, name: str, *, since: float, until: float) -> float:
        """What the invocations of `name` in the window cost, at the prices known when each was indexed."""
        ...

    def minted(self, account: str, key: str, *, since: float, until: float) -> list[Minted]:
        """Temporary credentials that were made out of an access key in the window, by calls of STS that succeeded: the
        latest first, at most MOST_MINTED."""
        ...

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]: ...


class Evidence(Protocol):
    """Write-once storage (S3 Object Lock): what was true before we changed anything."""

    def keep(self, key: str, body: bytes) -> str:
        """Returns the reference (s3://...). Keys carry a digest of the body: the same twice is kept once."""
        ...


class Kept(NamedTuple):
    body: bytes
    locked_until: datetime | None  # Object Lock; None: it may be replaced at any time


class KeptEvidence(Protocol):
    def read(self, reference: str) -> Kept:
        """The first version of what was kept: a later one is not evidence. Raises Permanent when it is gone."""
        ...


class Schedules(Protocol):
    """One-off schedules that start `release` (EventBridge Scheduler `at()`, deleted after they fired)."""

    def at(self, name: str, when: datetime, release_input: Mapping[str, str]) -> None:
        """Setting the same name again is setting it once."""
        ...

    def cancel(self, name: str) -> None:
        """No error when it is gone."""
        ...


class Tasks(Protocol):
    """Answers a state machine that waits on a task token."""

    def succeed(self, token: str, output: Mapping[str, str]) -> None:
        """No error when the task has been answered or is over: the ledger says how it ended."""
        ...


class Notifier(Protocol):
    def tell(self, subject: str, text: str, *, deduplication: str) -> None: ...


class News(Protocol):
    """Brings each channel that is set up (Slack, Security Hub, ...) up to date with an incident; soon, not at once."""

    def __call__(self, incident_id: str) -> None: ...


class Told(Model):
    """What one channel was told of one incident."""

    incident_id: str
    channel: str
    reference: str = ""  # the channel's own name of the message: ts, finding id, case id
    digest: str = ""  # of the notice that was told last
    begun: Time  # when it was first to be told
    claimed_until: Time | None = None  # somebody tells it now, or died while doing so
    sending: str = ""  # the state that is told under the claim
    states: tuple[str, ...] = ()  # that have been told
    revision: int = 0


class Notices(Protocol):
    def get(self, incident_id: str, channel: str) -> Told | None: ...

    def save(self, told: Told) -> Told:
        """Writes revision + 1 if `told.revision` is the stored one; Conflict otherwise."""
        ...


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, aware, UTC. In a replay: the run's clock."""
        ...
