"""A probe is what was sent, not what calls itself one: answered once, and nothing is hidden behind it."""

from __future__ import annotations

import copy
import gzip
import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import kept_self_tests
import pytest
from detection_builders import ACCOUNT, NOW, REGION, World, a_finding

from tidegate.detectors import BY_ID
from tidegate.errors import Permanent
from tidegate.finding_intake import take_findings
from tidegate.intake import Intake
from tidegate.messages import Message
from tidegate.model import Finding
from tidegate.probe_cases import Case, cases
from tidegate.probing import API_CALL, FINDING, FOLDER, INVOCATION_LOG, PATHS, SOURCE, THREAT, Probing
from tidegate.self_test import silent_detectors
from tidegate_local import probe_cases
from tidegate_local.memory import MemoryCallerStates

HOUR = 3600


class Sender:
    """tidegate.probing.ProbeSender: what was sent, as it would arrive."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self.findings: list[Finding] = []

    def log_file(self, key: str, content: bytes) -> None:
        self.files[key] = content

    def event(self, source: str, detail_type: str, detail: str) -> None:
        envelope = {"version": "0", "id": "e", "detail-type": detail_type, "source": source, "account": ACCOUNT}
        self.events.append({**envelope, "time": "2026-09-01T10:00:00Z", "region": REGION, "detail": json.loads(detail)})

    def finding(self, finding: Finding) -> None:
        self.findings.append(finding)


class Bench:
    """What a stack has, in memory, with a clock to be moved."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.world = World()
        self.sender = Sender()
        self.probing = Probing(self.world.states, lambda: self.now)
        self.intake = Intake(self.world.detection, logs=self, end_user_keys=("user",), probing=self.probing)
        self._numbers = count()

    def read(self, bucket: str, key: str) -> bytes:
        if key not in self.sender.files:
            raise Permanent(f"{bucket}/{key} is gone")
        return self.sender.files[key]

    def send(self) -> None:
        self.probing.send(self.sender, account=ACCOUNT, region=REGION, number=lambda: f"n-{next(self._numbers)}")

    def arrive(self) -> None:
        """Everything sent reaches the function that it is for."""
        assert not self.intake.log_files([self.object_created(key) for key in self.sender.files])
        for event in self.sender.events:
            take = {
                "AWS API Call via CloudTrail": self.intake.api_calls,
                "GuardDuty Finding": self.intake.threats,
                "Batch Inference Job State Change": self.intake.service_events,
            }[event["detail-type"]]
            assert not take([Message("m", json.dumps(event))])
        for finding in self.sender.findings:
            assert not take_findings([Message("m", finding.model_dump_json())], Nobody(), self.probing)  # type: ignore[arg-type]

    def object_created(self, key: str) -> Message:
        size = len(self.sender.files[key])
        detail = {"bucket": {"name": "logs"}, "object": {"key": key, "size": size, "etag": "e"}}
        return Message("m", json.dumps({"detail": detail}))

    @property
    def documents(self) -> list[bytes]:
        return [line for batch in self.world.outbox.batches.values() for line in batch]


class Nobody:
    """A correlation that must not be given anything."""

    def take(self, findings: list[Finding]) -> None:
        assert not findings


@pytest.fixture
def bench() -> Bench:
    kept_self_tests.ask_again()
    return Bench()


def test_every_path_answers_and_nothing_else_comes_of_it(bench: Bench) -> None:
    bench.send()
    before = set(bench.world.states._stored)
    bench.arrive()

    state = bench.probing.state()
    assert set(state.answers) == set(PATHS)
    assert not any(state.silent.values())
    assert set(bench.world.states._stored) == before
    assert not bench.documents
    assert not bench.world.found


def test_every_detector_fires_on_its_own_case_in_the_function_that_its_records_reach() -> None:
    assert {case.detector for case in cases()} == set(BY_ID)
    assert {path: silent_detectors(path) for path in PATHS} == {path: [] for path in PATHS}


def test_the_cases_that_go_along_are_those_of_events() -> None:
    assert probe_cases.FILE.read_text() == probe_cases.text(), "run python -m tidegate_local.probe_cases"


def test_a_detector_that_fails_or_stays_silent_is_named() -> None:
    broken = [
        Case("llmjacking", API_CALL, "quiet", []),
        Case("guardrail_weakened", API_CALL, "unreadable", [{"no": "record"}]),
    ]

    assert silent_detectors(API_CALL, broken) == ["llmjacking", "guardrail_weakened"]


def test_the_watch_is_quiet_while_probes_are_answered(bench: Bench) -> None:
    for hour in range(4):
        bench.now = NOW + timedelta(hours=hour)
        bench.send()
        bench.arrive()

    assert bench.world.watch(3 * HOUR + 2000) == []


