"""A function dies right after any one of its changing AWS calls; the state machine calls it again; nothing differs.

Dying before a call is dying after the one before it: calls that only read leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from moto import mock_aws
from response_builders import ASSUMED_BY_BEDROCK, FAMILIES, REGION, Account, an_incident, clients_of, steps_of

from tidegate.actions import Family
from tidegate.actions.deactivate_access_key import statuses_of
from tidegate.model import RunStatus
from tidegate_local.signing import SECRET

READS = ("Get", "List", "Describe", "Query", "Scan", "Head")


class Death(BaseException):
    """The process is gone: no handler of ours sees it."""


class Reaper:
    """Lets `lives` changing calls return and kills at the next, once."""

    def __init__(self, session: boto3.Session) -> None:
        session.events.register("after-call", self._count)
        self.lives = -1  # nobody dies
        self.killed_at = ""

    def arm(self, lives: int) -> None:
        self.lives, self.killed_at = lives, ""

    def _count(self, model: Any, **_: Any) -> None:
        if model.name.startswith(READS) or self.lives < 0:
            return
        if self.lives == 0:
            self.killed_at = model.name
            self.lives = -1
            raise Death
        self.lives -= 1


def lived[T](call: Callable[[], T]) -> T:
    """As the state machine's Retry: called again when it died."""
    try:
        return call()
    except Death:
        return call()


def whole_life(account: Account, generation: int = 1) -> None:
    response = account.response
    planned: Any = lived(lambda: response.plan("incident-1", generation))
    run_id = planned["run_id"]
    lived(lambda: response.preserve_evidence(run_id))
    for action, step_id in steps_of(planned).items():
        for phase in ("snapshot", "apply", "verify"):
            lived(lambda a=action, s=step_id, p=phase: response.act(run_id, s, p, FAMILIES[a]))  # type: ignore[misc]
    lived(lambda: response.close("incident-1", generation, "contained"))
    for _ in range(2):  # its time is over, and then that of what outlasts it
        for step in lived(lambda: response.begin_release(run_id, "expired")):
            lived(lambda s=step: response.act(run_id, s["step_id"], "undo", Family(s["family"]), "tidegate"))  # type: ignore[misc]
        lived(lambda: response.end_release(run_id, "expired", "tidegate"))
        account.clock.advance(hours=36)


def session_of_a_role(account: Account) -> dict[str, Any]:
    account.clients.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
    return {"caller": "session:app/mallory"}


def end_user_with_an_item(account: Account) -> dict[str, Any]:
    item = {"user": {"S": "mallory"}, "tokens": {"N": "40"}}
    account.clients.dynamodb.put_item(TableName="quota", Item=item)
    return {"caller": "user:mallory"}


def stolen_key(account: Account) -> dict[str, Any]:
    account.clients.iam.create_user(UserName="builder")
    key = account.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    return {"caller": "iam-user:builder", "related": (f"key:{key}",), "playbook": "rotate_credentials"}


def after_session(account: Account) -> object:
    return account.clients.iam.list_role_policies(RoleName="app")["PolicyNames"]


def after_end_user(account: Account) -> object:
    return account.clients.dynamodb.scan(TableName="quota")["Items"]


def after_key(account: Account) -> object:
    """Key ids are drawn anew each time; how many there are and in which state is not."""
    secrets = account.clients.secrets.list_secrets()["SecretList"]
    versions = [len(secret["SecretVersionsToStages"]) for secret in secrets]
    policies = account.clients.iam.list_user_policies(UserName="builder")["PolicyNames"]
    return sorted(statuses_of("builder", account.clients).values()), versions, policies


STORIES = {
    "session": (session_of_a_role, after_session, []),
    "end user": (end_user_with_an_item, after_end_user, [{"user": {"S": "mallory"}, "tokens": {"N": "40"}}]),
    "stolen key": (stolen_key, after_key, (["Active", "Inactive"], [1], [])),
}


def deaths(before: Callable[[Account], dict[str, Any]]) -> Iterator[tuple[Account, Reaper]]:
    """One life for each changing call, and a last one in which nobody dies. Clients are built once, for speed."""
    session = boto3.Session(region_name=REGION, aws_access_key_id="testing", aws_secret_access_key=SECRET)
    reaper, clients = Reaper(session), clients_of(session)
    for lives in count():
        with mock_aws():
            account = Account(session)
            account.clients = clients
            account.create()
            account.has(an_incident(**before(account)))
            reaper.arm(lives)
            yield account, reaper
            reaper.lives = -1
        if not reaper.killed_at:
            return


@pytest.mark.parametrize("story", STORIES)
def test_a_death_after_any_call_changes_neither_outcome_nor_account(story: str) -> None:
    before, after, expected = STORIES[story]
    killed = []
    for account, reaper in deaths(before):
        whole_life(account)
        (run,) = account.ledger.runs()
        assert run.status is RunStatus.RELEASED, reaper.killed_at
        assert after(account) == expected, reaper.killed_at
        assert not account.clients.scheduler.list_schedules()["Schedules"], reaper.killed_at
        killed.append(reaper.killed_at)
    assert killed[-1] == ""
    assert {"PutItem", "PutObject", "CreateSchedule", "Publish"} <= set(killed)
