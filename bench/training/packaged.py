"""Labelled prompts out of archives of packages: how an archive is read, and what all rows go through.

Nothing of a package is unpacked, installed or imported: its archive is a zip file whose members are read as text.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import tomllib
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import prompts
import yaml

FILLERS = tomllib.loads(Path(__file__).with_name("packaged_fillers.toml").read_text(encoding="utf-8"))
SHORTEST, LONGEST = 8, 30_000  # characters of a text
BENIGN = (
    "agent_tooluse", "benign_chat", "benign_code", "benign_persona", "benign_rag_context", "benign_search",
    "benign_sensitive", "benign_simulation", "benign_sql", "benign_support", "benign_template", "benign_writing",
    "eval_exam", "hardneg_security", "hardneg_trigger", "system_prompt_like",
)  # fmt: skip
LABELS = frozenset((*prompts.FAMILY_OF, *prompts.LEFT_OUT, *BENIGN))

_UNFILLED = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|(?-i:<INSTRUCTION>)|\[INSERT PROMPT HERE\]|\{(prompt|instruction|query|question"
    r"|input|topic|text|output_1|output_2|goal|target|generator\.name|canary|user|model|document|context)\}",
    re.IGNORECASE | re.DOTALL,
)
_CHILDREN, _SEXUAL = r"(child|minor|underage|\bkids?\b|teen|toddler)", r"(porn|sex|nude|molest|erotic)"
_OF_CHILDREN = re.compile(
    rf"{_CHILDREN}[^.\n]{{0,60}}{_SEXUAL}|{_SEXUAL}[^.\n]{{0,60}}{_CHILDREN}|\bcsam\b|bestiality", re.IGNORECASE
)


class Unusable(Exception):
    """A package, an archive or a folder that rows can't be made from: which, why and what to do."""


@dataclass(frozen=True)
class Row:
    text: str
    label: str
    template: str = ""  # texts of one template differ in what it was filled with
    task: str = ""
    lang: str = ""


class _Plain(yaml.SafeLoader):
    """YAML whose own tags, which would name classes or files, are None."""


_Plain.add_multi_constructor("!", lambda _loader, _tag, _node: None)


@dataclass(frozen=True)
class Wheel:
    """The archive of a package."""

    file: Path

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.file)

    def names(self, *patterns: str) -> list[str]:
        """Paths that match one of the patterns, in which ** stands for any folders."""
        held = self._archive.namelist()
        found = {name for pattern in patterns for name in held if PurePosixPath(name).full_match(pattern)}
        if not found:
            raise self._lacks(" or ".join(patterns))
        return sorted(found)

    def text(self, name: str) -> str:
        try:
            raw = self._archive.read(name)
        except KeyError as missing:
            raise self._lacks(name) from missing
        return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode(errors="replace")

    def _lacks(self, what: str) -> Unusable:
        return Unusable(f"{self.file.name} has no {what}: is it the version that packages.txt pins?")

    def json(self, name: str) -> Any:
        return json.loads(self.text(name))

    def json_lines(self, name: str) -> list[Any]:
        return [json.loads(line) for line in self.text(name).split("\n") if line.strip()]

    def csv(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text(name), newline="")))

    def yaml(self, name: str) -> list[Any]:
        return list(yaml.load_all(self.text(name), Loader=_Plain))


@dataclass(frozen=True)
class Given:
    """What an extractor draws from."""

    wheels: Mapping[str, Wheel]  # by the name of the package
    dice: random.Random  # of the source: its rows are the same whatever else is asked for
    folder: Path  # of public prompts

    @cached_property
    def seeds(self) -> list[str]:
        """Instructions that prompts for making training data are filled with."""
        file = self.folder / "alpaca_seed.jsonl.gz"
        if not file.exists():
            raise Unusable(f"{file} is missing: its instructions are what templates are filled with")
        return [text for text in texts_of(file) if 20 < len(text) < 260]


def texts_of(file: Path) -> Iterator[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def fill(template: str, values: Mapping[str, object]) -> str:
    """The template with the slots that have a value filled."""
    return re.sub(r"\{(\w+)\}", lambda slot: str(values.get(slot[1], slot[0])), template)


def drawn(table: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    """One of the choices of each entry that is a list."""
    return {name: dice.choice(entry) if isinstance(entry, list) else entry for name, entry in table.items()}


def plain(text: str) -> str:
    """What two copies of a text have in common."""
    return re.sub(r"\W+", " ", text.lower()).strip() or text


def cleaned(rows: Iterable[Row], known: Collection[str] = ()) -> Iterator[Row]:
    """Each text once, without those known, left unfilled, too short, or sexual about children."""
    seen = set(known)
    for row in rows:
        if row.label not in LABELS:
            raise ValueError(f"{row.label} is no label that training knows: {row.text[:80]}")
        text = row.text.replace("\x00", "").strip()
        if len(text) < SHORTEST or plain(text) in seen or _UNFILLED.search(text):
            continue
        seen.add(plain(text))
        if row.label in BENIGN or not _OF_CHILDREN.search(text[:4000]):
            yield Row(text[:LONGEST], row.label, row.template, row.task, row.lang)
