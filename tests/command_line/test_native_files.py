from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from command_line_builders import START

from tidegate.errors import ConfigurationError, DamagedRecord
from tidegate.model import ApiCall, Invocation, ThreatFinding
from tidegate_local import native_files, native_records
from tidegate_local.native_files import files_under, read_file
from tidegate_local.story import THIEF

CALL = native_records.api_call(START, THIEF, "iam", "ListUsers", read_only=True)
THREAT = native_records.threat(START, THIEF, "t", "title", severity=5, first_seen=START, action="InvokeModel")
PROMPT = native_records.invoke_model(START, THIEF, "m", "prompt", "answer", tokens=(1, 2))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps({"Records": [CALL]}), ApiCall),
        (json.dumps(CALL), ApiCall),
        (json.dumps(native_records.envelope(CALL)), ApiCall),
        (json.dumps(native_records.envelope(THREAT)), ThreatFinding),
        (json.dumps(THREAT, indent=2), ThreatFinding),
        (json.dumps(PROMPT), Invocation),
    ],
)
def test_every_native_form_is_recognised(tmp_path: Path, text: str, kind: type, packed: bool) -> None:
    data = gzip.compress(text.encode()) if packed else text.encode()
    (tmp_path / "file").write_bytes(data)

    assert [type(record) for record in read_file(tmp_path / "file")] == [kind]


def test_a_large_file_is_read_in_pieces_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({**PROMPT, "requestId": f"r-{number}"}) for number in range(200)]
    path = tmp_path / "log.json.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    whole = [record.id for record in read_file(path) if isinstance(record, Invocation)]

    monkeypatch.setattr(native_files, "WHOLE", 0)
    monkeypatch.setattr(native_files, "CHUNK", 3000)

    assert [record.id for record in read_file(path) if isinstance(record, Invocation)] == whole
    assert len(whole) == 200


def test_a_large_trail_file_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_files, "WHOLE", 0)
    monkeypatch.setattr(native_files, "CHUNK", 100)
    (tmp_path / "trail.json").write_text(json.dumps({"Records": [CALL, {**CALL, "eventID": "other"}]}))

    assert [type(record) for record in read_file(tmp_path / "trail.json")] == [ApiCall, ApiCall]


@pytest.mark.parametrize("whole", [0, 1 << 20])
def test_a_torn_archive_is_damage_and_what_came_before_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(native_files, "WHOLE", whole)
    lines = "\n".join(json.dumps({**PROMPT, "requestId": f"r-{number}"}) for number in range(2000))
    packed = gzip.compress(lines.encode())
    (tmp_path / "torn.json.gz").write_bytes(packed[: len(packed) // 2])

    records = list(read_file(tmp_path / "torn.json.gz"))

    assert any(isinstance(record, DamagedRecord) for record in records)


def test_an_offloaded_body_is_read_from_beside_the_log(tmp_path: Path) -> None:
    record = json.loads(json.dumps(PROMPT))
    del record["input"]["inputBodyJson"]
    record["input"]["inputBodyS3Path"] = "s3://logs/AWSLogs/x/data/abc_input.json.gz"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "abc_input.json.gz").write_bytes(
        gzip.compress(b'{"messages":[{"role":"user","content":"long"}]}')
    )
    (tmp_path / "log.json").write_text(json.dumps(record))

    (read,) = read_file(tmp_path / "log.json")

    assert isinstance(read, Invocation)
    assert read.input_body is not None
    assert b"long" in bytes(read.input_body)
    assert files_under([tmp_path]) == [tmp_path / "log.json"]


def test_a_body_path_never_leads_out_of_the_folders_given(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    (tmp_path / "logs").mkdir()
    fetch = native_files.bodies_beside(tmp_path / "logs" / "log.json", [tmp_path / "logs"])

    with pytest.raises(native_files.Permanent):
        fetch("s3://bucket/../secret")


def test_hidden_and_empty_files_and_digests_are_left_out(tmp_path: Path) -> None:
    for name in (".hidden", "CloudTrail-Digest/digest.json", "amazon-bedrock-logs-permission-check", "log.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("" if "permission" in name else "{}")

    assert files_under([tmp_path]) == [tmp_path / "log.json"]


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        files_under([Path("nowhere")])
