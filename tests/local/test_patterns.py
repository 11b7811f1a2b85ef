"""Event patterns, as EventBridge documents them."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate_local.patterns import PatternError, matches

EVENT: dict[str, Any] = {
    "source": "aws.s3",
    "detail": {
        "name": "documents/a.json.gz",
        "count": 5,
        "on": True,
        "none": None,
        "tags": ["red", "green"],
        "address": "192.0.2.9",
        "parts": [{"kind": "a", "size": 1}, {"kind": "b", "size": 2}],
        "inner": {"x": 1},
    },
}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"name": ["documents/a.json.gz"]}, True),
        ({"name": [{"prefix": "documents/"}]}, True),
        ({"name": [{"suffix": ".json.gz"}]}, True),
        ({"name": [{"suffix": {"equals-ignore-case": ".JSON.GZ"}}]}, True),
        ({"name": [{"wildcard": "documents/*.gz"}]}, True),
        ({"name": [{"wildcard": "documents/*.txt"}]}, False),
        ({"name": [{"anything-but": ["documents/a.json.gz"]}]}, False),
        ({"name": [{"anything-but": {"prefix": "raw/"}}]}, True),
        ({"name": [{"equals-ignore-case": "DOCUMENTS/A.JSON.GZ"}]}, True),
        ({"count": [5]}, True),
        ({"count": [{"numeric": [">", 4, "<=", 5]}]}, True),
        ({"count": [{"numeric": ["<", 5]}]}, False),
        ({"on": [True]}, True),
        ({"on": [1]}, False),
        ({"count": [True]}, False),
        ({"none": [None]}, True),
        ({"absent": [None]}, False),
        ({"tags": ["green"]}, True),
        ({"tags": ["blue"]}, False),
        ({"tags": [{"anything-but": "red"}]}, True),
        ({"address": [{"cidr": "192.0.2.0/24"}]}, True),
        ({"absent": [{"exists": False}]}, True),
        ({"name": [{"exists": False}]}, False),
        ({"inner": {"y": [{"exists": False}]}}, True),
        ({"gone": {"y": [{"exists": False}]}}, True),
        ({"parts": {"kind": ["b"]}}, True),
        ({"parts": {"kind": ["b"], "size": [2]}}, True),
        ({"$or": [{"count": [9]}, {"on": [True]}]}, True),
        ({"$or": [{"count": [9]}, {"on": [False]}]}, False),
    ],
)
def test_a_pattern_matches_as_documented(detail: dict[str, Any], expected: bool) -> None:
    assert matches({"detail": detail}, EVENT) is expected


@pytest.mark.parametrize(
    "detail",
    [{"name": [{"sounds-like": "x"}]}, {"name": "x"}, {"name": []}, {"name": [{"anything-but": {"numeric": 1}}]}],
)
def test_what_is_not_understood_is_an_error(detail: dict[str, Any]) -> None:
    with pytest.raises(PatternError):
        matches({"detail": detail}, EVENT)
