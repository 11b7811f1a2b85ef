"""What a scenario is: an account as it was, what an attacker makes of it, and where one sees what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tidegate.detectors import BY_ID
from tidegate.model import Finding, derived_id
from tidegate.wiring import Services
from tidegate_local.embedded import Embedded


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str  # one sentence: what happens, and what the playbook makes of it
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the template, besides the mode
    stays: tuple[str, ...] = ()  # names of the state that an undo leaves as they are, on purpose


@dataclass
class Stage:
    """The deployed template, and handles that scenarios use."""

    aws: Embedded
    services: Services
    kept: dict[str, Any] = field(default_factory=dict)  # what prepare leaves for attack and state

    def client(self, service: str) -> Any:
        return self.aws.client(service)

    def found(
        self, detector: str, title: str, *, caller: str, resource: str = "", related: tuple[str, ...] = ()
    ) -> Finding:
        """What a detector says of it, with that detector's own severity, family and playbook."""
        about, now = BY_ID[detector].about, self.aws.clock()
        return Finding(
            id=derived_id("finding", detector, caller, resource),
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

    def attack(self, stage: Stage) -> Finding:
        """What an attacker changes, and what is found about it."""
        ...

    def state(self, stage: Stage) -> dict[str, str]:
        """What a person looks at: name -> value, in a line."""
        ...
