"""The deployed template, with principals to act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from response_builders import ASSUMED_BY_BEDROCK, START, an_incident
from scripted_functions import Machines

from tidegate import wiring
from tidegate.model import Receipt, Run
from tidegate.ports import EventIndex
from tidegate.wiring import Services
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.stack import OPERATOR_KEYS, settings_of

NOBODY_ELSE = MemoryEventIndex()  # counts, and finds nobody
TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Deployed:
    """The stack as a responder meets it: an incident comes in, executions run, the ledger tells."""

    def __init__(self, aws: Embedded) -> None:
        self.aws = aws
        self.services: Services = wiring.build(
            settings_of(aws.outputs, "tidegate", aws.region),
            boto3.Session(*OPERATOR_KEYS, region_name=aws.region),
            aws.clock,
        )
        self.iam = aws.client("iam")

    def respond(self, **incident: Any) -> Run:
        """Starts the response to an incident and delivers until nothing moves."""
        given = an_incident(account=self.aws.account, region=self.aws.region, **incident)
        stored = self.services.incidents.save(given, new_findings=(), names=())
        self.services.responses.start(stored.id, 1)
        self.aws.deliver()
        return self.run()

    def run(self) -> Run:
        (run,) = self.services.ledger.runs()
        return run

    def receipts(self) -> list[Receipt]:
        return self.services.ledger.receipts(self.run().id)

    def executions(self, machine: str) -> list[str]:
        states = self.aws.client("stepfunctions")
        found = states.list_executions(stateMachineArn=self.aws.outputs[machine])["executions"]
        return [execution["status"] for execution in found]

    def policies(self) -> list[str]:
        return list(self.iam.list_role_policies(RoleName="app")["PolicyNames"])


@pytest.fixture
def deploy() -> Iterator[Callable[..., Deployed]]:
    stacks: list[Embedded] = []
    with ExitStack() as stack:

        def deployed(*, events: EventIndex | None = NOBODY_ELSE, **parameters: str) -> Deployed:
            aws = stack.enter_context(Embedded(TEMPLATE, parameters, clock=RunClock(START), events=events))
            stacks.append(aws)
            found = Deployed(aws)
            found.iam.create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
            found.iam.create_user(UserName="builder")
            return found

        yield deployed
        denied = [call for aws in stacks for call in aws.calls if not call.allowed]
        assert denied == [], "a function or state machine asked for what its role does not grant"


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """The state machines over functions that do as the test says; one account for a whole file."""
    with Embedded(TEMPLATE, {}, clock=RunClock(START)) as aws:
        yield Machines(aws)
        assert [call for call in aws.calls if not call.allowed] == []
