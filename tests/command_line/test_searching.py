"""`tidegate search` without a stack: what can be asked, and what is wrong with a question."""

from __future__ import annotations

import json

import pytest
from command_line_builders import Tidegate

from tidegate_local.command_line.investigating import _buckets, _flat


def test_saved_queries_are_listed_with_their_parameters(tidegate: Tidegate) -> None:
    listed = json.loads(tidegate("search", "--json").out)
    names = {one["id"]: one["parameters"] for one in listed}
    assert set(names["events_of_name"]) == {"since", "until", "account", "name"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("search", "no_such_query"), "no_such_query"),
        (("search", "events_of_name", "account"), "NAME=VALUE"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_bad_argument(tidegate: Tidegate, arguments: tuple[str, ...], named: str):
    ran = tidegate(*arguments)
    assert ran.code == 2
    assert named in ran.problems


def test_nested_buckets_are_a_row_each_under_their_keys():
    found = {
        "buckets": [
            {
                "key": "user:alice",
                "doc_count": 3,
                "tokens": {"value": 7},
                "models": {"buckets": [{"key": "nova", "doc_count": 3}]},
            }
        ]
    }
    assert list(_buckets(found)) == [("user:alice", 3, '{"tokens": 7}'), ("user:alice / nova", 3, "")]


def test_documents_are_flattened_with_times_for_people():
    row = dict(_flat({"time": 1_770_000_000_000, "tidegate": {"caller": "user:alice", "names": ["user:alice"]}}))
    assert row == {
        "time": "2026-02-02 02:40:00",
        "tidegate.caller": "user:alice",
        "tidegate.names": '["user:alice"]',
    }
