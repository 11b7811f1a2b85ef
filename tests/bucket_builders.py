"""A bucket that somebody outside the account may read."""

from __future__ import annotations

import json
from typing import Any

OUTSIDER = "444455556666"


def shared_bucket(s3: Any, name: str) -> dict[str, Any]:
    """The policy that shares it."""
    s3.create_bucket(Bucket=name)
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OUTSIDER}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return policy
