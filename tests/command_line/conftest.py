"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line_builders import START, Ran, Tidegate

from tidegate_local import story
from tidegate_local.cli import main


@pytest.fixture
def tidegate(capsys: pytest.CaptureFixture[str]) -> Tidegate:
    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Ran(int(ended.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("morning")
    story.write(folder, START)
    return folder
