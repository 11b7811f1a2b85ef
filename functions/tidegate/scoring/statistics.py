"""What is measured of a caller-day to accuse it, by name, and which detector each speaks for.

`run:` sums of tail units over consecutive records (a CUSUM); `rule:` phrases; `refusals`; `elicited`: reasoning asked
for of one different question after another; `head:` trained heads over the whole day, asked at a few sizes of it and
when a record stands out, and only once calibrated.
"""

from __future__ import annotations

import math

from tidegate.scoring.text import HEADS

DISTILLATION, PROMPT, SYSTEM, TRAINING = (
    "distillation",
    "prompt_attack",
    "system_prompt_extraction",
    "training_data_extraction",
)
ATTACKS = (PROMPT, SYSTEM, TRAINING)  # those that phrases tell
# Trained heads over days: all harvesting of a model together, all probing of it, and reciting what it learned from.
# A head for each family finds less: what campaigns have in common outweighs what tells them apart.
TREES = ("harvest", "probing", "recital")
_SPEAKS = {
    "jailbreak": PROMPT,
    "harmful": PROMPT,
    "pooled": PROMPT,
    "system_prompt": SYSTEM,
    "training_data": TRAINING,
    "generation": DISTILLATION,
    "reasoning": DISTILLATION,
    "instruction": DISTILLATION,
}

STATISTICS: tuple[str, ...] = (
    *(f"run:{head}" for head in HEADS),
    *(f"rule:{attack}" for attack in ATTACKS),
    "refusals",
    "elicited",
    *(f"head:{name}" for name in TREES),
)
PLACE = {name: place for place, name in enumerate(STATISTICS)}
RUN, RULE = 0, len(HEADS)
REFUSALS = RULE + len(ATTACKS)
ELICITED = REFUSALS + 1
HEAD = ELICITED + 1
_TREE_SPEAKS = {"harvest": DISTILLATION, "probing": PROMPT, "recital": TRAINING}


def detector_of(statistic: str) -> str:
    kind, _, what = statistic.partition(":")
    if kind == "run":
        return _SPEAKS[what]
    if kind == "rule":
        return what
    if kind == "elicited":
        return DISTILLATION
    return PROMPT if kind == "refusals" else _TREE_SPEAKS[what]


DETECTORS = tuple(detector_of(name) for name in STATISTICS)


def asked_at(records: int) -> bool:
    """The sizes of a day at which the heads over days are asked."""
    if records <= 100:
        return records in (5, 10, 20, 35, 50, 75, 100)
    return records % 50 == 0 if records <= 1000 else records % 500 == 0


def deviance(seen: float, expected: float) -> float:
    """How far a count lies above a Poisson expectation: half the deviance, about -ln of the tail's probability."""
    if seen <= expected or seen <= 0:
        return 0.0
    return seen * math.log(seen / max(expected, 1e-9)) - (seen - expected)
