"""What a tool does with what it is given, by its name and its arguments' names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.tools import is_content, is_pattern, is_search, keeps, runs_code, tells, writes


@pytest.mark.parametrize(
    "tool",
    ["bash", "execute_sql", "python_repl", "run_python", "runCommand", "edit_and_run_script", "code_interpreter"],
)
def test_tools_that_run_what_they_are_given(tool: str):
    assert runs_code(tool)
    assert not writes(tool)


@pytest.mark.parametrize(
    "tool", ["edit_file", "NotebookEdit", "create_python_script", "str_replace_based_edit_tool", "apply_code_patch"]
)
def test_tools_that_write_what_they_are_given(tool: str):
    assert not runs_code(tool)
    assert writes(tool)


def test_tools_that_go_nowhere_with_what_they_are_given():
    assert keeps("review_code")
    assert keeps("edit_file")
    assert not keeps("fetch_url")
    assert not keeps("bash")


def test_tools_that_people_read():
    assert tells("send_mail")
    assert tells("postSlackMessage")
    assert not tells("fetch_url")


@pytest.mark.parametrize(
    ("tool", "argument", "others"),
    [
        ("edit_file", "new_string", ["path", "new_string"]),
        ("edit_file", "before", ["file_path", "before", "after"]),
        ("write", "fileText", ["fileText"]),
        ("apply_patch", "patch", ["patch"]),
        ("send_mail", "body", ["to", "body"]),
    ],
)
def test_what_is_written_or_sent_is_content(tool: str, argument: str, others: list[str]):
    assert is_content(tool, argument, others)


@pytest.mark.parametrize(
    ("tool", "argument", "others"),
    [
        ("edit_file", "path", ["path", "new_string"]),
        ("edit_file", "command", ["path", "command"]),
        ("fetch", "source_url", ["source_url"]),
        ("get_message", "message_id", ["message_id"]),
        ("lookup_ship", "ship", ["ship"]),
        ("update_order", "status", ["order", "status"]),
        ("edit_file", "", ["path", ""]),
    ],
)
def test_what_is_run_fetched_or_opened_is_not(tool: str, argument: str, others: list[str]):
    assert not is_content(tool, argument, others)


def test_expressions_and_searches_are_told_by_their_arguments():
    assert is_pattern("pattern")
    assert not is_pattern("path")
    assert is_search("search_query")
    assert not is_search("command")


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_any_name_is_judged(tool: str, argument: str, others: list[str]):
    assert not (runs_code(tool) and writes(tool))
    assert is_content(tool, argument, others) in (True, False)
