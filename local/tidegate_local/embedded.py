"""The account on this machine: the template deployed on moto, and everything that moves between its parts.

    with Embedded(Path("template.yaml"), {"ResponseMode": "auto"}) as aws:
        aws.client("s3").put_object(...)
        aws.deliver()                # until nothing moves any more
        aws.clock.advance(3600)      # schedules, waits and retries of an hour

It proves wiring and logic, not AWS's own behaviour: see docs/limits.md. One account at a time in a process.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

import boto3
from moto import mock_aws

from tidegate.ports import EventIndex
from tidegate_local import (
    aws_extensions,
    bus,
    dynamodb_values,
    functions,
    hooks,
    kept_answers,
    logs,
    moto_requests,
    moto_time,
    objects,
    queues,
    server,
    server_permissions,
    signing,
    state_tasks,
    step_functions,
)
from tidegate_local.account import ACCOUNT, REGION, Account, Call, Failure, current, make_current
from tidegate_local.clock import RunClock
from tidegate_local.functions import Functions
from tidegate_local.intrinsics import TemplateError
from tidegate_local.isolated import Children, artefact_for_this_machine
from tidegate_local.permissions import role_session, user_session
from tidegate_local.queues import Poller
from tidegate_local.resources import create_all
from tidegate_local.resources.custom import CustomResource
from tidegate_local.run_threads import interpreter
from tidegate_local.schedules import Schedules
from tidegate_local.server import AccountServer
from tidegate_local.template import Template

STATE_FILE = Path(".tidegate/embedded.json")  # how commands in another process find the account
_ROUNDS = 10_000  # deliver() without coming to rest: something feeds itself


class Embedded:
    """The deployed template. Use as a context manager; closing it forgets everything."""

    def __init__(
        self,
        template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        clock: RunClock | None = None,
        isolated: bool = False,
        endpoint: bool = False,
        opensearch_url: str | None = None,
        stack: str = "tidegate",
        events: EventIndex | None = None,
        state_file: Path = STATE_FILE,
        out_of_reach: Collection[str] = (),
    ) -> None:
        """`isolated`: functions in child processes, from `sam build`'s artefact. `endpoint`: reachable over loopback.
        `opensearch_url`: a node to index into; sets the template's OpenSearch parameters. `events`: asked instead of
        an index, by functions in this process. `out_of_reach`: logical ids of custom resources whose function would
        look for something that isn't there (a domain without a node behind it); they count as made.
        """
        self._path = Path(template)
        self._parameters = dict(parameters or {})
        if opensearch_url is not None:
            self._parameters |= {
                "OpenSearch": "endpoint",
                "OpenSearchEndpoint": opensearch_url,
                "OpenSearchSigning": "none",
            }
        self._stack = stack
        self._events = events
        self._isolated = isolated
        self._serve = endpoint or isolated
        self._state_file = state_file if endpoint else None
        self.clock = clock or RunClock()
        self.account = ACCOUNT
        self.region = REGION
        self.outputs: dict[str, str] = {}
        self.endpoint: str | None = None
        self._account = Account(clock=self.clock, out_of_reach=frozenset(out_of_reach))
        self._functions = self._account.functions = Functions(self._account, events=self._events)
        self._poller = Poller(self._account, self._functions.named)
        self._schedules = Schedules(self._account)
        self._is_open = False
        self._children: Children | None = None
        self._server: AccountServer | None = None

    # --- life ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        hooks.check_version()
        variables = {
            "MOTO_ACCOUNT_ID": ACCOUNT,
            "AWS_DEFAULT_REGION": REGION,
            "MOTO_ALLOW_NONEXISTENT_REGION": "false",
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # 600 images with 1,400 snapshots, which every listing reads
        }
        self._environment = patch.dict(os.environ, variables)
        self._environment.start()
        os.environ.pop("AWS_PROFILE", None)
        self._moto = mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
        self._moto.start()
        self._is_open = True
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def _open(self) -> None:
        for module in (
            kept_answers,
            moto_requests,
            dynamodb_values,
            signing,
            moto_time,
            functions,
            bus,
            objects,
            queues,
            logs,
            step_functions,
            server,
            server_permissions,
            aws_extensions,
        ):
            module.install()
        logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)  # its errors are in `failures`
        logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
        account = self._account
        make_current(account)
        interpreter.use(self.clock)
        state_tasks.forget_clients()
        self._template = Template(self._path, self._parameters, stack=self._stack)
        if self._serve:
            self._server = AccountServer()
            self.endpoint = account.endpoint = self._server.url
        if self._isolated:
            self._children = Children(account, artefact_for_this_machine(self._path.parent))
            self._functions.run = self._children.call
        create_all(self._template, account, add_function=self._functions.add, function_named=self._functions.named)
        self.outputs = self._template.outputs()
        self._tell_where()
        self.clock.follow(
            self._schedules.next_due,
            self._functions.next_due,
            self._poller.next_due,
            interpreter.next_due,
            settle=self.deliver,
        )
        self._schedules.next_due()  # rates count from now
        account.calls.clear()

    def _tell_where(self) -> None:
        if self._state_file is not None:
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            known = {"endpoint": self.endpoint, "region": self.region, "outputs": self.outputs}
            self._state_file.write_text(json.dumps(known, indent=2), encoding="utf-8")

    def close(self) -> None:
        """Forgets the account. Closing twice is closing once."""
        if not self._is_open:
            return
        self._is_open = False
        if self._children is not None:
            self._children.close()
        if self._server is not None:
            self._server.close()
            if self._state_file is not None:
                self._state_file.unlink(missing_ok=True)
        if self._account is current():
            self.clock.follow(settle=lambda: None)
            interpreter.abandon()
            make_current(None)
            state_tasks.forget_clients()
        self._moto.stop()
        self._environment.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what moves ---------------------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Until nothing moves: bus, queues, functions, executions. What waits for the clock stays waiting."""
        for _ in range(_ROUNDS):
            moved = self._send_pending()
            moved = self._schedules.pump() or moved
            moved = self._functions.pump() or moved
            moved = self._poller.pump() or moved
            interpreter.settle()
            if not moved and not self._account.pending:
                return
        raise RuntimeError(f"deliver() did not come to rest in {_ROUNDS} rounds: an event or message feeds itself")

    def _send_pending(self) -> bool:
        moved = False
        while self._account.pending:
            self._account.pending.popleft()()
            moved = True
        return moved

    def put_event(self, *, source: str, detail_type: str, detail: Any, resources: list[str] | None = None) -> None:
        """An event of an AWS service on the default bus, as CloudTrail or GuardDuty put one."""
        objects.put_on_bus(
            self._account, source=source, detail_type=detail_type, resources=resources or [], detail=detail
        )

    # --- what is there ------------------------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        """An operator's client: not restricted by IAM."""
        return self._account.client(service)

    def session_of_role(self, role: str, session_name: str) -> boto3.Session:
        """A session of a role (name or ARN), restricted by its policies as they are at each call."""
        return role_session(self._account, role, session_name)

    def session_of_key(self, access_key_id: str) -> boto3.Session:
        """A session of an IAM user's access key, restricted by the user's policies; refused once inactive."""
        return user_session(self._account, access_key_id)

    def resource(self, logical_id: str) -> str:
        """The physical id, as Ref gives it. Raises TemplateError for a resource that was not created."""
        if logical_id not in self._template.created:
            raise TemplateError(f"{logical_id}: no such resource in {self._path} with these parameters")
        return self._template.created[logical_id].physical_id

    def custom_resource(self, logical_id: str) -> CustomResource:
        """One that the template has, to be updated or deleted as a later deployment would."""
        return self._account.custom_resources[logical_id]

    def invoke(self, logical_id: str, event: Any) -> Any:
        """Calls a function by its logical id; the answer, or Lambda's error object."""
        return json.loads(self._functions.invoke(self.resource(logical_id), event).payload)

    @property
    def calls(self) -> list[Call]:
        """Every decision of IAM since the stack stood, in order."""
        return self._account.calls

    @property
    def failures(self) -> list[Failure]:
        """Exceptions of functions, failed executions, deliveries refused: what AWS retries or puts aside."""
        return self._account.failures
