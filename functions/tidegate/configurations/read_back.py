"""What AWS reads back of a configuration, in the form in which it is put: so that both can be compared. Not a detector.

A guardrail is put as `contentPolicyConfig.filtersConfig` and read as `contentPolicy.filters`; an agent's instruction is
`***` in CloudTrail, so only a digest of it is kept: enough to see that it changed, and no prompt goes into findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tidegate.configurations.applications import (
    ACTION_GROUP,
    AGENT,
    DATA_SOURCE,
    GATEWAY,
    KNOWLEDGE_BASE,
    Kind,
    partition_of,
)
from tidegate.configurations.left_by_calls import ALIAS_FIELDS, DELETED, Configured
from tidegate.ports import ReadConfiguration

HIDDEN = "***"  # what CloudTrail shows instead
_POLICIES = {
    "topicPolicy": ("topicPolicyConfig", {"topics": "topicsConfig", "tier": "tierConfig"}),
    "contentPolicy": ("contentPolicyConfig", {"filters": "filtersConfig", "tier": "tierConfig"}),
    "wordPolicy": ("wordPolicyConfig", {"words": "wordsConfig", "managedWordLists": "managedWordListsConfig"}),
    "sensitiveInformationPolicy": (
        "sensitiveInformationPolicyConfig",
        {"piiEntities": "piiEntitiesConfig", "regexes": "regexesConfig"},
    ),
    "contextualGroundingPolicy": ("contextualGroundingPolicyConfig", {"filters": "filtersConfig"}),
    "automatedReasoningPolicy": ("automatedReasoningPolicyConfig", {}),
    "crossRegionDetails": ("crossRegionConfig", {"guardrailProfileArn": "guardrailProfileIdentifier"}),
}
_PLAIN = ("name", "description", "blockedInputMessaging", "blockedOutputsMessaging")
_NOT_PUT = ("guardrailProfileId",)
_APPLICATIONS = {
    "agent": AGENT,
    "action group": ACTION_GROUP,
    "gateway": GATEWAY,
    "knowledge base": KNOWLEDGE_BASE,
    "data source": DATA_SOURCE,
}
_CHOSEN = {  # of what is put as it is read, the fields that count
    "alias": ALIAS_FIELDS,
    "enforced guardrail": (
        "guardrailArn",
        "guardrailId",
        "guardrailVersion",
        "inputTags",
        "selectiveContentGuarding",
        "modelEnforcement",
    ),
    "flow alias": ("name", "routingConfiguration"),
    "throughput": ("modelArn", "desiredModelArn", "foundationModelArn", "modelUnits", "desiredModelUnits"),
    "deployment": ("modelArn",),
    "parameter": ("Value", "Version"),
    "application configuration": ("ConfigurationVersion", "DeploymentNumber"),
}
_SERVICES = {"gateway": "bedrock-agentcore", "application configuration": "appconfig"}


def configured(read: ReadConfiguration, account: str, region: str) -> Configured:
    """Under the name that changes of it are known by (left_by_calls.py)."""
    if read.kind == "logging":
        return Configured(f"logging/{account}/{region}", read.values or DELETED)
    if read.kind == "enforced guardrail":
        resource = f"enforced-guardrail/{account}/{region}/{read.name}"
    elif read.name.startswith("arn:"):
        resource = read.name
    else:
        service = _SERVICES.get(read.kind, "bedrock")
        resource = f"arn:{partition_of(region)}:{service}:{region}:{account}:{read.name}"
    if read.kind == "guardrail":
        return Configured(resource, guardrail(read.values))
    if kind := _APPLICATIONS.get(read.kind):
        return Configured(resource, application(read.values, kind))
    return Configured(resource, chosen(read.values, *_CHOSEN[read.kind]))


def guardrail(read: Mapping[str, Any]) -> dict[str, Any]:
    """GetGuardrail -> UpdateGuardrail."""
    put = {name: read[name] for name in _PLAIN if read.get(name)}
    if read.get("kmsKeyArn"):
        put["kmsKeyId"] = read["kmsKeyArn"]
    for name, (config, renamed) in _POLICIES.items():
        policy = read.get(name)
        if isinstance(policy, Mapping) and policy:
            put[config] = {renamed.get(key, key): value for key, value in policy.items() if key not in _NOT_PUT}
    return put


def application(read: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """An agent, action group, gateway, knowledge base or data source, with the fields that are compared."""
    names = {"parentActionGroupSignature": "parentActionSignature"}  # read under another name than put
    put = {
        name: value
        for name in kind.fields
        if (value := read.get(names.get(name, name))) is not None and value not in ("", {}, [])
    }
    if isinstance(instruction := put.get("instruction"), str):
        put["instruction"] = HIDDEN
        put["instructionDigest"] = hashlib.sha256(instruction.encode("utf-8", "surrogatepass")).hexdigest()
    return put


def chosen(read: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Of something that is put as it is read."""
    return {name: read[name] for name in names if read.get(name) is not None}
