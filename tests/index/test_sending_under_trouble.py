"""What the sender does while a cluster throttles, breaks, is away or refuses: against a scripted client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from index_builders import START, KeptOriginals, an_invocation, time_left
from opensearchpy.exceptions import (
    AuthorizationException,
    ConnectionError,
    ConnectionTimeout,
    TransportError,
)

from tidegate.index.events import bulk_bytes
from tidegate.index.sender import Message, Sender, Sent

Answer = Callable[[list[str]], dict[str, Any]]


class ScriptedCluster:
    """Answers `bulk` by the script, one entry a request; then takes everything. Remembers ids by request."""

    def __init__(self, *script: Answer | Exception) -> None:
        self.script = list(script)
        self.requests: list[list[str]] = []
        self.timeouts: list[float] = []
        self.refusing_templates: Exception | None = None
        self.indices = self
        self.transport = self

    def put_index_template(self, **_: Any) -> None:
        if self.refusing_templates:
            raise self.refusing_templates

    def put_mapping(self, **_: Any) -> None: ...

    def perform_request(self, *_: Any, **__: Any) -> None:
        raise TransportError(400, "no handler found for uri", {})

    def bulk(self, *, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        ids = [line.split(b'"_id":"')[1].split(b'"')[0].decode() for line in body.split(b"\n")[:-1:2]]
        self.requests.append(ids)
        self.timeouts.append(params["request_timeout"])
        step = self.script.pop(0) if self.script else taken
        if isinstance(step, Exception):
            raise step
        return step(ids)


def taken(ids: list[str]) -> dict[str, Any]:
    return answered({})(ids)


def answered(by_id: dict[str, int], kind: str = "some_exception") -> Answer:
    def answer(ids: list[str]) -> dict[str, Any]:
        items = []
        for uid in ids:
            status = by_id.get(uid, 201)
            error = {} if status < 300 else {"error": {"type": kind, "reason": "because"}}
            items.append({"create": {"status": status} | error})
        return {"errors": bool(by_id), "items": items}

    return answer


class Times:
    """Seconds that pass only by pausing."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.left -= seconds

    def __call__(self) -> float:
        return self.left


def send(
    cluster: ScriptedCluster, *numbers: int, times: Times | None = None, kept: KeptOriginals | None = None
) -> Sent:
    times = times or Times(60)
    sender = Sender(
        cluster, damaged=kept or KeptOriginals(), clock=lambda: START, pause=times.pause, jitter=lambda: 1.0
    )
    messages = [Message(f"m{number}", f"s3://outbox/{number}", bulk_bytes(an_invocation(number))) for number in numbers]
    return sender.send(messages, remaining=times)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_only_what_was_turned_away_is_sent_again(status: int) -> None:
    cluster = ScriptedCluster(answered({"request-2": status}), answered({"request-2": status}))
    sent = send(cluster, 1, 2, 3)
    assert cluster.requests == [["request-1", "request-2", "request-3"], ["request-2"], ["request-2"]]
    assert sent == Sent(indexed=3, bulks=3)


@pytest.mark.parametrize(
    "error",
    [
        TransportError(429, "too many requests", {}),
        TransportError(503, "no nodes", {}),
        ConnectionError("N/A", "connection refused", OSError()),
        ConnectionTimeout("TIMEOUT", "read timed out", OSError()),
    ],
)
def test_a_request_that_got_no_answer_is_repeated(error: Exception) -> None:
    cluster = ScriptedCluster(error)
    assert send(cluster, 1, 2) == Sent(indexed=2, bulks=2)


def test_pauses_grow_and_end_with_the_time() -> None:
    times = Times(20)
    cluster = ScriptedCluster(*[ConnectionError("N/A", "refused", OSError())] * 50)
    sent = send(cluster, 1, 2, times=times)
    assert times.pauses == [0.5, 1, 2, 4, 8]
    assert times.left > 3
    assert sent.failed.keys() == {"m1", "m2"}
    assert "refused" in sent.failed["m1"]
    assert cluster.timeouts[-1] <= times.left


def test_a_message_fails_alone_when_only_its_document_is_turned_away() -> None:
    cluster = ScriptedCluster(*[answered({"request-2": 429})] * 50)
    sent = send(cluster, 1, 2, 3)
    assert sent.failed == {"m2": "429 some_exception: because"}
    assert sent.indexed == 2


