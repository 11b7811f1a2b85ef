"""From the event to the verified containment, in the embedded run: p50 and p95 over many incidents.

    .venv/bin/python bench/containment/measure.py [--incidents 40] [--json FILE]

Each incident is a caller of its own. The clock starts when AWS's source hands over what decides (the log file is put
into the bucket, the event is on the bus) and stops when the last step is proven; a second figure is until the run is
closed: receipts written, expiry scheduled, people told. Between them lies all that the template says: rule, queue,
detection, correlation, two state machines, plan, evidence, every change and its proof, under the roles' permissions.

What this machine adds: moto answers each call in this process. What AWS would add: the network, the time that IAM
takes to spread (seconds), SQS and EventBridge polling, and the minutes that CloudTrail, GuardDuty and Bedrock take to
deliver. So this measures our own part of the way, not the whole of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import boto3

from tidegate import wiring
from tidegate.model import RunStatus
from tidegate_local import story
from tidegate_local.account_seed import Seed
from tidegate_local.agent_seed import put_alias
from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.memory import MemoryEventIndex
from tidegate_local.named_in_logs import Alias, Named
from tidegate_local.native_records import (
    ACCOUNT,
    REGION,
    Identity,
    api_call,
    converse,
    envelope,
    invoke_model,
    log_file,
    threat,
)
from tidegate_local.stack import OPERATOR_KEYS, settings_of

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
START = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)

type Deliver = Callable[[], None]


class Incidents:
    """The same incident for another caller each time: prepares it, returns what delivers the deciding event."""

    def __init__(self, aws: Embedded) -> None:
        self.aws = aws
        self.named = Named()
        self.seed = Seed(aws, self.named)

    def end_user_over_quota(self, number: int) -> Deliver:
        """A log file of 650 calls -> block_end_user."""
        who, now = {"user": f"person-{number}"}, self.aws.clock()
        who_calls = story.ASSISTANT[0]
        calls = []
        for n in range(650):
            at, prompt = now - timedelta(seconds=n), f"{number} {n}"
            calls.append(converse(at, who_calls, story.SMALL, prompt, "Text.", tokens=(30, 90), metadata=who))
        return self._log(calls)

    def role_session_over_quota(self, number: int) -> Deliver:
        """A log file of ten large calls -> deny_role_session."""
        who = Identity(f"Batch{number}", f"AROABENCH{number:011}", f"ASIABENCH{number:011}", session="intake")
        self.named.roles[who.name] = who.principal_id
        self.seed.grow()
        now = self.aws.clock()
        return self._log(
            [
                invoke_model(
                    now - timedelta(seconds=n), who, story.LARGE, f"{number} {n}", "It.", tokens=(90_000, 60_000)
                )
                for n in range(10)
            ]
        )

    def stolen_key(self, number: int) -> Deliver:
        """A GuardDuty finding on a user that calls models -> deny, deactivate the key, replace it."""
        who = self._user(f"evaluation-{number}", number)
        now = self.aws.clock()
        self._log([invoke_model(now, who, story.SMALL, f"Case {number}.", "Fine.", tokens=(300, 200))])()
        self.aws.deliver()
        kind = "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
        found = threat(now, who, kind, "A listed address.", severity=5, first_seen=now, action="InvokeModel")
        return self._event(found)

    def phantom_user(self, number: int) -> Deliver:
        """A CloudTrail event -> deny_iam_user, deactivate_access_key."""
        who = self._user(f"BedrockAPIKey-{number:04}", 10_000 + number)
        return self._event(api_call(self.aws.clock(), who, "iam", "ListUsers", read_only=True))

    def agent_swapped(self, number: int) -> Deliver:
        """A CloudTrail event -> roll_back_agent_alias."""
        agent, alias, now = f"AGENT{number:05}", f"ALIAS{number:05}", self.aws.clock()
        self._route(agent, alias, "3", now - timedelta(days=1))
        self._event(_moved(now - timedelta(days=1), story.PIPELINE, agent, alias, "3"))()
        self.aws.deliver()
        self._route(agent, alias, "5", now)
        key, address = f"ASIACONTRACT{number:08}", _address(20_000 + number)
        who = Identity("Contractor", "AROABENCHCONTRACTOR0", key, session=f"temp-{number}", address=address)
        return self._event(_moved(now, who, agent, alias, "5"))

    def _user(self, name: str, number: int) -> Identity:
        who = Identity(name, f"AIDABENCH{number:011}", f"AKIABENCH{number:011}", address=_address(number))
        self.named.users[who.name] = who.principal_id
        self.named.keys[who.access_key] = who.name
        self.seed.grow()
        return who

    def _route(self, agent: str, alias: str, version: str, since: datetime) -> None:
        put_alias(self.aws, Alias(agent, alias), [{"agentVersion": version}], since)

    def _log(self, records: list[dict[str, Any]]) -> Deliver:
        key, body = log_file(self.aws.clock(), records)
        s3, bucket = self.aws.client("s3"), self.aws.outputs["LogBucket"]
        return lambda: s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _event(self, detail: dict[str, Any]) -> Deliver:
        event = envelope(detail)
        return lambda: self.aws.put_event(
            source=event["source"], detail_type=event["detail-type"], detail=event["detail"]
        )


def _address(number: int) -> str:
    """One for each: stolen credentials used from one address are one incident."""
    return f"2001:db8::{number:x}"


def _moved(at: datetime, who: Identity, agent: str, alias: str, version: str) -> dict[str, Any]:
    parameters = {"agentId": agent, "agentAliasId": alias, "routingConfiguration": [{"agentVersion": version}]}
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent-alias/{agent}/{alias}"
    response = {"agentAlias": {**parameters, "agentAliasArn": arn, "agentAliasStatus": "UPDATING"}}
    return api_call(at, who, "bedrock", "UpdateAgentAlias", parameters=parameters, response=response)


class Stopwatch:
    """When the last proof of a containment was there, and when its run was closed."""

    def __init__(self, aws: Embedded) -> None:
        self.proven = self.closed = 0.0
        functions = aws._functions
        names = {aws.resource(name): name for name in ("ActOnCallers", "ActOnCredentials", "ActOnModels", "CloseRun")}
        invoke = functions.invoke

        def watched(name_or_arn: str, event: Any) -> Any:
            answer = invoke(name_or_arn, event)
            match names.get(functions.named(name_or_arn).name):
                case "CloseRun":
                    self.closed = time.perf_counter()
                case str() if event.get("phase") == "verify":
                    self.proven = time.perf_counter()
            return answer

        functions.invoke = watched  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=40, help="of each kind")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    parameters = {
        "ResponseMode": "auto",
        "PipelinePrincipals": f"role:{story.PIPELINE.name}",
        "ContainmentsPerHour": "10000",  # the limit is for floods; here each incident is one
    }
    taken: dict[str, list[tuple[float, float]]] = {}
    load = os.getloadavg()[0]
    with Embedded(TEMPLATE, parameters, clock=RunClock(START), events=MemoryEventIndex()) as aws:
        incidents, watch = Incidents(aws), Stopwatch(aws)
        kinds = (
            incidents.end_user_over_quota,
            incidents.role_session_over_quota,
            incidents.stolen_key,
            incidents.phantom_user,
            incidents.agent_swapped,
        )
        for number in range(-1, given.incidents):
            for kind in kinds:
                deliver = kind(number + 1)
                before = time.perf_counter()
                deliver()
                aws.deliver()
                if number >= 0:  # the first of each kind warms up
                    taken.setdefault(kind.__name__, []).append((watch.proven - before, watch.closed - before))
            aws.clock.advance(60)
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {given.incidents}", end="", file=sys.stderr, flush=True)
        _check(aws, len(kinds) * (given.incidents + 1))
    machine = {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    every = [pair for pairs in taken.values() for pair in pairs]
    figures = {name: summary(pairs) for name, pairs in {**taken, "all": every}.items()}
    print(f"{len(every)} incidents, load {load:.1f} on {machine['cores']} cores\n")
    print("| incident | to the last proof, p50 ms | p95 ms | to the closed run, p50 ms | p95 ms |")
    print("| --- | --- | --- | --- | --- |")
    for name, one in figures.items():
        print(f"| {name} | {one['proven_p50']} | {one['proven_p95']} | {one['closed_p50']} | {one['closed_p95']} |")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        report = {"machine": machine, "load": load, "incidents": len(every), "milliseconds": figures}
        given.json.write_text(json.dumps(report, indent=2) + "\n")


def _check(aws: Embedded, expected: int) -> None:
    """A figure of a containment that did not happen is no figure."""
    known = settings_of(aws.outputs, "tidegate", aws.region)
    services = wiring.build(known, boto3.Session(*OPERATOR_KEYS, region_name=aws.region), aws.clock)
    runs = services.ledger.runs(limit=10 * expected)
    ended = [run for run in runs if run.status in (RunStatus.CONTAINED, RunStatus.RELEASED)]
    if len(ended) != expected or aws.failures:
        others = {f"{run.playbook} {run.status}: {run.error}" for run in runs if run not in ended}
        sys.exit(f"{len(ended)} of {expected} contained; {others} {[one.message for one in aws.failures[:3]]}")


def summary(pairs: list[tuple[float, float]]) -> dict[str, int]:
    """Milliseconds."""
    found = {}
    for name, values in zip(("proven", "closed"), zip(*pairs, strict=True), strict=True):
        parts = quantiles(values, n=100, method="inclusive") if len(values) > 1 else [values[0]] * 99
        found |= {f"{name}_p50": round(1000 * parts[49]), f"{name}_p95": round(1000 * parts[94])}
    return found


if __name__ == "__main__":
    main()
