"""A second stolen key that becomes known after the plan is stopped too; the owner's new key never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from detection_builders import a_finding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from moto.iam.models import iam_backends
from response_builders import ACCOUNT, REGION, START, Account, an_incident, release, respond, run_playbook

from tidegate.correlation import Correlation
from tidegate.errors import Retryable
from tidegate.incidents import MOST_RESPONSES, folded
from tidegate.model import Finding, Incident, IncidentStatus, Mode, Run, RunStatus, Severity
from tidegate.response.world import run_of
from tidegate_local import aws_extensions

aws_extensions.install()

BEFORE, AFTER = START - timedelta(days=30), START + timedelta(minutes=5)


class Thief:
    """Uses keys of an account, is found out key by key, and each finding reaches the incident."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.started: list[tuple[str, int]] = []
        self.die = False
        self.correlation = Correlation(account.incidents, self, account.outbox)  # type: ignore[arg-type]

    def start(self, incident_id: str, generation: int) -> str:
        if self.die:
            raise Retryable("the function died before it could start the response")
        self.started.append((incident_id, generation))
        return run_of(incident_id, generation)

    def key_of(self, user: str, *, made: datetime = BEFORE) -> str:
        iam = self.account.clients.iam
        if user not in [each["UserName"] for each in iam.list_users()["Users"]]:
            iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        dated(user, key, made)
        return key

    def found(self, name: str, *names: str, **more: Any) -> Finding:
        given = {"detector": "llmjacking", "family": "stolen_credentials", "playbook": "rotate_credentials"}
        given |= {"account": ACCOUNT, "region": REGION, "severity": Severity.HIGH, "time": START, "first_seen": START}
        return a_finding(name, caller=names[0], related=names[1:], **(given | more))

    def takes(self, *findings: Finding) -> Incident:
        (incident,) = self.correlation.take(findings)
        return incident

    def respond(self, incident: Incident, **settings: Any) -> Run:
        """What `respond` does for the latest response asked for."""
        account = self.account.settled(**settings) if settings else self.account
        planned = respond(account, incident)
        run = account.ledger.run(planned["run_id"])
        assert run is not None
        if run.status in (RunStatus.REFUSED, RunStatus.NOT_NEEDED) or run.plan is None:
            return account.response.close(incident.id, incident.generation, "refused")
        return run

    def statuses(self, user: str) -> dict[str, str]:
        listed = self.account.clients.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {each["AccessKeyId"]: each["Status"] for each in listed}


def dated(user: str, key: str, made: datetime) -> None:
    """moto makes keys at the machine's time."""
    held = iam_backends[ACCOUNT]["aws"].users[user].get_access_key_by_id(key)
    held.create_date = made.astimezone(UTC).replace(tzinfo=None)


def steps(run: Run) -> list[tuple[str, str]]:
    return [(step.action, step.target.id) for step in run.plan.steps] if run.plan else []


@pytest.fixture
def thief(account: Account) -> Thief:
    return Thief(account)


def contained(thief: Thief) -> tuple[str, str, Incident]:
    """The stolen key, its replacement and the contained incident."""
    stolen = thief.key_of("builder")
    incident = thief.takes(thief.found("first", "iam-user:builder", f"key:{stolen}"))
    assert thief.respond(incident).status is RunStatus.CONTAINED
    (replacement,) = set(thief.statuses("builder")) - {stolen}
    dated("builder", replacement, AFTER)
    thief.account.clock.advance(minutes=10)
    return stolen, replacement, now(thief, incident)


def now(thief: Thief, incident: Incident) -> Incident:
    found = thief.account.incidents.get(incident.id)
    assert found is not None
    return found


def test_the_second_stolen_key_is_stopped_and_replaced_by_one_more_response(thief: Thief) -> None:
    stolen, _, _ = contained(thief)
    second = thief.key_of("second")
    incident = thief.takes(thief.found("second", "iam-user:second", f"key:{second}", f"key:{stolen}"))
    assert incident.generation == 2
    run = thief.respond(incident)
    assert steps(run) == [
        ("deny_iam_user", "second"),
        ("deactivate_access_key", second),
        ("revoke_minted_credentials", "second"),
        ("replace_access_key", second),
    ]
    assert (run.mode, run.status) == (Mode.AUTO, RunStatus.CONTAINED)
    assert thief.statuses("second")[second] == "Inactive"
    assert now(thief, incident).status is IncidentStatus.CONTAINED


