"""Security Hub and Security Incident Response: what is sent is what they take, and what they refuse is heard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from notice_builders import EMBEDDED, PRODUCT, Bench
from response_builders import START, an_incident

from tidegate.model import Severity
from tidegate.notices.incident_response import description_of, title_of
from tidegate.notices.notice import notice_of
from tidegate.notices.security_hub import MOST_BYTES, finding_of
from tidegate.sources.security_hub import read_security_hub
from tidegate_local.aws_extensions import incident_response, security_hub


def a_finding(**changes: Any) -> dict[str, Any]:
    notice = notice_of(an_incident(account=EMBEDDED, title="it happened", **changes), [])
    return finding_of(notice, PRODUCT, "tidegate", created=START, updated=START)


@pytest.mark.parametrize(
    ("caller", "kind", "name"),
    [
        ("iam-user:ci", "AwsIamUser", f"arn:aws:iam::{EMBEDDED}:user/ci"),
        ("session:app/alice", "AwsIamRole", f"arn:aws:iam::{EMBEDDED}:role/app"),
        ("user:alice", "Other", "user:alice"),
    ],
)
def test_a_finding_is_about_who_did_it(caller: str, kind: str, name: str) -> None:
    (resource,) = a_finding(caller=caller)["Resources"]
    assert (resource["Type"], resource["Id"]) == (kind, name)


@pytest.mark.parametrize("severity", Severity)
def test_severities_and_kinds_are_those_of_the_format(severity: Severity) -> None:
    finding = a_finding(severity=severity, families=("stolen_credentials", "quota_abuse", "unheard_of"))
    assert finding["Severity"] == finding["FindingProviderFields"]["Severity"] == {"Label": severity.name}
    assert all(security_hub.TYPE.fullmatch(kind) for kind in finding["Types"])
    assert len(finding["Types"]) == 3


@given(st.text(min_size=1), st.lists(st.text(), max_size=50))
def test_whatever_was_logged_a_finding_and_a_case_keep_to_their_limits(title: str, names: list[str]) -> None:
    incident = an_incident(account=EMBEDDED, caller=f"user:{title}", resources=tuple(names))
    notice = notice_of(incident.model_copy(update={"title": title * 50}), [])
    finding = finding_of(notice, PRODUCT, "tidegate", created=START, updated=START)
    assert len(json.dumps(finding).encode()) < MOST_BYTES
    assert 1 <= len(finding["Title"]) <= 256
    assert 1 <= len(finding["Description"]) <= 1024
    assert 1 <= len(title_of(notice)) <= 300
    assert 1 <= len(description_of(notice)) <= 8000


def test_our_own_finding_on_the_bus_is_no_threat() -> None:
    """Else each incident would become evidence of the next."""
    event = {"detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub", "account": EMBEDDED}
    assert list(read_security_hub(json.dumps(event | {"detail": {"findings": [a_finding()]}}).encode(), "event")) == []
    ocsf = {"class_uid": 2004, "finding_info": {"uid": a_finding()["Id"]}}
    assert list(read_security_hub(json.dumps(event | {"detail": {"findings": [ocsf]}}).encode(), "event")) == []
    other = a_finding() | {"Id": "arn:aws:other/1", "Description": a_finding()["Id"]}
    assert len(list(read_security_hub(json.dumps(event | {"detail": {"findings": [other]}}).encode(), "event"))) == 1


def test_a_hub_that_is_not_enabled_or_refuses_a_finding_is_heard(hub: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.opened(account="999999999999")
    assert hub.tell() == []  # the finding is the stack's account's, whoever's case it is
    monkeypatch.setitem(security_hub.MOST, "Title", 3)
    hub.grown()
    assert hub.tell() == ["m-2"]
    monkeypatch.undo()
    security_hub.security_backend().enabled = False
    with pytest.raises(ClientError, match="not subscribed"):
        hub.later()


def test_what_a_customer_wrote_on_a_finding_stays(hub: Bench) -> None:
    hub.opened()
    hub.tell()
    (finding,) = security_hub.imported().values()
    finding["Workflow"] = {"Status": "SUPPRESSED"}
    hub.grown()
    assert hub.tell() == []
    (finding,) = security_hub.imported().values()
    assert finding["Workflow"] == {"Status": "SUPPRESSED"}


def test_a_finding_that_is_not_found_yet_is_resolved_the_next_time(hub: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.opened()
    hub.tell()
    hub.closed()
    unknown = {"UnprocessedFindings": [{"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}]}
    monkeypatch.setitem(security_hub.ANSWERS, "BatchUpdateFindings", lambda _: unknown)
    assert hub.tell() == ["m-2"]
    monkeypatch.undo()
    assert hub.tell() == []
    (finding,) = security_hub.imported().values()
    assert finding["Workflow"] == {"Status": "RESOLVED"}


def test_a_case_that_a_person_closed_is_left_closed(cases: Bench) -> None:
    cases.opened()
    cases.tell()
    (case,) = incident_response.cases().values()
    case["caseStatus"] = "Closed"
    cases.grown()
    assert cases.tell() == []
    assert "llmjacking" not in case["description"]


def test_a_case_names_addresses_in_the_one_way_that_is_taken(cases: Bench) -> None:
    cases.opened(related=("address:203.0.113.7", "address:2001:db8::1", "address:<script>"))
    assert cases.tell() == []
    (case,) = incident_response.cases().values()
    assert case["threatActorIpAddresses"] == [{"ipAddress": "203.0.113.7"}]
    assert "2001:db8::1" in case["description"]
