"""OpenSearch Service domains and ingestion pipelines: the account knows them. A node runs beside (node.py), a pipeline
does not run: nobody takes its queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tidegate_local.intrinsics import Created
from tidegate_local.resources import Making

_PASSED = (
    "EngineVersion", "EBSOptions", "EncryptionAtRestOptions", "NodeToNodeEncryptionOptions", "DomainEndpointOptions",
    "VPCOptions", "AdvancedSecurityOptions", "AdvancedOptions", "LogPublishingOptions", "ClusterConfig",
)  # fmt: skip


def domain(making: Making) -> Created:
    given = making.properties
    name = (given.get("DomainName") or making.name(None)).lower()[:28]
    more: dict[str, Any] = {key: _typed(given[key]) for key in _PASSED if key in given}
    if "AccessPolicies" in given:
        more["AccessPolicies"] = json.dumps(given["AccessPolicies"])
    made = making.client("opensearch").create_domain(DomainName=name, **more)["DomainStatus"]
    endpoint = f"search-{name}-embedded.{making.account.region}.es.amazonaws.com"
    arn = making.arn("es", f"domain/{name}")
    return Created(name, {"Arn": arn, "DomainArn": arn, "DomainEndpoint": endpoint, "Id": made["DomainId"]})


def _typed(value: Any) -> Any:
    """Numbers arrive as text from parameters."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    return int(value) if isinstance(value, str) and value.isdigit() else value


def pipeline(making: Making) -> Created:
    given = making.properties
    name = given["PipelineName"]
    made = making.client("osis").create_pipeline(
        PipelineName=name,
        MinUnits=int(given["MinUnits"]),
        MaxUnits=int(given["MaxUnits"]),
        PipelineConfigurationBody=given["PipelineConfigurationBody"],
        LogPublishingOptions=given.get("LogPublishingOptions", {"IsLoggingEnabled": False}),
    )["Pipeline"]
    return Created(made["PipelineArn"], {"PipelineArn": made["PipelineArn"]})


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::OpenSearchService::Domain": (" ".join(["AccessPolicies", "DomainName", *_PASSED]), domain),
    "AWS::OSIS::Pipeline": (
        "PipelineName MinUnits MaxUnits PipelineConfigurationBody LogPublishingOptions VpcOptions",
        pipeline,
    ),
}
