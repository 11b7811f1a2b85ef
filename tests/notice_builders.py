"""A bench on which the real channels are told of incidents in memory: Slack on loopback, AWS's under moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from response_builders import START, Now, a_step, an_incident
from slack_server import CHANNEL, TOKEN, Slack

from tidegate.messages import Message
from tidegate.model import Incident, IncidentStatus, Mode, Plan, Receipt, Run, RunStatus, Severity, StepStatus
from tidegate.notices.channel import Channel
from tidegate.notices.telling import tell_messages
from tidegate.response.world import run_of
from tidegate.settings import Settings
from tidegate.wiring import Services
from tidegate_local.aws_extensions import incident_response, security_hub
from tidegate_local.memory import MemoryIncidents, MemoryLedger, MemoryNotices, MemoryNotifier
from tidegate_local.sessions import new_session

CHANNELS = ("slack", "webhook", "security_hub", "security_ir")
EMBEDDED, REGION = "111122223333", "us-east-1"  # of an embedded account
PRODUCT = f"arn:aws:securityhub:{REGION}:{EMBEDDED}:product/{EMBEDDED}/default"


class Bench:
    """One channel and what it can be told of."""

    def __init__(self, channel: str, slack: Slack) -> None:
        self.kind, self.slack, self.clock = channel, slack, Now()
        self.name = "slack" if channel == "webhook" else channel
        self.incidents, self.ledger = MemoryIncidents(), MemoryLedger()
        self.notices: Any = MemoryNotices()
        self.notifier = MemoryNotifier()
        session = new_session("AKIAEMBEDDEDOPERATOR", "embedded", None, REGION)
        session.client("securityhub").enable_security_hub()
        secret = {"webhook_url": slack.hook} if channel == "webhook" else {"bot_token": TOKEN}
        made = session.client("secretsmanager").create_secret(Name="slack", SecretString=json.dumps(secret))
        self.settings = Settings(
            region=REGION,
            channels=(self.name,),
            slack_secret=made["ARN"],
            slack_channel=CHANNEL,
            slack_api=slack.api,
            security_hub_product=PRODUCT,
            case_from=Severity.HIGH,
            console_url="https://console.invented.example",
        )
        self._services = Services(self.settings, session, self.clock)
        self.wrap: Callable[[Channel], Channel] = lambda channel: channel
        self.number = 0

    def channel(self, name: str) -> Channel:
        return self.wrap(self._services.channel(name))

    def tell(self, *, times: int = 1) -> list[str]:
        """The incident's notices as the queue delivers them; those that come back."""
        failed = []
        for _ in range(times):
            self.number += 1
            body = json.dumps({"channel": self.name, "incident_id": "incident-1"})
            failed += tell_messages(self, [Message(f"m-{self.number}", body)])  # type: ignore[arg-type]
        return failed

    def later(self) -> list[str]:
        """What the queue hid comes back."""
        self.clock.advance(seconds=180)
        return self.tell()

    # --- what happens ---------------------------------------------------------------------------------------------

    def opened(self, **changes: Any) -> None:
        given = {"title": "650 calls in an hour", "account": EMBEDDED, "finding_ids": ("f-1",)} | changes
        self.incidents.save(an_incident(**given), new_findings=(), names=())

    def grown(self) -> None:
        self._moved(severity=Severity.CRITICAL, detectors=("quota_abuse", "llmjacking"))

    def contained(self) -> None:
        step = a_step("deny_role_session", "role_session", "app/alice")
        run_id = run_of("incident-1", 1)
        plan = Plan(
            run_id=run_id, incident_id="incident-1", playbook="throttle_caller", mode=Mode.AUTO, steps=(step,),
            reason="it was asked for", created=START, undo="The denial is taken back.",
        )  # fmt: skip
        run = Run(
            id=run_id, incident_id="incident-1", playbook="throttle_caller", mode=Mode.AUTO, plan=plan,
            status=RunStatus.CONTAINED, started_at=START, contained_at=START, times={"contain": 12.5}, dollars=1.5,
        )  # fmt: skip
        self.ledger.save_run(run)
        receipt = Receipt(
            id=step.id, run_id=run_id, incident_id="incident-1", playbook="throttle_caller", step=step, mode=Mode.AUTO,
            status=StepStatus.VERIFIED, planned_at=START, found={},
        )  # fmt: skip
        self.ledger.save_receipt(receipt)
        self._moved(status=IncidentStatus.CONTAINED)

    def contained_in_part(self, missing: str) -> None:
        """One round is proven and stands; the other failed and was undone."""
        self.contained()
        (run,) = self.ledger.runs()
        in_part = {"status": RunStatus.PARTLY_CONTAINED, "error": missing, "contained_at": None}
        self.ledger.save_run(run.model_copy(update=in_part))
        self._moved(status=IncidentStatus.TRIAGED)

    def closed(self) -> None:
        self._moved(status=IncidentStatus.CLOSED, closed_reason="a load test")

    def _moved(self, **changes: Any) -> None:
        incident: Incident | None = self.incidents.get("incident-1")
        assert incident is not None
        self.incidents.save(incident.model_copy(update=changes), new_findings=(), names=())

    # --- what people see -------------------------------------------------------------------------------------------

    def seen(self) -> list[str]:
        """Each message as its words."""
        match self.kind:
            case "slack" | "webhook":
                return [json.dumps(message["blocks"]) for message in self.slack.messages.values()]
            case "security_hub":
                return [json.dumps(finding) for finding in security_hub.imported().values()]
            case _:
                return [json.dumps(case) for case in incident_response.cases().values()]
