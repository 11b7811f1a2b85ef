"""docs/notifications.md shows what Slack is sent."""

from __future__ import annotations

import json
import re
from datetime import timedelta

from deployed_template import ROOT
from response_builders import START, a_step, an_incident

from tidegate.model import IncidentStatus, Mode, Receipt, Run, RunStatus, StepStatus
from tidegate.notices.notice import notice_of
from tidegate.notices.slack_blocks import blocks_of

PAGE = ROOT / "docs/notifications.md"


def example() -> list[dict[str, object]]:
    incident = an_incident(
        id="inc-0123456789abcdef0123",
        title="650 calls in an hour",
        caller="user:alice",
        account="111122223333",
        region="us-east-1",
        finding_ids=("finding-1",),
        status=IncidentStatus.CONTAINED,
    )
    run = Run(
        id="run-0123456789abcdef0123", incident_id=incident.id, playbook="throttle_caller", mode=Mode.AUTO,
        status=RunStatus.CONTAINED, started_at=START, contained_at=START, expires_at=START + timedelta(hours=1),
        times={"contain": 12.5}, dollars=1.5,
    )  # fmt: skip
    step = a_step("block_end_user", "end_user", "alice")
    receipt = Receipt(
        id=step.id, run_id=run.id, incident_id=incident.id, playbook="throttle_caller", step=step, mode=Mode.AUTO,
        status=StepStatus.VERIFIED, planned_at=START, found={},
    )  # fmt: skip
    return blocks_of(notice_of(incident, [(run, [receipt])], console="https://console.invented.example"))


def test_the_page_shows_the_blocks_that_are_sent() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert json.loads(shown)["blocks"] == example()
