"""What commands answer, recorded on an account in memory: the examples of docs/commands.md.

`make examples` (a minute or two) plays a stolen key on the template deployed in memory
beside a real OpenSearch node, runs each command of EXAMPLES as a person would, and writes the page. The clock is the
run's own and ids follow from content, so that the same commands answer the same.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

from moto.moto_api._internal import mock_random

from tidegate_local import command_pages, node
from tidegate_local import stack as stacks
from tidegate_local.attacked_stack import Attacked, attacked
from tidegate_local.cli import main as tidegate
from tidegate_local.command_line import serving, showing
from tidegate_local.command_pages import Example

START = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
WIDTH = 118  # characters of a line on the page
MOST = 44  # lines of an answer on the page

# In the order in which they are run. {incident}, {run} and {event} are those of the stolen key.
ALONE = (
    "demo --scenario rotate_credentials --mode approve",
    "simulate traffic --family llmjacking --class developer --callers 3 --days 4 --seed docs",
    "calibrate traffic --out calibration.json",
    "replay traffic --calibration calibration.json",
    "detectors --family tampering --source cloudtrail",
    "detectors show guardrail_weakened",
    "cost --invocations 1000000",
)
WITH_A_STACK = (
    "index install",
    "incidents",
    "explain {incident}",
    "approve {incident} --by a.responder",
    "contained",
    "timeline {incident}",
    "search",
    "search events_of_name account=111122223333 name=iam-user:model-evaluation since=2026-09-14T00:00:00Z",
    "prompt {event}",
    "prompt {event} --reason 'case 118: what was asked' --by a.responder",
    "evidence verify {incident}",
    "evidence show {run}",
    "report {incident} --out for-legal",
    "serve --by a.responder",
    "undo {run} --by a.responder",
    "close {incident} --reason 'a key left in a notebook; the owner was told'",
    "doctor --region us-east-1 --watch training-data",
    "index status",
    "index replay-errors",
)
# What differs from run to run: how long it took, the key that signs a browser in.
_VARIES = (
    (re.compile(r"\b\d+ s\. As meant"), "3 s. As meant"),
    (re.compile(r"key=[\w-]+"), "key=..."),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:8484"),
)
_APPROVAL = re.compile(r"approval-[0-9a-f]{20}")  # drawn at random, so that nobody guesses one


def recorded(url: str) -> dict[str, list[Example]]:
    """Command -> its examples. `url`: an OpenSearch node that nobody else uses meanwhile."""
    found: dict[str, list[Example]] = {}

    def keep(line: str) -> None:
        found.setdefault(command_pages.command_in(line), []).append(Example(line, answered(line)))

    with _somewhere(), patch.object(showing.answers, "_width", WIDTH), patch.object(showing.problems, "_width", WIDTH):
        mock_random.seed(118)  # the ids that the emulator gives
        for line in ALONE:
            keep(line)
        with attacked(url, START) as scene, _found(scene):
            for line in WITH_A_STACK:
                keep(line.format(incident=scene.incident, run=scene.run, event=scene.event))
                scene.a_minute_passes()
    return found


@contextmanager
def _found(scene: Attacked) -> Iterator[None]:
    """Commands find this stack, as they find the one that `demo --hold` holds; Ctrl-C ends `serve` at once."""
    interrupted = SimpleNamespace(sleep=_interrupt)
    with patch.object(stacks, "find", lambda _name=None: scene.stack), patch.object(serving, "time", interrupted):
        yield


def answered(line: str) -> str:
    """What a person sees in a terminal, errors included."""
    shown = io.StringIO()
    with redirect_stdout(shown), redirect_stderr(shown):
        try:
            tidegate(shlex.split(line))
        except SystemExit as ended:
            if ended.code == 2:
                raise AssertionError(f"tidegate {line}: {shown.getvalue()}") from ended
    text = shown.getvalue()
    for pattern, steady in _VARIES:
        text = pattern.sub(steady, text)
    text = with_steady_approvals(text)
    lines = [one.rstrip() for one in text.strip("\n").splitlines()]
    return "\n".join(lines if len(lines) <= MOST else [*lines[: MOST - 1], "[...]"])


def with_steady_approvals(text: str) -> str:
    """Ids of approvals as they are counted in a text, in their own form: the same one is the same everywhere in it."""
    seen = list(dict.fromkeys(_APPROVAL.findall(text)))
    return _APPROVAL.sub(lambda found: f"approval-{seen.index(found[0]) + 1:020x}", text)


@contextmanager
def _somewhere() -> Iterator[None]:
    """An empty folder: files are named as a reader would name them."""
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def main() -> int:
    with TemporaryDirectory() as folder, node.running(Path(folder)) as url:
        command_pages.write_page(recorded(url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
