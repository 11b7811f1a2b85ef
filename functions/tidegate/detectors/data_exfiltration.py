"""What models learn and answer from is carried off: read in bulk, opened to others, copied elsewhere.

Training data, model artefacts, the documents of a knowledge base and snapshots are worth more than what can be asked
out of a model. Buckets count that are named in the rules or that a training, import or ingestion job was seen using.
Reads are compared with the principal's own days, by different objects and by bytes in a sliding hour; a share counts
by whom it lets in. What GuardDuty says about exfiltration from S3 is raised when it is one of these buckets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.baseline import baseline
from tidegate.callers.distinct import MOST, SECONDS, WINDOW, Distinct
from tidegate.callers.series import Series
from tidegate.callers.sightings import day_of, raised_once
from tidegate.configurations.policies import EVERYBODY
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call, threats
from tidegate.detectors.data_shares import SHARES, Share, shared_by
from tidegate.detectors.data_sources import bucket_arn, bucket_in, use_of
from tidegate.detectors.data_threats import is_exfiltration, signal_of_threat
from tidegate.model import ApiCall, Seen, Severity, ThreatFinding
from tidegate.sources.parts import opened, text

OBJECTS = 300  # an hour; floor of the limit: a person who looks through a folder opens fewer
MEGABYTES = 10_000  # an hour; a set of weights is heavier
_HISTORY = 18  # days
_LATE = 2 * WINDOW  # steps kept of the bytes
_GRAVE = 3.0  # times the limit
_MARKS = 8


class Memory(msgspec.Struct, array_like=True):
    objects: Distinct = msgspec.field(default_factory=Distinct)
    kilobytes: Series = msgspec.field(default_factory=Series)  # by step of 15 minutes
    object_peaks: Series = msgspec.field(default_factory=Series)  # by day: the most in any hour
    megabyte_peaks: Series = msgspec.field(default_factory=Series)
    raised: list[str] = []


about = Detector(
    id="data_exfiltration",
    title="Data of models carried off or opened to others",
    severity=Severity.MEDIUM,
    family="exfiltration",
    reads=(
        api_calls("s3", "GetObject"),
        *(api_calls(service, name) for service, name in SHARES),
        api_calls("bedrock", "CreateModelCopyJob"),
        threats(),
    ),
    covers=(
        Atlas("AML.T0025"),
        Atlas("AML.T0035"),
        Atlas("AML.T0048.004"),
        Attack("T1530"),
        Attack("T1537"),
        Owasp("LLM02:2025"),
        Owasp("LLM03:2025"),
    ),
    false_positives="A first full download by a person or a new job outside Bedrock and SageMaker; a partner account "
    "that is meant to read. Name the reader in the rules (`allow`), with an expiry.",
    blind_spots="Reads are seen only with S3 data events. Without a `watch` in the rules a bucket is known only once a "
    "job used it. Slow reading below the limits. More than 1,500 objects an hour can't be told apart: who reads so "
    "many every day is judged by bytes. Whether a principal outside is a partner can't be told.",
    runbook="Close the share or stop the reader first. Then list what was read (data events, `resources`), and treat "
    "what left as lost: secrets in it, personal data, and the weights.",
    playbook="contain_exfiltration",
    memory=Memory,
    whose="principal",
    counts=True,
)


def detect(records: Sequence[Seen], memory: Memory, known: Known) -> Iterator[Signal]:
    reads = _Reads(memory, known)
    for record in records:
        if isinstance(record, ThreatFinding):
            if is_exfiltration(record):
                yield signal_of_threat(record, known)
        elif not isinstance(record, ApiCall) or record.error:
            continue
        elif record.name == "GetObject":
            yield from reads.of(record)
        elif record.name == "CreateModelCopyJob":
            yield from _copied(record, known)
        elif not known.is_pipeline(record.principal) and (share := shared_by(record)):
            yield _shared(record, share, known)


class _Reads:
    """The reads of one principal in a batch. A bucket is asked about once."""

    def __init__(self, memory: Memory, known: Known) -> None:
        self._memory, self._known = memory, known
        self._used: dict[str, str] = {}

    def of(self, call: ApiCall) -> Iterator[Signal]:
        if call.principal.invoked_by or call.principal.kind == "AWSService":
            return  # a job's own service reads
        request = opened(call.parameters)
        bucket, key = text(request, "bucketName"), text(request, "key")
        if not bucket or not (use := self._use(bucket, call.time)):
            return
        if call.principal.account and call.principal.account != call.account:
            mark = f"account:{call.principal.account}:{day_of(call.time)}"
            if raised_once(self._memory.raised, mark, keep=_MARKS):
                yield _read_from_outside(call, bucket, use)
        memory, step = self._memory, int(call.time) // SECONDS
        memory.objects.add(f"{bucket}/{key}", call.time)
        memory.kilobytes.reach(step, keep=_LATE)
        if step > memory.kilobytes.newest - _LATE:
            memory.kilobytes.add(step, _bytes(call) // 1000, keep=_LATE)
        yield from self._judged(call, bucket, use)

    def _use(self, bucket: str, time: float) -> str:
        if bucket not in self._used:
            self._used[bucket] = use_of(bucket, time, self._known)
        return self._used[bucket]

    def _judged(self, call: ApiCall, bucket: str, use: str) -> Iterator[Signal]:
        memory = self._memory
        for last in memory.objects.windows(call.time):
            day = day_of(last * SECONDS)
            objects, megabytes = memory.objects.ending(last), memory.kilobytes.sum(last, WINDOW) // 1000
            memory.object_peaks.raise_to(day, objects, keep=_HISTORY)
            memory.megabyte_peaks.raise_to(day, megabytes, keep=_HISTORY)
            for what, amount, peaks, floor in (
                ("objects", objects, memory.object_peaks, OBJECTS),
                ("megabytes", megabytes, memory.megabyte_peaks, MEGABYTES),
            ):
                limit, history = _limit(peaks, day, floor)
                if amount <= limit or not raised_once(memory.raised, f"{what}:{day}", keep=_MARKS):
                    continue
                if not self._is_job(call):
                    yield _bulk(call, bucket, use, what, amount, limit, history)

    def _is_job(self, call: ApiCall) -> bool:
        """Whether a training or ingestion job runs as this role: reading is what it is for."""
        role = call.principal.role_arn
        return bool(role and self._known.before(role, call.time))


def _limit(peaks: Series, day: int, floor: int) -> tuple[float, str]:
    """The limit of an hour, from the peaks of the days before: today's is not in it."""
    past = [value for one in range(day - _HISTORY, day) if (value := peaks.at(one))]
    usual = baseline(past, floor=floor)
    if usual is None:
        return float(floor), f"{len(past)} days with reads before: too few for a limit of its own"
    return usual.limit, f"its highest hour of {usual.days} days is {usual.level:g} in the median"


