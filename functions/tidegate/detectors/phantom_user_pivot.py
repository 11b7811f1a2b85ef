"""The user behind a Bedrock API key became a way into the account.

Creating a long-term Bedrock API key makes an IAM user `BedrockAPIKey-xxxx` that nobody thinks of. With an access
key, a password or a wider policy it outlives the API key and reaches whatever the policy allows: the phantom user
of BeyondTrust's research. A call of it outside Bedrock proves that such a credential exists; a grant to it makes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, every_api_call, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, part, text

PHANTOM = "BedrockAPIKey-"

about = Detector(
    id="phantom_user_pivot",
    title="Bedrock API key user used or armed outside Bedrock",
    severity=Severity.HIGH,
    family="stolen_credentials",
    reads=(every_api_call(),),
    covers=(Attack("T1098.001"), Attack("T1078.004"), Atlas("AML.T0012"), Atlas("AML.T0055"), Owasp("LLM10:2025")),
    false_positives="An administrator who tests what the user may do, or a team that hands the user an access key on "
    "purpose. Allow the administrator for this detector, with an expiry.",
    blind_spots="Users that were renamed, and API keys on users made by hand. IAM events reach the bus only in "
    "us-east-1: elsewhere a forwarding rule must be deployed. Calls of services without CloudTrail events.",
    runbook="Deactivate the access keys and delete the login profile of the BedrockAPIKey user, then its API key. Find "
    "who armed it: that principal is compromised too until it is explained.",
    playbook="rotate_credentials",
)

_BEDROCK = ("bedrock", "aws-external-anthropic")  # bedrock-runtime, -mantle, -agentcore, ... begin alike
_ARMS = {
    "CreateAccessKey": "given an access key",
    "UpdateAccessKey": "an access key reactivated",
    "CreateLoginProfile": "given a password",
    "UpdateLoginProfile": "its password set",
    "AttachUserPolicy": "given a policy",
    "PutUserPolicy": "given an inline policy",
    "AddUserToGroup": "added to a group",
    "DeleteUserPermissionsBoundary": "its permissions boundary removed",
}
_BORN_WITH = "AmazonBedrockLimitedAccess"  # what the console attaches when it makes the API key


def detect(call: ApiCall, _known: Known) -> Iterator[Signal]:
    if call.principal.name.startswith(PHANTOM) and call.principal.kind in ("IAMUser", ""):
        if not call.service.startswith(_BEDROCK):
            yield _used(call)
    elif call.service == "iam" and call.name in _ARMS:
        parameters = opened(call.parameters)
        user = text(parameters, "userName")
        if user.startswith(PHANTOM) and not _harmless(call.name, parameters):
            yield _armed(call, user)


def _used(call: ApiCall) -> Signal:
    return signal_of_call(
        call,
        title=f"{call.principal.name} called {call.service}:{call.name}",
        facts={
            "user": call.principal.name,
            "access_key": call.principal.access_key,
            "why": "The user of a Bedrock API key can sign calls outside Bedrock only with a credential added to it.",
            "succeeded": not call.error,
            "severity_from": "a look, or refused" if call.error or call.read_only else "it changed something",
        },
        severity=Severity.CRITICAL if not call.error and not call.read_only else Severity.HIGH,
        resource=call.principal.arn,
    )


def _armed(call: ApiCall, user: str) -> Signal:
    key = text(part(opened(call.response), "accessKey"), "accessKeyId")
    related = (f"iam-user:{user}", *((f"key:{key}",) if key else ()))
    facts: dict[str, Any] = {
        "user": user,
        "access_key": key,
        "why": f"{user} was {_ARMS[call.name]}."
        if not call.error
        else f"An attempt to arm {user} failed: {call.error}.",
        "succeeded": not call.error,
        "severity_from": "an attempt only" if call.error else "the credential exists now",
    }
    return signal_of_call(
        call,
        title=f"{user} {'was ' if not call.error else 'nearly '}{_ARMS[call.name]}",
        facts=facts,
        severity=Severity.MEDIUM if call.error else None,
        resource=f"arn:aws:iam::{call.account}:user/{user}",
        related=related,
    )


def _harmless(name: str, parameters: dict[str, Any]) -> bool:
    if name == "AttachUserPolicy":
        return text(parameters, "policyArn").endswith("/" + _BORN_WITH)
    return name == "UpdateAccessKey" and text(parameters, "status") != "Active"
