from __future__ import annotations

import json
from pathlib import Path

from command_line_builders import Tidegate, lines_of


def test_what_is_simulated_is_replayed_without_damage(tidegate: Tidegate, tmp_path: Path) -> None:
    made = tidegate(
        "simulate", tmp_path / "logs", "--family", "llmjacking", "--class", "search", "--callers", 2, "--json"
    )
    played = tidegate("replay", tmp_path / "logs", "--json", "--findings", tmp_path / "f.jsonl")

    assert made.code == played.code == 0
    summary = json.loads(played.out)
    assert summary["damaged"] == 0
    assert summary["records"] >= json.loads(made.out)["calls"]
    assert lines_of(tmp_path / "f.jsonl")


def test_its_names_are_listed(tidegate: Tidegate) -> None:
    shown = tidegate("simulate", "--list")

    assert shown.code == 0
    assert "distillation_reasoning" in shown.out
    assert "evaluation_run" in shown.out


def test_a_misspelt_class_is_a_bad_argument(tidegate: Tidegate, tmp_path: Path) -> None:
    ran = tidegate("simulate", tmp_path / "logs", "--class", "suport_chat")

    assert ran.code == 2
    assert "support_chat" in ran.problems
    assert not (tmp_path / "logs").exists()


def test_without_a_folder_it_says_so(tidegate: Tidegate) -> None:
    assert tidegate("simulate").code == 2
