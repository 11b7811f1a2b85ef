"""Custom resources: a request to the function, and its answer received on loopback as CloudFormation does.

What CloudFormation would not take (an answer too long, for another request, with a content type that the signed URL
does not allow) fails here too. A resource that can't be created is deleted again, as CloudFormation rolls back.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tidegate_local.account import Account
from tidegate_local.intrinsics import Created, TemplateError
from tidegate_local.resources import Making

PREFIX = "Custom::"
OTHER = "AWS::CloudFormation::CustomResource"
TRIES = 3  # Lambda calls an asynchronous function again, twice, while it ends in an error
_LARGEST, _LONGEST_ID = 4096, 1024


class CustomResourceFailed(TemplateError):
    """The function said no, or said nothing. `rolled_back`: what became of deleting it again."""


class CustomResource:
    """One that stands in the account, and what may be asked of its function."""

    def __init__(self, making: Making) -> None:
        self.logical_id = making.logical_id
        self.type = making.type
        self.properties = _as_text(making.properties)
        self.physical_id = ""
        self.data: dict[str, str] = {}
        self._account: Account = making.account
        self._stack_id = str(making.template.pseudo["AWS::StackId"])

    def create(self) -> None:
        """Raises CustomResourceFailed, after it was deleted again."""
        try:
            self._ask("Create")
        except CustomResourceFailed as error:
            self.physical_id = self.physical_id or f"{self.logical_id}-{uuid.uuid4()}"  # as CloudFormation makes one up
            try:
                self.delete()
            except CustomResourceFailed as second:
                raise CustomResourceFailed(f"{error} ROLLBACK_FAILED {second}") from error
            raise CustomResourceFailed(f"{error} Rolled back.") from error

    def update(self, **changed: Any) -> None:
        """With other properties than before. Another physical id means another resource: the old one is deleted."""
        before = self.physical_id
        old = self.properties
        self.properties = old | _as_text(changed)
        self._ask("Update", OldResourceProperties=old)
        if self.physical_id != before:
            self._ask("Delete", PhysicalResourceId=before)

    def delete(self) -> None:
        self._ask("Delete")

    def _ask(self, kind: str, **more: Any) -> None:
        request = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": self._stack_id,
            "ResourceType": self.type,
            "LogicalResourceId": self.logical_id,
            "ResourceProperties": self.properties,
            **({"PhysicalResourceId": self.physical_id} if kind != "Create" else {}),
            **more,
        }
        with _mailbox() as (url, answers):
            for _ in range(TRIES):
                self._account.functions.invoke(self.properties["ServiceToken"], request | {"ResponseURL": url})
                if answers:
                    break
        where = f"{kind.upper()}_FAILED {self.logical_id} ({self.type}):"
        if not answers:
            raise CustomResourceFailed(f"{where} its function did not answer, and ServiceTimeout passed.")
        answer = _checked(answers[0], request, where)
        self.physical_id = answer["PhysicalResourceId"]
        if answer["Status"] == "FAILED":
            raise CustomResourceFailed(f"{where} {answer['Reason']}")
        self.data = {key: str(value) for key, value in answer.get("Data", {}).items()}


def custom_resource(making: Making) -> Created:
    if making.logical_id in making.account.out_of_reach:
        return Created(making.logical_id)
    made = CustomResource(making)
    made.create()
    making.account.custom_resources[making.logical_id] = made
    return Created(made.physical_id, made.data)


def _checked(body: bytes, request: Mapping[str, Any], where: str) -> dict[str, Any]:
    if len(body) > _LARGEST:
        raise CustomResourceFailed(f"{where} an answer of {len(body)} bytes; CloudFormation takes {_LARGEST}.")
    answer: dict[str, Any] = json.loads(body)
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != request[name]:
            raise CustomResourceFailed(f"{where} the answer is for {name} {answer.get(name)!r}, not {request[name]!r}.")
    if answer.get("Status") not in ("SUCCESS", "FAILED") or (answer["Status"] == "FAILED" and not answer.get("Reason")):
        raise CustomResourceFailed(f"{where} the answer needs Status SUCCESS, or FAILED with a Reason: {answer!r}.")
    if not 0 < len(answer.get("PhysicalResourceId", "").encode()) <= _LONGEST_ID:
        raise CustomResourceFailed(f"{where} the answer needs a PhysicalResourceId of at most {_LONGEST_ID} bytes.")
    return answer


@contextmanager
def _mailbox() -> Iterator[tuple[str, list[bytes]]]:
    """A URL that takes one PUT, as a bucket with a signed URL does, and what came."""
    answers: list[bytes] = []

    class Mailbox(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = not self.headers.get("Content-Type")
            if signed:
                answers.append(body)
            self.send_response(200 if signed else 403)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Mailbox)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/answer?Signature=embedded", answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _as_text(value: Any) -> Any:
    """CloudFormation hands over every scalar as text."""
    if isinstance(value, Mapping):
        return {key: _as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