def test_a_further_key_of_the_same_user_is_stopped(thief: Thief) -> None:
    stolen, other = thief.key_of("builder"), thief.key_of("builder")
    thief.respond(thief.takes(thief.found("first", "iam-user:builder", f"key:{stolen}")))
    thief.account.clock.advance(minutes=10)
    run = thief.respond(thief.takes(thief.found("second", "iam-user:builder", f"key:{other}")))
    assert ("deactivate_access_key", other) in steps(run)
    assert thief.statuses("builder") == {stolen: "Inactive", other: "Inactive"}


def test_the_same_finding_again_asks_for_nothing_more(thief: Thief) -> None:
    stolen, _, _ = contained(thief)
    again = thief.found("second", "iam-user:builder", f"key:{thief.key_of('second')}", f"key:{stolen}")
    assert [thief.takes(again).generation for _ in range(3)] == [2, 2, 2]
    another = thief.found("third", "iam-user:builder", *again.related)
    assert thief.takes(another).generation == 2


def test_dying_before_the_response_is_started_starts_it_with_the_next_delivery(thief: Thief) -> None:
    stolen, _, incident = contained(thief)
    second = thief.found("second", f"key:{thief.key_of('second')}", f"key:{stolen}")
    thief.die = True
    with pytest.raises(Retryable):
        thief.takes(second)
    thief.die = False
    thief.takes(second)
    assert thief.started[-1] == (incident.id, 2)
    assert now(thief, incident).generation == 2


def test_planning_twice_gives_the_same_plan_after_the_first_has_acted(thief: Thief) -> None:
    stolen, _, _ = contained(thief)
    second = thief.key_of("second")
    incident = thief.takes(thief.found("second", f"key:{second}", f"key:{stolen}"))
    first = thief.account.response.plan(incident.id, 2)
    thief.account.response.preserve_evidence(first["run_id"])
    run_playbook(thief.account, first)
    assert thief.account.response.plan(incident.id, 2) == first


def test_the_replacement_is_never_stopped_however_its_first_use_looks(thief: Thief) -> None:
    stolen, replacement, _ = contained(thief)
    later = thief.account.clock()
    incident = thief.takes(thief.found("owner", "iam-user:builder", f"key:{replacement}", time=later))
    assert incident.generation == 2
    run = thief.respond(incident)
    assert run.status is RunStatus.NOT_NEEDED
    assert f"key {replacement} of builder is the replacement" in run.error
    assert thief.statuses("builder") == {stolen: "Inactive", replacement: "Active"}
    assert now(thief, incident).status is IncidentStatus.CONTAINED


def test_where_calls_with_the_replacement_succeed_a_person_decides(thief: Thief) -> None:
    _, replacement, _ = contained(thief)
    later = thief.account.clock()
    finding = thief.found("owner", "iam-user:builder", f"key:{replacement}", time=later, got_through=True)
    run = thief.respond(thief.takes(finding))
    assert run.status is RunStatus.REFUSED
    assert "if it was stolen too, stop it by hand" in run.error.lower()
    assert thief.statuses("builder")[replacement] == "Active"


def test_a_key_named_beside_the_replacement_is_stopped_alone(thief: Thief) -> None:
    _, replacement, _ = contained(thief)
    second = thief.key_of("second")
    finding = thief.found("both", "iam-user:builder", f"key:{replacement}", f"key:{second}", "iam-user:second")
    run = thief.respond(thief.takes(finding))
    assert ("deactivate_access_key", second) in steps(run)
    assert replacement not in [target for _, target in steps(run)]
    assert run.plan is not None
    assert any(f"key {replacement} of builder is the replacement" in remark for remark in run.plan.remarks)
    assert thief.statuses("builder")[replacement] == "Active"


