"""Findings, suppressed ones, incidents, playbook runs and ingest errors as ready bulk bytes, made from the models.

What changes over time carries its revision as external version: an older revision that arrives late gets 409 and
is dropped, in whatever order the deliveries come. Index names depend on content alone, so that a redelivered
document meets itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tidegate.content import configurations
from tidegate.index.bodies import indexable
from tidegate.index.document_shapes import (
    Analytic,
    DocumentMetadata,
    ErrorDocument,
    ErrorExtension,
    FindingDocument,
    FindingExtension,
    FindingInformation,
    Group,
    Hearing,
    IncidentDocument,
    IncidentExtension,
    RunDocument,
    RunExtension,
    Stages,
    SuppressionDocument,
    SuppressionExtension,
)
from tidegate.index.event_shapes import OCSF_VERSION, Cloud, CloudAccount, Product, Resource
from tidegate.model import (
    DamagedNote,
    Finding,
    Heard,
    Incident,
    IncidentStatus,
    Mode,
    Receipt,
    Run,
    RunStatus,
    Step,
    StepStatus,
)

FINDINGS, SUPPRESSIONS, INCIDENTS, RUNS, ERRORS = (
    "tidegate-findings",
    "tidegate-suppressions",
    "tidegate-incidents",
    "tidegate-playbook-runs",
    "tidegate-ingest-errors",
)

_PRODUCT = Product("Tidegate")
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_BASE_EVENT, _INFORMATIONAL = 0, 1
_RESPONDERS = Group("responders")  # OCSF asks who has an incident; who in particular, the ledger of approvals says
_SUPPRESSED = 3  # OCSF status_id of a Detection Finding
# Remediation Activity: which way an action goes. What denies isolates; what ends a credential evicts; undo restores.
_ISOLATE, _EVICT, _RESTORE, _OTHER = 1, 2, 3, 99
_EVICTING = ("deactivate_access_key", "replace_access_key", "delete_access_key", "delete_api_key")
_RESTORING = ("roll_back_agent_alias",)
_OCSF_STATUS = {  # of an incident: 1 New, 2 In Progress, 4 Resolved, 5 Closed; OCSF has no "contained"
    IncidentStatus.NEW: 1,
    IncidentStatus.RECOVERED: 4,
    IncidentStatus.CLOSED: 5,
}
_encode = msgspec.json.Encoder().encode


def finding_document(finding: Finding, *, incident_id: str = "") -> bytes:
    """Sent as found (version 1), and again once it belongs to an incident (version 2)."""
    document = FindingDocument(
        **_detection(finding), tidegate=FindingExtension(**_found(finding), incident_uid=incident_id)
    )
    return _versioned(_monthly(FINDINGS, finding.first_seen), finding.id, 2 if incident_id else 1, document)


def suppression_document(finding: Finding) -> bytes:
    """A finding that an allowance kept back: what it would have said, and why it did not."""
    kept = finding.suppressed
    document = SuppressionDocument(
        **_detection(finding),
        status="Suppressed",
        status_id=_SUPPRESSED,
        tidegate=SuppressionExtension(
            **_found(finding),
            rule=kept.rule if kept else "",
            reason=kept.reason if kept else "",
            expires_time=_millis(kept.expires) if kept else None,
        ),
    )
    where = {"_index": _monthly(SUPPRESSIONS, finding.first_seen), "_id": finding.id}
    return _bulk("create", where, document)


def incident_document(incident: Incident) -> bytes:
    closed = incident.status is IncidentStatus.CLOSED
    activity = _CLOSE if closed else _CREATE if incident.revision <= 1 else _UPDATE
    document = IncidentDocument(
        time=_millis(incident.last_seen),
        **_of_class(2005, activity),
        severity_id=incident.severity.rank + 1,
        severity=incident.severity.value,
        status=incident.status.value,
        status_id=_OCSF_STATUS.get(incident.status, 2),
        assignee_group=_RESPONDERS,
        metadata=_metadata(incident.id),
        cloud=_cloud(incident.account, incident.region),
        finding_info_list=(
            FindingInformation(
                incident.id,
                incident.title,
                incident.families,
                _millis(incident.first_seen),
                _millis(incident.last_seen),
            ),
        ),
        tidegate=IncidentExtension(
            caller=incident.caller,
            names=tuple(dict.fromkeys((incident.caller, *incident.related))),
            detectors=incident.detectors,
            families=incident.families,
            techniques=incident.techniques,
            finding_ids=incident.finding_ids,
            playbook=incident.playbook or "",
            generation=incident.generation,
            run_uid=incident.run_id or "",
            revision=incident.revision,
            closed_reason=incident.closed_reason,
            open=not closed,
            heard=_hearing(incident.first_heard),
            score=incident.score,
            resources=incident.resources,
        ),
    )
    return _versioned(INCIDENTS, incident.id, incident.revision, document)


def run_document(run: Run) -> bytes:
    activity = _RESTORE if run.status in (RunStatus.UNDOING, RunStatus.RELEASED) else _OTHER
    plan = run.plan
    document = RunDocument(
        time=_millis(run.started_at),
        **_of_class(7001, activity),
        severity_id=_INFORMATIONAL,
        command_uid=run.id,
        status=run.status.value,
        metadata=_metadata(run.id),
        cloud=_cloud_of(plan.steps if plan else ()),
        tidegate=RunExtension(
            kind="run",
            run_uid=run.id,
            incident_uid=run.incident_id,
            playbook=run.playbook,
            mode=run.mode.value,
            dry_run=run.mode is Mode.OBSERVE,
            revision=run.revision,
            reason=plan.reason if plan else "",
            mode_reason=plan.mode_reason if plan else "",
            undo=plan.undo if plan else "",
            reach=plan.reach if plan else None,
            requested_by=plan.requested_by if plan else "",
            approved_by=run.approved_by,
            evidence_ref=run.evidence_ref,
            rolled_back=run.released_at is not None,
            decided_time=_millis_or_none(run.decided_at),
            contained_time=_millis_or_none(run.contained_at),
            released_time=_millis_or_none(run.released_at),
            expires_time=_millis_or_none(run.expires_at),
            stages=Stages(**run.times) if run.times else None,
            dollars=run.dollars,
            history=run.history,
            duration_ms=_between(run.started_at, run.contained_at),
        ),
        message=run.error,
    )
    return _versioned(_monthly(RUNS, run.started_at), run.id, run.revision, document)


def receipt_document(receipt: Receipt) -> bytes:
    """One step. What was found and changed stays in the ledger; the difference and the proof are what people search."""
    step = receipt.step
    activity = _activity(receipt)
    document = RunDocument(
        time=_millis(receipt.planned_at),
        **_of_class(7001, activity),
        severity_id=_INFORMATIONAL,
        command_uid=receipt.id,
        status=receipt.status.value,
        metadata=_metadata(receipt.id),
        cloud=_cloud(step.target.account, step.target.region),
        tidegate=RunExtension(
            kind="step",
            run_uid=receipt.run_id,
            incident_uid=receipt.incident_id,
            playbook=receipt.playbook,
            mode=receipt.mode.value,
            dry_run=receipt.mode is Mode.OBSERVE,
            revision=receipt.revision,
            reach=step.reach,
            approved_by=receipt.approved_by,
            step_uid=receipt.id,
            action=step.action,
            target_kind=step.target.kind,
            target=str(step.target),
            calls=step.calls,
            difference=_flat({"changes": _changes(step)}),
            proof=_flat(configurations.shown(receipt.proof)),
            rolled_back=receipt.status is StepStatus.UNDONE,
            undone_by=receipt.undone_by,
            applied_time=_millis_or_none(receipt.applied_at),
            verified_time=_millis_or_none(receipt.verified_at),
            undone_time=_millis_or_none(receipt.undone_at),
            expires_time=_millis_or_none(receipt.expires_at),
            duration_ms=_between(receipt.planned_at, receipt.verified_at or receipt.applied_at),
        ),
        message=receipt.error,
    )
    return _versioned(_monthly(RUNS, receipt.planned_at), receipt.id, receipt.revision, document)


def error_document(note: DamagedNote) -> bytes:
    document = ErrorDocument(
        time=_millis(note.time),
        **_of_class(_BASE_EVENT, _OTHER),
        severity_id=_INFORMATIONAL,
        metadata=_metadata(note.id),
        tidegate=ErrorExtension(note.source, note.where[:2048], note.reason[:2048], note.original_ref),
    )
    return _bulk("create", {"_index": note.time.strftime(f"{ERRORS}-%G.%V"), "_id": note.id}, document)


def _detection(finding: Finding) -> dict[str, Any]:
    """What a Detection Finding says by OCSF, raised or suppressed."""
    return {
        "time": _millis(finding.time),
        **_of_class(2004, _CREATE),
        "severity_id": finding.severity.rank + 1,
        "severity": finding.severity.value,
        "risk_score": round(finding.score),
        "metadata": _metadata(finding.id),
        "cloud": _cloud(finding.account, finding.region),
        "finding_info": _information(finding),
        "resources": _resources((finding.resource,) if finding.resource else ()),
    }


def _found(finding: Finding) -> dict[str, Any]:
    """What OCSF has no place for, raised or suppressed."""
    return {
        "caller": finding.caller,
        "names": tuple(dict.fromkeys((finding.caller, *finding.related))),
        "detector": finding.detector,
        "family": finding.family,
        "event_ids": finding.event_ids[-100:],
        "techniques": finding.techniques,
        "evidence": _flat(finding.evidence),
        "playbook": finding.playbook or "",
        "score": finding.score,
        "heard": _hearing(finding.heard),
    }


def _hearing(heard: Heard | None) -> Hearing | None:
    if heard is None:
        return None
    stages = heard.stages
    return Hearing(_millis(heard.arrived), _millis(heard.found), stages["source"], stages["detect"])


def _information(finding: Finding) -> FindingInformation:
    return FindingInformation(
        finding.id,
        finding.title,
        (finding.family,),
        _millis(finding.first_seen),
        _millis(finding.time),
        Analytic(_OTHER, "detector", finding.detector, str(finding.detector_version)),
    )


def _versioned(index: str, uid: str, version: int, document: msgspec.Struct) -> bytes:
    return _bulk("index", {"_index": index, "_id": uid, "version": version, "version_type": "external"}, document)


def _bulk(verb: str, where: dict[str, Any], document: msgspec.Struct) -> bytes:
    return b"%b\n%b\n" % (_encode({verb: where}), _encode(document))


def _monthly(prefix: str, time: datetime) -> str:
    return time.strftime(f"{prefix}-%Y.%m")


def _of_class(class_uid: int, activity: int) -> dict[str, int]:
    """OCSF's numbers of an activity: those of its category and its type follow from the class."""
    return {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
    }


