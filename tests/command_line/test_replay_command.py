from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line_builders import PIPELINE, START, Tidegate, lines_of

from tidegate_local import native_records

# Longer than any user name that IAM takes: nothing can be done about it by that name.
NO_USER_OF_IAM = native_records.Identity("BedrockAPIKey-" + "x" * 200, "AIDATIDEPHANTOM00002", "AKIATIDEPHANTOM00002")

FINDING = {
    "id", "detector", "family", "severity", "score", "time", "caller", "account", "region", "event_ids", "evidence",
    "techniques",
}  # fmt: skip
INCIDENT = {
    "id", "severity", "status", "caller", "detectors", "finding_ids", "first_seen", "last_seen", "playbook",
}  # fmt: skip
ACTION = {
    "id", "incident_id", "playbook", "action", "target", "mode", "status", "verified", "undo_of",
}  # fmt: skip


def test_each_bad_state_of_the_morning_is_found(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    ran = tidegate("replay", morning, "--findings", tmp_path / "f.jsonl", *PIPELINE)

    assert ran.code == 0
    assert {finding["detector"] for finding in lines_of(tmp_path / "f.jsonl")} >= {
        "guardrail_weakened",
        "model_swapped",
        "phantom_user_pivot",
        "quota_abuse",
        "session_credentials_stolen",
    }


def test_lines_hold_at_least_what_the_contract_names(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.jsonl" for name in ("findings", "incidents", "actions")}
    tidegate("replay", morning, *(part for name, file in files.items() for part in (f"--{name}", file)))

    for name, wanted in (("findings", FINDING), ("incidents", INCIDENT), ("actions", ACTION)):
        lines = lines_of(files[name])
        assert lines
        assert all(wanted <= set(line) for line in lines)


def test_nothing_is_applied_in_observe(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    tidegate("replay", morning, "--actions", tmp_path / "a.jsonl", *PIPELINE)

    actions = lines_of(tmp_path / "a.jsonl")
    assert {(action["mode"], action["status"], action["verified"]) for action in actions} == {
        ("observe", "planned", False),
        ("observe", "refused", False),  # what can be looked at in the account only
    }
    assert all(action["difference"] for action in actions if action["status"] == "planned")


def test_a_refused_response_says_why(tidegate: Tidegate, tmp_path: Path) -> None:
    call = native_records.api_call(START, NO_USER_OF_IAM, "s3", "ListBuckets", read_only=True)
    (tmp_path / "call.json").write_text(json.dumps(call))

    tidegate("replay", tmp_path / "call.json", "--actions", tmp_path / "a.jsonl")

    (action,) = lines_of(tmp_path / "a.jsonl")
    assert set(action) >= ACTION
    assert (action["action"], action["status"]) == ("none", "refused")
    assert action["error"]


def test_a_damaged_record_is_named_and_counted_and_the_rest_goes_on(tidegate: Tidegate, morning: Path) -> None:
    ran = tidegate("replay", morning, "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["damaged"] == 1
    assert ran.problems.count("damaged: ") == 1
    assert ".json.gz#" in ran.problems


def test_files_that_overlap_count_once(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    shutil.copytree(morning, tmp_path / "again")

    once = json.loads(tidegate("replay", morning, "--json").out)
    twice = json.loads(tidegate("replay", morning, tmp_path / "again", "--json").out)

    assert twice["repeated"] == once["records"]
    assert twice["findings_by_detector"] == once["findings_by_detector"]


def test_the_order_of_files_changes_nothing(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    files = sorted(path for path in morning.rglob("*") if path.is_file())

    tidegate("replay", *files, "--findings", tmp_path / "forward.jsonl")
    tidegate("replay", *reversed(files), "--findings", tmp_path / "backward.jsonl")

    assert (tmp_path / "forward.jsonl").read_bytes() == (tmp_path / "backward.jsonl").read_bytes()


def test_lines_may_go_to_standard_output(tidegate: Tidegate, morning: Path) -> None:
    ran = tidegate("replay", morning, "--findings", "-")

    assert all(json.loads(line)["detector"] for line in ran.out.splitlines())


def test_rules_of_a_folder_apply(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(
        '[[allow]]\ndetector = "guardrail_weakened"\nprincipal = "role:PlatformAdmin"\n'
        'expires = 2027-01-01T00:00:00Z\nreason = "a planned relaxation"\n'
    )

    ran = tidegate("replay", morning, "--rules", tmp_path, "--json")

    assert "guardrail_weakened" not in json.loads(ran.out)["findings_by_detector"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay"],
        ["replay", "no-such-folder"],
        ["replay", ".", "--mode", "sometimes"],
        ["replay", "pyproject.toml", "--calibration", "pyproject.toml"],
        ["replay", "pyproject.toml", "--rules", "no-such-folder"],
        ["replay", "pyproject.toml", "--unknown"],
        ["calibrate", "pyproject.toml", "--out", "x.json", "--false-positive-rate", "2"],
    ],
)
def test_bad_arguments_end_with_2(tidegate: Tidegate, arguments: list[str]) -> None:
    ran = tidegate(*arguments)

    assert ran.code == 2
    assert ran.problems


def test_a_file_of_something_else_is_damage_not_an_error(tidegate: Tidegate, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a log\n")

    ran = tidegate("replay", tmp_path, "--json")

    assert ran.code == 0
    assert json.loads(ran.out) | {"records": 0, "damaged": 1} == json.loads(ran.out)


def test_observe_needs_no_emulator(morning: Path) -> None:
    program = (
        "import sys; from tidegate_local.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as ended: code = ended.code\n"
        "sys.exit(code or ('moto' in sys.modules) * 9)"
    )
    ran = subprocess.run([sys.executable, "-c", program, "replay", str(morning)], capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr.decode()[-500:]


@pytest.mark.end_to_end
def test_auto_acts_on_an_account_that_holds_what_the_logs_name(
    tidegate: Tidegate, morning: Path, tmp_path: Path
) -> None:
    ran = tidegate("replay", morning, "--mode", "auto", "--actions", tmp_path / "a.jsonl", *PIPELINE)

    actions = lines_of(tmp_path / "a.jsonl")
    assert ran.code == 0
    assert {action["action"] for action in actions} >= {
        "block_end_user",
        "deactivate_access_key",
        "deny_iam_user",
        "replace_access_key",
        "roll_back_agent_alias",
    }
    assert all(action["verified"] for action in actions if action["mode"] == "auto")


@pytest.mark.end_to_end
def test_auto_never_denies_a_session_that_many_share(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    tidegate("replay", morning, "--mode", "auto", "--actions", tmp_path / "a.jsonl", *PIPELINE)

    actions = lines_of(tmp_path / "a.jsonl")
    assert any(action["action"] == "block_end_user" for action in actions)  # the user behind it is stopped alone
    shared = [action for action in actions if action["action"] == "deny_role_session" and action["reach"] > 5]
    assert {action["status"] for action in shared} <= {"planned"}


@pytest.mark.end_to_end
def test_approve_waits_for_a_person(tidegate: Tidegate, morning: Path, tmp_path: Path) -> None:
    tidegate("replay", morning, "--mode", "approve", "--actions", tmp_path / "a.jsonl", *PIPELINE)

    actions = lines_of(tmp_path / "a.jsonl")
    asked = [action for action in actions if action["status"] == "planned"]
    assert asked
    left = [action for action in actions if action["status"] == "not_needed"]
    assert {action["status"] for action in actions} <= {"planned", "refused", "not_needed"}
    assert {action["incident_id"] for action in left} <= {action["incident_id"] for action in asked}
    assert {action["run_status"] for action in asked} <= {"awaiting_approval", "timed_out"}
