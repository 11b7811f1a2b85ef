"""Detection quality on labelled caller-days: what is found at which rate of false accusations.

    .venv/bin/python bench/quality/run.py PROMPTS [--tenants 3] [--seed 1] [--scale 1] [--json FILE] [--plots DIR]

PROMPTS: a folder of *.jsonl.gz with text and label a line. Tenants alternate between the two sides of sources.py: what
their callers ask comes from one side, the weights they are judged with were trained on the other. The real pipeline
runs in process: calibrated on the history days, played over the test days as `tidegate replay` does. Then again
with 1 % of the history's caller-days being attacks, and with volume, timing and token metadata scrambled. Beside it
published rules, PRADA and the largest record score on the same caller-days.

Scale 1 takes some minutes on two cores; its intervals are wide. docs/quality.md says what the figures don't show.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import judging
import telling
import weights
from sources import split
from tenants import SHARES, Size, tenant

from tidegate_local.simulation.families import BY_FAMILY, FAMILIES
from tidegate_local.simulation.voice import prompts_in

VARIANTS = ("plain", "contaminated", "scrambled")


@dataclass(frozen=True, slots=True)
class Job:
    prompts: Path
    number: int
    variant: str
    seed: str
    size: Size
    families: tuple[str, ...]
    shares: tuple[float, ...]
    text_weights: Path | None  # None: the shipped ones
    day_weights: Path | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--tenants", type=int, default=3)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the benign callers of a tenant (120)")
    parser.add_argument("--history", type=int, default=12, help="days to learn from")
    parser.add_argument("--test", type=int, default=6, help="days that count")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="only these; default: all three")
    parser.add_argument("--family", action="append", choices=sorted(BY_FAMILY), help="only these; default: all")
    parser.add_argument(
        "--share", action="append", type=float, help="attackers at these shares only; default: all five"
    )
    parser.add_argument("--weights", choices=("cross-fitted", "shipped"), default="cross-fitted")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, default=Path(".tidegate/bench/quality.json"))
    parser.add_argument("--cache", type=Path, default=Path(".tidegate/bench"), help="where trained weights are kept")
    parser.add_argument("--plots", type=Path, help="draw into this folder")
    parser.add_argument("--png", action="store_true", help="draw PNG beside SVG")
    given = parser.parse_args()

    start = time.monotonic()
    size = Size(round(120 * given.scale), given.history, given.test)
    families = tuple(given.family or (family.name for family in FAMILIES))
    shares = tuple(given.share or SHARES)
    trained = _trained(given) if given.weights == "cross-fitted" else ((None, None),) * 2
    jobs = [
        Job(given.prompts, number, variant, given.seed, size, families, shares, *trained[number % 2])
        for variant in given.variant or VARIANTS
        for number in range(given.tenants)
    ]
    parts: list[dict[str, Any]] = []
    with ProcessPoolExecutor(given.workers) as pool:
        futures = {pool.submit(run, job): job for job in jobs}
        for done in as_completed(futures):
            parts.append(done.result())
            job = futures[done]
            _say(f"{len(parts)} of {len(jobs)}: tenant {job.number}, {job.variant}, {time.monotonic() - start:.0f} s")
    report = judging.report(sorted(parts, key=lambda part: (VARIANTS.index(part["variant"]), part["tenant"])))
    report["run"] = {
        "tenants": given.tenants, "seed": given.seed, "scale": given.scale, "weights": given.weights,
        "history_days": size.history, "test_days": size.test, "seconds": round(time.monotonic() - start),
    }  # fmt: skip
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(written(report))
    print(telling.shown(report))
    print(f"\nwritten: {given.json}")
    if given.plots:
        import plots

        for path in plots.draw(report, given.plots, kinds=("svg", "png") if given.png else ("svg",)):
            print(f"drawn: {path}")


def written(report: dict[str, Any]) -> str:
    """JSON with a line for a value, and one for a pair or a share: so that two runs can be compared line by line."""
    text = json.dumps(report, indent=1)
    text = re.sub(r"\[\s+(-?[\d.e-]+),\s+(-?[\d.e-]+)\s+\]", r"[\1, \2]", text)
    return (
        re.sub(r"\{\s+([^{}\[\]]{1,300}?)\s+\}", lambda one: "{" + re.sub(r"\s*\n\s*", " ", one[1]) + "}", text) + "\n"
    )


def _trained(given: argparse.Namespace) -> list[tuple[Path, Path]]:
    """The weights of both folds: trained now, or found where an earlier run left them."""
    _say("weights without one side and without the other: minutes, unless they are there already")
    texts = [weights.cross_fitted(given.prompts, side, given.cache) for side in (0, 1)]
    with ProcessPoolExecutor(given.workers) as pool:
        found = [pool.submit(weights.cross_fitted_days, given.prompts, fold, given.cache) for fold in (0, 1)]
        return [(text, days.result()) for text, days in zip(texts, found, strict=True)]


def run(job: Job) -> dict[str, Any]:
    """One tenant in one variant, in a process of its own: state, weights and caches are its own too."""
    import held_out
    import pipeline
    import score_baselines

    sides = split(prompts_in(job.prompts), job.number % 2)
    weights.use(job.text_weights, job.day_weights)
    made = tenant(
        job.number, sides, held_out.HELD_OUT, job.seed, job.size,
        families=[BY_FAMILY[name] for name in job.families], shares=job.shares,
        contaminated=0.01 if job.variant == "contaminated" else 0.0, scrambled=job.variant == "scrambled",
        events=job.variant == "plain",
    )  # fmt: skip
    played = {rate: pipeline.play(made, pipeline.learn(made, rate)) for rate in judging.RATES}
    scores = score_baselines.LargestRecord(sides.train).scores(made.days) if job.variant != "contaminated" else None
    return judging.part(job.variant, made, played, scores, sides.dropped)


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
