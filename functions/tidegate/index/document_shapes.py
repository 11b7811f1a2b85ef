"""Shapes of the documents that we write ourselves: findings (raised or suppressed), incidents, runs, errors, prompts.

Detection Finding 2004, Incident Finding 2005, Remediation Activity 7001, Base Event 0 for errors and prompts
(https://schema.ocsf.io/1.8.0); what OCSF has no name for, or no place in that class, lies under `tidegate`. Each
field says how it is mapped, by the names of `field_types.py`: the index templates are read off these Structs.
"""

from __future__ import annotations

import msgspec

from tidegate.index.event_shapes import Cloud, FindingInfo, Product, Resource
from tidegate.index.field_types import (
    Decimal,
    Flag,
    Flat,
    Keyword,
    LongKeyword,
    Millis,
    Number,
    Part,
    Small,
    Text,
)


class DocumentMetadata(Part, frozen=True):
    uid: Keyword = ""
    version: Keyword = ""
    product: Product | None = None


class Analytic(Part, frozen=True):
    type_id: Small = 0
    type: Keyword = ""
    uid: Keyword = ""
    version: Keyword = ""


class Group(Part, frozen=True):
    name: Keyword = ""


class FindingInformation(FindingInfo, frozen=True):
    """Of our own findings, which say what found them."""

    analytic: Analytic | None = None


class Document(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What OCSF asks of every document."""

    time: Millis
    class_uid: Small
    category_uid: Small
    activity_id: Small
    type_uid: Number
    severity_id: Small
    metadata: DocumentMetadata


class Hearing(Part, frozen=True):
    """When the event that decided reached us and was found; the spans in seconds, written also when they are 0."""

    arrived_time: Millis
    found_time: Millis
    source_seconds: Decimal
    detect_seconds: Decimal


class Stages(Part, frozen=True):
    """Seconds of each stage: see response/times.py."""

    build_up: Decimal | None = None
    source: Decimal | None = None
    detect: Decimal | None = None
    decide: Decimal | None = None
    act: Decimal | None = None
    verify: Decimal | None = None
    contain: Decimal | None = None
    recover: Decimal | None = None


class DetectionExtension(Part, frozen=True):
    caller: LongKeyword = ""
    names: tuple[LongKeyword, ...] = ()
    detector: Keyword = ""
    family: Keyword = ""
    event_ids: tuple[Keyword, ...] = ()
    techniques: tuple[Keyword, ...] = ()
    evidence: Flat | None = None
    playbook: Keyword = ""
    score: Decimal = 0.0  # 0 to 100
    heard: Hearing | None = None  # none where the arrival isn't known


class DetectionDocument(Document, frozen=True, kw_only=True):
    """A finding, raised or suppressed."""

    severity: Keyword  # of a suppressed one: that it would have had
    risk_score: Small  # 0 to 100, whole as OCSF has it; `tidegate.score` is exact
    cloud: Cloud
    finding_info: FindingInformation
    resources: tuple[Resource, ...] = ()


class FindingExtension(DetectionExtension, frozen=True):
    incident_uid: Keyword = ""


class FindingDocument(DetectionDocument, frozen=True, kw_only=True):
    tidegate: FindingExtension


class SuppressionExtension(DetectionExtension, frozen=True):
    """What would have been found, and the allowance that kept it back."""

    rule: LongKeyword = ""  # as written: detector=..., principal=...
    reason: Text = ""
    expires_time: Millis | None = None


class SuppressionDocument(DetectionDocument, frozen=True, kw_only=True):
    status: Keyword
    status_id: Small
    tidegate: SuppressionExtension


class IncidentExtension(Part, frozen=True):
    caller: LongKeyword = ""
    names: tuple[LongKeyword, ...] = ()
    detectors: tuple[Keyword, ...] = ()
    families: tuple[Keyword, ...] = ()
    techniques: tuple[Keyword, ...] = ()
    finding_ids: tuple[Keyword, ...] = ()
    playbook: Keyword = ""
    generation: Small = 0
    run_uid: Keyword = ""
    revision: Number = 0
    closed_reason: Text = ""
    open: Flag | None = None
    heard: Hearing | None = None  # of the finding that was found first
    score: Decimal = 0.0  # 0 to 100
    resources: tuple[LongKeyword, ...] = ()


class IncidentDocument(Document, frozen=True, kw_only=True):
    """`time`: last seen."""

    severity: Keyword
    status: Keyword  # our own life cycle: new, triaged, contained, eradicated, recovered, closed
    status_id: Small  # the nearest that OCSF has
    assignee_group: Group
    cloud: Cloud
    finding_info_list: tuple[FindingInformation, ...]  # one: the incident as a whole; its findings by id below
    tidegate: IncidentExtension


class RunExtension(Part, frozen=True):
    """`kind` is `run` for the frame, `step` for one action of it."""

    kind: Keyword = ""
    run_uid: Keyword = ""
    incident_uid: Keyword = ""
    playbook: Keyword = ""
    mode: Keyword = ""
    dry_run: Flag | None = None
    revision: Number = 0
    reason: Text = ""
    mode_reason: Text = ""
    undo: Text = ""
    reach: Small | None = None  # how many others use the same lever
    requested_by: LongKeyword = ""
    approved_by: LongKeyword = ""
    evidence_ref: LongKeyword = ""
    step_uid: Keyword = ""
    action: Keyword = ""
    target_kind: Keyword = ""
    target: LongKeyword = ""
    calls: tuple[Keyword, ...] = ()
    difference: Flat | None = None
    proof: Flat | None = None
    rolled_back: Flag | None = None
    undone_by: LongKeyword = ""
    decided_time: Millis | None = None
    applied_time: Millis | None = None
    verified_time: Millis | None = None
    contained_time: Millis | None = None
    released_time: Millis | None = None
    undone_time: Millis | None = None
    expires_time: Millis | None = None
    stages: Stages | None = None
    dollars: Decimal | None = None  # what the caller cost until it was contained
    history: tuple[Text, ...] = ()  # who was asked, answered or didn't
    duration_ms: Number | None = None  # from start or plan to contained or verified


class RunDocument(Document, frozen=True, kw_only=True):
    """`time`: start of a run, planning of a step."""

    command_uid: Keyword
    status: Keyword
    cloud: Cloud
    tidegate: RunExtension
    message: Text = ""  # what went wrong


class ErrorExtension(Part, frozen=True):
    source: Keyword = ""
    where: LongKeyword = ""
    reason: Text = ""
    original_ref: LongKeyword = ""


class ErrorDocument(Document, frozen=True, kw_only=True):
    tidegate: ErrorExtension


class PromptExtension(Part, frozen=True):
    event_uid: Keyword = ""
    caller: LongKeyword = ""
    prompt: Text = ""  # redacted
    response: Text = ""  # redacted
    prompt_hash: Keyword = ""
    response_hash: Keyword = ""
    labels: tuple[Keyword, ...] = ()  # kinds of personal data found and redacted
    original_ref: LongKeyword = ""  # the encrypted original


class PromptDocument(Document, frozen=True, kw_only=True):
    cloud: Cloud
    tidegate: PromptExtension