def _activity(receipt: Receipt) -> int:
    if receipt.status is StepStatus.UNDONE or receipt.step.action in _RESTORING:
        return _RESTORE
    return _EVICT if receipt.step.action in _EVICTING else _ISOLATE


def _metadata(uid: str) -> DocumentMetadata:
    return DocumentMetadata(uid, OCSF_VERSION, _PRODUCT)


def _cloud(account: str, region: str) -> Cloud:
    return Cloud("AWS", CloudAccount(account) if account else None, region)


def _cloud_of(steps: Sequence[Step]) -> Cloud:
    """Where a run acts: the place of its first step; a run without steps names the provider only."""
    return _cloud(steps[0].target.account, steps[0].target.region) if steps else _cloud("", "")


def _resources(uids: tuple[str, ...]) -> tuple[Resource, ...]:
    return tuple(Resource(uid) for uid in uids)


def _changes(step: Step) -> list[dict[str, Any]]:
    return [configurations.shown(change.model_dump(mode="json")) for change in step.difference]


def _flat(value: dict[str, Any] | None) -> msgspec.Raw | None:
    """Free-form facts, cut to what a flat_object takes. Unpaired surrogates in them are replaced, not refused."""
    if not value or not any(value.values()):
        return None
    body = json.dumps(value, default=str)
    if "NaN" in body or "Infinity" in body:  # RFC 8259 knows no such numbers: they become words
        body = json.dumps(json.loads(body, parse_constant=str))
    return indexable(msgspec.Raw(body.encode()))


def _millis(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _millis_or_none(time: datetime | None) -> int | None:
    return None if time is None else _millis(time)


def _between(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else _millis(end) - _millis(start)
