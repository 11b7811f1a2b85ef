"""Writes the tables of docs/quality.md from a report: what stands between `<!-- NAME -->` and `<!-- /NAME -->`.

.venv/bin/python bench/quality/tables.py docs/quality/quality.json docs/quality.md
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from telling import MARKS

RATES = ("0.01", "0.001")
EXTRACTION = "extraction"
PROMPT = tuple(f"prompt_attack_{one}" for one in ("persona", "encoded", "adaptive"))
DISTILLATION = tuple(
    f"distillation_{one}" for one in ("instructions", "self_instruct", "evolved", "reasoning", "preferences")
)


def page(text: str, report: Mapping[str, Any]) -> str:
    """The page with its tables made anew. Raises KeyError for a table that isn't made here."""
    made = {
        "setup": setup,
        "headline": headline,
        "aims": aims,
        "families": families,
        "shares": shares,
        "classes": classes,
        "realised": realised,
        "accusers": accusers,
        "others": others,
        "cost": cost,
    }

    def replaced(found: re.Match[str]) -> str:
        return f"<!-- {found[1]} -->\n{made[found[1]](report)}\n<!-- /{found[1]} -->"

    return re.sub(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", replaced, text, flags=re.S)


def setup(report: Mapping[str, Any]) -> str:
    run, variants = report["run"], report["variants"]
    rows = [
        (
            name,
            *(f"{one['caller_days'][key]:,}" for key in ("benign_history", "benign_test", "attack_test")),
            f"{one['records']:,}",
        )
        for name, one in variants.items()
    ]
    said = (
        f"{run['tenants']} tenants, seed {run['seed']}, scale {run['scale']:g}, {run['weights']} weights, "
        f"{run['history_days']} days to learn from, {run['test_days']} that count; {run['seconds']} s, two cores.\n\n"
    )
    columns = ("run", "benign caller-days learned from", "benign, tested", "attacking, tested", "records")
    return said + _table(columns, rows)


def headline(report: Mapping[str, Any]) -> str:
    rows = []
    for name, one in report["variants"].items():
        for rate in RATES:
            judged = one["tidegate"][rate]
            groups = judged["macro_by_group"]
            rows.append(
                (
                    name,
                    _percent(float(rate)),
                    _share(judged["false_positives"]),
                    _number(judged["macro"]),
                    *(_number(groups[group]) for group in groups),
                )
            )
    columns = (
        "run",
        "nominal",
        "reached (95 %)",
        "macro recall",
        *report["variants"]["plain"]["tidegate"]["0.01"]["macro_by_group"],
    )
    return _table(columns, rows)


def aims(report: Mapping[str, Any]) -> str:
    """The aims this was built to, and what was reached: at a rate that was asked for, with the rate that came of it."""
    plain = report["variants"]["plain"]["tidegate"]
    one, tenth = plain["0.01"], plain["0.001"]
    scrambled = report["variants"].get("scrambled", {}).get("tidegate", {}).get("0.001", {})
    rows: list[tuple[str, str, float | None, bool]] = [
        ("macro recall at 1 %", "0.97", one["macro"], True),
        ("macro recall at 0.1 %", "0.92", tenth["macro"], True),
        ("macro recall where 1 % is really reached, cut by score", "0.97", cut(report, 0.01), True),
        ("macro recall where 0.1 % is really reached, cut by score", "0.92", cut(report, 0.001), True),
        ("extraction families at 1 %", "0.90", one["macro_by_group"][EXTRACTION], True),
        ("extraction families at 0.1 %", "0.80", tenth["macro_by_group"][EXTRACTION], True),
        ("reasoning elicitation, unseen suffix, at 0.1 %", "0.70", _recall(tenth, "distillation_reasoning"), True),
        ("low and slow at 0.1 %", "0.50", _recall(tenth, "distillation_low_and_slow"), True),
        ("distributed at 0.1 %", "0.90", _recall(tenth, "distributed_distillation"), True),
        ("prompt attacks, queries (median)", "5", _queries(one, PROMPT), False),
        ("distillation, queries (median)", "50", _queries(one, DISTILLATION), False),
        ("realised over nominal rate at 1 %", "1.5", _ratio(one), False),
        ("realised over nominal rate at 0.1 %", "1.5", _ratio(tenth), False),
        ("evaluation runs accused at 1 %", "0.01", _class(one, "evaluation_run"), False),
        ("batch jobs accused at 0.1 %", "0.001", _class(tenth, "batch_template"), False),
        ("scrambled, macro recall at 0.1 %", "0.70", scrambled.get("macro"), True),
    ]
    return _table(
        ("aim", "wanted", "measured", ""),
        [
            (name, ("at least " if more else "at most ") + wanted, _number(value), _met(value, float(wanted), more))
            for name, wanted, value, more in rows
        ],
    )


def cut(report: Mapping[str, Any], rate: float) -> float | None:
    """Macro recall at a rate that these very benign days reach: findings below a score are left out, until no more than
    the rate of the days is accused. Of the nominal rates the one that finds most."""
    curves = report["variants"]["plain"].get("by_score", {}).values()
    found = [point["macro"] for curve in curves for point in curve if point["false_positives"] <= rate]
    return max(found, default=None)


def families(report: Mapping[str, Any]) -> str:
    plain = report["variants"]["plain"]["tidegate"]
    rows = []
    for name, one in plain["0.01"]["families"].items():
        tenth, queries = plain["0.001"]["families"][name], one["queries"]
        rows.append(
            (
                name + MARKS[one["text"]],
                _share(one["recall"]),
                _share(tenth["recall"]),
                _number(one["named_right"]["share"]),
                _number(one["campaigns"]["share"]),
                f"{queries['median']} / {queries['p90']}" if queries["detected"] else "-",
            )
        )
    return _table(
        ("family", "recall at 1 %", "recall at 0.1 %", "named right", "campaigns found", "queries, median / 9 in 10"),
        rows,
    )


def shares(report: Mapping[str, Any]) -> str:
    rows = []
    for rate in RATES:
        judged = report["variants"]["plain"]["tidegate"][rate]["families"]
        some = {name: one for name, one in judged.items() if len(one["by_share"]) > 1}
        columns = sorted({share for one in some.values() for share in one["by_share"]}, key=float)
        for group in ("extraction", "prompt", "usage", "content"):
            mine = [one["by_share"] for one in some.values() if one["group"] == group]
            if mine:
                means = [fmean(one[share]["share"] for one in mine) for share in columns]
                rows.append((f"{group} at {_percent(float(rate))}", *(_number(mean) for mean in means)))
    return _table(("families", *(_percent(float(share)) for share in columns)), rows)


def classes(report: Mapping[str, Any]) -> str:
    variants = report["variants"]
    rows = [
        (name, *(_share(one["tidegate"][rate]["by_class"][name]) for rate in RATES for one in variants.values()))
        for name in variants["plain"]["tidegate"]["0.01"]["by_class"]
    ]
    columns = ("class", *(f"{variant}, {_percent(float(rate))}" for rate in RATES for variant in variants))
    return _table(columns, rows)


def accusers(report: Mapping[str, Any]) -> str:
    """Which detectors accuse benign caller-days, and of how many."""
    plain = report["variants"]["plain"]["tidegate"]
    names = sorted({name for rate in RATES for name in plain[rate]["wrong_detectors"]})
    rows = [(f"`{name}`", *(str(plain[rate]["wrong_detectors"].get(name, 0)) for rate in RATES)) for name in names]
    return _table(("detector", *(f"benign caller-days at {_percent(float(rate))}" for rate in RATES)), rows)


def realised(report: Mapping[str, Any]) -> str:
    rows = []
    for name, one in report["variants"].items():
        for rate in RATES:
            wrong = one["tidegate"][rate]["false_positives"]
            tenants = ", ".join(f"{tenant['hits']}/{tenant['of']}" for tenant in one["by_tenant"][rate])
            rows.append((name, _percent(float(rate)), _share(wrong), f"{_ratio(one['tidegate'][rate]):.1f}", tenants))
    return _table(("run", "nominal", "realised (95 %)", "times the budget", "by tenant"), rows)


def others(report: Mapping[str, Any]) -> str:
    plain = report["variants"]["plain"]
    rows: list[Sequence[str]] = [_line(f"Tidegate, {_percent(float(rate))}", plain["tidegate"][rate]) for rate in RATES]
    rows += [_line(name, judged) for name, judged in plain["rules"].items()]
    for name, score in plain["scores"].items():
        rows += [_line(f"{name}, {_percent(float(rate))}", judged) for rate, judged in score["calibrated"].items()]
        reached = score["at_reached"].items()
        rows += [_line(f"{name}, as often as Tidegate at {_percent(float(rate))}", one) for rate, one in reached]
    return _table(("what", "false positives reached", "macro recall", "extraction", "prompt", "usage", "content"), rows)


def cost(report: Mapping[str, Any]) -> str:
    rows = []
    for name, one in report["variants"].items():
        state = one["state_bytes"]
        rows.append(
            (name, *(str(state[key]) for key in ("median", "p99", "most")), f"{one['microseconds_a_record']:g}")
        )
    return _table(
        ("run", "state of a caller, bytes: median", "99th percentile", "most", "CPU us a record, all detectors"), rows
    )


def _line(name: str, judged: Mapping[str, Any]) -> Sequence[str]:
    groups = judged["macro_by_group"]
    return (
        name,
        _share(judged["false_positives"]),
        _number(judged["macro"]),
        *(_number(groups[group]) for group in groups),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _share(one: Mapping[str, Any]) -> str:
    if one["share"] is None:
        return "-"
    return f"{_number(one['share'])} ({_number(one['low'])} to {_number(one['high'])})"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.4f}".rstrip("0")


def _percent(rate: float) -> str:
    return f"{rate * 100:g} %"


def _recall(judged: Mapping[str, Any], family: str) -> float | None:
    return judged["families"].get(family, {}).get("recall", {}).get("share")


def _queries(judged: Mapping[str, Any], names: Sequence[str]) -> float | None:
    """The largest of the families' medians: all of them are to be within the aim."""
    medians = [judged["families"][name]["queries"]["median"] for name in names if name in judged["families"]]
    return max((median for median in medians if median is not None), default=None)


def _ratio(judged: Mapping[str, Any]) -> float:
    return (judged["false_positives"]["share"] or 0.0) / judged["nominal"]


def _class(judged: Mapping[str, Any], name: str) -> float | None:
    return judged["by_class"].get(name, {}).get("share")


def _met(value: float | None, wanted: float, more: bool) -> str:
    if value is None:
        return "not measured"
    return "met" if (value >= wanted if more else value <= wanted) else "missed"


def main() -> None:
    report, target = json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2])
    target.write_text(page(target.read_text("utf-8"), report), "utf-8")


if __name__ == "__main__":
    main()
