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


def test_what_is_asked_for_is_simulated(tidegate: Tidegate, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "some.jsonl").write_text('{"text": "Where is my parcel?", "label": "benign"}\n')
    (tmp_path / "trace.csv").write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        + "".join(f"2026-03-02 09:{minute:02}:00.0,{200 + minute},{50 + minute}\n" for minute in range(40))
    )
    when = ("--start", "2026-03-02", "--days", 2, "--quiet-days", 1, "--seed", "tests")
    where = ("--account", "444455556666", "--region", "eu-central-1", "--no-trail", "--trail", "--no-trail")
    texts = ("--prompts", tmp_path / "prompts", "--trace", tmp_path / "trace.csv", "--share", 0.5)
    who = ("--family", "quota_abuse", "--class", "search", "--callers", 1)
    ran = tidegate("simulate", tmp_path / "logs", *who, *when, *where, *texts, "--json")
    assert ran.code == 0, ran.problems
    assert json.loads(ran.out)["attack_calls"] > 0
    folders = {path.relative_to(tmp_path / "logs").parts[:4] for path in (tmp_path / "logs").rglob("*.json.gz")}
    assert folders == {("AWSLogs", "444455556666", "BedrockModelInvocationLogs", "eu-central-1")}
    labels = lines_of(tmp_path / "logs" / "labels.jsonl")
    assert {label["day"] for label in labels if label["label"] == "attack"} == {"2026-03-03"}
