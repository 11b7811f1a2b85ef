"""An attacker who writes what is logged: forged names, floods, somebody else's name."""

from __future__ import annotations

from typing import Any

import pytest
from detection_builders import NOW, a_finding
from moto.sns.models import sns_backends
from response_builders import Account, an_incident, respond, steps_of

from tidegate.correlation import Correlation
from tidegate.model import Incident, Mode
from tidegate_local.memory import MemoryIncidents, MemoryOutbox, MemoryResponses

GATEWAY = ("session:gateway/i-0a", "role:gateway")


def planned(account: Account, number: int, **incident: Any) -> dict[str, Any]:
    stored = account.has(an_incident(id=f"incident-{number}", **incident))
    return respond(account, stored)


def why(account: Account, run_id: str) -> str:
    run = account.ledger.run(run_id)
    assert run is not None
    assert run.plan is not None
    return run.plan.mode_reason


def subjects(account: Account) -> list[str]:
    backend = sns_backends["123456789012"]["eu-west-1"]
    (topic,) = backend.topics.values()
    return [notification[2] for notification in topic.sent_notifications]


# --- containments an hour ---------------------------------------------------------------------------------------------


def test_more_containments_than_are_likely_are_decided_by_a_person(account: Account) -> None:
    capped = account.settled(containments_per_hour=3)
    modes = [planned(capped, n, caller=f"user:forged-{n}")["mode"] for n in range(5)]
    assert modes == ["auto", "auto", "auto", "approve", "approve"]
    run = capped.response.plan("incident-4", 1)["run_id"]
    assert "3 callers of kind user were contained in the last hour" in why(capped, str(run))


def test_a_flood_of_end_users_does_not_hold_up_a_stolen_session(account: Account) -> None:
    capped = account.settled(containments_per_hour=1)
    for n in range(3):
        planned(capped, n, caller=f"user:forged-{n}")
    assert planned(capped, 9, caller="session:app/thief")["mode"] == "auto"


def test_the_next_hour_is_another(account: Account) -> None:
    capped = account.settled(containments_per_hour=1)
    planned(capped, 1, caller="user:a")
    assert planned(capped, 2, caller="user:b")["mode"] == "approve"
    capped.clock.advance(hours=1)
    assert planned(capped, 3, caller="user:c")["mode"] == "auto"


def test_planning_again_counts_once(account: Account) -> None:
    capped = account.settled(containments_per_hour=1)
    capped.has(an_incident(id="incident-1", caller="user:a"))
    run_id = capped.response.plan("incident-1", 1)["run_id"]
    assert capped.ledger.within("cap/containments/user", str(run_id), most=1, now=capped.clock().timestamp())


def test_observe_uses_nothing_up(account: Account) -> None:
    watching = account.settled(response_mode=Mode.OBSERVE, containments_per_hour=1)
    for n in range(3):
        assert planned(watching, n, caller=f"user:{n}")["mode"] == "observe"
    assert planned(account.settled(containments_per_hour=1), 7, caller="user:7")["mode"] == "auto"


# --- framing somebody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signers", "mode"),
    [
        (GATEWAY, "auto"),
        (("session:laptop/mallory", "role:laptop"), "approve"),
        (("iam-user:mallory",), "approve"),
        ((*GATEWAY, "session:laptop/mallory", "role:laptop"), "approve"),  # somebody writes the gateway's users, too
        ((), "approve"),
    ],
)
def test_a_name_that_a_stranger_wrote_blocks_nobody_by_itself(
    account: Account, signers: tuple[str, ...], mode: str
) -> None:
    trusting = account.settled(trusted_gateways=("role:gateway",))
    assert planned(trusting, 1, caller="user:victim", related=signers)["mode"] == mode


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_protected_principal_is_never_reached_however_far_the_ladder_is_climbed(
    account: Account, generation: int
) -> None:
    guarded = account.settled(protected_principals=("role:app",))
    incident = guarded.has(
        an_incident(caller="user:mallory", related=("session:app/gateway", "role:app"), generation=generation)
    )
    if generation > 1:
        respond(guarded, incident.model_copy(update={"generation": 1}))
        assert guarded.response.plan(incident.id, generation)["mode"] == "refused"
    assert guarded.clients.iam.list_role_policies(RoleName="app")["PolicyNames"] == []


