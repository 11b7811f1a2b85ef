"""A key behind a queue, bucket or secret: who may use it decides with the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tidegate_local.embedded import Embedded

ROOT_DECIDES = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def a_key(aws: Embedded, *statements: dict[str, Any]) -> str:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    arn: str = aws.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    return arn


def a_role(aws: Embedded, *actions: str) -> Any:
    aws.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document)
    return aws.session_of_role("app", "s")


def encrypt(aws: Embedded, logical_id: str, key: str) -> str:
    url = aws.resource(logical_id)
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    return url


def test_receiving_from_an_encrypted_queue_needs_the_key(small: Embedded) -> None:
    url = encrypt(small, "LockedQueue", a_key(small, ROOT_DECIDES))
    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
        a_role(small, "sqs:*").client("sqs").receive_message(QueueUrl=url)


def test_with_the_key_it_works(small: Embedded) -> None:
    url = encrypt(small, "LockedQueue", a_key(small, ROOT_DECIDES))
    a_role(small, "sqs:*", "kms:Decrypt").client("sqs").receive_message(QueueUrl=url)


def test_a_key_that_does_not_leave_it_to_iam_opens_for_nobody(small: Embedded) -> None:
    someone = ROOT_DECIDES | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}}
    url = encrypt(small, "LockedQueue", a_key(small, someone))
    with pytest.raises(ClientError, match="kms:Decrypt"):
        a_role(small, "sqs:*", "kms:*").client("sqs").receive_message(QueueUrl=url)


def test_writing_to_an_encrypted_bucket_needs_a_data_key(small: Embedded) -> None:
    bucket, key = small.outputs["Files"], a_key(small, ROOT_DECIDES)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    small.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        a_role(small, "s3:*").client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


def test_reading_a_secret_needs_its_key(small: Embedded) -> None:
    key = a_key(small, ROOT_DECIDES)
    small.client("secretsmanager").create_secret(Name="token", SecretString="invented", KmsKeyId=key)
    with pytest.raises(ClientError, match="kms:Decrypt"):
        a_role(small, "secretsmanager:*").client("secretsmanager").get_secret_value(SecretId="token")


@pytest.mark.parametrize(("allowed", "arrived"), [(False, 0), (True, 1)])
def test_a_rule_delivers_to_an_encrypted_queue_only_if_the_key_lets_it(
    small: Embedded, allowed: bool, arrived: int
) -> None:
    events_may = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
    }
    key = a_key(small, ROOT_DECIDES, *([events_may] if allowed else []))
    take_role = small.resource("TakeRole")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}]}
    small.client("iam").put_role_policy(RoleName=take_role, PolicyName="key", PolicyDocument=json.dumps(document))
    encrypt(small, "FileQueue", key)
    small.client("s3").put_object(Bucket=small.outputs["Files"], Key="in/a", Body=b"x")
    small.deliver()
    import embedded_account_handlers as handlers

    assert len(handlers.seen) == arrived, [failure.message for failure in small.failures]
    assert [failure.error for failure in small.failures] == ([] if allowed else ["NotDeliveredError"])
