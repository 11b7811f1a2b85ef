"""Incidents and the responses they ask for, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.errors import Conflict
from tidegate.model import Incident, IncidentStatus, derived_id
from tidegate_local.memory.revisions import expect

type Incidents = list[Incident]  # the class below has a method of that name


class MemoryIncidents:
    def __init__(self) -> None:
        self._incidents: dict[str, Incident] = {}
        self._of_finding: dict[str, str] = {}
        self._of_name: dict[tuple[str, str], dict[str, None]] = {}

    def get(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def of_finding(self, finding_id: str) -> str | None:
        return self._of_finding.get(finding_id)

    def open_for(self, account: str, callers: Sequence[str]) -> Incidents:
        """Oldest first."""
        ids = {incident for caller in callers for incident in self._of_name.get((account, caller), ())}
        found = (self._incidents[incident] for incident in ids)
        return sorted((i for i in found if i.status != IncidentStatus.CLOSED), key=lambda i: (i.first_seen, i.id))

    def save(self, incident: Incident, *, new_findings: Sequence[str], names: Sequence[str]) -> Incident:
        stored = self._incidents.get(incident.id)
        expect(f"incident {incident.id}", incident.revision, stored.revision if stored else 0)
        for finding in new_findings:
            if self._of_finding.get(finding, incident.id) != incident.id:
                raise Conflict(f"finding {finding} belongs to incident {self._of_finding[finding]}; read again.")
        saved = incident.model_copy(update={"revision": incident.revision + 1})
        self._incidents[incident.id] = saved
        self._of_finding |= dict.fromkeys(new_findings, incident.id)
        for name in names:
            held = self._of_name.setdefault((incident.account, name), {})
            if saved.status == IncidentStatus.CLOSED:
                held.pop(incident.id, None)
            else:
                held[incident.id] = None
        return saved

    def list(self, *, open_only: bool = False, limit: int = 100) -> Incidents:
        """Last seen first."""
        found = (i for i in self._incidents.values() if not open_only or i.status != IncidentStatus.CLOSED)
        return sorted(found, key=lambda i: (i.last_seen, i.id), reverse=True)[:limit]


class MemoryResponses:
    """`started`: (incident id, generation) in order, each once; `released`: by execution name."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.released: dict[str, tuple[str, str, str]] = {}

    def start(self, incident_id: str, generation: int) -> None:
        if (incident_id, generation) not in self.started:
            self.started.append((incident_id, generation))

    def release(self, run_id: str, *, reason: str, by: str) -> str:
        name = derived_id("release", run_id, reason, by)
        self.released.setdefault(name, (run_id, reason, by))
        return name
