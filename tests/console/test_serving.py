"""`tidegate serve`: this machine's browser, this person, and nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from console_builders import Site, waiting

from tidegate.errors import ConfigurationError
from tidegate_local import stack as stacks
from tidegate_local.command_line import serving

type Visit = Callable[[str], None]


@pytest.fixture
def serve(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., None]:
    """Runs the command until `visit` has done what it wants with the printed address."""
    here = stacks.Stack("tidegate", site.account.session, {}, "eu-west-1", embedded=True)
    monkeypatch.setattr(stacks.Stack, "services", lambda _self: site.account)
    monkeypatch.setattr(stacks, "find", lambda _name: here)

    def run(visit: Visit, **options: Any) -> None:
        def meanwhile(_seconds: float) -> None:
            printed = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", capsys.readouterr().out)
            assert printed
            visit(printed[0])
            raise KeyboardInterrupt

        monkeypatch.setattr(serving.time, "sleep", meanwhile)
        serving.serve(port=0, by="olga", audit=tmp_path / "audit.jsonl", **options)

    return run


def asked(url: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    host = re.sub(r"^http://([^/]+)/.*", r"\1", url)
    connection = HTTPConnection(host, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def signed_in(url: str) -> str:
    status, _, headers = asked(url, url[url.index("/?") :])
    assert (status, headers["Location"]) == (303, "/")
    cookie = headers["Set-Cookie"]
    assert "HttpOnly; SameSite=Strict" in cookie
    return cookie.split(";")[0]


def test_the_printed_address_signs_in_and_views_are_noted(
    serve: Callable[..., None], site: Site, tmp_path: Path
) -> None:
    waiting(site.account)

    def visit(url: str) -> None:
        status, page, _ = asked(url, "/incidents/inc-1", Cookie=signed_in(url))
        assert status == 200
        assert "Signed in as <strong>olga</strong>" in page

    serve(visit)
    (line,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert {"what": "evidence viewed", "person": "olga", "incident": "inc-1"}.items() <= json.loads(line).items()


def test_without_the_key_or_by_another_name_nothing_is_shown(serve: Callable[..., None]) -> None:
    def visit(url: str) -> None:
        cookie = signed_in(url)
        assert asked(url, "/")[0] == 401
        assert asked(url, "/?key=guess")[0] == 401
        assert asked(url, "/", Cookie=cookie.replace("=", "=x"))[0] == 401
        assert asked(url, "/", Cookie=cookie, Host="attacker.example.com")[0] == 421
        assert asked(url, "/", Cookie=cookie)[0] == 200

    serve(visit)


def test_read_only_shows_and_decides_nothing(serve: Callable[..., None], site: Site) -> None:
    run = waiting(site.account)

    def visit(url: str) -> None:
        assert "You may read here, not decide" in asked(url, f"/approvals/{run.approval_id}", Cookie=signed_in(url))[1]

    serve(visit, read_only=True)


def test_a_port_that_is_taken_is_named(serve: Callable[..., None], tmp_path: Path) -> None:
    def visit(url: str) -> None:
        taken = int(re.sub(r".*:(\d+)/.*", r"\1", url))
        with pytest.raises(ConfigurationError, match=f"port {taken} can't be had"):
            serving.serve(port=taken, by="olga", audit=tmp_path / "other.jsonl")

    serve(visit)
