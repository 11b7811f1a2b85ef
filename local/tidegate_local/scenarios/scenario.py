"""What a scenario is: an account as it was, what an attacker makes of it, and where one sees what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from tidegate.detectors import BY_ID
from tidegate.errors import DamagedRecord
from tidegate.model import Finding, derived_id
from tidegate.sources.cloudtrail import api_call as read_call
from tidegate.wiring import Services
from tidegate_local.embedded import Embedded
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.native_records import Identity, api_call, envelope


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str  # one sentence: what happens, and what the playbook makes of it
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the template, besides the mode
    stays: tuple[str, ...] = ()  # names of the state that an undo leaves as they are, on purpose
    later: tuple[Callable[[Stage], Finding], ...] = ()  # what is found once the first response has ended, one by one


@dataclass
class Stage:
    """The deployed template, and handles that scenarios use."""

    aws: Embedded
    services: Services
    events: MemoryEventIndex  # all that was called in this account: how far a lever reaches is counted in it
    kept: dict[str, Any] = field(default_factory=dict)  # what prepare leaves for attack and state
    logs: list[dict[str, Any]] = field(default_factory=list)  # CloudTrail's records that are still on their way

    def client(self, service: str) -> Any:
        return self.aws.client(service)

    def logged(self, who: Identity, service: str, operation: str, **told: Any) -> None:
        """A call as CloudTrail will tell of it."""
        self.logs.append(api_call(self.aws.clock(), who, service, operation, **told))

    def deliver_logs(self) -> None:
        """Puts what CloudTrail tells onto the bus."""
        for event in map(envelope, self.logs):
            call = read_call(msgspec.Raw(json.dumps(event["detail"]).encode()), "trail")
            if isinstance(call, DamagedRecord):
                raise call
            self.events.add([call])
            self.aws.put_event(source=event["source"], detail_type=event["detail-type"], detail=event["detail"])
        self.logs.clear()

    def found(
        self, detector: str, title: str, *, caller: str, resource: str = "", related: tuple[str, ...] = ()
    ) -> Finding:
        """What a detector says of it, with that detector's own severity, family and playbook."""
        about, now = BY_ID[detector].about, self.aws.clock()
        return Finding(
            id=derived_id("finding", detector, caller, resource, *related),
            detector=detector,
            family=about.family,
            severity=about.severity,
            score=70,
            title=title,
            time=now,
            first_seen=now,
            caller=caller,
            related=related,
            account=self.aws.account,
            region=self.aws.region,
            resource=resource,
            event_ids=(derived_id("event", detector, title),),
            techniques=tuple(str(each) for each in about.covers),
            playbook=about.playbook,
        )


class ScenarioModule(Protocol):
    about: Scenario

    def prepare(self, stage: Stage) -> None:
        """The account as it was, long before."""
        ...

    def attack(self, stage: Stage) -> Finding | str:
        """What an attacker changes, and what is found about it. A sentence instead: detectors find it themselves, in
        the events that the stage was told."""
        ...

    def state(self, stage: Stage) -> dict[str, str]:
        """What a person looks at: name -> value, in a line."""
        ...
