"""The composition root: settings and a session -> services. Nothing else knows which adapter stands behind a port.

Every member is built on first use, so that a function imports, connects to and is permitted only what it needs. A
setting that is missing says so then, by the name of its variable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from tidegate.settings import Settings

if TYPE_CHECKING:
    import boto3
    from opensearchpy import OpenSearch

    from tidegate.authorizing.authorizing import Authorizing
    from tidegate.aws.clients import AwsClients
    from tidegate.aws.notices import NoticeQueue
    from tidegate.aws.objects import S3LogFiles
    from tidegate.calibrating import Calibrating
    from tidegate.console.console import Console
    from tidegate.correlation import Correlation
    from tidegate.detection import Detection
    from tidegate.index.prompts import Prompts
    from tidegate.index.sender import Sender
    from tidegate.indexing import Indexing
    from tidegate.installing import Installing
    from tidegate.intake import Intake
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
    from tidegate.pricing import Pricing
    from tidegate.probing import ProbeSender, Probing
    from tidegate.response import Response
    from tidegate.rules import Rules
    from tidegate.snapshotting import Snapshotting
    from tidegate.watching import Watch


class Services:
    """What the handlers call, and every port behind it. Also the `World` of the response."""

    def __init__(
        self, settings: Settings, session: boto3.Session, clock: Clock, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`pause`: how the sender waits (seconds) before it tries again."""
        self.settings = settings
        self.session = session
        self.clock = clock
        self._pause = pause

    # --- services -------------------------------------------------------------------------------------------

    @cached_property
    def intake(self) -> Intake:
        from tidegate.intake import Intake

        return Intake(self.detection, logs=self.logs, end_user_keys=self.settings.end_user_keys, probing=self.probing)

    @cached_property
    def watch(self) -> Watch:
        from tidegate.watching import Watch

        return Watch(self.states, self.snapshots, self.findings, self.outbox, self.rules, self.settings, self.clock)

    def snapshotting(self, account: str) -> Snapshotting:
        from tidegate.aws.configurations import AwsConfigurations
        from tidegate.snapshotting import Snapshotting

        settings = self.settings
        readable = AwsConfigurations(self.clients.named, pointers=settings.model_pointers)
        return Snapshotting(readable, self.snapshots, self.clock, account=account, region=settings.region)

    @cached_property
    def probing(self) -> Probing:
        from tidegate.probing import Probing

        return Probing(self.states, self.clock)

    @cached_property
    def probe_sender(self) -> ProbeSender:
        from tidegate.aws.probes import AwsProbeSender

        return AwsProbeSender(self.logs, self.clients.events, self.findings)

    @cached_property
    def detection(self) -> Detection:
        from tidegate.detection import Detection

        return Detection(
            self.states,
            self.deliveries,
            self.snapshots,
            self.findings,
            self.outbox,
            self.damaged,
            self.rules,
            self.settings,
            self.clock,
            prompts=self.prompts,
        )

    @cached_property
    def prompts(self) -> Prompts:
        from tidegate.index.prompts import Prompts

        chosen = self.settings.prompt_index
        return Prompts(chosen, self.evidence if chosen == "redacted-with-originals" else None)

    @cached_property
    def pricing(self) -> Pricing:
        from tidegate.aws.prices import AwsPriceList, DynamoPublishedPrices
        from tidegate.pricing import Pricing

        price_list, settings = AwsPriceList(self.clients.pricing), self.settings
        published = DynamoPublishedPrices(self.clients.dynamodb, settings.need("quota_table"))
        return Pricing(price_list, self.snapshots, published, self.clock, settings.need("region"))

    @cached_property
    def calibrating(self) -> Calibrating:
        from tidegate.aws.callers import DynamoCallerStates
        from tidegate.calibrating import Calibrating

        every = DynamoCallerStates(self.clients.dynamodb, self.settings.need("caller_table"))
        return Calibrating(every, self.snapshots, self.notifier, self.clock, self.settings.need("region"))

    @cached_property
    def correlation(self) -> Correlation:
        from tidegate.correlation import Correlation

        flood = self.settings.flood_incidents
        return Correlation(self.incidents, self.responses, self.outbox, self.clock, flood=flood, news=self.news)

    @cached_property
    def response(self) -> Response:
        from tidegate.response import Response

        return Response(self)

    @cached_property
    def console(self) -> Console:
        from tidegate.console.console import Console

        return Console(self)

    @cached_property
    def authorizing(self) -> Authorizing:
        from tidegate.authorizing.authorizing import Authorizing, ByHeader, ByToken, signalled
        from tidegate.authorizing.issuer_keys import IssuerKeys
        from tidegate_quota import Budget, Budgets, Quota

        settings = self.settings
        quota = Quota(
            self.clients.quota,
            settings.need("quota_table"),
            budgets=Budgets(self.rules.end_user, Budget(calls_per_minute=settings.end_user_calls_per_minute)),
            when_away=settings.authorizer_when_away,
            signal=signalled,
            clock=lambda: self.clock().timestamp(),
            pause=self._pause,
        )
        issuer = settings.authorizer_issuer
        if not issuer:
            return Authorizing(quota, ByHeader(settings.authorizer_header), mode=settings.authorizer)
        identity = ByToken(
            IssuerKeys(issuer, self.clock),
            self.clock,
            issuer=issuer,
            audience=settings.need("authorizer_audience"),
            claim=settings.authorizer_claim,
        )
        return Authorizing(quota, identity, mode=settings.authorizer)

    @cached_property
    def indexing(self) -> Indexing:
        from tidegate.indexing import Indexing

        return Indexing(self.logs, self.sender)

    @cached_property
    def sender(self) -> Sender:
        from tidegate.index.sender import Sender

        return Sender(
            self._opensearch(), damaged=self.damaged, clock=self.clock, pause=self._pause, serverless=self._serverless
        )

    @cached_property
    def installing(self) -> Installing:
        from tidegate.index.installing import Installer
        from tidegate.installing import Installing

        installer = Installer(self._opensearch(), serverless=self._serverless, pause=self._pause)
        return Installing(installer, self.clock)

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

    @cached_property
    def clients(self) -> AwsClients:
        from tidegate.aws.clients import AwsClients

        return AwsClients(self.session, quota_table=self.settings.quota_table)


def build(
    settings: Settings, session: boto3.Session, clock: Clock, pause: Callable[[float], None] = time.sleep
) -> Services:
    return Services(settings, session, clock, pause)


def now() -> datetime:
    return datetime.now(UTC)


_bound: ContextVar[Services | None] = ContextVar("_bound", default=None)
_of_this_process: Services | None = None


def services() -> Services:
    """Those that are bound here; else this process's own, from its environment, built on the first call.

    Raises ConfigurationError that names the variable that makes no sense.
    """
    global _of_this_process
    if found := _bound.get():
        return found
    if _of_this_process is None:
        from tidegate.aws.clients import session

        _of_this_process = build(Settings.from_environment(os.environ), session(), now)
    return _of_this_process


@contextmanager
def bound(to: Services) -> Iterator[Services]:
    """Within it, `services()` is `to`: the embedded runtime gives each function its own role, settings and clock."""
    token = _bound.set(to)
    try:
        yield to
    finally:
        _bound.reset(token)
