"""The demo's five questions, on a real node that holds the morning's events."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line_builders import START
from opensearchpy import OpenSearch

from tidegate.errors import DamagedRecord
from tidegate.index import templates
from tidegate.index.events import bulk_bytes
from tidegate_local.demo import five_answers
from tidegate_local.native_files import files_under, read_file
from tidegate_local.report import Answer
from tidegate_local.story import EVALUATOR

pytestmark = pytest.mark.opensearch


@pytest.fixture
def answered(opensearch: OpenSearch, morning: Path) -> dict[str, Answer]:
    templates.install(opensearch)
    records = [record for file in files_under([morning]) for record in read_file(file)]
    lines = [bulk_bytes(record) for record in records if not isinstance(record, DamagedRecord)]
    assert not opensearch.bulk(body=b"".join(lines))["errors"]
    return {answer.question: answer for answer in five_answers(opensearch, START)}


def test_each_of_the_five_is_answered_from_the_index(answered: dict[str, Answer]) -> None:
    assert len(answered) == 5
    assert answered["Who spent the most tokens?"].rows[0][0] == f"iam-user:{EVALUATOR.name}"
    assert [row[1] for row in answered["What came from 203.0.113.66?"].rows][:2] == [
        "GetCallerIdentity",
        "ListFoundationModels",
    ]
    for answer in answered.values():
        assert all(len(row) == len(answer.columns) for row in answer.rows)
