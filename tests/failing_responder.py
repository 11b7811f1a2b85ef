"""Real functions on the real state machines, with a say in what each call comes to after it took effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from response_builders import ASSUMED_BY_BEDROCK, START, EventsInMemory, an_incident
from scripted_functions import Asked

from tidegate import wiring
from tidegate.model import Receipt, Run
from tidegate.response import run_of
from tidegate_local.account_state import account_state
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.functions import Function, FunctionError
from tidegate_local.stack import OPERATOR_KEYS, settings_of

PHASES = ("snapshot", "apply", "verify")


class Responder:
    """The deployed stack in mode auto, with a say in what each call of a function comes to."""

    def __init__(self, aws: Embedded, events: EventsInMemory) -> None:
        self.aws, self.events = aws, events
        self.services = wiring.build(
            settings_of(aws.outputs, "tidegate", aws.region),
            boto3.Session(*OPERATOR_KEYS, region_name=aws.region),
            aws.clock,
        )
        self.calls: list[Asked] = []
        self.after: Callable[[Asked, int], None] = lambda _asked, _call: None
        self.count = 0
        aws._functions.run = self._run

    def _run(self, function: Function, event: Mapping[str, Any]) -> Any:
        answer = self.aws._functions._in_process(function, event)
        if "run_id" in event or "incident_id" in event:
            asked = Asked(function.logical_id, self._action(event), Asked.by_call(function, event).word)
            self.calls.append(asked)
            self.after(asked, self.calls.count(asked))
        return answer

    def _action(self, event: Mapping[str, Any]) -> str:
        receipt = self.services.ledger.receipt(event["run_id"], event["step_id"]) if "step_id" in event else None
        return receipt.step.action if receipt else ""

    def caller(self, playbook: str) -> dict[str, Any]:
        """An end user with a gateway key, or an IAM user with an access key, never seen before."""
        self.count += 1
        name = f"caller-{self.count}"
        self.calls.clear()
        if playbook == "throttle_caller":
            self.aws.client("apigateway").create_api_key(name=name, customerId=name, enabled=True)
            return {"caller": f"user:{name}", "playbook": playbook}
        iam = self.aws.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        return {"caller": f"iam-user:{name}", "related": (f"key:{key}",), "playbook": playbook}

    def respond(self, **incident: Any) -> Run:
        given = an_incident(id=f"incident-{self.count}", account=self.aws.account, region=self.aws.region, **incident)
        now = self.aws.clock()
        given = given.model_copy(update={"first_seen": now, "last_seen": now})
        self.services.incidents.save(given, new_findings=(), names=())
        self.services.responses.start(given.id, 1)
        self.aws.deliver()
        self.aws.clock.advance(60)  # retries
        return self.run()

    def run(self, generation: int = 1) -> Run:
        found = self.services.ledger.run(self.execution(generation))
        assert found is not None, self.aws.failures
        return found

    def execution(self, generation: int = 1) -> str:
        return run_of(f"incident-{self.count}", generation)

    def receipts(self, run: Run) -> list[Receipt]:
        return self.services.ledger.receipts(run.id)

    def state(self) -> Any:
        return account_state(self.aws)

    @contextmanager
    def telling(self, after: Callable[[Asked, int], None]) -> Iterator[None]:
        """After each call that took effect: (what was asked, its how manieth call)."""
        self.after = after
        try:
            yield
        finally:
            self.after = lambda _asked, _call: None


def error(name: str) -> FunctionError:
    return FunctionError(json.dumps({"errorType": name, "errorMessage": "as the test says"}))


def failing_at(step: str, phase: str) -> Callable[[Asked, int], None]:
    def fails(asked: Asked, _call: int) -> None:
        if (asked.step, asked.word) == (step, phase):
            raise error("Permanent")

    return fails


@contextmanager
def deployed() -> Iterator[Responder]:
    """A deployed stack, in which no function was denied anything."""
    events = EventsInMemory()
    parameters = {"ResponseMode": "auto", "GatewayKeys": "true", "ContainmentsPerHour": "1000"}
    template = Path(__file__).parents[1] / "template.yaml"
    with Embedded(template, parameters, clock=RunClock(START), events=events) as aws:
        aws.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=ASSUMED_BY_BEDROCK)
        yield Responder(aws, events)
        assert [call for call in aws.calls if not call.allowed] == []


def two_users(responder: Responder) -> dict[str, Any]:
    """An incident that names the stolen keys of two users: two rounds."""
    first, second = (responder.caller("rotate_credentials") for _ in range(2))
    return first | {"related": (*first["related"], second["caller"], *second["related"])}


def failing_in_the_second_round(step: str, phase: str) -> Callable[[Asked, int], None]:
    def fails(asked: Asked, call: int) -> None:
        if (asked.step, asked.word, call) == (step, phase, 2):
            raise error("Permanent")

    return fails