def test_an_end_user_that_calls_itself_like_a_role_is_only_an_end_user(account: Account) -> None:
    steps = steps_of(planned(account, 1, caller="user:session:app/alice", related=GATEWAY))
    assert list(steps) == ["block_end_user"]


# --- messages ---------------------------------------------------------------------------------------------------------


def test_people_are_told_once_that_messages_are_held_back(account: Account) -> None:
    quiet = account.settled(messages_per_hour=2)
    for n in range(5):
        planned(quiet, n, caller=f"user:forged-{n}")
    said = subjects(quiet)
    assert len(said) == 3
    assert said[-1] == "Tidegate: more messages are held back"


def test_other_news_silence_no_request_for_approval(account: Account) -> None:
    quiet = account.settled(messages_per_hour=2)
    for n in range(5):
        planned(quiet, n, caller=f"user:forged-{n}")
    asking = quiet.settled(response_mode=Mode.APPROVE)
    run = planned(asking, 9, caller="user:real")["run_id"]
    asking.response.request_approval(run, "token")
    assert "approve throttle_caller" in subjects(asking)[-1]


# --- floods of incidents ----------------------------------------------------------------------------------------------


class Correlating:
    def __init__(self, flood: int) -> None:
        self.incidents = MemoryIncidents()
        self.correlation = Correlation(self.incidents, MemoryResponses(), MemoryOutbox(), flood=flood)

    def report(self, user: str, **given: Any) -> Incident:
        (incident,) = self.correlation.take(
            [a_finding(f"finding-{user}", caller=f"user:{user}", related=GATEWAY, **given)]
        )
        return incident


def test_many_names_of_one_principal_are_one_incident_about_which_a_person_decides() -> None:
    correlating = Correlating(flood=3)
    found = [correlating.report(f"forged-{n}") for n in range(30)]
    assert [incident.caller for incident in found[:3]] == ["user:forged-0", "user:forged-1", "user:forged-2"]
    assert {incident.caller for incident in found[3:]} == {"role:gateway"}
    assert len({incident.id for incident in found}) == 4
    assert "may be forged" in found[-1].asks
    assert found[-1].generation == 1


def test_a_redelivered_finding_of_a_flood_goes_where_it_went() -> None:
    correlating = Correlating(flood=1)
    correlating.report("a")
    first = correlating.report("b")
    assert correlating.report("b") == first


def test_who_has_an_incident_keeps_it_through_a_flood() -> None:
    correlating = Correlating(flood=2)
    real = correlating.report("real")
    for n in range(5):
        correlating.report(f"forged-{n}")
    (more,) = correlating.correlation.take([a_finding("finding-more", caller="user:real", related=GATEWAY)])
    assert more.id == real.id


def test_another_principals_end_users_are_not_counted_in() -> None:
    correlating = Correlating(flood=1)
    correlating.report("a")
    (other,) = correlating.correlation.take([a_finding("finding-x", caller="user:x", related=("role:other",))])
    assert other.caller == "user:x"
    assert other.asks == ""


def test_an_incident_that_a_person_decides_about_is_never_auto(account: Account) -> None:
    asked = planned(account, 1, caller="role:app", related=("session:app/alice",), asks="names may be forged")
    assert asked["mode"] == "approve"
    assert "names may be forged" in why(account, asked["run_id"])


def test_the_flood_is_counted_by_event_time() -> None:
    correlating = Correlating(flood=1)
    correlating.report("a")
    assert correlating.report("b", time=NOW.replace(hour=(NOW.hour + 1) % 24)).caller == "user:b"
