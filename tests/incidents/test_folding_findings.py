"""(Incident, Finding) -> Incident."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from detection_builders import NOW, a_finding

from tidegate.errors import Refused
from tidegate.incidents import MOST_RESPONSES, OPEN_FOR, advanced, chosen, folded, names_of, opened_by, raised
from tidegate.model import Incident, IncidentStatus, Severity


def an_incident(*findings, **more) -> Incident:
    first = findings[0] if findings else a_finding()
    incident = opened_by(first)
    for finding in findings or (first,):
        incident = folded(incident, finding)
    return incident.model_copy(update=more)


STOLEN = {"detector": "session_credentials_stolen", "family": "stolen_credentials", "playbook": "rotate_credentials"}


def test_folding_a_finding_twice_changes_nothing():
    finding = a_finding()
    once = an_incident(finding)

    assert folded(once, finding) == once


def test_the_order_of_findings_does_not_change_what_the_incident_says():
    findings = [
        a_finding("finding-1", severity=Severity.MEDIUM, score=45),
        a_finding("finding-2", severity=Severity.HIGH, score=65, time=NOW + timedelta(hours=1), **STOLEN),
        a_finding("finding-3", family="tampering", detector="guardrail_weakened", playbook=None, score=60),
    ]

    said = {
        (i.severity, i.peak, frozenset(i.families), frozenset(i.finding_ids), i.first_seen, i.last_seen, i.playbook)
        for i in (an_incident(*order) for order in permutations(findings))
    }

    assert said == {
        (
            Severity.CRITICAL,
            Severity.HIGH,
            frozenset({"quota_abuse", "stolen_credentials", "tampering"}),
            frozenset({"finding-1", "finding-2", "finding-3"}),
            NOW,
            NOW + timedelta(hours=1),
            "rotate_credentials",
        )
    }


@pytest.mark.parametrize(
    ("peak", "families", "expected"),
    [
        (Severity.HIGH, ("tampering",), Severity.HIGH),
        (Severity.HIGH, ("tampering", "quota_abuse"), Severity.CRITICAL),
        (Severity.CRITICAL, ("tampering", "quota_abuse"), Severity.CRITICAL),
        (Severity.LOW, ("tampering", "quota_abuse"), Severity.LOW),
    ],
)
def test_distinct_families_raise_the_severity_by_one(peak, families, expected):
    assert raised(peak, families) == expected


def test_a_playbook_is_asked_for_once_however_many_findings_ask():
    incident = an_incident(a_finding("finding-1"), a_finding("finding-2"), a_finding("finding-3"))

    assert incident.generation == 1
    assert incident.responses == ("throttle_caller",)


def test_another_playbook_is_another_response():
    incident = an_incident(a_finding(), a_finding(severity=Severity.HIGH, **STOLEN))

    assert incident.generation == 2
    assert [incident.playbook_of(1), incident.playbook_of(2)] == ["throttle_caller", "rotate_credentials"]


WEAKENED = {"detector": "guardrail_weakened", "family": "tampering", "playbook": "restore_guardrails"}


def weakened(number: int, **given):
    return a_finding(f"finding-{number}", **WEAKENED, **{"resource": f"guardrail-{number}", **given})


def test_one_more_resource_to_put_back_is_one_more_response():
    """The first response may have been planned before the second guardrail was weakened."""
    incident = an_incident(weakened(1), weakened(2))

    assert incident.responses == ("restore_guardrails", "restore_guardrails")


def test_the_same_resource_again_is_not():
    assert an_incident(weakened(1), weakened(2, resource="guardrail-1")).generation == 1


def test_nor_is_one_more_resource_of_a_caller_that_is_stopped_whatever_it_touches():
    assert an_incident(a_finding("finding-1", resource="one"), a_finding("finding-2", resource="two")).generation == 1


def test_who_touches_ever_more_resources_does_not_start_ever_more_responses():
    assert an_incident(*(weakened(number) for number in range(50))).generation == MOST_RESPONSES


def test_the_most_severe_finding_chooses_the_playbook_shown():
    high, medium = a_finding(severity=Severity.HIGH, **STOLEN), a_finding(severity=Severity.MEDIUM)

    assert an_incident(high, medium).playbook == an_incident(medium, high).playbook == "rotate_credentials"


def test_a_low_finding_asks_for_nothing():
    assert an_incident(a_finding(severity=Severity.LOW)).generation == 0


def test_a_contained_incident_that_grows_worse_is_reopened():
    incident = an_incident(a_finding("finding-1"), status=IncidentStatus.CONTAINED)

    worse = folded(incident, a_finding("finding-2", severity=Severity.CRITICAL, score=90))

    assert worse.status == IncidentStatus.TRIAGED
    assert worse.generation == 2


def test_a_contained_incident_that_goes_on_as_before_is_left_alone():
    incident = an_incident(a_finding("finding-1"), status=IncidentStatus.CONTAINED)

    later = folded(incident, a_finding("finding-2", time=NOW + timedelta(minutes=5)))

    assert later.status == IncidentStatus.CONTAINED
    assert later.generation == 1


CONTAINED = {"status": IncidentStatus.CONTAINED, "contained_at": NOW + timedelta(minutes=10)}


def later(minutes: float, **given):
    return a_finding("finding-2", time=NOW + timedelta(minutes=minutes), **{"got_through": True, **given})


def test_a_call_that_succeeds_after_the_containment_asks_for_the_next_rung():
    after = folded(an_incident(a_finding("finding-1"), **CONTAINED), later(15))

    assert (after.generation, after.status) == (2, IncidentStatus.TRIAGED)
    assert after.responses == ("throttle_caller", "throttle_caller")


def test_once_a_rung_until_the_next_containment_is_read_back():
    climbed = folded(an_incident(a_finding("finding-1"), **CONTAINED), later(15))
    again = folded(climbed, later(16).model_copy(update={"id": "finding-3"}))

    assert again.generation == 2

    held = again.model_copy(update=CONTAINED | {"contained_at": NOW + timedelta(minutes=20)})
    assert folded(held, later(18).model_copy(update={"id": "finding-4"})).generation == 2  # from before it
    assert folded(held, later(25).model_copy(update={"id": "finding-5"})).generation == 3


@pytest.mark.parametrize(
    "finding",
    [
        later(15, got_through=False),  # refused: the containment at work
        later(11),  # while IAM settles
        later(5),  # from before, arrived late
        later(15, caller="session:app/other", related=("address:192.0.2.1",)),  # somebody else
    ],
)
def test_nothing_else_climbs(finding):
    assert folded(an_incident(a_finding("finding-1"), **CONTAINED), finding).generation == 1


def test_a_thief_that_goes_on_is_throttled_though_its_credentials_were_stopped():
    stolen = an_incident(a_finding("finding-1", **STOLEN), **CONTAINED)

    assert folded(stolen, later(15)).generation == 2


def test_whose_credentials_are_stopped_needs_no_throttling():
    stolen = an_incident(a_finding("finding-1", **STOLEN), status=IncidentStatus.CONTAINED)
    over_quota = a_finding("finding-2", time=NOW + timedelta(minutes=5))

    assert stolen.responses == ("rotate_credentials",)
    assert folded(stolen, over_quota).generation == 1
    assert folded(stolen.model_copy(update={"status": IncidentStatus.TRIAGED}), over_quota).generation == 2


def test_abuse_after_recovery_asks_again():
    incident = an_incident(a_finding("finding-1"), status=IncidentStatus.RECOVERED)

    again = folded(incident, a_finding("finding-2", time=NOW + timedelta(hours=2)))

    assert again.generation == 2
    assert again.responses == ("throttle_caller", "throttle_caller")


def test_findings_of_one_caller_within_a_day_belong_together():
    incident = an_incident()
    inside, outside = a_finding(time=NOW + OPEN_FOR), a_finding(time=NOW + OPEN_FOR + timedelta(seconds=1))

    assert chosen(inside, [incident]) == incident
    assert chosen(outside, [incident]) is None


def test_a_late_finding_belongs_to_the_incident_it_came_before():
    incident = an_incident()

    assert chosen(a_finding(time=NOW - timedelta(hours=3)), [incident]) == incident


def test_two_end_users_behind_one_session_are_two_cases():
    shared = ("session:SupportAssistant/web-1", "role:SupportAssistant")
    one = a_finding(caller="user:u-1", related=shared)
    other = a_finding(caller="user:u-2", related=shared)

    assert chosen(other, [an_incident(one)]) is None
    assert names_of(one) == ("user:u-1",)


def test_two_sessions_of_one_role_are_two_cases():
    one = a_finding(caller="session:Admin/a", related=("role:Admin", "key:ASIATIDE1"))
    other = a_finding(caller="session:Admin/b", related=("role:Admin", "key:ASIATIDE2"))

    assert chosen(other, [an_incident(one)]) is None


def test_one_key_used_under_two_names_is_one_case():
    one = a_finding(caller="session:Admin/a", related=("key:ASIATIDE1",))
    other = a_finding(caller="key:ASIATIDE1")

    assert chosen(other, [an_incident(one)]) is not None


def test_two_stolen_users_behind_one_address_are_two_incidents_so_that_both_are_contained():
    near = ("address:203.0.113.66",)
    one = a_finding(caller="iam-user:a", related=near, **STOLEN)
    other = a_finding(caller="iam-user:b", related=near, **STOLEN)

    assert chosen(other, [an_incident(one)]) is None
    assert "address:203.0.113.66" in an_incident(one).related


def test_a_closed_incident_takes_no_more_findings():
    assert chosen(a_finding("finding-2"), [an_incident(a_finding("finding-1"), status=IncidentStatus.CLOSED)]) is None


def test_of_several_open_incidents_the_oldest_takes_the_finding():
    older = an_incident(a_finding("finding-1", time=NOW - timedelta(hours=2)))
    newer = an_incident(a_finding("finding-2"))

    assert chosen(a_finding("finding-3"), [newer, older]) == older


def test_the_life_cycle_goes_forward_only():
    incident = an_incident()
    for status in list(IncidentStatus)[1:]:
        incident = advanced(incident, status, reason="resolved")
        assert advanced(incident, status) == incident

    assert incident.closed_reason == "resolved"
    with pytest.raises(Refused, match="can't become contained"):
        advanced(incident, IncidentStatus.CONTAINED)


def test_a_campaign_of_many_callers_is_a_case_beside_those_of_its_members():
    members = ("key:AKIATIDEMEMBER000001", "session:App/one")
    campaign = a_finding(caller="account:111122223333", related=members)
    member = a_finding(caller=members[0], related=members[:1])

    assert names_of(campaign) == ("account:111122223333",)
    assert chosen(member, [an_incident(campaign)]) is None
    assert chosen(campaign, [an_incident(member)]) is None


def test_who_was_heard_first_and_last_is_the_same_in_every_order():
    findings = [
        a_finding(f"finding-{number}", arrived=NOW + timedelta(minutes=arrived), found=NOW + timedelta(minutes=found))
        for number, arrived, found in ((1, 5, 9), (2, 7, 8), (3, 1, 20))
    ]
    unknown = a_finding("finding-4")

    said = {
        (i.first_heard.found, i.last_heard.found)
        for i in (an_incident(*order) for order in permutations([*findings, unknown]))
    }

    assert said == {(NOW + timedelta(minutes=8), NOW + timedelta(minutes=20))}
    assert an_incident(unknown).first_heard is None


def test_an_incident_s_id_does_not_depend_on_when_it_was_heard():
    assert opened_by(a_finding(arrived=NOW, found=NOW)).id == opened_by(a_finding()).id


def test_only_calls_of_the_caller_that_succeeded_tell_that_it_goes_on():
    through = a_finding("finding-1", got_through=True)
    later = a_finding("finding-2", time=NOW + timedelta(minutes=9))
    other = a_finding("finding-3", caller="iam-user:other", time=NOW + timedelta(minutes=9), got_through=True)

    assert an_incident(through, later, other).got_through_at == NOW
    assert an_incident(later).got_through_at is None
