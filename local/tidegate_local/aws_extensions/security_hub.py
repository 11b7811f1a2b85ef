"""securityhub: BatchImportFindings as strict as AWS's, and BatchUpdateFindings, which moto lacks.

moto takes any finding. Here a hub has to be enabled, a finding has to be in ASFF and the account's own, and a second
import can't change what is the customer's (Workflow, Note).
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from tidegate_local.aws_extensions.answering import Answer, Fault, answered, failed, given, security_backend

MOST_FINDINGS, MOST_BYTES = 100, 240 * 1024
LABELS = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
NAMESPACES = "Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications"
TYPE = re.compile(rf"(?:{NAMESPACES})(?:/[^/]+){{0,2}}")
NEEDED = (
    "AwsAccountId", "CreatedAt", "Description", "GeneratorId", "Id", "ProductArn", "Resources", "SchemaVersion",
    "Title", "UpdatedAt",
)  # fmt: skip
MOST = {"Title": 256, "Description": 1024, "GeneratorId": 512, "Id": 512}
CUSTOMERS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")


def answer(model: Any, params: dict[str, Any], **_: object) -> Answer | None:
    if model.service_model.service_name != "securityhub" or model.name not in ANSWERS:
        return None
    try:
        return answered(ANSWERS[model.name](given(params)))
    except Fault as fault:
        return failed(fault)


def imported() -> dict[str, dict[str, Any]]:
    """Findings by id, as they stand."""
    found: dict[str, dict[str, Any]] = vars(security_backend()).setdefault("_tidegate_findings", {})
    return found


def _import(asked: dict[str, Any]) -> dict[str, Any]:
    findings = asked.get("Findings") or []
    hub = security_backend()
    if not hub.enabled:
        raise Fault("InvalidAccessException", f"Account {hub.account_id} is not subscribed to AWS Security Hub", 401)
    product = f"arn:aws:securityhub:{hub.region_name}:{hub.account_id}:product/{hub.account_id}/default"
    if not 1 <= len(findings) <= MOST_FINDINGS:
        raise Fault("InvalidInputException", f"Findings holds 1 to {MOST_FINDINGS} findings, not {len(findings)}")
    refused = []
    for finding in findings:
        if wrong := _wrong(finding, product, hub.account_id):
            refused.append({"Id": str(finding.get("Id", "")), "ErrorCode": "InvalidInput", "ErrorMessage": wrong})
            continue
        present = imported().get(finding["Id"], {})
        kept = {name: present[name] for name in CUSTOMERS if name in present}
        imported()[finding["Id"]] = finding | kept
    good = len(findings) - len(refused)
    return {"FailedCount": len(refused), "SuccessCount": good, "FailedFindings": refused}


def _update(asked: dict[str, Any]) -> dict[str, Any]:
    done, refused = [], []
    for identifier in asked.get("FindingIdentifiers") or []:
        finding = imported().get(identifier["Id"])
        if finding is None:
            unknown = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
            refused.append({"FindingIdentifier": identifier, **unknown})
            continue
        finding |= {name: asked[name] for name in (*CUSTOMERS, "Severity", "Types") if name in asked}
        done.append(identifier)
    return {"ProcessedFindings": done, "UnprocessedFindings": refused}


def _wrong(finding: dict[str, Any], product: str, account: str) -> str:
    """Why AWS refuses it, or nothing."""
    if missing := [name for name in NEEDED if not finding.get(name)]:
        return f"Finding does not adhere to Amazon Finding Format. data should have required property {missing[0]}"
    if len(json.dumps(finding).encode()) > MOST_BYTES:
        return "Finding exceeds 240 KB"
    for name, most in MOST.items():
        if len(finding[name]) > most:
            return f"data.{name} should NOT be longer than {most} characters"
    if finding["SchemaVersion"] != "2018-10-08":
        return "data.SchemaVersion should be equal to one of the allowed values"
    if (finding["ProductArn"], finding["AwsAccountId"]) != (product, account):
        return "data.AwsAccountId should be the account that imports under its default product"
    severity = finding.get("FindingProviderFields", {}).get("Severity") or finding.get("Severity") or {}
    if severity.get("Label") not in LABELS:
        return "data.Severity.Label should be equal to one of the allowed values"
    types = finding.get("FindingProviderFields", {}).get("Types") or finding.get("Types") or []
    if not all(TYPE.fullmatch(kind) for kind in types):
        return "data.Types should match namespace/category/classifier"
    if not all({"Type", "Id"} <= resource.keys() for resource in finding["Resources"]):
        return "data.Resources[0] should have required property Id"
    present = imported().get(finding["Id"])
    if present and _time(finding["UpdatedAt"]) < _time(present["UpdatedAt"]):
        return "data.UpdatedAt should be later than that of the finding"
    return ""


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


ANSWERS = {"BatchImportFindings": _import, "BatchUpdateFindings": _update}
