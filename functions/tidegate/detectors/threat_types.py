"""Which GuardDuty findings concern models or stolen credentials, by type. Not a detector."""

from __future__ import annotations

from fnmatch import fnmatchcase

INVOKES = "Impact:IAMUser/AnomalousModelInvocation"
COSTS = "Impact:IAMUser/CostHarvesting"
INJECTS = "Impact:IAMUser/PromptInjection"  # .Direct
AI = (INVOKES, COSTS, INJECTS)
STOLEN = (
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.*",
    "UnauthorizedAccess:IAMUser/MaliciousIPCaller*",
    "UnauthorizedAccess:IAMUser/TorIPCaller",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.*",
    "CredentialAccess:*CompromisedCredentials",
    "*:IAMUser/MaliciousIPCaller*",
    "*:IAMUser/TorIPCaller",
    "AttackSequence:*",
)
GRAVE = (
    "UnauthorizedAccess:IAMUser/*CredentialExfiltration.OutsideAWS",
    "*CompromisedCredentials",
    "AttackSequence:*",
)


def kind_of(type: str) -> str:
    """A type without what follows the dot: `PromptInjection.Direct` is one of `PromptInjection`."""
    return type.partition(".")[0]


def is_ai(type: str) -> bool:
    return kind_of(type) in AI


def is_stolen(type: str) -> bool:
    return any(fnmatchcase(type, pattern) for pattern in STOLEN)


def is_grave(type: str) -> bool:
    return any(fnmatchcase(type, pattern) for pattern in GRAVE)
