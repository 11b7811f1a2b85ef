"""Who says what: a caller keeps to its trade, to some of the phrasings, and to its own template where it has one.

Phrasings are ours (phrases/). With a folder of prompts, what callers ask comes from there where its labels fit the
kind, and from our phrasings otherwise.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tidegate.errors import ConfigurationError
from tidegate_local.simulation.grammar import Grammar
from tidegate_local.simulation.phrases import DOMAINS, PHRASES, SYSTEMS

# How many phrasings of a kind one caller uses; a job has its template, an attacker its suffix. Others: most of them.
NARROW = {
    "batch": 1,
    "evaluation": 1,
    "synthetic": 2,
    "chunk": 2,
    "reasoning_suffix": 1,
    "preference": 1,
    "evolved": 2,
    "self_instruct": 1,
    "persona": 2,
    "scrape": 3,
    "probe": 3,
    "injection": 2,
    "long_output": 2,
}
MOST = 0.7
SECOND_TRADE = 0.12  # share of requests outside the caller's own trade on its first day
DRIFT = 0.01  # by how much that share grows a day

# Which labels of a folder of prompts stand for which kind. Several may: all of them are used.
KIND_OF_LABEL = {
    "benign_support": "support",
    "benign_code": "coding",
    "eval_code": "evaluation",
    "cot_question": "evaluation",
    "benign_search": "search",
    "benign_chat": "chat",
    "system_prompt_like": "chat",
    "benign_template": "batch",
    "agent_tooluse": "agent_task",
    "hardneg_security": "security",
    "hardneg_trigger": "security",
    "benign_rag_context": "note",
    "distill_instr": "instruction",
    "distill_code": "instruction",
    "distill_roleplay": "instruction",
    "distill_tool": "instruction",
    "distill_pref": "preferred",
    "jailbreak": "persona",
    "harmful_request": "harmful",
    "sysprompt_extraction": "system_prompt",
    "training_extraction": "training",
    "injection_direct": "persona",
    "distill_evolved": "evolved",
    "distill_selfinstruct": "self_instruct",
    "distill_judge": "preference",
    "distill_synthetic": "synthetic",
    "eval_exam": "evaluation",
    "benign_writing": "chat",
    "benign_persona": "chat",
    "benign_simulation": "chat",
    "benign_sensitive": "chat",
    "benign_sql": "coding",
}


class Pool:
    """Prompts of one kind, in groups: what came from one template or task stays together."""

    def __init__(self) -> None:
        self.groups: dict[str, list[str]] = {}
        self.all: list[str] = []

    def add(self, text: str, group: str) -> None:
        self.groups.setdefault(group, []).append(text)
        self.all.append(text)


class Voice:
    def __init__(self, phrases: Mapping[str, Sequence[str]] = PHRASES, pools: Mapping[str, Pool] | None = None) -> None:
        self.phrases = phrases
        self.pools = pools or {}
        self.grammars = {name: Grammar({**phrases, **words}) for name, words in DOMAINS.items()}

    def speaker(self, dice: Random, part: tuple[int, int] = (0, 1)) -> Speaker:
        return Speaker(self, dice, part)


class Speaker:
    """One caller's way of asking, the same on all its days.

    `part` (which, of how many): accounts of one campaign with the same dice each ask their part of a pool of prompts.
    """

    def __init__(self, voice: Voice, dice: Random, part: tuple[int, int] = (0, 1)) -> None:
        self._voice, self._part = voice, part
        self._own = Random(dice.getrandbits(64))
        names = list(voice.grammars)
        self._own.shuffle(names)
        self._trades = [voice.grammars[name] for name in names[:3]]
        self._mine: dict[str, Sequence[str]] = {}
        self.fixed: dict[str, str] = {}

    def grammar(self, dice: Random, day: int = 0) -> Grammar:
        wandering = min(0.6, SECOND_TRADE + DRIFT * day)
        return self._trades[0] if dice.random() >= wandering else self._trades[1 + int(dice.random() * 2)]

    def say(self, kind: str, dice: Random, day: int = 0) -> str:
        """A request of this kind. Raises KeyError for a kind that nobody wrote phrasings for."""
        mine = self._mine.get(kind)
        if mine is None:
            mine = self._mine[kind] = self._chosen(kind)
        text = mine[int(dice.random() * len(mine))]
        if kind in self._voice.pools:
            return text
        return self.grammar(dice, day).say(text, dice, self.fixed)

    def habit(self, name: str, among: Sequence[str]) -> str:
        """One of several, always the same for this caller."""
        if name not in self.fixed:
            self.fixed[name] = self._own.choice(among)
        return self.fixed[name]

    def system(self, kind: str, dice: Random) -> str:
        entries = SYSTEMS[kind]
        return self._trades[0].say(entries[int(dice.random() * len(entries))], dice)

    def has(self, kind: str) -> bool:
        return kind in self._voice.pools or kind in self._voice.phrases

    def _chosen(self, kind: str) -> Sequence[str]:
        pool = self._voice.pools.get(kind)
        if pool is not None:
            if kind in NARROW and len(pool.groups) > 1:
                return pool.groups[self._own.choice(sorted(pool.groups))]
            which, of = self._part
            return pool.all[which::of] if len(pool.all) >= of else pool.all
        entries = list(self._voice.phrases[kind])
        self._own.shuffle(entries)
        return entries[: NARROW.get(kind, max(2, round(len(entries) * MOST)))]


def pools_of(prompts: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Pool]:
    """Pools by kind, of rows by source. Rows whose label isn't known are kept under the label itself."""
    pools: dict[str, Pool] = {}
    for source, rows in prompts.items():
        for row in rows:
            label = str(row["label"])
            group = row.get("template") or row.get("task") or row.get("probe") or source
            text = str(row["text"])
            if source == "gptfuzz_questions":
                text = text.partition(",")[2] or text  # its rows carry the index of the CSV they came from
            pools.setdefault(KIND_OF_LABEL.get(label, label), Pool()).add(text, f"{source}/{group}")
    return pools


def prompts_in(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows with `text` and `label` of every *.jsonl and *.jsonl.gz, by source: the file's name.

    Raises ConfigurationError naming the file and line.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"--prompts {folder}: no such folder.")
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                row = json.loads(line)
                if str(row["text"]).strip() and row["label"]:
                    rows.append(row)
            except (ValueError, TypeError, KeyError) as error:
                raise ConfigurationError(
                    f"{path}:{number}: needs an object with `text` and `label` ({error})."
                ) from error
        found[path.name.partition(".")[0]] = rows
    if not found:
        raise ConfigurationError(f"--prompts {folder}: there is no *.jsonl or *.jsonl.gz file in it.")
    return found
