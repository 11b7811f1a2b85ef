"""Security Hub (CSPM): an incident is one finding in AWS's format (ASFF), imported again when it changes.

Importing is idempotent by the finding's id, so a death in between changes nothing. Once it exists, an import can't
change the workflow status, which is the customer's: closing archives the record by import and resolves the workflow by
BatchUpdateFindings. Security Hub sends what we import back to the bus; sources/security_hub.py knows it by its id.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tidegate.aws.faults import calling
from tidegate.errors import NotSent, Permanent
from tidegate.model import Severity
from tidegate.notices.channel import Sent, Telling
from tidegate.notices.notice import Notice
from tidegate.ports import Clock
from tidegate.sources.security_hub import OWN_FINDINGS

MOST_BYTES = 240_000
MOST_TITLE, MOST_DESCRIPTION, MOST_RECOMMENDATION, MOST_FIELD = 256, 1024, 512, 2048
LABELS = {severity: severity.value.upper() for severity in Severity}
TYPES = {  # what a detector's family is in ASFF: namespace/category/classifier
    "exfiltration": "Effects/Data Exfiltration",
    "extraction": "Effects/Data Exfiltration",
    "quota_abuse": "Effects/Resource Consumption",
    "tampering": "TTPs/Defense Evasion",
    "stolen_credentials": "TTPs/Credential Access",
    "prompt_attack": "TTPs/Initial Access",
}
OTHER_TYPE = "Unusual Behaviors/User"
RESOURCES = {"iam-user": "AwsIamUser", "role": "AwsIamRole", "session": "AwsIamRole", "key": "AwsIamAccessKey"}
PASSING = ("InternalError", "InternalException", "LimitExceeded", "LimitExceededException", "ThrottlingException")


class SecurityHub:
    def __init__(self, hub: Any, product: str, stack: str, clock: Clock) -> None:
        """`hub`: boto3's securityhub. `product`: ARN of the account's default product, which needs no partnership."""
        self._hub, self._product, self._stack, self._clock = hub, product, stack, clock

    def tell(self, notice: Notice, telling: Telling) -> Sent:
        finding = finding_of(notice, self._product, self._stack, created=telling.begun, updated=self._clock())
        with calling(f"importing finding {finding['Id']}"):
            answer = self._hub.batch_import_findings(Findings=[finding])
        for failed in answer.get("FailedFindings") or ():
            code, why = failed["ErrorCode"], failed["ErrorMessage"][:200]
            said = f"Security Hub took no finding {finding['Id']}: {code}: {why}"
            raise NotSent(said) if code in PASSING else Permanent(said)
        if notice.state == "closed":
            self._resolve(finding["Id"])
        return Sent(finding["Id"])

    def _resolve(self, finding_id: str) -> None:
        with calling(f"resolving finding {finding_id}"):
            answer = self._hub.batch_update_findings(
                FindingIdentifiers=[{"Id": finding_id, "ProductArn": self._product}],
                Workflow={"Status": "RESOLVED"},
            )
        for failed in answer.get("UnprocessedFindings") or ():
            # What was imported a moment ago takes minutes to be found.
            raise NotSent(f"finding {finding_id} is not resolved yet: {failed['ErrorCode']}: {failed['ErrorMessage']}")


def finding_of(notice: Notice, product: str, stack: str, *, created: datetime, updated: datetime) -> dict[str, Any]:
    """Within 240 KB: every part of it is cut."""
    _, partition, _, _, account, _ = product.split(":", 5)
    severity, types = {"Label": LABELS[notice.severity]}, list(_types(notice))
    lines = [notice.happened, f"By {notice.who}.", *([f"To decide: {notice.waits}."] if notice.waits else ())]
    lines += [*notice.done, *notice.times]
    recommended = f"Undo: {notice.undo}." if notice.undo else f"Read it: tidegate explain {notice.incident_id}"
    finding: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"{OWN_FINDINGS}{stack}/{notice.incident_id}",
        "ProductArn": product,
        "ProductName": "Tidegate",
        "GeneratorId": f"tidegate/{notice.detectors[0] if notice.detectors else 'incident'}",
        "AwsAccountId": account,
        "Types": types,
        "FirstObservedAt": _iso(notice.first_seen),
        "CreatedAt": _iso(created),
        "UpdatedAt": _iso(updated),
        "Severity": severity,
        "FindingProviderFields": {"Severity": severity, "Types": types},
        "Title": _text(notice.happened, MOST_TITLE),
        "Description": _text("\n".join(lines), MOST_DESCRIPTION),
        "Remediation": {
            "Recommendation": {
                "Text": _text(recommended, MOST_RECOMMENDATION),
                **({"Url": notice.link} if notice.link else {}),
            }
        },
        "ProductFields": {
            f"tidegate/{name}": _text(value, MOST_FIELD) for name, value in _fields(notice).items() if value
        },
        "Resources": [_resource(notice, partition)],
        "RecordState": "ARCHIVED" if notice.state == "closed" else "ACTIVE",
        "Workflow": {"Status": "RESOLVED" if notice.state == "closed" else "NEW"},
    }
    if len(json.dumps(finding).encode()) > MOST_BYTES:
        raise Permanent(f"finding of incident {notice.incident_id} is over {MOST_BYTES} bytes: report this as a fault.")
    return finding


def _types(notice: Notice) -> tuple[str, ...]:
    return tuple(dict.fromkeys(TYPES.get(family, OTHER_TYPE) for family in notice.families))[:50] or (OTHER_TYPE,)


def _fields(notice: Notice) -> dict[str, str]:
    return {
        "state": notice.state,
        "status": notice.status.value,
        "caller": notice.who,
        "account": notice.account,
        "detectors": ", ".join(notice.detectors),
        "findings": notice.findings,
        "addresses": ", ".join(notice.addresses),
        "resources": ", ".join(notice.resources),
        "done": "; ".join(notice.done),
        "times": "; ".join(notice.times),
    }


def _resource(notice: Notice, partition: str) -> dict[str, Any]:
    """Whose case it is. An end user is no resource of AWS's: it is named as one of another kind."""
    kind, _, name = notice.who.partition(":")
    name = name.partition("/")[0] if kind == "session" else name
    arn = f"arn:{partition}:iam::{notice.account}"
    ids = {"iam-user": f"{arn}:user/{name}", "role": f"{arn}:role/{name}", "session": f"{arn}:role/{name}"}
    return {
        "Type": RESOURCES.get(kind, "Other"),
        "Id": _text(ids.get(kind, notice.who), 512),
        "Partition": partition,
        "Region": notice.region,
    }


def _text(value: str, most: int) -> str:
    """Printable, and never empty, which ASFF refuses."""
    text = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in value)
    return (text if len(text) <= most else text[: most - 3] + "...") or "-"


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
