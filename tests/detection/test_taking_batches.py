"""What a batch leaves behind besides findings."""

from __future__ import annotations

import json

import msgspec
from detection_builders import NOW, World, a_delivery, an_api_call, an_invocation

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord


def _documents(world: World) -> list[bytes]:
    return [line for batch in world.outbox.batches.values() for line in batch]


def test_every_record_becomes_a_document():
    world = World()

    world.detection.take([a_delivery(an_invocation(), an_invocation(1)), a_delivery(an_api_call("ListBuckets", "s3"))])

    assert len(_documents(world)) == 3


def test_a_damaged_record_is_kept_with_its_reason_and_the_rest_goes_on():
    world = World()
    damaged = DamagedRecord("not JSON", where="s3://logs/a line 2", original=b"{oops")

    failed = world.detection.take([Delivery("file-1", [an_invocation()], [damaged])])

    assert not failed
    [(reference, original)] = world.damaged.kept.items()
    assert original == b"{oops"
    note = _documents(world)[-1]
    assert all(word in note for word in (b"not JSON", b"s3://logs/a line 2", reference.encode()))


def test_an_empty_delivery_is_done_and_writes_nothing():
    world = World()

    world.detection.take([Delivery("file-1", [])])

    assert world.deliveries.done(["file-1"]) == {"file-1"}
    assert not world.outbox.batches


def test_a_caller_has_one_state_and_one_write_a_batch():
    world = World()
    batch = [a_delivery(*(an_invocation(n + 100 * d) for n in range(20)), id=f"file-{d}") for d in range(5)]

    world.detection.take(batch)

    assert {stored.revision for stored in world.states._stored.values()} == {1}
    callers = {key for key in world.states._stored if "/join:" not in key and key != "tidegate/heard"}
    assert callers == {"111122223333/user:u-1", "111122223333/session:SupportAssistant/web-1"}


def test_a_crowd_is_written_only_when_it_took_a_record():
    world = World()
    text = {"input_body": msgspec.Raw(b'{"messages":[{"role":"user","content":"hello there"}]}')}

    for part in range(6):
        world.see(*[an_invocation(60 * part + n, **text) for n in range(5)])

    crowds = {key: stored.revision for key, stored in world.states._stored.items() if "/crowd" in key}
    assert {key.partition(":")[2] for key in crowds} == {"role:SupportAssistant", "account:111122223333"}
    assert set(crowds.values()) == {1}, "later files' records are of a name that is judged by itself"


def test_configurations_are_recorded_by_resource():
    world = World()
    world.see(
        an_api_call(
            "CreateAgentAlias",
            parameters={"agentId": "AGENTTIDE1", "routingConfiguration": [{"agentVersion": "3"}]},
            response={"agentAlias": {"agentId": "AGENTTIDE1", "agentAliasId": "ALIASTIDE1"}},
        )
    )

    later = NOW.timestamp() + 1
    snapshot = world.snapshots.before("arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENTTIDE1/ALIASTIDE1", later)
    assert snapshot is not None
    assert snapshot["routingConfiguration"] == [{"agentVersion": "3"}]


def test_a_refused_call_leaves_no_configuration():
    world = World()
    parameters = {"loggingConfig": {"s3Config": {"bucketName": "elsewhere"}}}
    world.see(an_api_call("PutModelInvocationLoggingConfiguration", parameters=parameters, error="AccessDenied"))

    assert world.snapshots.before("logging/111122223333/us-east-1", NOW.timestamp() + 1) is None


def test_findings_survive_the_queue():
    world = World()
    world.see(an_api_call("DeleteGuardrail", parameters={"guardrailIdentifier": "gr7tide00001"}))

    [finding] = world.found
    assert type(finding).model_validate_json(finding.model_dump_json()) == finding
    assert json.loads(finding.model_dump_json())["time"] == "2026-09-01T10:00:00.000Z"


def test_one_callers_unreadable_state_holds_up_nobody_else():
    world = World()
    key = "111122223333/user:u-1"
    world.states.save(key, b"not ours", revision=0, forget_at=0)

    failed = world.detection.take(
        [a_delivery(an_invocation(), id="file-1"), a_delivery(an_invocation(user="u-2"), id="file-2")]
    )

    assert failed == {"file-1"}
    assert world.deliveries.done(["file-1", "file-2"]) == {"file-2"}
    assert world.states.load([key])[key].data == b"not ours"
