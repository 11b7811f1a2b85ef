"""What models are served by and what is shared, as plain data: the rest of `account_state`."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from tidegate_local.embedded import Embedded

type State = dict[str, Any]


def serving(aws: Embedded) -> State:
    """Where callers are routed: flows, deployments, throughput, endpoints, and parameters that may name a model."""
    bedrock, agents = aws.client("bedrock"), aws.client("bedrock-agent")
    flows = {
        alias["arn"]: alias["routingConfiguration"]
        for flow in agents.list_flows()["flowSummaries"]
        for alias in agents.list_flow_aliases(flowIdentifier=flow["id"])["flowAliasSummaries"]
    }
    deployments = bedrock.list_custom_model_deployments()["modelDeploymentSummaries"]
    throughput = bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"]
    sagemaker = aws.client("sagemaker")
    endpoints = [one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]]
    return {
        "flow_aliases": flows,
        "deployments": {one["customModelDeploymentArn"]: one["modelArn"] for one in deployments},
        "throughput": {one["provisionedModelArn"]: one["desiredModelArn"] for one in throughput},
        "endpoints": {name: sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] for name in endpoints},
        "parameters": _parameters(aws),
    }


def _parameters(aws: Embedded) -> State:
    """Values of plain parameters: a secret one's never."""
    client = aws.client("ssm")
    listed = client.get_paginator("describe_parameters").paginate().search("Parameters[]")
    names = [one["Name"] for one in listed if one["Type"] != "SecureString"]
    return {name: client.get_parameter(Name=name)["Parameter"]["Value"] for name in names}


def enforced(aws: Embedded) -> list[State]:
    """By guardrail: a configuration that was put anew has another id and is the same all the same."""
    hidden = ("configId", "createdAt", "updatedAt")
    listed = aws.client("bedrock").list_enforced_guardrails_configuration()["guardrailsConfig"]
    shown = [{name: value for name, value in one.items() if name not in hidden} for one in listed]
    return sorted(shown, key=lambda one: json.dumps(one, sort_keys=True, default=str))


def shared(aws: Embedded) -> State:
    """Who is let in from outside: policies and blocks of buckets, shares of snapshots; and what the buckets hold.

    The stack's own buckets are left out: they are Tidegate's record.
    """
    own = set(aws.outputs.values())
    buckets = [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]]
    ec2 = aws.client("ec2")
    snapshots = [one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=[aws.account])["Snapshots"]]
    return {
        "buckets": {name: _bucket(aws, name) for name in buckets if name not in own},
        "snapshots": {
            name: ec2.describe_snapshot_attribute(SnapshotId=name, Attribute="createVolumePermission")[
                "CreateVolumePermissions"
            ]
            for name in snapshots
        },
    }


def _bucket(aws: Embedded, name: str) -> State:
    s3 = aws.client("s3")
    objects = s3.get_paginator("list_objects_v2").paginate(Bucket=name).search("Contents[]")
    return {
        "policy": _configured(lambda: json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])),
        "block": _configured(lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]),
        "objects": {
            one["Key"]: hashlib.sha256(s3.get_object(Bucket=name, Key=one["Key"])["Body"].read()).hexdigest()
            for one in objects
            if one
        },
    }


def _configured(read: Any) -> Any:
    try:
        return read()
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("NoSuch"):
            raise
        return None
