"""The CloudTrail side of simulated calls: the management event of each, and what a stranger looks at first."""

from __future__ import annotations

from random import Random
from typing import Any

from tidegate_local.simulation.calls import Call, Caller
from tidegate_local.simulation.rendering import stamp

_NAMES = {
    ("converse", False): "Converse",
    ("converse", True): "ConverseStream",
    ("invoke", False): "InvokeModel",
    ("invoke", True): "InvokeModelWithResponseStream",
}
_RECONNAISSANCE = (
    ("sts", "GetCallerIdentity", ""),
    ("bedrock", "ListFoundationModels", ""),
    ("bedrock", "ListInferenceProfiles", ""),
    ("bedrock", "GetModelInvocationLoggingConfiguration", ""),
    ("bedrock", "GetUseCaseForModelAccess", ""),
    ("bedrock", "GetFoundationModelAvailability", ""),
    ("bedrock", "ListGuardrails", "AccessDenied"),
    ("servicequotas", "ListServiceQuotas", "AccessDenied"),
)
_ERRORS = {"AccessDeniedException": "AccessDenied"}


def event(call: Call, account: str, region: str) -> dict[str, Any]:
    """The event of a model call: read-only, with the log's request id, the address and the agent."""
    error = call.exchange.error
    additional: dict[str, Any] = {}
    if call.who.bearer:
        additional["callWithBearerToken"] = True
    if call.model.profile_region:
        additional["inferenceRegion"] = call.model.profile_region
    return _event(
        call.who, call.time, "bedrock", _NAMES[call.model.api, call.streamed], account, region, call.request_id,
        {"modelId": call.model.id}, _ERRORS.get(error, error), additional,
    )  # fmt: skip


def reconnaissance(who: Caller, first_call: float, account: str, region: str, dice: Random) -> list[dict[str, Any]]:
    """What a stranger with a stolen key asks in the minutes before the first call, and that models are unlocked."""
    at, found = first_call - 900.0, []
    for service, name, error in _RECONNAISSANCE:
        at += 5 + dice.random() * 60
        found.append(_event(who, at, service, name, account, region, _id(dice), None, error, {}))
    parameters = {"modelId": "anthropic.claude-opus-4-1-20250805-v1:0"}
    found.append(
        _event(
            who,
            at + 20,
            "bedrock",
            "CreateFoundationModelAgreement",
            account,
            region,
            _id(dice),
            parameters,
            "",
            {},
            read_only=False,
        )
    )
    return found


def _event(
    who: Caller, time: float, service: str, name: str, account: str, region: str, request_id: str,
    parameters: dict[str, Any] | None, error: str, additional: dict[str, Any], *, read_only: bool = True,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(who, account),
        "eventTime": stamp(time),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": who.address,
        "userAgent": who.agent,
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": request_id,
        "eventID": f"e{request_id[1:]}",
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    if additional:
        found["additionalEventData"] = additional
    if error:
        found |= {"errorCode": error, "errorMessage": f"{error} when calling {name}"}
    return found


def _identity(who: Caller, account: str) -> dict[str, Any]:
    if not who.session:
        return {
            "type": "IAMUser",
            "principalId": who.principal_id,
            "arn": f"arn:aws:iam::{account}:user/{who.name}",
            "accountId": account,
            "accessKeyId": who.access_key,
            "userName": who.name,
        }
    return {
        "type": "AssumedRole",
        "principalId": f"{who.principal_id}:{who.session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{who.name}/{who.session}",
        "accountId": account,
        "accessKeyId": who.access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": who.principal_id,
                "arn": f"arn:aws:iam::{account}:role/{who.name}",
                "accountId": account,
                "userName": who.name,
            },
            "attributes": {"mfaAuthenticated": "false"},
        },
    }


def _id(dice: Random) -> str:
    digits = f"{dice.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
