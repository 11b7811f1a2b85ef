"""Before and after: the same account gives the same data, and each change one line."""

from __future__ import annotations

from tidegate_local.account_state import account_state, differences
from tidegate_local.embedded import Embedded


def test_reading_the_account_changes_nothing(small: Embedded) -> None:
    assert account_state(small) == account_state(small)


def test_each_change_is_one_line_and_undoing_it_leaves_none(small: Embedded) -> None:
    iam = small.client("iam")
    iam.create_user(UserName="mallory")
    key = iam.create_access_key(UserName="mallory")["AccessKey"]["AccessKeyId"]
    tables = {"Things": small.outputs["Things"]}
    before = account_state(small, tables=tables)
    iam.update_access_key(UserName="mallory", AccessKeyId=key, Status="Inactive")
    small.client("dynamodb").put_item(TableName=tables["Things"], Item={"id": {"S": "a"}})
    lines = differences(before, account_state(small, tables=tables))
    assert lines == [
        f"iam_users.mallory.access_keys.{key}: Active -> Inactive",
        'tables.Things.a: absent -> {"id": {"S": "a"}}',
    ]
    iam.update_access_key(UserName="mallory", AccessKeyId=key, Status="Active")
    small.client("dynamodb").delete_item(TableName=tables["Things"], Key={"id": {"S": "a"}})
    assert differences(before, account_state(small, tables=tables)) == []
