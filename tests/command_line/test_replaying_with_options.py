"""Options of `tidegate replay` that say whose is what."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line_builders import PIPELINE, Tidegate, lines_of


@pytest.mark.parametrize("pipeline", [(), PIPELINE, ("--pipeline", "role:ContractorAccess")])
def test_who_may_move_models_is_named(
    tidegate: Tidegate, morning: Path, tmp_path: Path, pipeline: tuple[str, ...]
) -> None:
    tidegate("replay", morning, "--incidents", tmp_path / "i.jsonl", *pipeline)
    accused = {one["caller"] for one in lines_of(tmp_path / "i.jsonl") if "model_swapped" in one["detectors"]}
    assert ("session:ContractorAccess/temp-81" in accused) is (pipeline != ("--pipeline", "role:ContractorAccess"))


def test_who_an_end_user_is_depends_on_the_key_that_names_it(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    tidegate("replay", morning, "--incidents", tmp_path / "i.jsonl", "--end-user-key", "application")
    assert "user:support-assistant" in {one["caller"] for one in lines_of(tmp_path / "i.jsonl")}