def _bytes(call: ApiCall) -> int:
    sent = opened(call.additional).get("bytesTransferredOut")
    return int(sent) if isinstance(sent, int | float) and 0 <= sent < 1e15 else 0


def _bulk(call: ApiCall, bucket: str, use: str, what: str, amount: int, limit: float, history: str) -> Signal:
    grave = amount > _GRAVE * limit
    many = f"{MOST:,} or more" if what == "objects" and amount >= MOST else f"{amount:,}"
    return signal_of_call(
        call,
        identity=("reads", what, str(day_of(call.time))),
        title=f"{call.caller} read {many} {what} of {bucket} and others of its kind within an hour",
        facts={
            "bucket": bucket,
            "used_for": use,
            what: amount,
            "window": "one hour, sliding",
            "threshold": limit,
            "history": history,
            "severity_from": f"{amount / limit:.1f} times its limit of {limit:,.0f} {what} an hour"
            + (f", over {_GRAVE:g}" if grave else ""),
        },
        severity=Severity.HIGH if grave else Severity.MEDIUM,
        resource=bucket_arn(bucket),
    )


def _read_from_outside(call: ApiCall, bucket: str, use: str) -> Signal:
    return signal_of_call(
        call,
        identity=("outside", call.principal.account, bucket, str(day_of(call.time))),
        title=f"Account {call.principal.account} reads {bucket}, which is {use}",
        facts={
            "bucket": bucket,
            "used_for": use,
            "reader_account": call.principal.account,
            "severity_from": "the reader belongs to another account",
        },
        severity=Severity.HIGH,
        resource=bucket_arn(bucket),
    )


def _shared(call: ApiCall, share: Share, known: Known) -> Signal:
    use = use_of(bucket_in(share.resource), call.time, known) if share.what == "bucket" else share.what
    to_all = EVERYBODY in share.with_whom
    severity, reason = Severity.MEDIUM, f"a {share.what} of this account can be read by another one"
    if share.what == "bucket" and not use:
        severity, reason = Severity.LOW, "no model is known to use this bucket"
    elif to_all or share.what == "model":
        severity = Severity.HIGH
        reason = f"open to everybody, and it is {use}" if to_all else "a model leaves the account"
    elif share.what == "bucket":
        severity, reason = Severity.HIGH, f"it is {use}, and another account may read it"
    whom = EVERYBODY if to_all else f"account {', '.join(share.with_whom)}"
    return signal_of_call(
        call,
        title=f"{share.resource} opened to {whom} by {share.how}",
        facts={
            "shared_with": list(share.with_whom),
            "by": share.how,
            "used_for": use or "nothing that was seen",
            "severity_from": reason,
        },
        severity=severity,
        resource=share.resource,
    )


def _copied(call: ApiCall, known: Known) -> Iterator[Signal]:
    if known.is_pipeline(call.principal):
        return
    source = text(opened(call.parameters), "sourceModelArn")
    yield signal_of_call(
        call,
        title=f"{call.caller} copies the custom model {source or 'not named'} to {call.region}",
        facts={
            "source_model": source or None,
            "pipeline_principals": list(known.pipeline),
            "severity_from": "a custom model is copied by none of the principals that release models",
        },
        resource=source,
    )
