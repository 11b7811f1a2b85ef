"""Pictures of a report: recall against false positives, queries until detection, whom it accuses wrongly.

.venv/bin/python bench/quality/plots.py .tidegate/bench/quality.json docs/quality
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from telling import MARKS

BLUE, ORANGE, GREY, RED, GREEN = "#2166ac", "#e08214", "#9a9a9a", "#b2182b", "#1b7837"
VARIANT_COLOURS = {"plain": BLUE, "contaminated": RED, "scrambled": ORANGE}
LEAST = 1e-4  # where a false-positive rate of none is drawn, on its logarithmic axis
STYLE = Path(__file__).parents[1] / "plots.mplstyle"


def draw(report: Mapping[str, Any], folder: Path, *, kinds: Sequence[str] = ("svg",)) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with plt.style.context(STYLE):
        for name, drawn in PICTURES.items():
            figure = drawn(report)
            for kind in kinds:
                path = folder / f"{name}.{kind}"
                figure.savefig(path, bbox_inches="tight", dpi=110, metadata={"Date": None} if kind == "svg" else None)
                paths.append(path)
            plt.close(figure)
    return paths


def _curves(report: Mapping[str, Any]) -> Any:
    """A panel for each family: Tidegate's points with their intervals, the other scores as curves, rules as crosses."""
    plain = report["variants"]["plain"]
    families = list(next(iter(plain["tidegate"].values()))["families"])
    columns = 6
    rows = -(-len(families) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(15, 2.6 * rows), sharex=True, sharey=True, squeeze=False)
    for axis, family in zip(axes.flat, families, strict=False):
        _curves_of_family(axis, plain, family)
    for axis in axes.flat[len(families) :]:
        axis.axis("off")
    handles, labels = axes[0][0].get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="upper center", ncol=4, frameon=False, bbox_to_anchor=(0.5, 1.0))
    figure.supxlabel("false-positive rate reached (caller-days; none is drawn at the left edge)")
    figure.supylabel("recall (caller-days)")
    figure.tight_layout(rect=(0.01, 0.01, 1, 0.975))
    return figure


def _curves_of_family(axis: Any, plain: Mapping[str, Any], family: str) -> None:
    for (name, score), colour in zip(plain["scores"].items(), (ORANGE, GREEN), strict=True):
        points = score["curves"].get(family, [])
        at, recalls = [max(LEAST, x) for x, _ in points], [y for _, y in points]
        axis.plot(at, recalls, color=colour, lw=1.2, label=name, ds="steps-post")
    rule = plain["rules"]["all rules"]
    at = max(LEAST, rule["false_positives"]["share"] or 0)
    axis.plot(at, rule["families"][family]["recall"]["share"], "x", color=GREY, label="published rules")
    for judged in plain["tidegate"].values():
        wrong, recall = judged["false_positives"], judged["families"][family]["recall"]
        x, y = max(LEAST, wrong["share"]), recall["share"]
        axis.errorbar(
            x,
            y,
            xerr=[[x - max(LEAST, wrong["low"])], [wrong["high"] - x]],
            yerr=[[max(0.0, y - recall["low"])], [max(0.0, recall["high"] - y)]],
            fmt="o",
            ms=4,
            color=BLUE,
            lw=0.8,
            label="Tidegate",
        )
    axis.set_title(family + MARKS[plain["tidegate"]["0.01"]["families"][family]["text"]], fontsize=9)
    axis.set_xscale("log")
    axis.set_xlim(LEAST * 0.8, 1)
    axis.set_ylim(-0.03, 1.05)
    axis.grid(alpha=0.25)


