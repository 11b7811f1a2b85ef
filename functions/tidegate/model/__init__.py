"""What travels through the house.

Two kinds of types, on purpose. What is read of the sources (records.py) comes thousands of times a second: msgspec
Structs. Findings, incidents, plans and runs are written by us and read by people and other services: frozen pydantic
models, checked at the border.
"""

from tidegate.model.border import Model, Time
from tidegate.model.findings import DamagedNote, Finding, Heard, Severity, Source, Suppressed
from tidegate.model.identities import Principal, derived_id, narrowest_caller, related_callers
from tidegate.model.incidents import Incident, IncidentStatus
from tidegate.model.minted import Minted
from tidegate.model.plans import Difference, Mode, Plan, Step, Target, Unanswered
from tidegate.model.records import (
    ApiCall,
    CallerDay,
    Invocation,
    Joined,
    Record,
    Seen,
    ServiceEvent,
    ThreatFinding,
    Turn,
)
from tidegate.model.runs import Receipt, Run, RunStatus, StepStatus

__all__ = [
    "ApiCall",
    "CallerDay",
    "DamagedNote",
    "Difference",
    "Finding",
    "Heard",
    "Incident",
    "IncidentStatus",
    "Invocation",
    "Joined",
    "Minted",
    "Mode",
    "Model",
    "Plan",
    "Principal",
    "Receipt",
    "Record",
    "Run",
    "RunStatus",
    "Seen",
    "ServiceEvent",
    "Severity",
    "Source",
    "Step",
    "StepStatus",
    "Suppressed",
    "Target",
    "ThreatFinding",
    "Time",
    "Turn",
    "Unanswered",
    "derived_id",
    "narrowest_caller",
    "related_callers",
]
