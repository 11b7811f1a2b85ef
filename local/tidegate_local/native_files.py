"""Files as AWS wrote them, read in bounded memory: for replay and calibration.

A small file is handed to the reader whole. A large one is inflated as it is read and cut at line ends, so that a
file of a million lines never lies in memory at once. (A trail's `{"Records": [...]}` can't be cut that way and is
read whole; AWS keeps those small.)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import msgspec
from isal import igzip, isal_zlib

from tidegate.errors import ConfigurationError, DamagedRecord, Permanent
from tidegate.model import Record
from tidegate.sources.bedrock_invocation import END_USER_KEYS, Fetch
from tidegate.sources.recognising import read_any

WHOLE = 4 << 20  # bytes on disk up to which a file is read at once
CHUNK = 16 << 20  # bytes of text handed to the reader at a time
_value = msgspec.json.Decoder(msgspec.Raw).decode
_LABELS = "labels.jsonl"
_BODY_ENDINGS = ("_input.json.gz", "_output.json.gz", "_input.json", "_output.json")


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Files to read, sorted. Left out: hidden ones, empty ones, digests, bodies that lie beside a log in `data/`, and
    the labels of `tidegate simulate`.

    Raises ConfigurationError for a path that isn't there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path}: no such file or folder.")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found |= dict.fromkeys(one for one in inside if one.is_file() and (one == path or _is_log(one, path)))
    return list(found)


def _is_log(path: Path, root: Path) -> bool:
    inside = path.relative_to(root)
    hidden = any(part.startswith(".") for part in inside.parts)
    body = path.parent.name == "data" and (path.name.endswith(_BODY_ENDINGS) or "_media_" in path.name)
    digest = "CloudTrail-Digest" in inside.parts
    return not (hidden or body or digest or path.name == _LABELS or path.stat().st_size == 0)


def read_file(
    path: Path, *, roots: Sequence[Path] = (), end_user_keys: Sequence[str] = END_USER_KEYS
) -> Iterator[Record | DamagedRecord]:
    """Records of one file, in the order written; a file that can't be read is one DamagedRecord."""
    fetch = bodies_beside(path, roots)
    try:
        if path.stat().st_size <= WHOLE:
            yield from read_any(path.read_bytes(), str(path), end_user_keys=end_user_keys, fetch=fetch)
            return
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            text = cast("IO[bytes]", igzip.open(raw)) if packed else raw  # type: ignore[no-untyped-call]
            for first_line, chunk in _chunks(text.read):
                where = f"{path}+{first_line}" if first_line else str(path)
                yield from read_any(chunk, where, end_user_keys=end_user_keys, fetch=fetch)
    except (OSError, EOFError, zlib.error, isal_zlib.error) as error:  # type: ignore[misc]
        yield DamagedRecord(f"the file can't be read to its end: {error}", where=str(path), original=b"")


def _chunks(read: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """(number of lines before, text) of a stream, cut at line ends; in one piece if it isn't a record a line."""
    text = read(CHUNK)
    if not _first_line_is_whole(text):
        parts = [text]
        while part := read(CHUNK):
            parts.append(part)
        yield 0, b"".join(parts)
        return
    lines, rest = 0, b""
    while text:
        head, line_end, tail = text.rpartition(b"\n")
        if line_end:
            yield lines, rest + head
            lines += text.count(b"\n")
            rest = tail
        else:
            rest += text
        text = read(CHUNK)
    if rest:
        yield lines, rest


def _first_line_is_whole(text: bytes) -> bool:
    line = text.lstrip().partition(b"\n")[0]
    try:
        _value(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return len(line) < len(text.strip()) and not line.startswith((b"[", b'{"Records"')) and len(line) > 1
    return not line.startswith(b"[")


def bodies_beside(log: Path, roots: Sequence[Path]) -> Fetch:
    """Looks for an offloaded body where an export of the bucket has it: in `data/` beside the log, or by its key."""

    def fetch(path: str) -> bytes:
        bucket, _, key = path.removeprefix("s3://").partition("/")
        name = key.rpartition("/")[2]
        for candidate in (
            log.parent / "data" / name,
            log.parent / name,
            *(root / key for root in roots),
            *(root / bucket / key for root in roots),
        ):
            # a key is text from a log: it must not lead out of the folders that were given
            if ".." not in candidate.parts and candidate.is_file():
                return candidate.read_bytes()
        raise Permanent(f"no file {name} beside {log.name}")

    return fetch