def test_a_path_without_an_answer_is_found_once_a_day_and_only_that_path(bench: Bench) -> None:
    bench.send()
    bench.sender.events = [event for event in bench.sender.events if event["detail-type"] != "GuardDuty Finding"]
    bench.arrive()

    assert bench.world.watch(1000) == [], "it still has time"
    (found,) = bench.world.watch(2000)
    assert (found.caller, found.evidence["last_answer"]) == (f"service:probe/{THREAT}", None)
    assert bench.world.watch(3000) == []


def test_no_probe_for_three_hours_is_found_too(bench: Bench) -> None:
    bench.send()
    bench.arrive()

    assert [found.caller for found in bench.world.watch(4 * HOUR)] == ["service:probe/probes"]


def test_detectors_that_stay_silent_are_found_by_name(bench: Bench) -> None:
    bench.send()
    (log_file,) = bench.sender.files.values()
    bench.probing.answers(INVOCATION_LOG, log_file, lambda _path: ["distillation", "quota_abuse"])

    told = [found.evidence.get("detectors") for found in bench.world.watch(10)]
    assert told == [["distillation", "quota_abuse"]]


def test_an_event_that_calls_itself_a_probe_is_kept_as_damaged_and_does_not_answer(bench: Bench) -> None:
    bench.send()
    forged = [{**event, "detail": {**event["detail"], "accountId": "444455556666"}} for event in bench.sender.events]
    for event in forged:
        bench.intake.threats([Message("m", json.dumps(event))])

    assert not bench.probing.state().answers
    assert len(bench.documents) == len(forged)
    assert all(b"sent none like it" in document for document in bench.documents)


def test_a_record_with_our_marker_in_it_is_judged_as_every_other(bench: Bench) -> None:
    (case,) = [case for case in cases() if case.detector == "phantom_user_pivot"]
    event = copy.deepcopy(case.records[-1])
    event["detail"]["userAgent"] = SOURCE
    event["detail"]["requestParameters"] = {"source": SOURCE, "detail": {"source": SOURCE}}

    bench.intake.api_calls([Message("m", json.dumps(event))])

    assert bench.world.detectors == ["phantom_user_pivot"]


def test_a_log_file_in_the_probes_folder_is_read_as_every_other(bench: Bench) -> None:
    (case,) = [case for case in cases() if case.detector == "quota_abuse"]
    (given,) = case.records
    record, times = given["record"], given["repeat"]["times"]
    lines = [json.dumps({**record, "requestId": f"r-{n}"}) for n in range(times)]
    bench.sender.files[f"{FOLDER}n-0.json.gz"] = gzip.compress("\n".join(lines).encode())

    bench.intake.log_files([bench.object_created(f"{FOLDER}n-0.json.gz")])

    assert "quota_abuse" in bench.world.detectors


def test_a_finding_that_calls_itself_a_probe_is_correlated(bench: Bench) -> None:
    class Folding:
        def __init__(self) -> None:
            self.taken: list[Finding] = []

        def take(self, findings: list[Finding]) -> None:
            self.taken = findings

    bench.send()
    (probe,) = bench.sender.findings
    forged = probe.model_copy(update={"title": "Keys were stolen"})
    correlation = Folding()
    messages = [Message("m-1", forged.model_dump_json()), Message("m-2", a_finding().model_dump_json())]

    assert not take_findings(messages, correlation, bench.probing)  # type: ignore[arg-type]
    assert [finding.title for finding in correlation.taken] == ["Keys were stolen", "too many calls"]
    assert FINDING not in bench.probing.state().answers


def test_a_probe_that_is_delivered_again_is_answered_once_and_stays_a_probe_for_two_days(bench: Bench) -> None:
    bench.send()
    bench.arrive()
    first = bench.probing.state()
    bench.now = NOW + timedelta(hours=20)
    bench.arrive()

    assert bench.probing.state() == first
    assert not bench.documents


def test_a_path_that_cannot_be_sent_to_costs_the_others_nothing(bench: Bench) -> None:
    class Refused(Sender):
        def log_file(self, key: str, content: bytes) -> None:
            raise PermissionError(key)

    bench.sender = Refused()
    with pytest.raises(ExceptionGroup, match="1 of 5"):
        bench.send()
    bench.arrive()

    assert set(bench.probing.state().answers) == set(PATHS) - {INVOCATION_LOG}
    assert [found.caller for found in bench.world.watch(2000)] == [f"service:probe/{INVOCATION_LOG}"]


def test_probes_take_bounded_room() -> None:
    states = MemoryCallerStates()
    now = NOW
    probing, numbers = Probing(states, lambda: now), count()
    for hour in range(24 * 10):
        now = NOW + timedelta(hours=hour)
        probing.send(Sender(), account=ACCOUNT, region=REGION, number=lambda: f"n-{next(numbers)}")

    assert len(states.load(["tidegate/probes"])["tidegate/probes"].data) < 20_000
