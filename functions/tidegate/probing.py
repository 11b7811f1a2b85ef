"""A harmless record through each real path, every hour: who receives it proves that the path and its detectors live.

A probe is written down before it is sent: the hash of its content, which holds a random number. Whoever receives what
looks like a probe asks whether it was written down. If it was, it is answered: the detectors of that path run on their
own cases (self_test.py), and nothing else comes of it: no finding, no incident, no response. If it wasn't, it is no
probe: a log file is read as every other, an event is kept as damaged, a finding is correlated. So nobody hides
anything by calling it a probe, and who copies a probe repeats only what we wrote ourselves.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from tidegate.callers.probes import KEY, Probes, bytes_of, probes_of
from tidegate.errors import Conflict
from tidegate.model import Finding, Severity
from tidegate.ports import CallerStates, Clock

INVOCATION_LOG, API_CALL, THREAT, SERVICE_EVENT, FINDING = (
    "invocation_log",
    "api_call",
    "threat",
    "service_event",
    "finding",
)
PATHS = (INVOCATION_LOG, API_CALL, THREAT, SERVICE_EVENT, FINDING)
SOURCE = "tidegate.probe"  # of the events; AWS lets nobody send events with a source of its own
FOLDER = "tidegate-probe/"  # of the log files
CALLER = "service:probe/"  # of the findings
_DETAIL_TYPES = {
    API_CALL: "AWS API Call via CloudTrail",
    THREAT: "GuardDuty Finding",
    SERVICE_EVENT: "Batch Inference Job State Change",
}
_ATTEMPTS = 8
_FORGET = 30 * 86_400


class ProbeSender(Protocol):
    def log_file(self, key: str, content: bytes) -> None: ...

    def event(self, source: str, detail_type: str, detail: str) -> None: ...

    def finding(self, finding: Finding) -> None: ...


class Probing:
    def __init__(self, states: CallerStates, clock: Clock) -> None:
        self._states = states
        self._clock = clock

    def send(self, sender: ProbeSender, *, account: str, region: str, number: Callable[[], str]) -> list[str]:
        """One probe a path. `number`: a new random one, not to be guessed. Returns the paths.

        A path that can't be sent to costs the others nothing; what went wrong is raised together at the end.
        """
        now = self._clock()
        contents = {path: _content(path, number(), now, account, region) for path in PATHS}

        def note(probes: Probes) -> None:
            probes.account, probes.region = account, region
            for path, content in contents.items():
                probes.send(path, canonical(path, content), now.timestamp())

        self._change(note)
        failed: list[Exception] = []
        for path, content in contents.items():
            try:
                _sent(sender, path, content)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised once the other paths are served
                failed.append(error)
        if failed:
            raise ExceptionGroup(f"{len(failed)} of {len(contents)} probes were not sent", failed)
        return list(contents)

    def answers(self, path: str, content: bytes, test: Callable[[str], list[str]]) -> bool:
        """Whether this is a probe of ours; if so, it is answered. `test`: names the detectors that stay silent."""
        stored = self._states.load([KEY])[KEY]
        if (probe := probes_of(stored.data).find(path, canonical(path, content))) is None:
            return False
        if probe.answered:
            return True  # delivered again
        silent = test(path)

        def note(probes: Probes) -> None:
            if again := probes.find(path, canonical(path, content)):
                probes.answer(again, self._clock().timestamp(), silent)

        self._change(note)
        return True

    def state(self) -> Probes:
        return probes_of(self._states.load([KEY])[KEY].data)

    def _change(self, change: Callable[[Probes], None]) -> None:
        """Raises Conflict when the item stays contended."""
        for _ in range(_ATTEMPTS):
            stored = self._states.load([KEY])[KEY]
            probes = probes_of(stored.data)
            change(probes)
            try:
                self._states.save(
                    KEY,
                    bytes_of(probes),
                    revision=stored.revision,
                    forget_at=self._clock().timestamp() + _FORGET,
                )
            except Conflict:
                continue
            return
        raise Conflict(f"{KEY} stayed contended {_ATTEMPTS} times.")


def canonical(path: str, content: bytes) -> bytes:
    """What is hashed: a log file as it is; JSON without what a service may change about its writing."""
    if path == INVOCATION_LOG:
        return content
    try:
        return json.dumps(msgspec.json.decode(content), sort_keys=True).encode()
    except (msgspec.MsgspecError, RecursionError):
        return content


def _sent(sender: ProbeSender, path: str, content: bytes) -> None:
    if path == INVOCATION_LOG:
        sender.log_file(f"{FOLDER}{_number_of(content)}.json.gz", content)
    elif path == FINDING:
        sender.finding(Finding.model_validate_json(content))
    else:
        sender.event(SOURCE, _DETAIL_TYPES[path], content.decode())


def _number_of(content: bytes) -> str:
    return str(json.loads(gzip.decompress(content))["requestId"])


def _content(path: str, number: str, now: datetime, account: str, region: str) -> bytes:
    time = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    if path == FINDING:
        return _finding(number, now, account, region).model_dump_json().encode()
    told: dict[str, dict[str, Any]] = {
        INVOCATION_LOG: {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": time,
            "accountId": account,
            "region": region,
            "requestId": number,
            "operation": "Converse",
            "modelId": "tidegate.probe",
            "identity": {"arn": f"arn:aws:iam::{account}:role/{SOURCE}"},
            "input": {"inputContentType": "application/json", "inputTokenCount": 0},
        },
        API_CALL: {
            "eventTime": time,
            "eventSource": "bedrock.amazonaws.com",
            "eventName": "ListFoundationModels",
            "awsRegion": region,
            "recipientAccountId": account,
            "userIdentity": {"type": "AWSService", "invokedBy": SOURCE},
            "requestID": number,
            "eventID": number,
        },
        THREAT: {"id": number, "type": SOURCE, "accountId": account, "region": region, "updatedAt": time},
        SERVICE_EVENT: {"batchJobArn": number, "status": SOURCE},
    }
    body = json.dumps(told[path], sort_keys=True).encode()
    return gzip.compress(body + b"\n", mtime=0) if path == INVOCATION_LOG else body


def _finding(number: str, now: datetime, account: str, region: str) -> Finding:
    return Finding(
        id=f"finding-probe-{number}",
        detector="telemetry_gap",
        family="tampering",
        severity=Severity.INFORMATIONAL,
        score=0,
        title="A probe of the finding queue",
        time=now,
        first_seen=now,
        caller=f"{CALLER}{FINDING}",
        account=account,
        region=region,
    )