def test_without_time_nothing_is_asked() -> None:
    cluster = ScriptedCluster()
    assert send(cluster, 1, times=Times(2)).failed == {"m1": "no time left"}
    assert cluster.requests == []


def test_too_large_a_request_is_halved_until_it_fits() -> None:
    def at_most_two(ids: list[str]) -> dict[str, Any]:
        if len(ids) > 2:
            raise TransportError(413, "request entity too large", {})
        return taken(ids)

    cluster = ScriptedCluster(*[at_most_two] * 20)
    sent = send(cluster, *range(7))
    assert (sent.failed, sent.indexed, sent.damaged) == ({}, 7, 0)
    assert [uid for ids in cluster.requests if len(ids) <= 2 for uid in ids] == [f"request-{n}" for n in range(7)]


def test_a_document_that_alone_is_too_large_is_kept_as_damaged() -> None:
    kept = KeptOriginals()
    sent = send(ScriptedCluster(TransportError(413, "request entity too large", {})), 1, kept=kept)
    assert (sent.failed, sent.damaged) == ({}, 1)
    assert list(kept.originals.values()) == [bulk_bytes(an_invocation(1))]


def test_one_document_that_spoils_a_whole_request_fails_its_own_message_only() -> None:
    def spoilt_by_two(ids: list[str]) -> dict[str, Any]:
        if "request-2" in ids:
            raise TransportError(400, "action_request_validation_exception", {})
        return taken(ids)

    kept = KeptOriginals()
    sent = send(ScriptedCluster(*[spoilt_by_two] * 20), *range(6), kept=kept)
    assert sent.failed == {"m2": "400 action_request_validation_exception: {}"}
    assert (sent.indexed, kept.originals) == (5, {})


def test_a_refused_signature_fails_the_messages_with_the_reason_and_damages_nothing() -> None:
    kept = KeptOriginals()
    cluster = ScriptedCluster(AuthorizationException(403, "security_exception", {}))
    sent = send(cluster, 1, 2, kept=kept)
    assert sent.failed.keys() == {"m1", "m2"}
    assert "403 security_exception" in sent.failed["m1"]
    assert (kept.originals, len(cluster.requests)) == ({}, 1)


def test_refused_templates_fail_the_messages_and_damage_nothing() -> None:
    kept = KeptOriginals()
    cluster = ScriptedCluster()
    cluster.refusing_templates = TransportError(400, "illegal_argument_exception", {})
    sent = send(cluster, 1, 2, kept=kept)
    assert sent.failed.keys() == {"m1", "m2"}
    assert "index templates: 400 illegal_argument_exception" in sent.failed["m1"]
    assert (kept.originals, cluster.requests) == ({}, [])


def test_templates_are_put_before_the_first_bulk_and_tried_again_when_the_node_was_away() -> None:
    cluster = ScriptedCluster()
    cluster.refusing_templates = ConnectionError("N/A", "refused", OSError())

    class Waking(Times):
        def pause(self, seconds: float) -> None:
            cluster.refusing_templates = None

    assert send(cluster, 1, times=Waking(60)) == Sent(indexed=1, bulks=1)


def test_a_cluster_without_room_for_shards_is_not_the_documents_fault() -> None:
    kept = KeptOriginals()
    sent = send(ScriptedCluster(answered({"request-1": 400}, "validation_exception")), 1, kept=kept)
    assert "validation_exception" in sent.failed["m1"]
    assert kept.originals == {}


def test_a_note_that_is_refused_fails_its_message_and_makes_no_other_note() -> None:
    def refuse_all(ids: list[str]) -> dict[str, Any]:
        return answered(dict.fromkeys(ids, 400))(ids)

    sent = send(ScriptedCluster(refuse_all, refuse_all), 1)
    assert "the errors index refused a note" in sent.failed["m1"]
    assert sent.damaged == 1


def test_a_failing_store_of_originals_is_not_passed_over() -> None:
    class Full:
        def keep(self, note_id: str, original: bytes) -> str:
            raise OSError("no room")

    sender = Sender(ScriptedCluster(answered({"request-1": 400})), damaged=Full(), clock=lambda: START)
    with pytest.raises(OSError, match="no room"):
        sender.send([Message("m1", "s3://outbox/1", bulk_bytes(an_invocation(1)))], remaining=time_left())
