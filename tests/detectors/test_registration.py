"""The file is the registration; finding the detectors of a record costs the same however many there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from detection_builders import T, a_threat, an_api_call, an_invocation

from tidegate import detectors
from tidegate.detectors.about import Budget, Detector, Known, Signal, matches
from tidegate.detectors.findings import finding_of
from tidegate.detectors.scores import usual
from tidegate.model import Principal, Severity
from tidegate.playbooks import PLAYBOOKS

ROOT = Path(__file__).parents[2]


def test_every_module_with_an_about_is_registered_under_its_name():
    folder = ROOT / "functions" / "tidegate" / "detectors"
    declaring = {file.stem for file in folder.glob("*.py") if re.search(r"^about = Detector\(", file.read_text(), re.M)}

    assert declaring == set(detectors.BY_ID)


@pytest.mark.parametrize("registered", detectors.ALL, ids=lambda registered: registered.about.id)
def test_a_detector_says_what_it_covers_how_it_errs_and_what_to_do(registered):
    about: Detector = registered.about

    assert {technique.catalogue for technique in about.covers} == {"MITRE ATLAS", "MITRE ATT&CK", "OWASP LLM"}
    assert all(len(text) > 60 for text in (about.false_positives, about.blind_spots, about.runbook, registered.prose))
    assert about.playbook is None or about.playbook in PLAYBOOKS


@pytest.mark.parametrize("registered", detectors.ALL, ids=lambda registered: registered.about.id)
def test_a_memory_begins_without_arguments(registered):
    if registered.about.memory is not None:
        assert registered.about.memory() == registered.about.memory()


@pytest.mark.parametrize("registered", detectors.ALL, ids=lambda registered: registered.about.id)
def test_who_remembers_by_resource_says_which_and_nobody_else(registered):
    about: Detector = registered.about

    assert (about.whose == "resource") is (about.subjects is not None)
    assert about.subjects is None or about.memory is not None


def test_a_call_nobody_asks_for_is_found_and_remembered_by_nobody():
    call = an_api_call("DescribeInstances", "ec2")
    reading = detectors.remembering(call)

    assert list(detectors.look(call, Known())) == []
    assert all(memory.subjects is not None for memory in reading), "who reads every call says whom it is about"
    assert [name for memory in reading if memory.subjects for name in memory.subjects(call, Known())] == []


def test_records_reach_the_detectors_that_remember_them():
    def reached(record):
        return {one.about.id for memory in detectors.remembering(record) for one in memory.detectors}

    assert reached(an_invocation()) >= {"quota_abuse", "session_credentials_stolen"}
    assert reached(a_threat()) >= {"session_credentials_stolen", "guardduty_ai"}
    assert reached(an_invocation(guardrail_action="INTERVENED")) >= {*reached(an_invocation()), "guardduty_ai"}
    refused = {"credential_probe", "guardduty_ai"}
    assert reached(an_invocation(error="ThrottlingException")) >= reached(an_invocation()) | refused
    assert reached(an_api_call("Converse")) >= {"session_credentials_stolen", "model_enumeration", "region_fan_out"}
    assert reached(an_api_call("Converse", error="AccessDenied")) >= reached(an_api_call("Converse")) | refused


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("role:Deploy*", True),
        ("session:DeployPipeline/release-?", True),
        ("arn:aws:iam::*:role/DeployPipeline", True),
        ("role:deploypipeline", False),
        ("iam-user:DeployPipeline", False),
    ],
)
def test_principals_match_by_name_or_arn(pattern, expected):
    principal = Principal(
        kind="AssumedRole",
        name="DeployPipeline",
        session="release-1",
        arn="arn:aws:sts::111122223333:assumed-role/DeployPipeline/release-1",
        role_arn="arn:aws:iam::111122223333:role/DeployPipeline",
    )

    assert matches(pattern, principal) is expected


def _a_signal(**more) -> Signal:
    given = {"identity": ("e-1",), "title": "t", "time": T, "account": "111122223333", "region": "us-east-1"}
    return Signal(**{**given, "caller": "iam-user:a", **more})


def test_a_finding_has_the_same_id_whatever_was_measured():
    about = detectors.BY_ID["quota_abuse"].about

    one, other = finding_of(about, _a_signal(facts={"calls": 1})), finding_of(about, _a_signal(facts={"calls": 2}))

    assert one.id == other.id
    assert one.id != finding_of(about, _a_signal(identity=("e-2",))).id
    assert one.id != finding_of(about, _a_signal(caller="iam-user:b")).id


def test_an_aws_service_is_no_address():
    related = ("address:bedrock.amazonaws.com", "address:203.0.113.7", "address:2001:db8::1", "iam-user:a")

    finding = finding_of(detectors.BY_ID["quota_abuse"].about, _a_signal(related=related))

    assert finding.related == ("address:203.0.113.7", "address:2001:db8::1")


def test_a_signal_may_carry_its_own_severity_and_its_score_follows():
    about = detectors.BY_ID["guardrail_weakened"].about

    assert finding_of(about, _a_signal()).severity == Severity.HIGH
    assert finding_of(about, _a_signal(severity=Severity.MEDIUM)).score == usual(Severity.MEDIUM)


def test_no_budget_is_no_limit():
    assert not any(Budget()[:4])
