"""What `replay --mode approve|auto` does with findings: hands them to the template, deployed in memory.

From the finding queue on, everything is the deployed thing: the functions under their roles, the state machines, the
ledger. The account holds what the logs have named so far, and its clock stands at the time of the newest event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import boto3

from tidegate import wiring
from tidegate.errors import ConfigurationError
from tidegate.model import Finding, Incident, Receipt, Run
from tidegate.ports import EventIndex
from tidegate.settings import Settings
from tidegate_local.account_seed import Seed
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.named_in_logs import Named
from tidegate_local.stack import OPERATOR_KEYS, settings_of

EVERY = 1_000_000


def template_path() -> Path:
    """The project's template.yaml: beside the sources, else in the current folder."""
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (folder / "template.yaml").is_file():
            return folder / "template.yaml"
    raise ConfigurationError("template.yaml was not found: run this in the project's folder.")


def parameters_of(settings: Settings) -> dict[str, str]:
    """The template's parameters for settings that a command was given."""
    return {
        "ResponseMode": settings.response_mode.value,
        "PipelinePrincipals": ",".join(settings.pipeline_principals),
        "ProtectedPrincipals": ",".join(settings.protected_principals),
        "EndUserKeys": ",".join(settings.end_user_keys),
        "CallsPerHour": str(settings.calls_per_hour),
        "TokensPerHour": str(settings.tokens_per_hour),
        "ContainmentMinutes": str(settings.containment_minutes),
        "ApprovalMinutes": str(settings.approval_minutes),
        "ReachLimit": str(settings.reach_limit),
    }


class Acting:
    """tidegate_local.replay.Responder over an embedded account."""

    def __init__(self, settings: Settings, named: Named, clock: RunClock, events: EventIndex) -> None:
        self._clock = clock
        self._aws = Embedded(template_path(), parameters_of(settings), clock=clock, events=events)
        self._aws.__enter__()
        self._seed = Seed(self._aws, named)
        known = settings_of(self._aws.outputs, "tidegate", self._aws.region)
        self._services = wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=self._aws.region), clock)

    def take(self, findings: Sequence[Finding], now: datetime) -> None:
        self._clock.advance(max((now - self._clock()).total_seconds(), 0.0))
        self._seed.grow()
        self._services.findings.send(findings)
        self._aws.deliver()

    def every_incident(self) -> list[Incident]:
        return self._services.incidents.list(limit=EVERY)

    def runs(self) -> list[tuple[Run, list[Receipt]]]:
        ledger = self._services.ledger
        return [(run, ledger.receipts(run.id)) for run in sorted(ledger.runs(limit=EVERY), key=_begin)]

    def failures(self) -> list[str]:
        return [f"{one.where}: {one.error}: {one.message}" for one in self._aws.failures]

    def close(self) -> None:
        self._aws.close()


def _begin(run: Run) -> tuple[datetime, str]:
    return run.started_at, run.id
