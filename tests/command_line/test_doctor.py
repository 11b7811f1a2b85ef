"""`tidegate doctor` against an embedded account: what is missing, how to mend it, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from command_line_builders import Tidegate

from tidegate.callers.heard import KEY, Heard, bytes_of
from tidegate.errors import Retryable
from tidegate_local import stack
from tidegate_local.acting import template_path
from tidegate_local.clock import RunClock
from tidegate_local.command_line.doctor import CHECKS
from tidegate_local.doctor import Answer, Check, Patient, State, alive, examined
from tidegate_local.doctor.posture import _allows_all
from tidegate_local.embedded import Embedded

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    state_file = tmp_path_factory.mktemp("stack") / "embedded.json"
    with (
        pytest.MonkeyPatch.context() as patch,
        Embedded(template_path(), {}, clock=RunClock(NOW), endpoint=True, state_file=state_file) as aws,
    ):
        patch.setattr(stack.find, "__kwdefaults__", {"state_file": state_file})
        patch.setenv("AWS_ENDPOINT_URL", "")
        yield aws


def answers(tidegate: Tidegate, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(tidegate("doctor", "--json", "--region", "us-east-1", *arguments).out):
        found.setdefault(one["check"], []).append(one)
    return found


@pytest.mark.end_to_end
def test_every_check_answers_on_a_fresh_account(held: Embedded, tidegate: Tidegate) -> None:
    found = answers(tidegate)
    assert found.keys() == {check.id for check in CHECKS}
    assert [one["what"] for one in found["dead_letters"]] == ["no dead letters"]
    assert found["trail"][0]["state"] == "bad"
    assert found["guardduty"][0]["state"] == "bad"
    assert {one["state"] for check in ("quotas", "rates") for one in found[check]} == {"ok"}
    assert all(one["mend"] for some in found.values() for one in some if one["state"] in ("bad", "warn"))


@pytest.mark.end_to_end
def test_a_bad_answer_ends_with_1_and_says_how_to_mend_it(held: Embedded, tidegate: Tidegate) -> None:
    ran = tidegate("doctor", "--only", "sight", "--region", "us-east-1")
    assert ran.code == 1
    assert "no trail is logging" in ran.out
    assert "-> Create a multi-Region trail." in ran.out


@pytest.mark.end_to_end
def test_who_may_do_everything_and_keys_without_end_are_named(held: Embedded, tidegate: Tidegate) -> None:
    iam = held.client("iam")
    iam.create_user(UserName="anything-goes")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="anything-goes", PolicyName="all", PolicyDocument=json.dumps(everything))
    iam.create_service_specific_credential(UserName="anything-goes", ServiceName="bedrock.amazonaws.com")

    found = answers(tidegate, "--only", "posture")

    assert "user anything-goes" in found["broad_permissions"][0]["what"]
    assert found["api_keys"][0]["state"] == "bad"
    assert "anything-goes" in found["api_keys"][0]["what"]


@pytest.mark.end_to_end
def test_a_bucket_without_versions_is_named_and_the_evidence_is_locked(held: Embedded, tidegate: Tidegate) -> None:
    held.client("s3").create_bucket(Bucket="training-data-111122223333")
    found = answers(tidegate, "--only", "posture", "--watch", "training-data-111122223333")
    lacking = [one["what"] for one in found["buckets"] if one["what"].startswith("training-data")]
    assert lacking == [
        "training-data-111122223333 lacks versioning, a customer-managed key, a public access block, Object Lock"
    ]
    assert not any("Object Lock" in one["what"] for one in found["buckets"] if not one["what"].startswith("training"))


@pytest.mark.end_to_end
def test_the_stack_s_own_buckets_are_well(held: Embedded, tidegate: Tidegate) -> None:
    found = answers(tidegate, "--only", "posture")
    log = held.outputs["LogBucket"]
    assert [one["what"] for one in found["log_buckets"]] == [f"the log is kept from change in {log}"]
    assert [one["what"] for one in found["buckets"] if one["state"] == "ok"] == [
        "2 buckets have versions, a key of their own and no public access"
    ]
    assert [one["what"] for one in found["buckets"] if one["state"] != "ok"] == ["no training-data bucket is watched"]


@pytest.mark.end_to_end
def test_the_deployed_roles_grant_what_is_declared_and_one_that_lost_a_policy_is_named(
    held: Embedded, tidegate: Tidegate
) -> None:
    assert [one["what"] for one in answers(tidegate, "--only", "posture")["grants"]] == [
        "14 roles grant what is declared"
    ]
    iam = held.client("iam")
    (role,) = [one["RoleName"] for one in iam.list_roles()["Roles"] if "ActOnModelsRole" in one["RoleName"]]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        found = answers(tidegate, "--only", "posture")["grants"]
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert found[0]["state"] == "bad"
    assert found[0]["what"].startswith("act_on_models lost, or is denied, ")


@pytest.mark.end_to_end
def test_it_changes_nothing(held: Embedded, tidegate: Tidegate) -> None:
    def state() -> list[Any]:
        iam, s3 = held.client("iam"), held.client("s3")
        details = iam.get_account_authorization_details()
        return [details["UserDetailList"], details["RoleDetailList"], s3.list_buckets()["Buckets"]]

    before = state()
    answers(tidegate)
    assert state() == before


@pytest.mark.end_to_end
def test_a_source_that_was_heard_is_well_and_one_that_fell_silent_is_not(held: Embedded, tidegate: Tidegate) -> None:
    heard = Heard(rhythms={})
    heard.hear("invocation_log/111122223333/us-east-1", NOW.timestamp())
    heard.hear("cloudtrail/111122223333/us-east-1", (NOW - timedelta(days=3)).timestamp())
    services = stack.find(None).services()
    stored = services.states.load([KEY])[KEY]
    services.states.save(KEY, bytes_of(heard), revision=stored.revision, forget_at=NOW.timestamp() + 3600)

    states = {
        one["what"].partition(" was ")[0]: one["state"] for one in answers(tidegate, "--only", "alive")["sources"]
    }

    assert states["the Bedrock invocation log"] == "ok"
    assert states["CloudTrail"] == "warn"


def test_a_check_that_cannot_look_never_says_that_all_is_well() -> None:
    def refuses(_patient: Patient) -> list[Answer]:
        raise Retryable("AWS did not answer")

    check = Check("refuses", "alive", "Refuses", refuses)
    patient = Patient(stack.Stack("tidegate", None, {}, "us-east-1"), NOW)  # type: ignore[arg-type]
    assert [answer.state for _, answer in examined(patient, [check])] == [State.UNKNOWN]


@pytest.mark.parametrize(
    ("statement", "all_of_it"),
    [
        ({"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["*"]}, True),
        ({"Effect": "Deny", "Action": "bedrock:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "bedrock:*", "Resource": "arn:aws:bedrock:*::foundation-model/amazon.*"}, False),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}}, False),
    ],
)
def test_what_counts_as_everything(statement: dict[str, Any], all_of_it: bool) -> None:
    assert _allows_all({"Statement": [statement]}) is all_of_it
    assert _allows_all({"Statement": statement}) is all_of_it


def test_groups_of_checks_are_told_apart() -> None:
    assert {check.group for check in CHECKS} == {"alive", "sight", "posture"}
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert alive.CHECKS[0].id == "sources"
