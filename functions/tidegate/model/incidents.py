"""What belongs together, and how far we are with it."""

from __future__ import annotations

from enum import StrEnum

from tidegate.model.border import Model, Time
from tidegate.model.findings import Heard, Severity


class IncidentStatus(StrEnum):
    NEW = "new"
    TRIAGED = "triaged"
    CONTAINED = "contained"
    ERADICATED = "eradicated"
    RECOVERED = "recovered"
    CLOSED = "closed"


class Incident(Model):
    """What belongs together, and how far we are with it."""

    id: str
    severity: Severity
    score: float = 0
    status: IncidentStatus = IncidentStatus.NEW
    title: str = ""
    caller: str
    related: tuple[str, ...] = ()
    account: str
    region: str
    detectors: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    first_seen: Time
    last_seen: Time
    first_heard: Heard | None = None  # of the finding that was found first; None where arrivals aren't known
    last_heard: Heard | None = None
    playbook: str | None = None
    playbook_severity: Severity | None = None  # of the finding that chose `playbook`
    peak: Severity = Severity.INFORMATIONAL  # the most severe single finding; `severity` may be raised above it
    generation: int = 0  # counts the responses asked for; with the id it names the execution
    responses: tuple[str, ...] = ()  # the playbook of generation 1, 2, ...: what `respond` is to run
    asked_for: tuple[str, ...] = ()  # "PLAYBOOK NAME": what findings that ask for a playbook named for it to treat
    asks: str = ""  # why a person decides, whatever the mode; empty: the mode decides
    contained_at: Time | None = None  # when the latest containment was read back; what succeeds later tells against it
    got_through_at: Time | None = None  # when a call of the caller was last known to succeed: by a finding, or a look
    run_id: str | None = None  # the latest run of `respond`
    revision: int = 0  # of the stored item; 0 is not stored yet
    closed_reason: str = ""

    def playbook_of(self, generation: int) -> str | None:
        """What the response of this generation is to run; the incident's `playbook` may be a later one by now."""
        return self.responses[generation - 1] if 0 < generation <= len(self.responses) else self.playbook
