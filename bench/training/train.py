"""Trains what ships: the text heads, then the heads over caller-days. Deterministic; some minutes on one core.

    .venv/bin/python bench/training/train.py PROMPTS [--only text]

PROMPTS: a folder of *.jsonl.gz with text, label, source and licence a line. Which sources are learned from, and how
what ships does on sources it has not seen, is written in docs/model-card.md.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import prompts
import text_heads

from tidegate.scoring import text

SEED = 20260901


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", type=Path)
    given = parser.parse_args()
    rng = random.Random(SEED)
    public = prompts.public(given.prompts, rng=rng)
    learned = [*public, *prompts.own(rng), *prompts.elicited(public, rng)]
    weights = text_heads.train(learned)
    text._WEIGHTS.parent.mkdir(exist_ok=True)
    text._WEIGHTS.write_bytes(weights)
    print(
        f"{text._WEIGHTS}: {len(weights):,} bytes from {len(learned):,} texts of {len({p.source for p in learned})} sources"
    )
    report_scale(learned)


def report_scale(learned: list[prompts.Prompt]) -> None:
    """The quantiles of benign scores that a tenant's own replace once it is calibrated."""
    benign = [text.score(one.text).heads for one in learned if not one.family]
    found = np.quantile(np.array([heads for heads in benign if heads]), (0.5, 0.97, 0.997), axis=0)
    for name, row in zip(("median", "q97", "q997"), found, strict=True):
        print(name, tuple(round(float(value), 3) for value in row))


if __name__ == "__main__":
    main()
