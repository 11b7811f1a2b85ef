"""What a model learns or answers from was written by someone who doesn't write there, and then was used.

Poison works twice removed: objects are put into a bucket that a training set or a knowledge base is read from, and days
later a job by somebody trusted takes them in. Neither step is alarming by itself. Who may write a bucket is said by
the rules (`[[watch]]`), else by those who wrote it before; a write of an outsider is remembered for a week, and the job
that reads the bucket after it is the finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from tidegate.callers.firsts import Firsts
from tidegate.callers.origins import network_of
from tidegate.callers.sequence import Chain, Order, Steps
from tidegate.callers.sightings import raised_once
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, matches, service_events
from tidegate.detectors.data_sources import INGESTION, JOBS, Fed, bucket_arn, bucket_in, fed_by
from tidegate.model import ApiCall, Principal, Seen, ServiceEvent, Severity, narrowest_caller
from tidegate.sources.parts import opened, text

_WRITES = ("PutObject", "CopyObject", "CompleteMultipartUpload")
_WITHIN_DAYS = 7
_ORDER = Order(("written", "fed"), _WITHIN_DAYS * 86_400)
_LONGEST = 120  # characters kept of a name
_REASONS = {
    "listed": (Severity.HIGH, "the rules name who writes this bucket, and this is somebody else"),
    "account": (Severity.HIGH, "the writer belongs to another account"),
    "new": (Severity.MEDIUM, "nobody of this name wrote the bucket before, and others did for at least a week"),
    "network": (Severity.MEDIUM, "written from a network that never wrote the bucket; S3 doesn't say by whom"),
}


class Memory(msgspec.Struct, array_like=True):
    writers: Firsts = msgspec.field(default_factory=Firsts)  # "principal" and "network"
    steps: Steps = msgspec.field(default_factory=Steps)
    raised: list[str] = []


class _Note(NamedTuple):
    """What is kept of a step until it is part of a finding: as one text, the engine's event."""

    id: str
    region: str
    reason: str  # of a write; the purpose of a job
    name: str  # who wrote; what was fed

    @classmethod
    def read(cls, text: str) -> _Note:
        return cls(*[*text.split("\x1f", 3), "", "", "", ""][:4])

    def __str__(self) -> str:
        return "\x1f".join(part[:_LONGEST] for part in self)


def subjects(record: Seen, known: Known) -> Iterator[str]:
    """The buckets that a record writes or that a job reads."""
    buckets: tuple[str, ...] = ()
    if isinstance(record, ServiceEvent):
        buckets = tuple(bucket_in(resource) for resource in record.resources[:1])
    elif isinstance(record, ApiCall):
        fed = None if record.service == "s3" else fed_by(record, known.before)
        buckets = fed.buckets if fed else (text(opened(record.parameters), "bucketName"),)
    return (f"bucket:{bucket}" for bucket in buckets if bucket)


about = Detector(
    id="training_data_poisoned",
    title="Training data or knowledge base written by an outsider, then used",
    severity=Severity.HIGH,
    family="tampering",
    reads=(
        api_calls("s3", *_WRITES),
        service_events("s3", "Object Created"),
        *(api_calls(service, name) for (service, name), job in JOBS.items() if job.learns),
        api_calls("bedrock", INGESTION),
        api_calls("bedrock-agent", INGESTION),
    ),
    covers=(
        Atlas("AML.T0020"),
        Atlas("AML.T0070"),
        Atlas("AML.T0018"),
        Attack("T1565.001"),
        Owasp("LLM04:2025"),
        Owasp("LLM08:2025"),
    ),
    false_positives="A new data pipeline or labelling tool, and the first upload of a colleague. Name who writes the "
    "bucket in the rules (`watch`).",
    blind_spots="Who wrote is known only with S3 data events; S3's own events tell another account and the network. A "
    "writer on the list whose credentials were stolen, and poison older than a week. Of several outsiders within a "
    "day the first is named. An ingestion is joined with its bucket only if the data source was seen being made.",
    runbook="Don't serve what came of the job. List the objects written since (bucket versions, data events), remove "
    "what nobody vouches for, and train or ingest anew. Then find how the writer got there.",
    playbook="roll_back_model",
    memory=Memory,
    whose="resource",
    subjects=subjects,
)


