"""Every port, and the adapter that stands behind it: what is remembered, who is moved, objects and the index."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from tidegate.settings import Settings

if TYPE_CHECKING:
    import boto3
    from opensearchpy import OpenSearch

    from tidegate.aws.clients import AwsClients
    from tidegate.aws.notices import NoticeQueue
    from tidegate.aws.objects import S3LogFiles
    from tidegate.notices.channel import Channel
    from tidegate.ports import (
        Approvals,
        CallerStates,
        Clock,
        ConfigurationSnapshots,
        Confirmations,
        DamagedStore,
        Deliveries,
        EventIndex,
        Evidence,
        Executions,
        FindingIndex,
        FindingQueue,
        Incidents,
        KeptEvidence,
        Ledger,
        News,
        Notices,
        Notifier,
        Outbox,
        Responses,
        Schedules,
        Tasks,
    )
    from tidegate.probing import ProbeSender
    from tidegate.rules import Rules


class Adapters:
    """What the services are built on. Each is built on first use."""

    def __init__(
        self, settings: Settings, session: boto3.Session, clock: Clock, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`pause`: how the sender waits (seconds) before it tries again."""
        self.settings = settings
        self.session = session
        self.clock = clock
        self._pause = pause

    @cached_property
    def clients(self) -> AwsClients:
        from tidegate.aws.clients import AwsClients

        return AwsClients(self.session, quota_table=self.settings.quota_table)

    # --- what detection remembers ---------------------------------------------------------------------------

    @cached_property
    def states(self) -> CallerStates:
        from tidegate.aws.callers import DynamoCallerStates

        return DynamoCallerStates(self.clients.dynamodb, self.settings.need("caller_table"))

    @cached_property
    def deliveries(self) -> Deliveries:
        from tidegate.aws.callers import DynamoDeliveries

        return DynamoDeliveries(self.clients.dynamodb, self.settings.need("delivery_table"))

    @cached_property
    def snapshots(self) -> ConfigurationSnapshots:
        from tidegate.aws.snapshots import DynamoSnapshots

        return DynamoSnapshots(self.clients.dynamodb, self.settings.need("snapshot_table"))

    @cached_property
    def findings(self) -> FindingQueue:
        from tidegate.aws.queues import SqsFindingQueue

        return SqsFindingQueue(self.clients.sqs, self.settings.need("finding_queue_url"))

    @cached_property
    def rules(self) -> Rules:
        from tidegate.rules import Rules

        path = self.settings.rules_parameters
        if not path:
            return Rules()
        from tidegate.aws.rules import rules_text
        from tidegate.suppression import report_expired

        rules = Rules.from_toml(rules_text(self.clients.ssm, path), where=f"SSM parameters below {path}")
        report_expired(rules, self.clock())
        return rules

    @cached_property
    def probe_sender(self) -> ProbeSender:
        from tidegate.aws.probes import AwsProbeSender

        return AwsProbeSender(self.logs, self.clients.events, self.findings)

    # --- what the response remembers, and whom it moves -----------------------------------------------------

    @cached_property
    def incidents(self) -> Incidents:
        from tidegate.aws.incidents import DynamoIncidents

        return DynamoIncidents(self.clients.dynamodb, self.settings.need("incident_table"))

    @cached_property
    def ledger(self) -> Ledger:
        from tidegate.aws.ledger import DynamoLedger

        return DynamoLedger(self.clients.dynamodb, self.settings.need("ledger_table"))

    @cached_property
    def approvals(self) -> Approvals:
        from tidegate.aws.approvals import DynamoApprovals

        return DynamoApprovals(self.clients.dynamodb, self.settings.need("approval_table"))

    @cached_property
    def confirmations(self) -> Confirmations:
        from tidegate.aws.confirmations import DynamoConfirmations

        return DynamoConfirmations(self.clients.dynamodb, self.settings.need("approval_table"))

    @cached_property
    def executions(self) -> Executions:
        from tidegate.aws.executions import StepFunctionsExecutions

        return StepFunctionsExecutions(self.clients.states, respond=self.settings.need("respond_state_machine"))

    @cached_property
    def responses(self) -> Responses:
        from tidegate.aws.playbooks import StepFunctionsResponses

        settings = self.settings
        return StepFunctionsResponses(
            self.clients.states, respond=settings.respond_state_machine, release=settings.release_state_machine
        )

    @cached_property
    def tasks(self) -> Tasks:
        from tidegate.aws.playbooks import StepFunctionsTasks

        return StepFunctionsTasks(self.clients.states)

    @cached_property
    def schedules(self) -> Schedules:
        from tidegate.aws.schedules import EventBridgeSchedules

        settings = self.settings
        return EventBridgeSchedules(
            self.clients.scheduler,
            group=settings.need("schedule_group"),
            machine=settings.need("release_state_machine"),
            role=settings.need("schedule_role"),
        )

    @cached_property
    def notifier(self) -> Notifier:
        """Through the queue, so that a topic that is away holds nobody up; who has no queue publishes."""
        if self.settings.notice_queue_url:
            return self._notice_queue
        from tidegate.aws.notifications import SnsNotifier

        return SnsNotifier(self.clients.sns, self.settings.need("notification_topic"))

    @cached_property
    def news(self) -> News:
        return self._notice_queue

    @cached_property
    def _notice_queue(self) -> NoticeQueue:
        from tidegate.aws.notices import NoticeQueue

        settings = self.settings
        return NoticeQueue(self.clients.sqs, settings.notice_queue_url, settings.channels)

    @cached_property
    def notices(self) -> Notices:
        from tidegate.aws.notices import DynamoNotices

        return DynamoNotices(self.clients.dynamodb, self.settings.need("notice_table"))

    def channel(self, name: str) -> Channel:
        """Where people are told besides the topic. Raises ConfigurationError for what is not set up."""
        from tidegate.notices.channels import channel

        return channel(name, self.settings, self.clients, self.clock)

    # --- objects and the index ------------------------------------------------------------------------------

    @cached_property
    def logs(self) -> S3LogFiles:
        from tidegate.aws.objects import S3LogFiles

        return S3LogFiles(self.clients.s3, self.settings.log_bucket)

    @cached_property
    def outbox(self) -> Outbox:
        from tidegate.aws.objects import S3Outbox

        return S3Outbox(self.clients.s3, self.settings.need("outbox_bucket"))

    @cached_property
    def damaged(self) -> DamagedStore:
        from tidegate.aws.objects import S3DamagedStore

        return S3DamagedStore(self.clients.s3, self.settings.need("outbox_bucket"))

    @cached_property
    def evidence(self) -> Evidence:
        from tidegate.aws.objects import S3Evidence

        return S3Evidence(self.clients.s3, self.settings.need("evidence_bucket"))

    @cached_property
    def kept_evidence(self) -> KeptEvidence:
        from tidegate.aws.objects import S3KeptEvidence

        return S3KeptEvidence(self.clients.s3)

    @cached_property
    def events(self) -> EventIndex | None:
        """None where no index is configured: reach is not counted then, and every plan says so."""
        if not self.settings.opensearch_endpoint:
            return None
        from tidegate.index.event_index import OpenSearchEventIndex

        return OpenSearchEventIndex(self._opensearch())

    @cached_property
    def finding_index(self) -> FindingIndex | None:
        """None where no index is configured: the console says so beside each incident."""
        if not self.settings.opensearch_endpoint:
            return None
        from tidegate.index.finding_index import OpenSearchFindings

        return OpenSearchFindings(self._opensearch())

    def _opensearch(self) -> OpenSearch:
        from tidegate.index.client import connect

        settings = self.settings
        return connect(
            settings.need("opensearch_endpoint"),
            service=settings.opensearch_service,
            region=settings.region,
            credentials=self.session.get_credentials(),
        )

    @property
    def _serverless(self) -> bool:
        return self.settings.opensearch_service == "aoss"
