"""Findings into incidents: no duplicate, no lost response, whatever crashes in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from detection_builders import NOW, a_finding
from dying_ports import Died, Fate, Mortal

from tidegate.correlation import Correlation
from tidegate.errors import Conflict
from tidegate.incidents import advanced
from tidegate.model import Finding, Incident, IncidentStatus, Severity
from tidegate_local.memory import MemoryIncidents, MemoryOutbox, MemoryResponses


@dataclass
class Desk:
    incidents: Any = field(default_factory=MemoryIncidents)
    responses: Any = field(default_factory=MemoryResponses)
    outbox: Any = field(default_factory=MemoryOutbox)

    def take(self, *findings: Finding) -> list[Incident]:
        return Correlation(self.incidents, self.responses, self.outbox).take(findings)

    def mortal(self, fate: Fate) -> Desk:
        return Desk(Mortal(self.incidents, fate), Mortal(self.responses, fate), Mortal(self.outbox, fate))

    @property
    def ledger(self) -> Any:
        documents = {line for batch in self.outbox.batches.values() for line in batch}
        return self.incidents.list(), self.responses.started, documents


FINDINGS = (
    a_finding("finding-1"),
    a_finding("finding-2", severity=Severity.HIGH, score=65, time=NOW + timedelta(minutes=9)),
    a_finding(
        "finding-3",
        detector="session_credentials_stolen",
        family="stolen_credentials",
        severity=Severity.HIGH,
        playbook="rotate_credentials",
        time=NOW + timedelta(minutes=20),
    ),
    a_finding("finding-4", caller="user:u-7", time=NOW + timedelta(minutes=30)),
)


def _undisturbed() -> Desk:
    desk = Desk()
    desk.take(*FINDINGS)
    return desk


def _calls() -> int:
    fate = Fate(-1, after=False)
    Desk().mortal(fate).take(*FINDINGS)
    return fate.calls


def test_related_findings_become_one_incident_with_a_response_for_each_playbook():
    desk = _undisturbed()
    thief = next(incident for incident in desk.incidents.list() if incident.caller == "iam-user:ci-user")

    assert thief.severity == Severity.CRITICAL
    assert thief.responses == ("throttle_caller", "rotate_credentials")
    assert [generation for incident, generation in desk.responses.started if incident == thief.id] == [1, 2]
    assert len(desk.incidents.list()) == 2


def test_findings_delivered_twice_change_nothing():
    desk = _undisturbed()
    before = desk.ledger

    desk.take(*FINDINGS)

    assert desk.ledger[:2] == before[:2]
    assert desk.ledger[2] == before[2]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, _calls() + 1))
def test_a_crash_at_any_port_call_is_made_good_by_redelivery(at: int, after: bool):
    desk = Desk()
    with pytest.raises(Died):
        desk.mortal(Fate(at, after)).take(*FINDINGS)

    desk.take(*FINDINGS)

    incidents, started, documents = desk.ledger
    undisturbed = _undisturbed().ledger
    assert incidents == undisturbed[0]
    assert sorted(started) == sorted(undisturbed[1])
    assert documents == undisturbed[2]


def test_a_crash_between_save_and_start_is_made_good_also_when_the_incident_went_on():
    desk = Desk()
    with pytest.raises(Died):
        Desk(desk.incidents, Mortal(desk.responses, Fate(1, after=False)), desk.outbox).take(FINDINGS[0])
    desk.take(FINDINGS[2])

    desk.take(FINDINGS[0])

    assert sorted(generation for _, generation in desk.responses.started) == [1, 2]


def test_the_same_findings_give_the_same_ids_in_every_run():
    assert [i.id for i in _undisturbed().incidents.list()] == [i.id for i in _undisturbed().incidents.list()]


class _Rival(MemoryIncidents):
    """Someone else folds another finding of the same caller between our reading and our writing."""

    def __init__(self, rival: Finding, times: int = 1) -> None:
        super().__init__()
        self.rival, self.times = rival, times

    def save(self, incident: Incident, **given: Any) -> Incident:
        if self.times > 0:
            self.times -= 1
            rival = self.rival.model_copy(update={"id": f"{self.rival.id}-{self.times}"})
            saved, self.times = self.times, 0
            Desk(incidents=self).take(rival)
            self.times = saved
        return super().save(incident, **given)


def test_two_findings_correlated_at_the_same_moment_open_one_incident():
    desk = Desk(incidents=_Rival(a_finding("rival")))

    desk.take(FINDINGS[0])

    assert len(desk.incidents.list()) == 1
    assert set(desk.incidents.list()[0].finding_ids) == {"rival-0", "finding-1"}


def test_an_incident_contended_for_too_long_makes_the_batch_come_again():
    desk = Desk(incidents=_Rival(a_finding("rival"), times=100))

    with pytest.raises(Conflict):
        desk.take(FINDINGS[0])


def test_a_finding_after_the_incident_was_closed_opens_another():
    desk = Desk()
    [first] = desk.take(FINDINGS[0])
    closed = advanced(first, IncidentStatus.CLOSED, reason="false positive")
    desk.incidents.save(closed, new_findings=(), names=(first.caller,))

    [second] = desk.take(FINDINGS[1])

    assert second.id != first.id
    assert second.finding_ids == ("finding-2",)


def test_documents_of_findings_name_their_incident():
    desk = _undisturbed()
    documents = b"".join(line for batch in desk.outbox.batches.values() for line in batch)

    assert all(incident.id.encode() in documents for incident in desk.incidents.list())
    assert all(finding.id.encode() in documents for finding in FINDINGS)


def test_what_is_said_of_a_member_goes_to_the_case_of_its_campaign():
    desk = Desk()
    campaign = "account:111122223333"
    desk.take(a_finding("whole", caller=campaign, playbook=None))
    for name in ("user:a", "user:b"):
        desk.take(a_finding(f"of-{name}", caller=name, case=campaign, playbook=None))

    (incident,) = desk.incidents.list()
    assert incident.caller == campaign
    assert set(incident.finding_ids) == {"whole", "of-user:a", "of-user:b"}
    assert {"user:a", "user:b"} <= set(incident.related)


def weakened(number: int, **given: Any) -> Finding:
    protection = {"detector": "guardrail_weakened", "family": "tampering", "playbook": "restore_guardrails"}
    return a_finding(f"finding-{number}", resource=f"guardrail-{number}", **protection, **given)


def test_resources_named_in_one_batch_are_answered_by_one_plan_and_later_ones_by_another():
    desk = Desk()
    (incident,) = desk.take(weakened(1), weakened(2))
    assert desk.responses.started == [(incident.id, 1)]
    desk.take(weakened(3))
    assert desk.responses.started == [(incident.id, 1), (incident.id, 2)]
