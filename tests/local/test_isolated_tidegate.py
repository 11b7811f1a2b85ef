"""Tidegate's functions in child processes that see only what functions/requirements.txt names.

The artefact is made of links, as `sam build` would lay it out, so that compiled packages fit this machine.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import files
from pathlib import Path

import pytest

from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded

ROOT = Path(__file__).parents[2]
PIPELINE_OF_ONE_CALL = ("DetectApiCalls", "Correlate", "TellPeople", "PlanResponse", "CloseRun")


def locked() -> list[str]:
    lines = (ROOT / "functions" / "requirements.txt").read_text().splitlines()
    return [match[1] for line in lines if (match := re.match(r"([A-Za-z0-9_.-]+)==", line))]


def installed(distribution: str) -> set[Path]:
    """Top folders and modules of an installed distribution."""
    found = files(distribution) or []
    tops = {file.parts[0] for file in found if not file.parts[0].endswith(".dist-info")} - {"..", "__pycache__"}
    return {Path(str(found[0].locate())).parents[len(found[0].parts) - 1] / top for top in tops}


def artefact(folder: Path, function: str, packages: set[Path]) -> None:
    code = folder / ".aws-sam" / "build" / function
    code.mkdir(parents=True)
    for own in ("tidegate", "tidegate_quota"):
        (code / own).symlink_to(ROOT / "functions" / own)
    for package in packages:
        (code / package.name).symlink_to(package)


@pytest.mark.end_to_end
def test_a_call_becomes_an_incident_and_a_plan_in_child_processes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copytree(ROOT / "statemachines", tmp_path / "statemachines")
    (tmp_path / "functions").symlink_to(ROOT / "functions")
    packages = {path for name in locked() for path in installed(name)}
    for function in PIPELINE_OF_ONE_CALL:
        artefact(tmp_path, function, packages)
    events = json.loads((ROOT / "events" / "phantom_user_pivot.json").read_text())
    call = events["fires"][0]["records"][0]
    with Embedded(tmp_path / "template.yaml", clock=RunClock(), isolated=True) as aws:
        aws.put_event(source=call["source"], detail_type=call["detail-type"], detail=call["detail"])
        aws.deliver()
        assert [failure.message for failure in aws.failures] == []
        machines = aws.client("stepfunctions")
        [run] = machines.list_executions(stateMachineArn=aws.outputs["Respond"])["executions"]
        assert run["status"] == "SUCCEEDED"
        assert {call.action for call in aws.calls if not call.allowed} == set()