def _by_score(report: Mapping[str, Any]) -> Any:
    """Macro recall where findings below a score are left out, over the rate that is reached then; the aims as stars."""
    plain = report["variants"]["plain"]
    figure, axis = plt.subplots(figsize=(8, 4.6))
    groups = list(plain["tidegate"]["0.01"]["macro_by_group"])
    for rate, dashes in (("0.01", "-"), ("0.001", ":")):
        points = plain.get("by_score", {}).get(rate, [])
        at = [max(LEAST, one["false_positives"]) for one in points]
        label = f"all families, nominal {float(rate):.1%}"
        axis.plot(at, [one["macro"] for one in points], dashes, color="black", lw=2, ds="steps-post", label=label)
        for group, colour in zip(groups, (BLUE, RED, GREEN, ORANGE), strict=True):
            found = [one["macro_by_group"][group] for one in points]
            axis.plot(at, found, dashes, color=colour, lw=1.2, ds="steps-post", label=group if rate == "0.01" else None)
    for rate, aim in ((0.01, 0.97), (0.001, 0.92)):
        axis.plot(rate, aim, "*", color="black", ms=11, label="aim, all families" if rate == 0.01 else None)
    rule = plain["rules"]["all rules"]
    wrong = max(LEAST, rule["false_positives"]["share"] or 0)
    axis.plot(wrong, rule["macro"], "x", color=GREY, label="published rules")
    axis.set_xscale("log")
    axis.set_xlim(LEAST * 0.8, 0.1)
    axis.set_ylim(-0.03, 1.05)
    axis.grid(alpha=0.25)
    axis.set_xlabel("false-positive rate reached (caller-days; none is drawn at the left edge)")
    axis.set_ylabel("macro recall (caller-days)")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _queries(report: Mapping[str, Any]) -> Any:
    judged = report["variants"]["plain"]["tidegate"]["0.01"]
    found = {name: one for name, one in judged["families"].items() if one["queries"]["median"]}
    names = sorted(found, key=lambda name: found[name]["queries"]["median"], reverse=True)
    figure, axis = plt.subplots(figsize=(8, 0.3 * len(names) + 1.2))
    for place, name in enumerate(names):
        queries = found[name]["queries"]
        axis.plot([queries["median"], queries["p90"]], [place, place], color=BLUE, lw=1.5, alpha=0.5)
        axis.plot(queries["median"], place, "o", color=BLUE, label="median" if not place else None)
        axis.plot(queries["p90"], place, "|", color=BLUE, ms=10, label="9 in 10" if not place else None)
        found_share = found[name]["campaigns"]["share"]
        axis.text(
            1.01, place, f"{found_share:.0%} found", va="center", fontsize=8, transform=axis.get_yaxis_transform()
        )
    axis.set_yticks(range(len(names)), names)
    axis.set_xscale("log")
    axis.set_xlabel("attack requests of a caller until the first finding, of those found (nominal rate 1 %)")
    axis.grid(axis="x", alpha=0.25)
    axis.legend(frameon=False, loc="upper right", ncol=2, bbox_to_anchor=(1.0, 1.06))
    return figure


def _classes(report: Mapping[str, Any]) -> Any:
    variants = report["variants"]
    names = list(variants["plain"]["tidegate"]["0.01"]["by_class"])
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    for axis, rate in zip(axes, ("0.01", "0.001"), strict=True):
        for step, (variant, result) in enumerate(variants.items()):
            by_class = result["tidegate"][rate]["by_class"]
            for place, name in enumerate(names):
                one = by_class[name]
                x = one["share"] or 0.0
                axis.errorbar(
                    x,
                    place + 0.22 * (1 - step),
                    xerr=[[max(0.0, x - one["low"])], [max(0.0, one["high"] - x)]],
                    fmt="o",
                    ms=3.5,
                    lw=0.8,
                    color=VARIANT_COLOURS[variant],
                    label=variant if not place else None,
                )
        axis.axvline(float(rate), color=GREY, lw=0.8, ls="--")
        axis.set_title(f"nominal rate {float(rate):.1%}")
        axis.set_xlabel("share of benign caller-days accused")
        axis.set_yticks(range(len(names)), names)
        axis.set_xscale("symlog", linthresh=0.001 if rate == "0.001" else 0.01)
        axis.set_xlim(-0.001, 1.1)
        axis.grid(axis="x", alpha=0.25)
    axes[1].legend(frameon=False, loc="upper right", bbox_to_anchor=(1.0, 1.16), ncol=3, fontsize=8)
    figure.tight_layout()
    return figure


def _shares(report: Mapping[str, Any]) -> Any:
    """How much of it an attacker may hide: recall by share of attack requests, the mean over a group's families."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
    colours = {"extraction": BLUE, "prompt": RED, "content": GREEN}
    for axis, rate in zip(axes, ("0.01", "0.001"), strict=True):
        for group, colour in colours.items():
            for variant, style in (("plain", "-"), ("scrambled", ":")):
                if variant not in report["variants"]:
                    continue
                families = report["variants"][variant]["tidegate"][rate]["families"].values()
                some = [one["by_share"] for one in families if one["group"] == group and len(one["by_share"]) > 1]
                if not some:
                    continue
                shares = sorted(some[0], key=float)
                means = [sum(one[share]["share"] or 0 for one in some if share in one) / len(some) for share in shares]
                places = [float(share) * 100 for share in shares]
                axis.plot(places, means, style, marker="o", ms=3, color=colour, label=f"{group}, {variant}")
        axis.set_title(f"nominal rate {float(rate):.1%}")
        axis.set_xlabel("attack requests among a caller's requests, %")
        axis.set_xscale("log")
        axis.set_xticks([5, 10, 25, 50, 100], ["5", "10", "25", "50", "100"])
        axis.set_ylim(-0.03, 1.03)
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("recall (caller-days), mean of families")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    return figure


PICTURES = {
    "recall_by_rate": _by_score,
    "recall_by_family": _curves,
    "queries_to_detection": _queries,
    "false_positives_by_class": _classes,
    "recall_by_share": _shares,
}

if __name__ == "__main__":
    for drawn in draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])):
        print(drawn)
