"""Trains what ships: the text heads, then the heads over caller-days. Deterministic; some minutes on one core.

    .venv/bin/python bench/training/train.py PROMPTS [--only text|days]

PROMPTS: a folder of *.jsonl.gz with text, label, source and licence a line. Which sources are learned from, and how
what ships does on sources it has not seen, is written in docs/model-card.md.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import caller_days
import day_heads
import numpy as np
import plain
import prompts
import text_heads

from tidegate.scoring import text, trees
from tidegate_local.simulation.voice import prompts_in

SEED = 20260901
TENANTS, CALLERS = 48, 140  # made by tidegate simulate, in both halves together
PLAIN_TENANTS, PLAIN_CALLERS = 48, 100  # made by plain.py
HISTORY, DAYS = 5, 10  # days of a tenant without attacks, and in all
type Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--only", choices=("text", "days"), help="leave the other weights as they are")
    given = parser.parse_args()
    if given.only != "days":
        learned = learned_texts(given.prompts)
        weights = text_heads.train(learned)
        text._WEIGHTS.parent.mkdir(exist_ok=True)
        text._WEIGHTS.write_bytes(weights)
        print(
            f"{text._WEIGHTS}: {len(weights):,} bytes, {len(learned):,} texts of "
            f"{len({one.source for one in learned})} sources"
        )
        report_scale(learned)
    if given.only != "text":
        trees._WEIGHTS.write_bytes(day_heads.weights_file(learned_days(given.prompts)))
        print(f"{trees._WEIGHTS}: {trees._WEIGHTS.stat().st_size:,} bytes")


def learned_texts(folder: Path, leave_out: Callable[[str], bool] = lambda _source: False) -> list[prompts.Prompt]:
    """Public and own texts, without the public sources left out."""
    rng = random.Random(SEED)
    public = [one for one in prompts.public(folder, rng=rng) if not leave_out(one.source)]
    return [*public, *prompts.own(rng), *prompts.elicited(public, rng)]


def learned_days(folder: Path) -> list[caller_days.Observed]:
    """Tenants of either half of the sources, scored by text heads that were trained on the other half."""
    rows = {name: some for name, some in prompts_in(folder).items() if name not in prompts.NEVER_LEARNED}
    found: list[caller_days.Observed] = []
    shipped = text._WEIGHTS, trees._WEIGHTS
    with TemporaryDirectory() as name:
        trees._WEIGHTS = Path(name, "untrained.json")
        trees._WEIGHTS.write_bytes(day_heads.untrained())
        trees.shipped.cache_clear()
        for half in (0, 1):

            def held(source: str, half: int = half) -> bool:
                return half_of(source) == half

            text._WEIGHTS = Path(name, f"{half}.bin")
            text._WEIGHTS.write_bytes(text_heads.train(learned_texts(folder, held)))
            text.shipped.cache_clear()
            some = {source: lines for source, lines in rows.items() if held(source)}
            found += days_of(some, half)
    text._WEIGHTS, trees._WEIGHTS = shipped
    text.shipped.cache_clear()
    trees.shipped.cache_clear()
    return found


def days_of(rows: Rows, half: int) -> Iterator[caller_days.Observed]:
    """The caller-days of the tenants of one half: simulated ones, and plain ones so that no simulator is learned."""
    found = 0
    for number in range(half, TENANTS + PLAIN_TENANTS, 2):
        if number < TENANTS:
            actors = caller_days.tenant(number, rows, callers=CALLERS, history=HISTORY, days=DAYS, seed="train")
            days = caller_days.simulated(number, actors, days=DAYS)
        else:
            days = plain.Tenant(number, rows, "train").days(callers=PLAIN_CALLERS, history=HISTORY, days=DAYS)
        for one in caller_days.observed(days):
            found += 1
            yield one
        print(f"tenant {number}: {found:,} caller-days", flush=True)


def half_of(source: str) -> int:
    """Near copies stay together."""
    return sha256(prompts.group_of(source).encode()).digest()[0] & 1


def report_scale(learned: list[prompts.Prompt]) -> None:
    """The quantiles of benign scores that a tenant's own replace once it is calibrated."""
    benign = [text.score(one.text).heads for one in learned if not one.family]
    found = np.quantile(np.array([heads for heads in benign if heads]), (0.5, 0.97, 0.997), axis=0)
    for name, row in zip(("median", "q97", "q997"), found, strict=True):
        print(name, tuple(round(float(value), 3) for value in row))


if __name__ == "__main__":
    main()
