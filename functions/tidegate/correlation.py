"""Findings in, incidents out, and a response started for each that asks for one. Exactly once in effect.

One write holds the incident with the finding folded in, and the note which incident the finding went to. The response
is started after it, under a name made of incident and generation: a crash in between brings the finding again, its
incident is found by the note, and the start is made good. Starting twice starts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from tidegate.errors import Conflict
from tidegate.incidents import chosen, folded, names_of, opened_by
from tidegate.index.documents import finding_document, incident_document
from tidegate.model import Finding, Incident, derived_id
from tidegate.ports import Clock, Incidents, Outbox, Responses

_ATTEMPTS = 6


class Correlation:
    def __init__(self, incidents: Incidents, responses: Responses, outbox: Outbox, _clock: Clock | None = None) -> None:
        self._incidents = incidents
        self._responses = responses
        self._outbox = outbox

    def take(self, findings: Sequence[Finding]) -> list[Incident]:
        """Folds findings, oldest event first; returns the incidents they went to, as stored.

        Raises Conflict when an incident stays contended: the batch comes again.
        """
        touched: dict[str, Incident] = {}
        went: dict[str, str] = {}
        in_order = sorted({finding.id: finding for finding in findings}.values(), key=_order)
        for finding in in_order:
            incident, asked = self._fold(finding)
            for generation in asked:
                self._responses.start(incident.id, generation)
            touched[incident.id] = incident
            went[finding.id] = incident.id
        if in_order:
            documents = [finding_document(finding, incident_id=went[finding.id]) for finding in in_order]
            documents += [incident_document(incident) for incident in touched.values()]
            revisions = sorted(f"{incident.id}@{incident.revision}" for incident in touched.values())
            self._outbox.write(derived_id("incidents", *sorted(went), *revisions), documents)
        return list(touched.values())

    def _fold(self, finding: Finding) -> tuple[Incident, range]:
        """The incident as stored, and the generations of responses to start for this finding."""
        for _ in range(_ATTEMPTS):
            if present := self._present(finding):
                return present, range(1, present.generation + 1)  # which of them were started isn't known
            names = names_of(finding)
            before = chosen(finding, self._incidents.open_for(finding.account, names)) or self._opened(finding)
            after = folded(before, finding)
            with suppress(Conflict):
                stored = self._incidents.save(after, new_findings=[finding.id], names=names)
                return stored, range(before.generation + 1, after.generation + 1)
        raise Conflict(f"finding {finding.id}: its incident stayed contended {_ATTEMPTS} times; the batch comes again.")

    def _opened(self, finding: Finding) -> Incident:
        new = opened_by(finding)
        taken = self._incidents.get(new.id)
        if taken is None:
            return new
        return chosen(finding, [taken]) or opened_by(finding, apart=True)

    def _present(self, finding: Finding) -> Incident | None:
        """The incident that this finding was folded into before, if it was."""
        incident_id = self._incidents.of_finding(finding.id)
        return self._incidents.get(incident_id) if incident_id else None


def _order(finding: Finding) -> tuple[datetime, str]:
    return finding.time, finding.id