def test_nor_is_it_when_the_function_died_before_it_could_write_which_key_it_made(thief: Thief) -> None:
    stolen = thief.key_of("builder")
    incident = thief.takes(thief.found("first", "iam-user:builder", f"key:{stolen}"))
    thief.respond(incident)
    (receipt,) = [
        one for one in thief.account.ledger.receipts(run_of(incident.id, 1)) if one.step.action == "replace_access_key"
    ]
    thief.account.ledger.save_receipt(receipt.model_copy(update={"changed": None}))
    (replacement,) = set(thief.statuses("builder")) - {stolen}
    dated("builder", replacement, BEFORE)  # whatever its date says
    run = thief.respond(thief.takes(thief.found("owner", "iam-user:builder", f"key:{replacement}")))
    assert run.status is RunStatus.NOT_NEEDED
    assert thief.statuses("builder")[replacement] == "Active"


def test_nor_after_the_run_that_made_it_was_undone(thief: Thief) -> None:
    _, replacement, incident = contained(thief)
    release(thief.account, run_of(incident.id, 1))
    later = thief.account.clock()
    run = thief.respond(thief.takes(thief.found("owner", "iam-user:builder", f"key:{replacement}", time=later)))
    assert replacement not in [target for _, target in steps(run)]
    assert thief.statuses("builder")[replacement] == "Active"


def test_of_a_key_that_was_made_since_a_person_decides_also_in_auto(thief: Thief) -> None:
    stolen, _, incident = contained(thief)
    by_hand = thief.key_of("second", made=AFTER)
    incident = thief.takes(thief.found("second", f"key:{by_hand}", f"key:{stolen}"))
    thief.account.response.plan(incident.id, 2)
    run = thief.account.ledger.run(run_of(incident.id, 2))
    assert run is not None
    assert run.plan is not None
    assert run.mode is Mode.APPROVE
    assert f"key {by_hand} of second was made at 2026-03-02 09:05:00 UTC" in run.plan.mode_reason
    assert thief.statuses("second")[by_hand] == "Active"


def test_who_is_protected_stays_so(account: Account) -> None:
    thief = Thief(account.settled(protected_principals=("iam-user:break-glass",)))
    stolen, _, _ = contained(thief)
    kept = thief.key_of("break-glass")
    run = thief.respond(thief.takes(thief.found("framed", f"key:{kept}", f"key:{stolen}")))
    assert run.status is RunStatus.REFUSED
    assert "protected by 'iam-user:break-glass'" in run.error
    assert thief.statuses("break-glass") == {kept: "Active"}


def test_each_counts_as_a_containment_of_the_hour(account: Account) -> None:
    thief = Thief(account.settled(containments_per_hour=1))
    stolen, _, _ = contained(thief)
    second = thief.key_of("second")
    incident = thief.takes(thief.found("second", f"key:{second}", f"key:{stolen}"))
    assert thief.account.response.plan(incident.id, 2)["mode"] == "approve"
    assert thief.statuses("second") == {second: "Active"}


def test_a_finding_that_asks_for_nothing_hides_no_key_from_the_one_that_does(thief: Thief) -> None:
    stolen, _, _ = contained(thief)
    names = (f"key:{thief.key_of('second')}", f"key:{stolen}")
    quiet = thief.found("quiet", *names, detector="model_enumeration", playbook=None)
    assert thief.takes(quiet).generation == 1
    assert thief.takes(thief.found("loud", *names)).generation == 2


def test_a_second_session_is_denied_by_one_more_response(thief: Thief) -> None:
    incident = thief.takes(thief.found("first", "session:app/mallory", "role:app", "key:ASIAONE00000000001"))
    thief.respond(incident)
    thief.account.clock.advance(minutes=10)
    incident = thief.takes(thief.found("second", "session:app/trudy", "role:app", "key:ASIAONE00000000001"))
    assert steps(thief.respond(incident)) == [("deny_role_session", "app/trudy")]


