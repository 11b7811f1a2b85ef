"""The official OpenSearch distribution, fetched once, checked, made fit for a JRE out of a wheel.

The distribution comes from the default Maven repository (jgo: a Maven client in Python); nothing else is
downloaded. It is kept unpacked in `~/.cache/tidegate` (`TIDEGATE_CACHE` or `XDG_CACHE_HOME` move it) and
is only read from then on: each node has its own configuration, data and log folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tidegate.errors import Permanent

GROUP, ARTIFACT = "org.opensearch.distribution.integ-test-zip", "opensearch"


class Plugin(NamedTuple):
    """Of the group `org.opensearch.plugin`, made for one release of the node."""

    artifact: str
    version: str
    sha256: str


class Release(NamedTuple):
    version: str
    sha256: str
    plugins: tuple[Plugin, ...] = ()

    @property
    def name(self) -> str:
        """Of its folder in the cache."""
        return "-".join([f"opensearch-{self.version}", *(plugin.artifact for plugin in self.plugins)])


PLAIN = Release("3.5.0", "b676ad392c95a94d8d2bd8785b8b922c7811536daf6a9ec0c7277a34bd8a17a9")
# The newest release of which both the node and its security plugin are published this way.
SECURED = Release(
    "2.19.4",
    "3902e642715210d1d9d7cbdcc8f5abd6f931d1d7a679cea3750937becf16c406",
    (Plugin("opensearch-security", "2.19.4.0", "1f673622c462c4171a8c53f9b1ad20e5b839834cb79b0d3b388da180a0e514e8"),),
)

# The module's Thai tokenizer needs locale data that the wheel's JRE lacks, and every index creation fails
# ("This JRE does not have support for Thai segmentation"). The standard analyser is in the core.
LEFT_OUT = ("analysis-common",)


def cache_folder() -> Path:
    if chosen := os.environ.get("TIDEGATE_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate"


def distribution(
    cache: Path | None = None, *, release: Release = PLAIN, show: Callable[[str], None] | None = None
) -> Path:
    """The unpacked distribution; downloads some 200 MB the first time. `show` is told what is going on.

    Raises Permanent if the download isn't byte for byte the one we know.
    """
    cache = cache or cache_folder()
    home = cache / release.name
    if home.is_dir():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{release.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be fetching it: wait for that one
        if not home.is_dir():
            with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as scratch:
                folder, told = Path(scratch), show or _to_stderr
                archive = _fetch(folder, GROUP, ARTIFACT, release.version, told)
                check(archive, release.sha256)
                unpacked = _unpack(archive, folder, release.version)
                for plugin in release.plugins:
                    archive = _fetch(folder, "org.opensearch.plugin", plugin.artifact, plugin.version, told)
                    check(archive, plugin.sha256)
                    with zipfile.ZipFile(archive) as opened:
                        opened.extractall(unpacked / "plugins" / plugin.artifact)
                unpacked.rename(home)
    return home


def check(archive: Path, expected: str) -> None:
    with archive.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected:
        raise Permanent(
            f"{archive.name} has SHA-256 {found} instead of {expected}: it was damaged on its way, or is not what "
            "we know. It was thrown away; try again, or set OPENSEARCH_URL to a node of your own."
        )


def _fetch(scratch: Path, group: str, name: str, version: str, show: Callable[[str], None]) -> Path:
    from jgo.maven import MavenContext, PythonResolver

    @contextmanager
    def progress(file: str, total: int) -> Iterator[Callable[[int], None]]:
        done = told = 0

        def update(count: int) -> None:
            nonlocal done, told
            done += count
            if done * 10 // total > told:
                told = done * 10 // total
                show(f"{file}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

        yield update

    show(f"fetching {name} {version} (once)")
    context = MavenContext(resolver=PythonResolver(progress_callback=progress), repo_cache=scratch, timeout=60)
    artifact = context.project(group, name).at_version(version).artifact(packaging="zip")
    return Path(artifact.resolve())


def _unpack(archive: Path, scratch: Path, version: str) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(scratch)
    home = scratch / f"opensearch-{version}"
    for program in (home / "bin").iterdir():
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    for module in LEFT_OUT:
        shutil.rmtree(home / "modules" / module, ignore_errors=True)  # 2.x comes without modules
    return home


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"opensearch: {line}\n")
