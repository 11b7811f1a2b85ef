"""What an allowance keeps back is left out of the findings and told on standard error; so is one that has expired."""

from __future__ import annotations

import json
from pathlib import Path

from command_line_builders import Tidegate, lines_of

ALLOW = """
[[allow]]
detector = "guardrail_weakened"
principal = "*"
model = "*guardrail/*"
expires = {expires}
reason = "tuned until the launch, ticket 4711"
"""


def _rules(folder: Path, expires: str) -> Path:
    folder.mkdir()
    (folder / "allow.toml").write_text(ALLOW.format(expires=expires))
    return folder


def test_what_is_allowed_is_counted_and_not_written(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    findings = tmp_path / "f.jsonl"
    ran = tidegate("replay", morning, "--rules", _rules(tmp_path / "r", "2099-01-01"), "--findings", findings, "--json")

    assert "guardrail_weakened" not in {finding["detector"] for finding in lines_of(findings)}
    assert json.loads(ran.out)["suppressed"] == 1
    assert "suppressed: 1 of guardrail_weakened" in ran.problems
    assert "ticket 4711" in ran.problems


def test_one_that_expired_is_named(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    findings = tmp_path / "f.jsonl"
    ran = tidegate("replay", morning, "--rules", _rules(tmp_path / "r", "2020-01-01"), "--findings", findings, "--json")

    (found,) = [finding for finding in lines_of(findings) if finding["detector"] == "guardrail_weakened"]
    assert found["evidence"]["allowance_expired"]["expired"].startswith("2020-01-01")
    assert json.loads(ran.out)["suppressed"] == 0
    assert "expired on 2020-01-01" in ran.problems
