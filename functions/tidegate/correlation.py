"""Findings in, incidents out, and a response started for each that asks for one. Exactly once in effect.

One write holds the incident with the finding folded in, and the note which incident the finding went to. The responses
are started after it, under names made of incident and generation: a crash in between brings the findings again, their
incidents are found by the notes, and the starts are made good. Starting twice starts once.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import suppress
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from tidegate.errors import Conflict
from tidegate.incidents import chosen, flood_name, folded, names_of, of_its_case, of_the_principal, opened_by
from tidegate.index.documents import finding_document, incident_document
from tidegate.model import Finding, Heard, Incident, derived_id
from tidegate.ports import Incidents, News, Outbox, Responses
from tidegate.telemetry import metrics

_ATTEMPTS = 6
FLOOD = 20  # end users of one principal within an hour that get an incident each
FLOODED = "more end users of one principal than are likely were reported within an hour: their names may be forged"


class Correlation:
    def __init__(
        self,
        incidents: Incidents,
        responses: Responses,
        outbox: Outbox,
        *,
        flood: int = FLOOD,
        news: News | None = None,
    ) -> None:
        self._news = news
        self._flood = flood
        self._incidents = incidents
        self._responses = responses
        self._outbox = outbox

    def take(self, findings: Sequence[Finding]) -> list[Incident]:
        """Folds findings, oldest event first; returns the incidents they went to, as stored.

        Raises Conflict when an incident stays contended: the batch comes again.
        """
        touched: dict[str, Incident] = {}
        went: dict[str, str] = {}
        to_start: dict[tuple[str, int], None] = {}  # started last: what comes in one batch is answered by one plan
        in_order = sorted({finding.id: finding for finding in findings}.values(), key=_order)
        for finding in in_order:
            incident, asked = self._fold(finding, to_start)
            to_start |= dict.fromkeys((incident.id, generation) for generation in asked)
            touched[incident.id] = incident
            went[finding.id] = incident.id
        for incident_id, generation in to_start:
            self._responses.start(incident_id, generation)
        if in_order:
            documents = [finding_document(finding, incident_id=went[finding.id]) for finding in in_order]
            documents += [incident_document(incident) for incident in touched.values()]
            revisions = sorted(f"{incident.id}@{incident.revision}" for incident in touched.values())
            self._outbox.write(derived_id("incidents", *sorted(went), *revisions), documents)
        if self._news is not None:
            for incident_id in touched:
                self._news(incident_id)
        return list(touched.values())

    def _fold(self, finding: Finding, to_start: Container[tuple[str, int]]) -> tuple[Incident, range]:
        """The incident as stored, and the generations of responses to start for this finding.

        `to_start`: those that this batch has asked for already, whose plans will know this finding too.
        """
        for _ in range(_ATTEMPTS):
            if present := self._present(finding):
                return present, range(1, present.generation + 1)  # which of them were started isn't known
            before, told, names = self._place(finding)
            after = folded(before, told, planned=(before.id, before.generation) not in to_start)
            with suppress(Conflict):
                stored = self._incidents.save(after, new_findings=[finding.id], names=names)
                if finding.heard is not None:
                    _publish(finding.heard)
                return stored, range(before.generation + 1, after.generation + 1)
        raise Conflict(f"finding {finding.id}: its incident stayed contended {_ATTEMPTS} times; the batch comes again.")

    def _place(self, finding: Finding) -> tuple[Incident, Finding, tuple[str, ...]]:
        """The incident it goes to, the finding as it is told there, and the names the incident is kept under.

        So many end users of one principal within an hour that their names look forged: the next ones are told of the
        principal, in an incident about which a person decides.
        """
        finding = of_its_case(finding)
        names = names_of(finding)
        if present := chosen(finding, self._incidents.open_for(finding.account, names)):
            return present, finding, names
        counted = flood_name(finding)
        if counted is None:
            return self._opened(finding), finding, names
        if len(self._incidents.open_for(finding.account, (counted,))) < self._flood:
            return self._opened(finding), finding, (*names, counted)
        told = of_the_principal(finding)
        names = names_of(told)
        before = chosen(told, self._incidents.open_for(told.account, names)) or self._opened(told)
        return before.model_copy(update={"asks": before.asks or FLOODED}), told, names

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


def _publish(heard: Heard) -> None:
    """Once for each finding; a death just before loses the sample and nothing else."""
    stages = heard.stages
    metrics.add_metric("SecondsOfSourceDelay", MetricUnit.Seconds, stages["source"])
    metrics.add_metric("SecondsToDetect", MetricUnit.Seconds, stages["detect"])


def _order(finding: Finding) -> tuple[datetime, str]:
    return finding.time, finding.id
