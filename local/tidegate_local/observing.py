"""What `replay --mode observe` does with findings: incidents and plans in memory, nothing changed, nothing emulated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NoReturn

from tidegate.actions import Clients
from tidegate.correlation import Correlation
from tidegate.errors import Permanent
from tidegate.model import Finding, Incident, Receipt, Run
from tidegate.ports import (
    Approvals,
    ConfigurationSnapshots,
    EventIndex,
    Evidence,
    Incidents,
    Ledger,
    News,
    Notifier,
    Outbox,
    Responses,
    Schedules,
    Tasks,
)
from tidegate.response import Response
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate_local.clock import RunClock
from tidegate_local.memory import MemoryIncidents, MemoryLedger
from tidegate_local.named_in_logs import Named
from tidegate_local.presumed_account import presumed_clients


class Observing:
    """tidegate_local.replay.Responder. Also the `World` of the response, and its `Responses`."""

    def __init__(
        self,
        settings: Settings,
        named: Named,
        clock: RunClock,
        events: EventIndex,
        rules: Rules,
        snapshots: ConfigurationSnapshots,
    ) -> None:
        self.settings, self.clock = settings, clock
        self.rules, self.snapshots = rules, snapshots
        self.clients: Clients = presumed_clients(named)
        self.incidents: Incidents = MemoryIncidents()
        self.ledger: Ledger = MemoryLedger()
        self.events: EventIndex | None = events
        self._correlation = Correlation(self.incidents, self, self)
        self._response = Response(self)

    def take(self, findings: Sequence[Finding], now: datetime) -> None:
        self.clock.advance(max((now - self.clock()).total_seconds(), 0.0))
        self._correlation.take(findings)

    def every_incident(self) -> list[Incident]:
        return self.incidents.list(limit=1_000_000)

    def runs(self) -> list[tuple[Run, list[Receipt]]]:
        runs = sorted(self.ledger.runs(limit=1_000_000), key=lambda run: (run.started_at, run.id))
        return [(run, self.ledger.receipts(run.id)) for run in runs]

    def failures(self) -> list[str]:
        """None: what goes wrong is raised."""
        return []

    def close(self) -> None:
        """Nothing is held."""

    # --- tidegate.ports.Responses -------------------------------------------------------------------------------

    def start(self, incident_id: str, generation: int) -> None:
        """What the state machine `respond` does in mode observe: plan, then record."""
        planned = self._response.plan(incident_id, generation)
        self._response.close(incident_id, generation, "refused" if planned["mode"] == "refused" else "observed")

    def release(self, run_id: str, *, reason: str, by: str) -> NoReturn:  # noqa: ARG002
        raise Permanent(f"run {run_id} was observed: there is nothing to release.")

    # --- the rest of the World: what observe never touches ------------------------------------------------------

    def write(self, batch_id: str, documents: Iterable[bytes]) -> None:
        """tidegate.ports.Outbox: there is no index."""

    def tell(self, subject: str, text: str, *, deduplication: str) -> None:
        """tidegate.ports.Notifier: the command's output tells."""

    @property
    def outbox(self) -> Outbox:
        return self

    @property
    def notifier(self) -> Notifier:
        return self

    @property
    def news(self) -> News:
        return lambda _incident_id: None  # the command's output tells

    @property
    def responses(self) -> Responses:
        return self

    @property
    def approvals(self) -> Approvals:
        return self._never("approvals")

    @property
    def evidence(self) -> Evidence:
        return self._never("evidence")

    @property
    def schedules(self) -> Schedules:
        return self._never("schedules")

    @property
    def tasks(self) -> Tasks:
        return self._never("tasks")

    def _never(self, what: str) -> NoReturn:
        raise Permanent(f"observe asked for {what}: it plans and changes nothing. Use --mode approve or auto.")
