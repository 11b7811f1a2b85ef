"""A picture of a report: documents a second and CPU of each way; messages waiting while the node is in trouble.

.venv/bin/python bench/indexing/plots.py .tidegate/bench/indexing.json docs/performance   (needs `make install-bench`)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from trouble import BEGINS, ENDS

COLOURS = ("#2166ac", "#e08214", "#b2182b")
OTHERS = "#9a9a9a"
STYLE = Path(__file__).parents[1] / "plots.mplstyle"


def draw(report: Mapping[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with plt.style.context(STYLE):
        for name, figure in (("indexing_speed", _speed(report)), ("indexing_in_trouble", _trouble(report))):
            figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
            plt.close(figure)


def _speed(report: Mapping[str, Any]) -> Any:
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.4), sharey=True)
    names = list(report["speed"])[::-1]
    colours = [COLOURS[0] if name.startswith("tidegate") else OTHERS for name in names]
    for axis, (key, title) in zip(
        axes,
        (
            ("documents_a_second", "documents a second"),
            ("client_cpu_us", "client CPU, \u00b5s a document"),
            ("bytes_on_the_wire", "bytes a document on the wire"),
        ),
        strict=True,
    ):
        values = [report["speed"][name][key] for name in names]
        axis.barh(names, values, color=colours)
        axis.bar_label(axis.containers[0], fmt="{:,.0f}", padding=2, fontsize=8)
        axis.set_title(title, fontsize=9)
        axis.margins(x=0.2)
        axis.set_xticks([])
        axis.spines["bottom"].set_visible(False)
        axis.tick_params(left=False)
    figure.tight_layout()
    return figure


def _trouble(report: Mapping[str, Any]) -> Any:
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True)
    for (name, one), colour, dashes in zip(report["trouble"].items(), COLOURS, ("-", "-", "--"), strict=True):
        minutes = range(1, len(one["waiting"]) + 1)
        above.plot(minutes, one["waiting"], dashes, color=colour, label=name)
        asked = [later - earlier for earlier, later in zip([0, *one["bulks"]], one["bulks"], strict=False)]
        below.plot(minutes, asked, dashes, color=colour, lw=1)
    for axis in (above, below):
        axis.axvspan(BEGINS, ENDS, color="#000000", alpha=0.06, lw=0)
    above.set_ylabel("messages waiting")
    above.set_ylim(top=above.get_ylim()[1] * 1.12)
    above.text((BEGINS + ENDS) / 2, above.get_ylim()[1], "the node is in trouble", ha="center", va="top", fontsize=8)
    above.legend(frameon=False, loc="upper left")
    below.set_ylabel("bulks asked a minute")
    below.set_xlabel("minutes of the run's clock")
    figure.tight_layout()
    return figure


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
