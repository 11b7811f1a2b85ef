"""AWS Security Incident Response: an incident is one case, opened once, its description kept current, closed with it.

CreateCase takes a client token; how long AWS remembers it is not documented, so a case is opened again under the same
token only as long as the queue tries (an hour). Needs the service's membership in this account and Region.
https://docs.aws.amazon.com/security-ir/latest/APIReference/API_CreateCase.html
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from tidegate.aws.faults import calling, code_of
from tidegate.errors import Permanent
from tidegate.model import derived_id
from tidegate.notices.channel import Sent, Telling
from tidegate.notices.notice import Notice

MOST_TITLE, MOST_DESCRIPTION, MOST_ADDRESSES = 300, 8000, 200
ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")  # of IPv6, AWS takes only one way of writing: it is in the description
CLOSED = "Closed"


class IncidentResponse:
    def __init__(self, cases: Any, resolver: str, stack: str) -> None:
        """`cases`: boto3's security-ir. `resolver`: Self, your own people; AWS, the Customer Incident Response Team."""
        self._cases, self._resolver, self._stack = cases, resolver, stack

    def tell(self, notice: Notice, telling: Telling) -> Sent:
        case = telling.reference or self._opened(notice)
        if telling.reference:
            self._updated(case, notice)
        if notice.state == "closed":
            self._closed(case)
        return Sent(case)

    def _opened(self, notice: Notice) -> str:
        addresses = [address for address in notice.addresses if ADDRESS.fullmatch(address)]
        with calling(f"opening a case for {notice.incident_id}"):
            answer = self._cases.create_case(
                clientToken=derived_id("case", self._stack, notice.incident_id),
                resolverType=self._resolver,
                title=title_of(notice),
                description=description_of(notice),
                engagementType="Security Incident",
                reportedIncidentStartDate=notice.first_seen,
                impactedAccounts=[notice.account],
                watchers=[],
                threatActorIpAddresses=[{"ipAddress": address} for address in addresses[:MOST_ADDRESSES]],
            )
        return str(answer["caseId"])

    def _updated(self, case: str, notice: Notice) -> None:
        try:
            with calling(f"updating case {case}"):
                self._cases.update_case(caseId=case, title=title_of(notice), description=description_of(notice))
        except ClientError as error:
            self._unless_closed(case, error)

    def _closed(self, case: str) -> None:
        try:
            with calling(f"closing case {case}"):
                self._cases.close_case(caseId=case)
        except ClientError as error:
            self._unless_closed(case, error)

    def _unless_closed(self, case: str, error: ClientError) -> None:
        """A case that is closed, by us in a try that we didn't hear of or by a person, is not ours to change."""
        if code_of(error) not in ("ConflictException", "ValidationException"):
            raise error
        with calling(f"reading case {case}"):
            status = self._cases.get_case(caseId=case).get("caseStatus")
        if status != CLOSED:
            raise Permanent(f"case {case} is {status} and can't be changed: {code_of(error)}.") from error


def title_of(notice: Notice) -> str:
    return _text(f"Tidegate {notice.incident_id}: {notice.happened}", MOST_TITLE)


def description_of(notice: Notice) -> str:
    sections = {
        "What happened": [notice.happened],
        "Who": [f"{notice.who} in account {notice.account}, {notice.region}", *notice.addresses],
        "Found by": [", ".join(notice.detectors), f"findings: {notice.findings}"],
        "Concerns": list(notice.resources),
        "Waits for a person": [notice.waits] if notice.waits else [],
        "Done": list(notice.done),
        "Undo": [notice.undo] if notice.undo else [],
        "Times": [f"first event {notice.first_seen:%Y-%m-%d %H:%M:%S} UTC", *notice.times],
        "More": [notice.link] if notice.link else [],
    }
    lines = [line for name, said in sections.items() if said for line in (f"{name}:", *(f"- {one}" for one in said))]
    return _text("\n".join(lines), MOST_DESCRIPTION)


def _text(value: str, most: int) -> str:
    text = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in value)
    return text if len(text) <= most else text[: most - 3] + "..."
