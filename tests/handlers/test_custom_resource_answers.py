"""CloudFormation gets its one answer, in the form it takes, whatever became of the work."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate import custom_resource
from tidegate.custom_resource import LARGEST_ANSWER, TRIES, Answer, Request, body_of, put_answer
from tidegate.errors import Permanent, Retryable

EVENT: dict[str, Any] = {
    "RequestType": "Create",
    "ResponseURL": "https://cloudformation-custom-resource-response.example.com/x?Signature=y",
    "StackId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/tidegate/1a2b3c4d",
    "RequestId": "8f7e",
    "ResourceType": "Custom::TidegateIndex",
    "LogicalResourceId": "InstalledIndex",
    "ResourceProperties": {"ServiceToken": "arn:aws:lambda:...", "Version": "1"},
}


class Answers:
    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []
        self.arrived = threading.Event()

    def __call__(self, url: str, body: bytes) -> None:
        assert url == EVENT["ResponseURL"]
        assert len(body) <= LARGEST_ANSWER
        self.given.append(json.loads(body))
        self.arrived.set()


def answered(work: Callable[[Request], Answer], *, seconds: float = 900.0, **event: Any) -> dict[str, Any]:
    answers = Answers()
    custom_resource.answer(EVENT | event, work, physical_id="new", remaining=lambda: seconds, put=answers)
    (only,) = answers.given
    return only


def fails(error: BaseException) -> Callable[[Request], Answer]:
    def work(_request: Request) -> Answer:
        raise error

    return work


def test_work_that_is_done_is_answered_with_its_id_and_data() -> None:
    said = answered(lambda request: Answer("own-id", {"Templates": "7"}))
    assert said == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "own-id",
        "Data": {"Templates": "7"},
        **{name: EVENT[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }


def test_work_that_fails_is_answered_with_its_reason_and_an_id_that_can_be_deleted() -> None:
    said = answered(fails(Retryable("the node is away")))
    assert (said["Status"], said["Reason"], said["PhysicalResourceId"]) == ("FAILED", "the node is away", "new")


def test_a_crash_is_named_by_its_kind() -> None:
    assert answered(fails(KeyError("x")))["Reason"] == "KeyError: 'x'"
    assert answered(fails(Permanent("")))["Reason"] == "no reason given"


def test_a_failed_update_keeps_the_id_so_that_nothing_is_replaced() -> None:
    said = answered(fails(Permanent("no")), RequestType="Update", PhysicalResourceId="own-id")
    assert said["PhysicalResourceId"] == "own-id"


def test_work_that_never_ends_is_answered_when_time_runs_out_and_its_late_success_is_not_heard() -> None:
    answers = Answers()

    def work(_request: Request) -> Answer:
        assert answers.arrived.wait(30)  # until the answer is there: nobody else could give it
        return Answer("too-late")

    custom_resource.answer(EVENT, work, physical_id="new", remaining=lambda: 0.0, put=answers)
    (only,) = answers.given
    assert (only["Status"], only["PhysicalResourceId"]) == ("FAILED", "new")
    assert "not done in time" in only["Reason"]


def test_an_answer_that_can_t_be_left_is_an_error_so_that_lambda_tries_again() -> None:
    def refused(url: str, body: bytes) -> None:
        raise Retryable("no way out")

    with pytest.raises(Retryable, match="no way out"):
        custom_resource.answer(EVENT, lambda _: Answer("a"), physical_id="new", remaining=lambda: 900.0, put=refused)


def test_what_is_no_request_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        custom_resource.answer(
            {"ResponseURL": "https://x"}, lambda _: Answer("a"), physical_id="n", remaining=lambda: 9.0
        )


@given(st.text(max_size=9_000), st.text(min_size=1, max_size=2_000))
def test_whatever_the_reason_the_answer_fits(reason: str, physical_id: str) -> None:
    request = msgspec.convert(EVENT, Request)
    body = body_of(request, {"Status": "FAILED", "PhysicalResourceId": physical_id, "Reason": reason})
    assert len(body) <= LARGEST_ANSWER
    said = json.loads(body)
    assert reason.startswith(said["Reason"] or "")
    assert said["RequestId"] == EVENT["RequestId"]


def test_data_that_is_too_much_is_left_out() -> None:
    body = body_of(
        msgspec.convert(EVENT, Request),
        {"Status": "SUCCESS", "PhysicalResourceId": "a", "Data": {"Copied": "x" * 5_000}},
    )
    assert json.loads(body)["Data"] == {}


# --- leaving the answer -------------------------------------------------------------------------------------------


@pytest.fixture
def bucket() -> Iterator[dict[str, Any]]:
    """`statuses`: what it answers, one a request, then 200; `bodies`: what arrived and was taken."""
    seen: dict[str, Any] = {"statuses": [], "bodies": [], "types": []}

    class Bucket(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = seen["statuses"].pop(0) if seen["statuses"] else 200
            if status == 200:
                seen["bodies"].append(body)
                seen["types"].append(self.headers.get("Content-Type"))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    seen["url"] = f"http://127.0.0.1:{server.server_port}/x?Signature=y"
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_answer_is_put_without_a_content_type_which_the_url_is_not_signed_for(bucket: dict[str, Any]) -> None:
    put_answer(bucket["url"], b"{}")
    assert (bucket["bodies"], bucket["types"]) == ([b"{}"], [""])


def test_trouble_on_the_other_side_is_tried_again_with_growing_pauses(bucket: dict[str, Any]) -> None:
    bucket["statuses"] = [503, 500]
    pauses: list[float] = []
    put_answer(bucket["url"], b"{}", pause=pauses.append)
    assert (bucket["bodies"], pauses) == ([b"{}"], [1.0, 2.0])


def test_an_url_that_is_refused_is_not_tried_again(bucket: dict[str, Any]) -> None:
    bucket["statuses"] = [403]
    with pytest.raises(Permanent, match="refused the answer"):
        put_answer(bucket["url"], b"{}", pause=lambda _: None)
    assert bucket["bodies"] == []


def test_nobody_there_is_an_error_that_does_not_tell_the_signature() -> None:
    pauses: list[float] = []
    with pytest.raises(Retryable) as caught:
        put_answer("http://127.0.0.1:9/x?Signature=secret", b"{}", pause=pauses.append)
    assert len(pauses) == TRIES - 1
    assert "secret" not in str(caught.value)


def test_an_answer_goes_out_encrypted_or_not_at_all() -> None:
    with pytest.raises(Permanent, match="https only"):
        put_answer("http://example.com/x", b"{}")
