"""Incidents keep what ports.py promises, in memory and over DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from contract_builders import ACCOUNT, an_incident, minutes

from tidegate.errors import Conflict
from tidegate.model import IncidentStatus


def test_a_saved_incident_comes_back_at_the_next_revision(stores: Any) -> None:
    saved = stores.incidents.save(an_incident(), new_findings=["f-1"], names=["user:alice"])
    assert saved.revision == 1
    assert stores.incidents.get("inc-1") == saved
    assert stores.incidents.get("inc-2") is None


def test_a_finding_leads_to_its_incident_also_when_that_is_closed(stores: Any) -> None:
    saved = stores.incidents.save(an_incident(), new_findings=["f-1"], names=["user:alice"])
    closed = saved.model_copy(update={"status": IncidentStatus.CLOSED})
    stores.incidents.save(closed, new_findings=["f-2"], names=["user:alice"])
    assert stores.incidents.of_finding("f-1") == stores.incidents.of_finding("f-2") == "inc-1"
    assert stores.incidents.of_finding("f-3") is None


@pytest.mark.parametrize("stale", [0, 2])
def test_a_stale_incident_is_a_conflict_and_nothing_of_it_is_written(stores: Any, stale: int) -> None:
    stores.incidents.save(an_incident(), new_findings=["f-1"], names=["user:alice"])
    with pytest.raises(Conflict):
        stores.incidents.save(an_incident(revision=stale), new_findings=["f-2"], names=["user:bob"])
    assert stores.incidents.of_finding("f-2") is None
    assert stores.incidents.open_for(ACCOUNT, ["user:bob"]) == []


def test_a_finding_belongs_to_one_incident(stores: Any) -> None:
    stores.incidents.save(an_incident("inc-1"), new_findings=["f-1"], names=[])
    with pytest.raises(Conflict):
        stores.incidents.save(an_incident("inc-2"), new_findings=["f-1"], names=["user:bob"])
    assert stores.incidents.get("inc-2") is None
    assert stores.incidents.of_finding("f-1") == "inc-1"


def test_open_incidents_are_found_by_any_of_their_names_oldest_first_and_only_in_their_account(stores: Any) -> None:
    newer = stores.incidents.save(
        an_incident("inc-a", first_seen=minutes(5), last_seen=minutes(5)),
        new_findings=[],
        names=["role:App", "key:AKIA"],
    )
    older = stores.incidents.save(an_incident("inc-b"), new_findings=[], names=["role:App"])
    assert stores.incidents.open_for(ACCOUNT, ["user:x", "key:AKIA", "role:App"]) == [older, newer]
    assert stores.incidents.open_for(ACCOUNT, ["key:AKIA"]) == [newer]
    assert stores.incidents.open_for("444455556666", ["role:App"]) == []
    assert stores.incidents.open_for(ACCOUNT, []) == []


@pytest.mark.parametrize("named_when_closing", [["role:App"], []])
def test_a_closed_incident_is_no_longer_open_for_anybody(stores: Any, named_when_closing: list[str]) -> None:
    saved = stores.incidents.save(an_incident(), new_findings=[], names=["role:App"])
    closed = saved.model_copy(update={"status": IncidentStatus.CLOSED})
    stores.incidents.save(closed, new_findings=[], names=named_when_closing)
    assert stores.incidents.open_for(ACCOUNT, ["role:App"]) == []
    assert stores.incidents.list(open_only=True) == []
    assert [incident.id for incident in stores.incidents.list()] == ["inc-1"]


def test_incidents_are_listed_last_seen_first_up_to_the_limit(stores: Any) -> None:
    for number in (2, 1, 3):
        incident = an_incident(f"inc-{number}", last_seen=minutes(number))
        stores.incidents.save(incident, new_findings=[f"f-{number}"], names=["role:App"])
    assert [incident.id for incident in stores.incidents.list(open_only=True)] == ["inc-3", "inc-2", "inc-1"]
    assert [incident.id for incident in stores.incidents.list(limit=2)] == ["inc-3", "inc-2"]
