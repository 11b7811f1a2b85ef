"""Builders for tests of playbooks, actions and the response: only what matters is on the page of a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from tidegate.actions import ACTIONS, Family
from tidegate.aws.clients import AwsClients
from tidegate.errors import Retryable
from tidegate.model import Incident, Minted, Mode, Severity, Step, Target
from tidegate.settings import Settings
from tidegate.wiring import Services

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's own account
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASSUMED_BY_BEDROCK = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)
OWN_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}'
)


def an_incident(**changes: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "incident-1",
        "severity": Severity.HIGH,
        "caller": "session:app/alice",
        "account": ACCOUNT,
        "region": REGION,
        "detectors": ("quota_abuse",),
        "families": ("quota_abuse",),
        "first_seen": START,
        "last_seen": START,
        "playbook": "throttle_caller",
        "generation": 1,
    }
    return Incident(**(given | changes))


def a_step(action: str, kind: str, name: str, *, number: int = 1, details: Any = None, **parameters: Any) -> Step:
    target = Target(kind=kind, id=name, account=ACCOUNT, region=REGION, details=details or {})
    return Step(id=f"step-{number}", action=action, target=target, parameters=parameters)


def quota_table(clients: AwsClients) -> None:
    clients.dynamodb.create_table(
        TableName=clients.quota_table,
        KeySchema=[{"AttributeName": "user", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def clients_of(session: boto3.Session) -> AwsClients:
    return AwsClients(session, quota_table="quota")


class EventsInMemory:
    """ports.EventIndex: who else used a name, and how many calls got through, as a test says."""

    def __init__(self) -> None:
        self.others: dict[str, list[str]] = {}
        self.made: dict[str, tuple[int, int]] = {}  # name -> (succeeded, denied)
        self.during: Callable[[float, float], int] | None = None  # (since, until) -> succeeded, of any name
        self.asked: dict[str, list[tuple[float, float]]] = {}
        self.spent: dict[str, float] = {}
        self.credentials: dict[str, list[Minted]] = {}  # access key id -> what was made out of it
        self.indexed = ["event-1"]  # of whichever caller
        self.away = False

    def other_callers(self, account: str, name: str, *, since: float, until: float) -> list[str]:
        self._answer()
        return self.others.get(name, [])

    def calls(self, account: str, name: str, *, since: float, until: float) -> tuple[int, int]:
        self._answer()
        self.asked.setdefault(name, []).append((since, until))
        if self.during is not None:
            return self.during(since, until), 0
        return self.made.get(name, (0, 3))

    def minted(self, account: str, key: str, *, since: float, until: float) -> list[Minted]:
        self._answer()
        return [each for each in self.credentials.get(key, []) if since <= each.at < until]

    def dollars(self, account: str, name: str, *, since: float, until: float) -> float:
        self._answer()
        return self.spent.get(name, 0.0)

    def events_of(
        self, account: str, name: str, *, since: float, until: float, limit: int = 1000
    ) -> list[dict[str, Any]]:
        self._answer()
        return [{"metadata": {"uid": each}, "tidegate": {"caller": name}} for each in self.indexed]

    def _answer(self) -> None:
        if self.away:
            raise Retryable("the event index did not answer")


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


SETTINGS = Settings(
    region=REGION,
    incident_table="incidents",
    ledger_table="ledger",
    approval_table="approvals",
    quota_table="quota",
    snapshot_table="snapshots",
    outbox_bucket="outbox",
    evidence_bucket="evidence",
    notification_topic=f"arn:aws:sns:{REGION}:{ACCOUNT}:notifications",
    respond_state_machine=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:respond",
    release_state_machine=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:release",
    schedule_group="containments",
    schedule_role=f"arn:aws:iam::{ACCOUNT}:role/schedule",
    response_mode=Mode.AUTO,
)


class Account(Services):
    """The real adapters over moto, with events as the test says and a clock that it moves."""

    clock: Now
    events: EventsInMemory  # type: ignore[assignment]

    def __init__(self, session: boto3.Session, **settings: Any) -> None:
        super().__init__(SETTINGS.model_copy(update=settings), session, Now())
        self.events = EventsInMemory()

    def settled(self, **settings: Any) -> Account:
        """The same account under other settings."""
        other = Account(self.session, **(self.settings.model_dump() | settings))
        other.clock, other.events = self.clock, self.events
        return other

    def create(self) -> None:
        """What the template would."""
        self._table("incidents", "id", by_status=("open", "last_seen"))
        self._table("ledger", "run_id", "step", by_status=("status", "expires_at"))
        self._table("approvals", "id")
        self._table("quota", "user")
        self._table("snapshots", "resource", "at")
        for bucket in ("outbox", "evidence"):
            self.clients.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.clients.sns.create_topic(Name="notifications")
        self.clients.scheduler.create_schedule_group(Name="containments")
        role = self.clients.iam.create_role(RoleName="states", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)["Role"]
        for name in ("respond", "release"):
            self.clients.states.create_state_machine(
                name=name, definition='{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', roleArn=role["Arn"]
            )

    def has(self, incident: Incident) -> Incident:
        return self.incidents.save(incident, new_findings=(), names=())

    def _table(self, name: str, key: str, sort: str = "", by_status: tuple[str, ...] = ()) -> None:
        keys = [{"AttributeName": key, "KeyType": "HASH"}]
        keys += [{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []
        more: dict[str, Any] = {}
        if by_status:
            index = zip(by_status, ("HASH", "RANGE"), strict=True)
            schema = [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in index]
            more["GlobalSecondaryIndexes"] = [
                {"IndexName": "by_status", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            ]
        attributes = [attribute for attribute in (key, sort, *by_status) if attribute]
        self.clients.dynamodb.create_table(
            TableName=name,
            KeySchema=keys,  # type: ignore[arg-type]
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in attributes],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def policies_of(clients: AwsClients, user: str = "builder") -> dict[str, Any]:
    """Name -> document of an IAM user's inline policies."""
    names = clients.iam.list_user_policies(UserName=user)["PolicyNames"]
    return {name: clients.iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"] for name in names}


FAMILIES = {action: module.about.family for action, module in ACTIONS.items()}


def steps_of(planned: dict[str, Any]) -> dict[str, str]:
    """Action -> step id, of a plan that takes each action once."""
    steps = [step for each in planned["rounds"] for step in each["steps"].items()]
    assert len(dict(steps)) == len(steps)
    return dict(steps)


def run_playbook(account: Account, planned: dict[str, Any]) -> None:
    """What the playbook's state machine does with the steps of each round."""
    for each in planned["rounds"]:
        for action, step_id in each["steps"].items():
            for phase in ("snapshot", "apply", "verify"):
                account.response.act(planned["run_id"], step_id, phase, FAMILIES[action])


def respond(account: Account, incident: Incident) -> dict[str, Any]:
    """What `respond` does in auto: plan, evidence, the playbook, close."""
    planned: dict[str, Any] = account.response.plan(incident.id, incident.generation)
    if planned["mode"] == "auto":
        account.response.preserve_evidence(planned["run_id"])
        run_playbook(account, planned)
        account.response.close(incident.id, incident.generation, "contained")
    return planned


def release(account: Account, run_id: str, *, reason: str = "undone", by: str = "olga") -> None:
    """What `release` does."""
    for step in account.response.begin_release(run_id, reason):
        account.response.act(run_id, step["step_id"], "undo", Family(step["family"]), by)
    account.response.end_release(run_id, reason, by)
