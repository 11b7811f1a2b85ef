"""Trains what ships: the text heads, then the heads over caller-days. Deterministic; twenty minutes on two idle cores.

    .venv/bin/python bench/training/train.py PROMPTS [--only text|days]

PROMPTS: a folder of *.jsonl.gz with text, label, source and licence a line. Which sources are learned from, and how
what ships does on sources it has not seen, is written in docs/model-card.md.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import caller_days
import day_heads
import numpy as np
import prompts
import text_heads
from hands import EVERY, TENANTS, Rows, hand_of
from labelled import Labelled

from tidegate.scoring import text, trees
from tidegate_local.simulation.voice import prompts_in

SEED = 20260901
CALLERS = 140  # of a tenant of the simulator's
HISTORY, DAYS = 5, 10  # days of a tenant without attacks, and in all


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
    """Tenants of either half of the sources, each half in a process of its own.

    New processes, no forks: a fork of one that has trained text heads may hang in the threads of their algebra.
    """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        return [day for some in processes.map(days_of_half, (folder, folder), (0, 1)) for day in some]


def days_of_half(folder: Path, half: int) -> list[caller_days.Observed]:
    """The tenants of one half of the sources, scored by text heads that were trained on the other half."""

    def held(source: str) -> bool:
        return half_of(source) == half

    rows = {name: some for name, some in prompts_in(folder).items() if name not in prompts.NEVER_LEARNED}
    shipped = text._WEIGHTS, trees._WEIGHTS
    try:
        with TemporaryDirectory() as name:
            text._WEIGHTS, trees._WEIGHTS = Path(name, "text.bin"), Path(name, "untrained.json")
            text._WEIGHTS.write_bytes(text_heads.train(learned_texts(folder, held)))
            trees._WEIGHTS.write_bytes(day_heads.untrained())
            _forget_weights()
            return list(days_of({source: lines for source, lines in rows.items() if held(source)}, half))
    finally:
        text._WEIGHTS, trees._WEIGHTS = shipped
        _forget_weights()


def _forget_weights() -> None:
    text.shipped.cache_clear()
    trees.shipped.cache_clear()


def days_of(rows: Rows, half: int) -> Iterator[caller_days.Observed]:
    """The caller-days of the tenants of one half, by several hands so that none of them is learned."""
    found = 0
    for number in range(half, EVERY, 2):
        for one in caller_days.observed(labelled_days(number, rows)):
            found += 1
            yield one
        print(f"tenant {number}: {found:,} caller-days of half {half}", flush=True)


def labelled_days(number: int, rows: Rows) -> Iterable[Labelled]:
    if number < TENANTS:
        actors = caller_days.tenant(number, rows, callers=CALLERS, history=HISTORY, days=DAYS, seed="train")
        return caller_days.simulated(number, actors, days=DAYS)
    maker, callers = hand_of(number)
    return maker(number, rows, "train").days(callers=callers, history=HISTORY, days=DAYS)


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
