"""What detectors state, how it was heard of, and what could not be read."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from tidegate.model.border import Model, Time


class Severity(StrEnum):
    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for informational to 4 for critical; OCSF severity_id is rank + 1."""
        return list(Severity).index(self)


class Suppressed(Model):
    """The allowance that kept a finding from being raised."""

    rule: str  # what it allows, as written
    reason: str
    expires: Time


class Heard(Model):
    """How an event became a finding, so that each delay can be told from the others."""

    event: Time  # when it happened
    arrived: Time  # when it reached our queue
    found: Time  # when a detector had seen it

    @property
    def stages(self) -> dict[str, float]:
        """Seconds: how late the source was, and how long we took. 0 where a clock of the source is ahead of ours."""
        spans = {"source": self.arrived - self.event, "detect": self.found - self.arrived}
        return {name: max(0.0, round(span.total_seconds(), 1)) for name, span in spans.items()}


class Finding(Model):
    """One detector's statement about one caller, with what it rests on."""

    id: str  # derived from detector, account, caller, subject and event ids
    detector: str
    detector_version: int = 1
    family: str  # extraction, quota_abuse, exfiltration, prompt_attack, stolen_credentials, tampering
    severity: Severity
    score: float = Field(ge=0, le=100)
    title: str
    time: Time  # event time of the event that decided
    first_seen: Time
    caller: str
    related: tuple[str, ...] = ()  # other kind:value this caller goes by, and address:IP
    account: str
    region: str
    resource: str = ""
    event_ids: tuple[str, ...] = ()  # at most 100, the deciding one last
    evidence: dict[str, Any] = Field(default_factory=dict)  # facts, thresholds and history that a person can check
    techniques: tuple[str, ...] = ()  # ATLAS, ATT&CK, OWASP ids
    playbook: str | None = None  # what the detector's runbook asks for
    arrived: Time | None = None  # when the event that decided reached us; None: not known, as in a replay
    found: Time | None = None  # when it was found; None where `arrived` is. No id depends on either
    got_through: bool = Field(default=False, exclude_if=lambda given: not given)  # the call that decided succeeded
    suppressed: Suppressed | None = Field(default=None, exclude_if=lambda given: given is None)  # indexed, never raised
    case: str = Field(default="", exclude_if=lambda given: not given)  # whose incident it goes to, if not the caller's

    @property
    def heard(self) -> Heard | None:
        if self.arrived is None or self.found is None:
            return None
        return Heard(event=self.time, arrived=self.arrived, found=self.found)


# What a record that can't be read was to be; index: a document that OpenSearch refused.
type Source = Literal[
    "bedrock_invocation", "cloudtrail", "guardduty", "security_hub", "service_event", "index", "unknown"
]


class DamagedNote(Model):
    """An entry of the errors index: why a record was not read, and where its original lies."""

    id: str
    time: Time
    source: Source
    where: str
    reason: str
    original_ref: str = ""  # s3://... of the bytes as they came
