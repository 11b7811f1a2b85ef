"""An artefact for another processor is named as such, instead of failing at each import."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from tidegate.errors import ConfigurationError
from tidegate_local.account import Account
from tidegate_local.clock import RunClock
from tidegate_local.isolated import Children, artefact_for_this_machine

OTHER = "aarch64" if platform.machine() == "x86_64" else "x86_64"


def compiled(build: Path, machine: str) -> None:
    package = build / "Correlate" / "msgspec"
    package.mkdir(parents=True)
    (package / f"_core.cpython-313-{machine}-linux-gnu.so").touch()


def test_an_artefact_for_another_processor_says_what_to_run(tmp_path: Path) -> None:
    compiled(tmp_path / ".aws-sam" / "build", OTHER)

    with pytest.raises(ConfigurationError, match="make build-here"):
        Children(Account(RunClock()), artefact_for_this_machine(tmp_path))


def test_the_artefact_for_this_machine_is_preferred(tmp_path: Path) -> None:
    compiled(tmp_path / ".aws-sam" / "build", OTHER)
    compiled(tmp_path / ".aws-sam" / "here", platform.machine())

    assert artefact_for_this_machine(tmp_path) == tmp_path / ".aws-sam" / "here"
