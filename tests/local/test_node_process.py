"""The node as a process: it starts, says why when it can't, and never outlives who started it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate.errors import Permanent
from tidegate_local import node_distribution
from tidegate_local.node import Node, main, running

OWNER = """
import sys
from pathlib import Path
from tidegate_local.node import Node
node = Node.start(Path(sys.argv[1]))
print(node.pid, flush=True)
sys.stdin.read()
"""


def ended(pid: int, *, within_seconds: float) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        readable, _, _ = select.select([process], [], [], within_seconds)
        return bool(readable)
    finally:
        os.close(process)


@pytest.mark.opensearch
def test_a_node_ends_with_its_owner_even_if_that_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "node")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert owner.stdout
    pid = int(owner.stdout.readline())
    assert not ended(pid, within_seconds=0)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert ended(pid, within_seconds=60)
    owner.communicate()


@pytest.mark.opensearch
def test_start_status_and_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 1
    assert main(["start"]) == 0
    known = json.loads((tmp_path / ".tidegate/opensearch/running.json").read_text())
    try:
        assert f"export OPENSEARCH_URL={known['url']}" in capsys.readouterr().out
        assert main(["status"]) == 0
        assert main(["start"]) == 0
        assert "already running" in capsys.readouterr().out
    finally:
        assert main(["stop"]) == 0
    assert ended(known["pid"], within_seconds=60)
    assert main(["status"]) == 1


@pytest.mark.opensearch
def test_a_node_that_can_t_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="unknown setting"):
        Node.start(tmp_path, settings={"no.such.setting": "1"})


def test_another_node_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", "https://search.example.com/")
    with running(tmp_path) as url:
        assert url == "https://search.example.com"
    with running(tmp_path, url="http://127.0.0.1:9") as url:
        assert url == "http://127.0.0.1:9"
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_not_what_we_know_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "opensearch.zip"
    archive.write_bytes(b"something else")
    with pytest.raises(Permanent, match="instead of"):
        node_distribution.check(archive, node_distribution.PLAIN.sha256)


def test_an_unknown_word_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restart"]) == 2
    assert "start|stop|status" in capsys.readouterr().out