def detect(records: Sequence[Seen], memory: Memory, known: Known) -> Iterator[Signal]:
    bucket = known.name.removeprefix("bucket:")
    for record in records:
        if isinstance(record, ServiceEvent):
            _written_event(record, bucket, memory, known)
        elif isinstance(record, ApiCall) and not record.error:
            if record.service == "s3":
                _written(record, bucket, memory, known)
            elif fed := fed_by(record, known.before):
                _used(record, fed, memory)
    for chain in memory.steps.chains(_ORDER):
        if raised_once(memory.raised, str(chain.slot), keep=10):
            yield _signal(chain, bucket, records[-1].account)


def _written(call: ApiCall, bucket: str, memory: Memory, known: Known) -> None:
    """Somebody wrote: CloudTrail says who."""
    who = call.principal
    reason = ""
    watch = known.watch_of(bucket)
    if who.kind == "AWSService" or known.is_pipeline(who):
        pass
    elif watch and watch.writers:
        reason = "" if any(matches(pattern, who, call.caller) for pattern in watch.writers) else "listed"
    elif who.account and who.account != call.account:
        reason = "account"
    elif _new("principal", _name(who), call.time, memory):
        reason = "new"
    memory.writers.saw("principal", _name(who), call.time)
    if reason:
        note = _Note(call.id, call.region, reason, call.caller)
        memory.steps.add(_ORDER, "written", call.time, str(note))


def _written_event(event: ServiceEvent, bucket: str, memory: Memory, known: Known) -> None:
    """Somebody wrote: S3 says which account or service, and from where."""
    who, network = event.principal, network_of(text(opened(event.detail), "source-ip-address"))
    reason = ""
    if who.kind == "AWSAccount" and who.account and who.account != event.account:
        watch = known.watch_of(bucket)
        listed = watch and any(matches(pattern, who, event.caller) for pattern in watch.writers)
        reason = "" if listed else "account"
    elif who.kind == "AWSAccount" and not memory.writers.known("principal", event.time):
        reason = "network" if _new("network", network, event.time, memory) else ""
    memory.writers.saw("network", network, event.time)
    if reason:
        name = f"account {who.account}" if reason == "account" else network
        memory.steps.add(_ORDER, "written", event.time, str(_Note(event.id, event.region, reason, name)))


def _used(call: ApiCall, fed: Fed, memory: Memory) -> None:
    memory.steps.add(_ORDER, "fed", call.time, str(_Note(call.id, call.region, fed.purpose, fed.what)))


def _new(dimension: str, thing: str, time: float, memory: Memory) -> bool:
    return memory.writers.past(time).is_history and memory.writers.is_new(dimension, thing, time)


def _name(principal: Principal) -> str:
    """Sessions of a role are the same writer."""
    return principal.role_arn or principal.arn or narrowest_caller(principal)


def _signal(chain: Chain, bucket: str, account: str) -> Signal:
    written, fed = (_Note.read(event) for event in chain.events)
    first, last = chain.times[0], max(chain.times)
    severity, reason = _REASONS.get(written.reason, _REASONS["new"])
    named = ":" in written.name
    return Signal(
        identity=(bucket, str(chain.slot)),
        title=f"{bucket}, written by {written.name}, went into {fed.name or fed.reason}",
        facts={
            "bucket": bucket,
            "written_by": written.name,
            "written_at": first,
            "used_for": fed.reason,
            "fed": fed.name,
            "fed_at": chain.times[-1],
            "window_days": _WITHIN_DAYS,
            "threshold": f"a write by an outsider, and a job that reads the bucket within {_WITHIN_DAYS} days",
            "severity_from": reason,
        },
        time=float(last),
        first_seen=float(first),
        severity=severity,
        account=account,
        region=fed.region,
        caller=written.name if named else f"unknown:{account}",
        resource=bucket_arn(bucket),
        event_ids=(written.id, fed.id),
    )
