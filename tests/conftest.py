"""Fixtures that more than one folder of tests uses, and what holds for all: no verdict depends on a clock."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import botocore_models
import kept_self_tests
import pytest
import user_pool_keys
from hypothesis import HealthCheck, settings

from tidegate_local import dynamodb_values, kept_answers, moto_requests, signing

pytest_plugins = ("opensearch_node",)

# What takes longest, folders and files: begun first, so that no worker is left with one when the others are done.
LONGEST = (
    "litellm_proxy/",
    "response/test_dying_between_any_two_calls.py",
    "response/test_undo_leaves_everything_as_it_was.py",
    "local/test_node_process.py",
    "end_to_end/",
    "command_line/",
    "workflow/",
    "console/",
    "index/",
    "local/",
    "detectors/test_any_record.py",
    "content/test_nothing_planted_comes_out.py",
    "content/test_work_is_bounded.py",
    "detectors/test_quota_exhaustion.py",
    "quality/",
)

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 600 images with 1,400 snapshots: as in the embedded account
botocore_models.share()
kept_answers.install()
moto_requests.install()
dynamodb_values.install()
signing.install()
kept_self_tests.keep()
user_pool_keys.share()
# A verdict follows from the commit alone: the same examples each time. `make test-random` draws others, and more.
common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", common, derandomize=True)
settings.register_profile("random", common, max_examples=1000, print_blob=True)
settings.load_profile("same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under pytest-xdist only: a developer hears of the quick ones first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _order(item.path))


def pytest_collection_finish() -> None:
    """What was imported and collected, 800,000 objects, stays to the end: looking through it again and again for
    garbage was a seventh of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)


def _order(file: Path) -> tuple[int, str]:
    name = file.relative_to(Path(__file__).parent).as_posix()
    return next((rank for rank, long in enumerate(LONGEST) if name.startswith(long)), len(LONGEST)), name
