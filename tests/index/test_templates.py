"""Index templates fit what we write, and a real node takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from index_builders import START, a_service_event, a_threat, an_api_call, an_incident, an_invocation
from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError

from tidegate.index import templates
from tidegate.index.documents import incident_document
from tidegate.index.events import bulk_bytes, event_document
from tidegate.model import Principal, Record

EVERYTHING = [
    an_invocation(
        error="ThrottlingException",
        inference_region="eu-west-1",
        stop_reason="end_turn",
        latency_ms=12,
        cache_read_tokens=1,
        cache_write_tokens=2,
        guardrail_action="INTERVENED",
        guardrails=("gr-1",),
        metadata={"user": "ada", "weird key.": 'quote " and {brace}'},
    ),
    an_api_call(
        error="AccessDenied",
        error_message="not authorized",
        read_only=True,
        management=False,
        bearer=True,
        bearer_type="SHORT_TERM",
        parameters=msgspec.Raw(b'{"modelId":"m","list":[{"a":[1,2,{"b":null}]},"x",3.5,true],"deep":{"er":{"est":1}}}'),
        response=msgspec.Raw(b'{"ok":true}'),
        additional=msgspec.Raw(b'{"inferenceRegion":"eu-west-1"}'),
        resources=("arn:aws:bedrock:eu-central-1:111122223333:guardrail/gr-1",),
    ),
    a_threat(models=("m",), guardrails=("gr-1",), archived=True, count=4),
    a_service_event(),
    a_service_event(source="s3", kind="Object Created", resources=("arn:aws:s3:::training",)),
    a_service_event(source="sagemaker", kind="SageMaker Model State Change"),
]


def leaves(properties: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, mapping in properties.items():
        if "properties" in mapping:
            yield from leaves(mapping["properties"], f"{path}{name}.")
        else:
            yield path + name, mapping["type"]


def written(value: Any, path: str = "") -> Iterator[str]:
    """Paths of an encoded document, objects that are one flat field included as one."""
    if isinstance(value, list):
        for item in value:
            yield from written(item, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from written(item, f"{path}.{name}" if path else name)
    else:
        yield path


@pytest.mark.parametrize("name", templates.DOCUMENTS)
def test_every_alias_points_to_a_field_of_the_same_template(name: str) -> None:
    mappings = templates.template(name)["template"]["mappings"]
    fields = dict(leaves(mappings["properties"]))
    decided = templates._decided(name)
    assert mappings["dynamic"] == "strict"
    for alias, target in decided["ecs_aliases"].items():
        assert fields[alias] == "alias"
        assert fields[target] != "alias"


@pytest.mark.parametrize("name", templates.DOCUMENTS)
def test_a_template_stays_below_its_field_limit(name: str) -> None:
    assert len(list(leaves(templates.template(name)["template"]["mappings"]["properties"]))) < templates.FIELD_LIMIT


def test_what_is_written_is_mapped() -> None:
    fields = dict(leaves(templates.template("events")["template"]["mappings"]["properties"]))
    flat = [path for path, kind in fields.items() if kind == "flat_object"]
    for record in EVERYTHING:
        document = msgspec.json.decode(msgspec.json.encode(event_document(record)))
        for path in written(document):
            assert path in fields or any(path.startswith(parent + ".") for parent in flat), path


def test_what_is_mapped_is_written_by_some_record() -> None:
    fields = dict(leaves(templates.template("events")["template"]["mappings"]["properties"]))
    seen = {
        path
        for record in EVERYTHING
        for path in written(msgspec.json.decode(msgspec.json.encode(event_document(record))))
    }
    unwritten = {
        path
        for path, kind in fields.items()
        if kind != "alias" and path not in seen and not any(other.startswith(path + ".") for other in seen)
    }
    # Only for principals or addresses of another kind than the builder's.
    assert {path.removeprefix("evidences.") for path in unwritten} == {
        "actor.invoked_by",
        "src_endpoint.domain",
        "src_endpoint.name",
    }


def test_a_field_that_does_not_say_how_it_is_mapped_is_refused() -> None:
    class Careless(msgspec.Struct):
        name: str

    with pytest.raises(TypeError, match=r"Careless\.name does not say how it is mapped"):
        templates.properties_of(Careless)


def test_an_unknown_kind_of_annotation_is_refused() -> None:
    class Limited(msgspec.Struct):
        name: Annotated[str, msgspec.Meta(max_length=3)]

    with pytest.raises(TypeError):
        templates.properties_of(Limited)


def test_lifecycles_name_patterns_and_incidents_are_never_deleted_by_age() -> None:
    policy = templates.lifecycle("events")
    assert policy is not None
    assert policy["policy"]["ism_template"][0]["index_patterns"] == ["tidegate-events-*"]
    assert policy["policy"]["states"][0]["transitions"][0]["conditions"] == {"min_index_age": "90d"}
    assert templates.lifecycle("incidents") is None


@pytest.mark.opensearch
def test_a_node_takes_all_templates_twice_and_without_the_lifecycle_plugin(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    templates.install(opensearch)
    stored = opensearch.indices.get_index_template(name="tidegate-*")["index_templates"]
    assert {entry["name"] for entry in stored} == {f"tidegate-{name}" for name in templates.DOCUMENTS}


@pytest.mark.opensearch
@pytest.mark.parametrize("record", EVERYTHING, ids=lambda record: type(record).__name__)
def test_a_node_takes_an_event_with_every_field(opensearch: OpenSearch, record: Record) -> None:
    templates.install(opensearch)
    answer = opensearch.bulk(body=bulk_bytes(record), params={"refresh": "true"})
    assert not answer["errors"], answer
    (hit,) = opensearch.search(index="tidegate-events-2026.10")["hits"]["hits"]
    assert hit["_id"] == record.id
    by_alias = opensearch.search(
        index="tidegate-events-*", body={"query": {"range": {"@timestamp": {"gte": START.isoformat()}}}}
    )
    assert by_alias["hits"]["total"]["value"] == 1


@pytest.mark.opensearch
def test_a_node_refuses_a_field_we_do_not_know(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    with pytest.raises(RequestError, match="strict_dynamic_mapping_exception"):
        opensearch.index(index="tidegate-incidents", body={"surprise": 1})


@pytest.mark.opensearch
def test_free_form_parameters_are_searchable_by_path(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    opensearch.bulk(body=bulk_bytes(EVERYTHING[1]), params={"refresh": "true"})
    found = opensearch.count(index="tidegate-events-*", body={"query": {"term": {"api.request.data.deep.er.est": "1"}}})
    assert found["count"] == 1


@pytest.mark.opensearch
def test_fields_of_a_new_version_are_added_to_the_indices_there_are(opensearch: OpenSearch) -> None:
    old = {
        "mappings": {
            "dynamic": "strict",
            "properties": {"time": templates.template("incidents")["template"]["mappings"]["properties"]["time"]},
        }
    }
    opensearch.indices.delete_index_template(name="tidegate-*")
    opensearch.indices.create(index="tidegate-incidents", body=old)
    templates.install(opensearch)
    assert not opensearch.bulk(body=incident_document(an_incident()))["errors"]


ECS = {
    "@timestamp": START.isoformat(),
    "event.id": "event-7",
    "event.action": "UpdateGuardrail",
    "event.provider": "bedrock",
    "cloud.account.id": "111122223333",
    "source.ip": "198.51.100.7",
    "user.name": "chat",
    "user.id": "AROAEXAMPLE:i-0a",
    "user_agent.original": "Boto3/1.44",
    "error.code": "AccessDenied",
    "error.message": "not authorized",
    "aws.cloudtrail.user_identity.type": "AssumedRole",
    "aws.cloudtrail.user_identity.arn": "arn:aws:sts::111122223333:assumed-role/chat/i-0a",
    "aws.cloudtrail.user_identity.access_key_id": "ASIAEXAMPLE",
    "aws.cloudtrail.user_identity.session_context.session_issuer.arn": "arn:aws:iam::111122223333:role/chat",
}
ECS_OF_MODELS = {
    "source.domain": "bedrock.amazonaws.com",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.request.model": "anthropic.claude-sonnet-4-20250514-v1:0",
}


@pytest.mark.opensearch
def test_rules_written_in_ecs_names_find_our_events(opensearch: OpenSearch) -> None:
    """Sigma and Security Analytics content asks by these names; each finds the event it should and no other."""
    assert ECS.keys() | ECS_OF_MODELS.keys() == templates._decided("events")["ecs_aliases"].keys()
    templates.install(opensearch)
    call = an_api_call(
        7, time=START.timestamp(), name="UpdateGuardrail", error="AccessDenied", error_message="not authorized"
    )
    other = an_api_call(8, service="s3", name="GetObject", address="bedrock.amazonaws.com", principal=Principal())
    far = msgspec.structs.replace(other, account="444455556666", user_agent="")
    opensearch.bulk(body=b"".join(map(bulk_bytes, [call, far, an_invocation(9, principal=Principal())])))
    opensearch.indices.refresh(index="tidegate-events-*")
    for expected, values in (("event-7", ECS), (None, ECS_OF_MODELS)):
        for field, value in values.items():
            kind = "match_phrase" if field == "error.message" else "term"
            hits = opensearch.search(index="tidegate-events-*", body={"query": {kind: {field: value}}})["hits"]["hits"]
            found = {hit["_id"] for hit in hits}
            wanted = expected or ("event-8" if field == "source.domain" else "request-9")
            assert wanted in found, field
            assert len(found) == 1 or field in ("event.provider", "cloud.account.id"), field
