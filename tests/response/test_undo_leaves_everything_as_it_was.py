"""Apply, then undo, for every action and random accounts: nothing that the account holds differs afterwards.

What moto holds is compared whole, object by object. What may differ is said below, for each action, with the reason.
Each proof on the way can be said in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from four_verbs import through_ledger
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from lever_builders import LEVERS
from moto import mock_aws
from moto.backends import get_backend
from response_builders import ACCOUNT, REGION, clients_of, quota_table
from whole_account import changed_paths, whole_account

from tidegate.actions import ACTIONS, ActionModule, action_named
from tidegate.aws.clients import AwsClients
from tidegate.errors import ChangedSince
from tidegate.model import Step
from tidegate.response.proofs import of_action
from tidegate_local import aws_extensions

aws_extensions.install()

CHANGED_AT = "AWS notes when it was last changed"
VERSIONS = "the value is as before; AWS keeps every version that it had, and ours are two more"
OBJECTS = "S3 keeps every version: undo writes the same bytes and metadata as the newest one"
HANDED_OVER = "the versions that a secret had stay, without a label; when it was changed is noted"
DIFFERS = {  # action -> what may differ afterwards -> why
    "pause_agent_alias": {"bedrock/*.updatedAt": CHANGED_AT},
    "roll_back_agent_alias": {
        "bedrock/*.updatedAt": CHANGED_AT,
        "bedrock/*.agentAliasHistoryEvents*": "AWS keeps the history of what an alias served",
    },
    "roll_back_flow_alias": {"bedrock/*.flow alias.*.updatedAt": CHANGED_AT},
    "roll_back_agent_runtime_endpoint": {"bedrock-agentcore-control/*.last_updated_at": CHANGED_AT},
    "roll_back_custom_model_deployment": {
        "bedrock/*.deployment.*.lastUpdatedAt": CHANGED_AT,
        "bedrock/*.deployment.*.updateDetails": "AWS shows the last update, which was ours",
    },
    "roll_back_provisioned_throughput": {"bedrock/*.throughput.*.lastModifiedTime": CHANGED_AT},
    "roll_back_sagemaker_endpoint": {"sagemaker/*.last_modified_time": CHANGED_AT},
    "reject_model_package": {
        "sagemaker/*.last_modified_time": CHANGED_AT,
        "sagemaker/*.last_modified_by": "AWS notes who changed it last",
    },
    "restore_guardrail": {"bedrock/*.DRAFT.updatedAt": CHANGED_AT},
    "roll_back_model_pointer": {"ssm/*/support/active-model": VERSIONS},
    "switch_to_fallback": {"ssm/*/support/active-model": VERSIONS},
    "announce_maintenance": {"ssm/*/support/active-model": VERSIONS},
    "block_address": {"wafv2/*.lock_token": "every write of an IP set gives another token"},
    "deny_identity_center_user": {
        "sso-admin/*_tidegate_provisioning*": "a change of a permission set is provisioned: a request on record",
        "sso-admin/*.provisioned_permission_sets*": "the set was provisioned, as it is after any change",
    },
    "replace_access_key": {
        "secretsmanager/*.versions.*": HANDED_OVER,
        "secretsmanager/*.default_version_id": HANDED_OVER,
        "secretsmanager/*.last_changed_date": HANDED_OVER,
        "secretsmanager/*.secrets.tidegate/access-keys/builder": "a secret made for the new key is left to be deleted",
    },
    "rotate_secret": {
        "secretsmanager/*.versions.*": HANDED_OVER,
        "secretsmanager/*.default_version_id": HANDED_OVER,
        "secretsmanager/*.last_*_date": HANDED_OVER,
    },
    "restore_training_data": {"s3/*.keys.kb/*": OBJECTS},
    "clean_knowledge_base": {
        "s3/*.keys.kb/*": OBJECTS,
        "bedrock/*.ingestion job*": "the knowledge base was synced twice: each job is on record",
    },
    "stop_configuration_deployment": {
        "appconfig/*_tidegate_environments*": "AppConfig keeps every deployment: undo deploys what was served again"
    },
}
BESIDE_OTHERS = {  # what they write lies beside ours, and stays: nothing to refuse
    "block_address", "deny_by_scp", "deny_identity_center_user", "detach_quarantine_policy", "pause_agent_alias",
    "replace_access_key",
}  # fmt: skip
ONE_OBJECT = [  # levers that these builders make on one object: of each line one is in a stack
    {"roll_back_model_pointer", "switch_to_fallback", "announce_maintenance"},
    {"restore_training_data", "clean_knowledge_base"},
    {"enforce_surge_guardrail", "restore_enforced_guardrail"},
    {"roll_back_agent_alias", "pause_agent_alias"},
    {"roll_back_custom_model_deployment", "roll_back_provisioned_throughput"},
    {"replace_access_key", "detach_quarantine_policy"},  # IAM allows a user two keys: the one leaves no room
]
OTHERS_UNDONE = {  # what a refusal leaves to them is one object: the others are put back all the same
    name: (name,) for name in ("restore_training_data", "clean_knowledge_base")
}
FIELDS = re.compile(r"[{}\[\]]|\b(True|False|None)\b|\b(limited|blocked)_")  # as no person would say it
LEAST_SAID = 30  # letters of a refusal
few = settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True)


@contextmanager
def an_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsClients]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        for service in ("secretsmanager", "bedrock"):  # moto makes them at the first look
            get_backend(service)[ACCOUNT][REGION]  # type: ignore[call-overload]
        clients = clients_of(boto3.Session(region_name=REGION))
        quota_table(clients)
        yield clients


def left(before: Any, after: Any, *actions: str) -> list[str]:
    """Paths that differ though nothing says that they may."""
    allowed = [pattern for action in actions for pattern in DIFFERS.get(action, {})]
    paths = [".".join(path) for path in changed_paths(before, after)]
    return [path for path in paths if not any(fnmatchcase(path, pattern) for pattern in allowed)]


def snapshot(module: ActionModule, step: Step, clients: AwsClients) -> Any:
    return through_ledger(module.Found, module.snapshot(step, clients))


def apply(module: ActionModule, step: Step, found: Any, clients: AwsClients) -> Any:
    changed = through_ledger(module.Changed, module.apply(step, found, clients))
    proof = module.verify(step, found, changed, clients).model_dump(mode="json")["facts"]
    said = of_action(step, proof)
    assert said.startswith("read back: "), said
    assert not FIELDS.search(said), said
    return changed


def test_every_action_has_a_lever_here() -> None:
    assert set(LEVERS) == set(ACTIONS)
    assert set(DIFFERS).union(*ONE_OBJECT) <= set(ACTIONS)


@pytest.mark.parametrize("action", LEVERS)
@settings(few, max_examples=6)
@given(data=some.data())
def test_apply_then_undo_changes_nothing(monkeypatch: pytest.MonkeyPatch, action: str, data: Any) -> None:
    """Said once or twice; with what apply answered, or with a death that hid it."""
    with an_account(monkeypatch) as clients:
        step = LEVERS[action](clients, data.draw).step
        module, before = action_named(action), whole_account()
        found = snapshot(module, step, clients)
        assert left(before, whole_account()) == [], "looking changed something"
        changed = apply(module, step, found, clients)
        assert list(changed_paths(before, whole_account()))
        if data.draw(some.booleans()):
            apply(module, step, found, clients)
        module.undo(step, found, changed if data.draw(some.booleans()) else None, clients)
        assert left(before, whole_account(), action) == []
        assert module.undo(step, found, changed, clients).already


def beside(names: list[str]) -> list[str]:
    """Those that may lie in one account: the first of each object."""
    return [
        name for n, name in enumerate(names) if not any({name, each} <= one for each in names[:n] for one in ONE_OBJECT)
    ]


@settings(few, max_examples=20)
@given(data=some.data())
def test_a_stack_of_levers_undone_in_reverse_changes_nothing(monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    """Any of them, in any order, most of those of identity on the same role and user."""
    names = beside(data.draw(some.lists(some.sampled_from(sorted(LEVERS)), min_size=2, max_size=8, unique=True)))
    with an_account(monkeypatch) as clients:
        levers = [(action_named(name), LEVERS[name](clients, data.draw).step) for name in names]
        steps = [(module, step.model_copy(update={"id": f"step-{n}"})) for n, (module, step) in enumerate(levers)]
        before, taken = whole_account(), []
        for module, step in steps:
            found = snapshot(module, step, clients)
            taken.append((module, step, found, apply(module, step, found, clients)))
        for module, step, found, changed in reversed(taken):
            module.undo(step, found, changed, clients)
        assert left(before, whole_account(), *names) == []


def refused_or_already(module: ActionModule, step: Step, found: Any, changed: Any, clients: AwsClients) -> bool:
    try:
        return module.undo(step, found, changed, clients).already
    except ChangedSince as refused:
        return len(str(refused)) > LEAST_SAID


@pytest.mark.parametrize("action", sorted(set(LEVERS) - BESIDE_OTHERS))
@few
@given(data=some.data())
def test_what_somebody_else_changed_since_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch, action: str, data: Any
) -> None:
    """Refused with words that say so; or nothing is left of ours. What they wrote stands either way."""
    with an_account(monkeypatch) as clients:
        step, meddle = LEVERS[action](clients, data.draw)
        assert meddle is not None
        module = action_named(action)
        found = snapshot(module, step, clients)
        changed = apply(module, step, found, clients)
        meddle()
        theirs = whole_account()
        assert refused_or_already(module, step, found, changed, clients)
        assert left(theirs, whole_account(), *OTHERS_UNDONE.get(action, ())) == []