def test_another_bedrock_api_key_of_the_user_is_a_persons_to_stop(thief: Thief) -> None:
    iam, clock = thief.account.clients.iam, thief.account.clock

    def api_key() -> str:
        made = iam.create_service_specific_credential(UserName="builder", ServiceName="bedrock.amazonaws.com")
        return str(made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"])

    stolen = api_key()
    used = {"detector": "api_key_new_origin"}
    thief.respond(thief.takes(thief.found("first", "iam-user:builder", "api-key:LONG_TERM", **used)))
    clock.advance(minutes=10)
    newer = api_key()
    by_name = ("iam-user:builder", "api-key:LONG_TERM")
    incident = thief.takes(thief.found("second", *by_name, time=clock(), got_through=True, **used))
    thief.account.response.plan(incident.id, incident.generation)
    run = thief.account.ledger.run(run_of(incident.id, incident.generation))
    assert run is not None
    assert run.plan is not None
    assert steps(run) == [("stop_api_key", "builder")]
    assert run.mode is Mode.APPROVE
    assert "a Bedrock API key of builder was made at" in run.plan.mode_reason
    listed = iam.list_service_specific_credentials(UserName="builder", ServiceName="bedrock.amazonaws.com")
    statuses = {one["ServiceSpecificCredentialId"]: one["Status"] for one in listed["ServiceSpecificCredentials"]}
    assert statuses == {stolen: "Inactive", newer: "Active"}


NAMES = some.sampled_from(
    ["iam-user:a", "iam-user:b", "key:AKIAEXAMPLE000000001", "key:AKIAEXAMPLE000000002", "session:app/x", "role:app",
     "key:ASIAEXAMPLE000000001", "address:198.51.100.7", "api-key:LONG_TERM"]
)  # fmt: skip
FINDINGS = some.lists(
    some.tuples(
        some.lists(NAMES, min_size=1, max_size=4, unique=True),
        some.sampled_from(["rotate_credentials", "throttle_caller", None]),
        some.sampled_from([Severity.LOW, Severity.MEDIUM, Severity.HIGH]),
    ),
    min_size=1,
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=FINDINGS, again=some.randoms(use_true_random=False))
def test_every_credential_that_was_asked_about_is_known_to_the_latest_plan(told: Any, again: Any) -> None:
    """Whatever is told, in whatever order and however often: the last response was asked for with or after the name."""
    incident = an_incident(generation=0, playbook=None, caller="iam-user:a")
    findings = [
        a_finding(f"f{number}", caller=names[0], related=tuple(names[1:]), playbook=playbook, severity=severity)
        for number, (names, playbook, severity) in enumerate(told)
    ]
    planned: set[str] = set()  # what the plans of rotate_credentials knew, each made right after it was asked for
    delivered = [*findings, *again.choices(findings, k=3)]
    for finding in delivered:
        before, incident = incident, folded(incident, finding)
        if incident.generation > before.generation:
            assert incident.generation == before.generation + 1
            if incident.responses[-1] == "rotate_credentials":
                planned |= {incident.caller, *incident.related}
    asking = [one for one in findings if one.playbook == "rotate_credentials" and one.severity is not Severity.LOW]
    kinds = ("key:AKIA", "iam-user:", "session:", "api-key:")
    wanted = {name for one in asking for name in (one.caller, *one.related) if name.startswith(kinds)}
    assert wanted <= planned
    assert incident.generation <= len(findings)


def test_who_names_ever_more_keys_does_not_start_ever_more_responses() -> None:
    incident = an_incident(generation=0, playbook=None, caller="iam-user:a")
    for number in range(60):
        name = f"key:AKIAEXAMPLE{number:09}"
        stolen = a_finding(f"f{number}", caller="iam-user:a", related=(name,), playbook="rotate_credentials")
        incident = folded(incident, stolen)
    assert incident.generation == MOST_RESPONSES


def test_who_changes_addresses_hides_no_stolen_key() -> None:
    incident = an_incident(generation=0, playbook=None, caller="iam-user:a")
    for number in range(300):
        seen = a_finding(f"f{number}", caller="iam-user:a", related=(f"address:192.0.2.{number}",), playbook=None)
        incident = folded(incident, seen)
    stolen = a_finding("stolen", caller="iam-user:a", related=("key:AKIAEXAMPLE000000001",), playbook=None)
    incident = folded(incident, stolen)
    assert "key:AKIAEXAMPLE000000001" in incident.related
    assert "address:192.0.2.0" in incident.related
    assert len(incident.related) == 200
