"""bedrock: guardrails and their versions.

Policies are given as `topicPolicyConfig.topicsConfig` and read back as `topicPolicy.topics`, as in AWS. An update
replaces the draft as a whole: a policy that is left out is gone.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateGuardrail.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, from_path, has_form, new_id, now, page
from tidegate_local.aws_extensions.results import refusal, result

_RESPONSE = "moto.bedrock.responses:BedrockResponse"
_NAME = r"[0-9a-zA-Z\-_]{1,50}"
_STRENGTHS = ("NONE", "LOW", "MEDIUM", "HIGH")

# policy as given -> as read, and its lists as given -> as read
_POLICIES = {
    "topicPolicyConfig": ("topicPolicy", {"topicsConfig": "topics", "tierConfig": "tier"}),
    "contentPolicyConfig": ("contentPolicy", {"filtersConfig": "filters", "tierConfig": "tier"}),
    "wordPolicyConfig": ("wordPolicy", {"wordsConfig": "words", "managedWordListsConfig": "managedWordLists"}),
    "sensitiveInformationPolicyConfig": (
        "sensitiveInformationPolicy",
        {"piiEntitiesConfig": "piiEntities", "regexesConfig": "regexes"},
    ),
    "contextualGroundingPolicyConfig": ("contextualGroundingPolicy", {"filtersConfig": "filters"}),
    "automatedReasoningPolicyConfig": (
        "automatedReasoningPolicy",
        {"policies": "policies", "confidenceThreshold": "confidenceThreshold"},
    ),
}


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "create_guardrail": create_guardrail,
        "get_guardrail": get_guardrail,
        "update_guardrail": update_guardrail,
        "delete_guardrail": delete_guardrail,
        "list_guardrails": list_guardrails,
        "create_guardrail_version": create_guardrail_version,
    }
    for name, operation in operations.items():
        hooks.add(f"{_RESPONSE}.{name}", operation)


def _store(response: Any) -> dict[str, dict[str, dict[str, Any]]]:
    """Guardrail id -> version -> configuration."""
    found: dict[str, dict[str, dict[str, Any]]] = vars(response.bedrock_backend).setdefault("_tidegate_guardrails", {})
    return found


def _versions(response: Any) -> dict[str, dict[str, Any]]:
    """All versions of the guardrail named in the path, by id or ARN. Raises ResourceNotFoundException."""
    identifier = from_path(response, "guardrailIdentifier").rsplit("/", 1)[-1]
    guardrails = _store(response)
    if identifier not in guardrails:
        raise refusal("ResourceNotFoundException", f"Guardrail {identifier} was not found")
    return guardrails[identifier]


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """The configuration as it is read back. Raises ValidationException."""
    name = given.get("name")
    if not has_form(name, _NAME):
        raise refusal("ValidationException", f"name {name!r} does not match {_NAME}")
    settings: dict[str, Any] = {"name": name}
    for needed in ("blockedInputMessaging", "blockedOutputsMessaging"):
        if not isinstance(given.get(needed), str) or not 1 <= len(given[needed]) <= 500:
            raise refusal("ValidationException", f"{needed} must have 1 to 500 characters")
        settings[needed] = given[needed]
    if given.get("description"):
        settings["description"] = given["description"]
    if given.get("kmsKeyId"):
        settings["kmsKeyArn"] = given["kmsKeyId"]
    for config, (policy, lists) in _POLICIES.items():
        if given.get(config):
            settings[policy] = _policy(given[config], lists)
    if given.get("crossRegionConfig"):
        profile = given["crossRegionConfig"].get("guardrailProfileIdentifier", "")
        if not profile.startswith("arn:"):
            raise refusal("ValidationException", "guardrailProfileIdentifier: this account knows profiles by ARN only")
        settings["crossRegionDetails"] = {
            "guardrailProfileId": profile.rpartition("/")[2],
            "guardrailProfileArn": profile,
        }
    if not any(policy in settings for policy, _ in _POLICIES.values()):
        raise refusal("ValidationException", "A guardrail needs at least one policy")
    for one in settings.get("contentPolicy", {}).get("filters", []):
        for side in ("inputStrength", "outputStrength"):
            if one.get(side) not in _STRENGTHS:
                raise refusal("ValidationException", f"{side} {one.get(side)!r} is not one of {', '.join(_STRENGTHS)}")
    return settings


def _policy(given: dict[str, Any], lists: dict[str, str]) -> dict[str, Any]:
    if unknown := set(given) - set(lists):
        raise refusal("ValidationException", f"unknown guardrail settings: {', '.join(sorted(unknown))}")
    return {lists[name]: copy.deepcopy(items) for name, items in given.items()}


def create_guardrail(self: Any) -> Any:
    given, guardrails = body(self), _store(self)
    settings = _settings(given)
    if any(versions["DRAFT"]["name"] == settings["name"] for versions in guardrails.values()):
        raise refusal("ConflictException", f"Another guardrail is named {settings['name']}")
    identifier, made = new_id(12, "abcdefghijklmnopqrstuvwxyz0123456789"), now()
    identity = {
        "guardrailId": identifier,
        "guardrailArn": f"arn:aws:bedrock:{self.region}:{self.current_account}:guardrail/{identifier}",
        "version": "DRAFT",
        "status": "READY",
        "createdAt": made,
        "updatedAt": made,
    }
    guardrails[identifier] = {"DRAFT": settings | identity}
    return result({key: identity[key] for key in ("guardrailId", "guardrailArn", "version", "createdAt")})


def get_guardrail(self: Any) -> Any:
    versions, version = _versions(self), self._get_param("guardrailVersion") or "DRAFT"
    if version not in versions:
        raise refusal("ResourceNotFoundException", f"Version {version} of the guardrail was not found")
    return result(versions[version])


def update_guardrail(self: Any) -> Any:
    versions, settings = _versions(self), _settings(body(self))
    draft = versions["DRAFT"]
    kept = {key: draft[key] for key in ("guardrailId", "guardrailArn", "version", "status", "createdAt")}
    versions["DRAFT"] = settings | kept | {"updatedAt": now()}
    return result({key: versions["DRAFT"][key] for key in ("guardrailId", "guardrailArn", "version", "updatedAt")})


def delete_guardrail(self: Any) -> Any:
    versions, version = _versions(self), self._get_param("guardrailVersion")
    if version is None:
        del _store(self)[versions["DRAFT"]["guardrailId"]]
    elif version in versions and version != "DRAFT":
        del versions[version]
    else:
        raise refusal("ResourceNotFoundException", f"Version {version} of the guardrail was not found")
    return result({})


def list_guardrails(self: Any) -> Any:
    wanted = self._get_param("guardrailIdentifier")
    if wanted:
        identifier = str(wanted).rsplit("/", 1)[-1]
        if identifier not in _store(self):
            raise refusal("ResourceNotFoundException", f"Guardrail {identifier} was not found")
        everything = list(_store(self)[identifier].values())
    else:
        everything = [versions["DRAFT"] for versions in _store(self).values()]
    given = {name: self._get_param(name) for name in ("maxResults", "nextToken")}
    shown, token = page(everything, given)
    summaries = [
        {
            "id": one["guardrailId"],
            "arn": one["guardrailArn"],
            "status": one["status"],
            "name": one["name"],
            "version": one["version"],
            "createdAt": one["createdAt"],
            "updatedAt": one["updatedAt"],
        }
        for one in shown
    ]
    return result({"guardrails": summaries} | ({"nextToken": token} if token else {}))


def create_guardrail_version(self: Any) -> Any:
    versions = _versions(self)
    number = str(max((int(one) for one in versions if one != "DRAFT"), default=0) + 1)
    versions[number] = copy.deepcopy(versions["DRAFT"]) | {"version": number, "createdAt": now(), "updatedAt": now()}
    if description := body(self).get("description"):
        versions[number]["description"] = description
    return result({"guardrailId": versions[number]["guardrailId"], "version": number})
