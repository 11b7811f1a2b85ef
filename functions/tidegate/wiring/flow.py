"""Each service of the flow, with the ports it works through."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tidegate.wiring.adapters import Adapters

if TYPE_CHECKING:
    from tidegate.authorizing.authorizing import Authorizing
    from tidegate.calibrating import Calibrating
    from tidegate.console.console import Console
    from tidegate.correlation import Correlation
    from tidegate.detection import Detection
    from tidegate.index.prompts import Prompts
    from tidegate.index.sender import Sender
    from tidegate.indexing import Indexing
    from tidegate.installing import Installing
    from tidegate.intake import Intake
    from tidegate.pricing import Pricing
    from tidegate.probing import Probing
    from tidegate.response import Response
    from tidegate.snapshotting import Snapshotting
    from tidegate.watching import Watch


class Services(Adapters):
    """What the handlers call, and every port behind it. Also the `World` of the response."""

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
        return Correlation(self.incidents, self.responses, self.outbox, flood=flood, news=self.news)

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
