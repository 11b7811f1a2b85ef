"""The quota table in moto, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from quota_builders import Clock, Signals, quota_table_in_moto


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with quota_table_in_moto() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signals() -> Signals:
    return Signals()
