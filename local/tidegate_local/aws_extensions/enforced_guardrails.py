"""bedrock: guardrails that an account enforces on every call.

A put without `configId` makes a configuration, one with it replaces that one. An account has one: a second is refused
with ConflictException, as far as the documentation lets one tell.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_PutEnforcedGuardrailConfiguration.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, from_path, has_form, new_id, now, page
from tidegate_local.aws_extensions.results import refusal, result

_RESPONSE = "moto.bedrock.responses:BedrockResponse"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_GUARDING = ("SELECTIVE", "COMPREHENSIVE")


def install() -> None:
    operations: dict[str, Callable[[Any], Any]] = {
        "put_enforced_guardrail_configuration": put_enforced,
        "list_enforced_guardrails_configuration": list_enforced,
        "delete_enforced_guardrail_configuration": delete_enforced,
    }
    for name, operation in operations.items():
        hooks.add(f"{_RESPONSE}.{name}", operation)


def _store(response: Any) -> dict[str, dict[str, Any]]:
    """configId -> configuration."""
    found: dict[str, dict[str, Any]] = vars(response.bedrock_backend).setdefault("_tidegate_enforced", {})
    return found


def put_enforced(self: Any) -> Any:
    given, kept = body(self), _store(self)
    configuration = given.get("guardrailInferenceConfig") or {}
    config = given.get("configId")
    if config and config not in kept:
        raise refusal("ResourceNotFoundException", f"Enforced guardrail configuration {config} was not found")
    if not config and kept:
        raise refusal("ConflictException", "The account has an enforced guardrail configuration already")
    for side, value in (configuration.get("selectiveContentGuarding") or {}).items():
        if value not in _GUARDING:
            raise refusal("ValidationException", f"{side} {value!r} is not one of {', '.join(_GUARDING)}")
    version = configuration.get("guardrailVersion")
    if not has_form(version, r"[1-9][0-9]{0,7}"):
        raise refusal("ValidationException", f"guardrailVersion {version!r} is not a published version")
    guardrail = str(configuration["guardrailIdentifier"])
    arn = f"arn:aws:bedrock:{self.region}:{self.current_account}:guardrail/{guardrail}"
    config = config or new_id(10, _LOWER)
    moment = now()
    kept[config] = {
        "configId": config,
        "guardrailId": guardrail.rsplit("/", 1)[-1],
        "guardrailArn": guardrail if guardrail.startswith("arn:") else arn,
        "owner": "ACCOUNT",
        "createdAt": kept.get(config, {}).get("createdAt", moment),
        "updatedAt": moment,
        **{name: value for name, value in configuration.items() if name != "guardrailIdentifier"},
    }
    return result({"configId": config, "updatedAt": moment})


def list_enforced(self: Any) -> Any:
    shown, token = page(list(_store(self).values()), {"nextToken": self._get_param("nextToken")})
    return result({"guardrailsConfig": shown} | ({"nextToken": token} if token else {}))


def delete_enforced(self: Any) -> Any:
    config = from_path(self, "configId")
    if config not in _store(self):
        raise refusal("ResourceNotFoundException", f"Enforced guardrail configuration {config} was not found")
    del _store(self)[config]
    return result({})
