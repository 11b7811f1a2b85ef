from __future__ import annotations

import gzip
import json
from collections import Counter

from command_line_builders import START

from tidegate_local import story


def test_the_same_start_tells_the_same_story() -> None:
    assert list(story.tell(START)) == list(story.tell(START))


def test_a_log_file_has_the_key_and_the_lines_that_bedrock_writes() -> None:
    delivery = next(one for one in story.tell(START) if one.kind == "log_file")

    assert delivery.key.startswith("AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/09/14/07/")
    assert delivery.key.endswith(".json.gz")
    records = [json.loads(line) for line in gzip.decompress(delivery.body).splitlines()]
    assert {record["schemaType"] for record in records} == {"ModelInvocationLog"}


def test_every_request_has_an_id_of_its_own() -> None:
    seen: Counter[str] = Counter()
    for delivery in story.tell(START):
        if delivery.kind == "log_file":
            for line in gzip.decompress(delivery.body).splitlines():
                if line.endswith(b"}"):
                    seen[json.loads(line)["requestId"]] += 1

    assert seen.most_common(1)[0][1] == 1


def test_a_stopped_thief_is_refused_and_spends_nothing_more() -> None:
    free = _tokens(lambda _caller, _at: False)
    stopped = _tokens(lambda caller, _at: caller.startswith("key:"))

    assert free["user/model-evaluation"] > 3_000_000
    assert stopped["user/model-evaluation"] < 50_000


def test_a_blocked_end_user_makes_no_more_calls() -> None:
    calls = [
        line
        for delivery in story.tell(START, stopped=lambda caller, _at: caller == "user:u-2043")
        if delivery.kind == "log_file"
        for line in gzip.decompress(delivery.body).splitlines()
        if b'"u-2043"' in line
    ]
    assert calls == []


def _tokens(stopped: object) -> Counter[str]:
    spent: Counter[str] = Counter()
    for delivery in story.tell(START, stopped=stopped):  # type: ignore[arg-type]
        if delivery.kind == "log_file":
            for line in gzip.decompress(delivery.body).splitlines():
                if line.endswith(b"}"):
                    record = json.loads(line)
                    spent[record["identity"]["arn"].split(":")[-1]] += (
                        record["input"]["inputTokenCount"] + record["output"]["outputTokenCount"]
                    )
    return spent
