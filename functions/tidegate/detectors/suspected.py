"""What is kept of a GuardDuty finding while its principal may still do what it is suspected of. Not a detector.

Native findings and the copies that Security Hub sends carry the same finding id: they are one.
"""

from __future__ import annotations

import msgspec

from tidegate.detectors.threat_types import is_ai, is_stolen
from tidegate.model import Principal, ThreatFinding, narrowest_caller, related_callers

KEPT = 3  # threats of a principal, the newest: AI protection knows three types, thefts come as one or two
WITHIN = 86_400  # seconds that our records may lie before or after a threat


class Suspect(msgspec.Struct, array_like=True, frozen=True):
    """A principal, as far as findings about it need."""

    kind: str
    name: str
    session: str
    access_key: str
    arn: str  # empty where it follows from the others

    @property
    def principal(self) -> Principal:
        return Principal(kind=self.kind, name=self.name, session=self.session, access_key=self.access_key, arn=self.arn)


class Threat(msgspec.Struct, array_like=True, frozen=True):
    finding_id: str
    update: str  # what makes this update's event id of the finding's
    time: float
    first_seen: float
    type: str
    severity: float
    account: str
    region: str
    address: str
    model: str
    who: Suspect

    @property
    def event_id(self) -> str:
        return self.finding_id + self.update

    @property
    def begin(self) -> float:
        return min(self.first_seen or self.time, self.time)


def suspect_of(threat: ThreatFinding, name: str) -> Principal:
    """The actor of a threat that goes by this name; else the principal that it is about."""
    return next((actor for actor in threat.actors if name in related_callers(actor)), threat.principal)


def kept(threats: list[Threat], threat: ThreatFinding, name: str) -> list[Threat]:
    """The threats of a principal with this one among them: of updates and copies of one finding, the newest."""
    if threat.archived or not (is_ai(threat.type) or is_stolen(threat.type)):
        return threats
    who = suspect_of(threat, name)
    update = threat.id.removeprefix(threat.finding_id) if threat.id.startswith(threat.finding_id) else ""
    new = Threat(
        threat.finding_id,
        update,
        threat.time,
        threat.first_seen,
        threat.type,
        threat.severity,
        threat.account,
        threat.region,
        next(iter(threat.addresses), ""),
        next(iter(threat.models), ""),
        Suspect(who.kind, who.name, who.session, who.access_key, who.arn),
    )
    same = [one for one in threats if one.finding_id == new.finding_id]
    others = [one for one in threats if one.finding_id != new.finding_id]
    newest = max([new, *same], key=_age)
    return sorted([*others, newest], key=_age)[-KEPT:]


def names_of(threat: ThreatFinding) -> set[str]:
    """Whom a threat is about: its principal, and every actor of an attack sequence."""
    return {narrowest_caller(threat.principal), *map(narrowest_caller, threat.actors)}


def _age(threat: Threat) -> tuple[float, str, str]:
    return threat.time, threat.finding_id, threat.update
