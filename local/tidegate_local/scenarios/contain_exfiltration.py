"""A bucket that models answer from is opened to another account: it is closed, and who opened it is denied."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from tidegate.model import Finding
from tidegate_local.scenarios.scenario import Scenario, Stage

about = Scenario("contain_exfiltration", "A bucket is opened to another account; it is closed, its opener is denied.")
_BUCKET = "support-articles"
_OUTSIDER = "444455556666"


def prepare(stage: Stage) -> None:
    stage.client("s3").create_bucket(Bucket=_BUCKET)
    stage.client("iam").create_user(UserName="mallory")


def attack(stage: Stage) -> Finding:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{_OUTSIDER}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{_BUCKET}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stage.client("s3").put_bucket_policy(Bucket=_BUCKET, Policy=policy)
    title = f"bucket {_BUCKET} shared with account {_OUTSIDER}"
    resource = f"arn:aws:s3:::{_BUCKET}"
    return stage.found("data_exfiltration", title, caller="iam-user:mallory", resource=resource)


def state(stage: Stage) -> dict[str, str]:
    s3 = stage.client("s3")
    try:
        statements = json.loads(s3.get_bucket_policy(Bucket=_BUCKET)["Policy"])["Statement"]
        readers = ", ".join(one["Principal"]["AWS"] for one in statements)
    except ClientError:
        readers = "nobody outside"
    policies = stage.client("iam").list_user_policies(UserName="mallory")["PolicyNames"]
    return {f"who reads {_BUCKET}": readers, "policies of mallory": ", ".join(policies) or "none"}
