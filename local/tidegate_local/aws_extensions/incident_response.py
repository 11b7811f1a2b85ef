"""security-ir: cases, a service that moto lacks altogether.

What AWS's documentation leaves open is answered strictly: a closed case takes no update and is not closed twice.
https://docs.aws.amazon.com/security-ir/latest/APIReference/API_CreateCase.html
"""

from __future__ import annotations

import re
from typing import Any

from tidegate_local.aws_extensions.answering import Answer, Fault, answered, failed, given, security_backend

ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)")
MOST = {"title": 300, "description": 8000}


def answer(model: Any, params: dict[str, Any], **_: object) -> Answer | None:
    if model.service_model.service_name != "security-ir":
        return None
    case = re.search(r"/cases/([^/]+)/", params.get("url_path", ""))
    try:
        return answered(_answer(model.name, given(params), case.group(1) if case else ""))
    except Fault as fault:
        return failed(fault)


def cases() -> dict[str, dict[str, Any]]:
    """Cases by id."""
    found: dict[str, dict[str, Any]] = vars(security_backend()).setdefault("_tidegate_cases", {})
    return found


def _answer(operation: str, asked: dict[str, Any], case_id: str) -> dict[str, Any]:
    if operation == "CreateCase":
        return {"caseId": _created(asked)}
    case = cases().get(case_id)
    if case is None:
        raise Fault("ResourceNotFoundException", f"Case {case_id} does not exist", 404)
    match operation:
        case "GetCase":
            return dict(case)
        case "UpdateCase":
            _check(asked)
            _open(case_id, case)
            case |= {name: asked[name] for name in MOST if name in asked}
            return {}
        case "CloseCase":
            _open(case_id, case)
            case["caseStatus"] = "Closed"
            return {"caseStatus": "Closed"}
        case _:
            raise Fault("ValidationException", f"{operation} is not emulated")


def _created(asked: dict[str, Any]) -> str:
    for known, case in cases().items():
        if case["clientToken"] == asked["clientToken"]:
            return known
    _check(asked)
    for account in asked["impactedAccounts"]:
        if not re.fullmatch(r"\d{12}", account):
            raise Fault("ValidationException", f"{account} is no account")
    for address in asked.get("threatActorIpAddresses") or ():
        if not ADDRESS.fullmatch(address["ipAddress"]):
            raise Fault("ValidationException", f"{address['ipAddress']} is no address")
    case_id = f"{len(cases()) + 1:010d}"
    cases()[case_id] = {**asked, "caseStatus": "Submitted"}
    return case_id


def _check(asked: dict[str, Any]) -> None:
    for name, most in MOST.items():
        if name in asked and not 1 <= len(asked[name]) <= most:
            raise Fault("ValidationException", f"{name} has 1 to {most} characters")


def _open(case_id: str, case: dict[str, Any]) -> None:
    if case["caseStatus"] == "Closed":
        raise Fault("ConflictException", f"Case {case_id} is closed", 409)
