"""From caller-days and accusations to tables: a part for each tenant and variant, then all parts together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import baselines
from measuring import Share, conformal, curve, quantile, threshold_reached
from tenants import CallerDay, Tenant

from tidegate.model import Finding
from tidegate_local.simulation.profiles import BY_FAMILY

GROUPS = ("extraction", "prompt", "usage", "content")


def part(
    variant: str,
    made: Tenant,
    played: Mapping[float, Any],
    scores: tuple[Sequence[float], Sequence[float]] | None,
    dropped: Mapping[str, int],
) -> dict[str, Any]:
    """What one tenant showed, as plain values: rows of caller-days with what each method said of them."""
    first = next(iter(played.values()))
    over = baselines.prowler(made.records, made.midnight)
    rows = []
    for place, day in enumerate(made.days):
        row: dict[str, Any] = {
            "day": day.day, "test": day.day >= made.size.history, "kind": day.kind, "benign": day.benign,
            "share": day.share, "campaign": f"{made.number}/{day.campaign}", "public": day.public, "calls": len(day.asks), "asked": len(day.attack_ids),
            "said": {str(rate): _said(day, result.accusations.get((day.day, day.caller), ())) for rate, result in played.items()},
            "rules": {**baselines.by_rules(day), "prowler": (day.day, day.caller) in over},
        }  # fmt: skip
        if scores:
            row["scores"] = {"largest record": scores[0][place], "prada": scores[1][place]}
        rows.append(row)
    named = {day.caller for day in made.days}
    return {
        "variant": variant,
        "tenant": made.number,
        "fold": made.fold,
        "near_copies_dropped": dict(dropped),
        "rows": rows,
        "state_bytes": first.state_bytes,
        "records": first.records,
        "microseconds": first.microseconds,
        "calibrations": {str(rate): result.calibration for rate, result in played.items()},
        "accused_principals": {
            str(rate): dict(
                Counter(
                    f.detector
                    for (_, caller), found in result.accusations.items()
                    if caller not in named
                    for f in found
                )
            )
            for rate, result in played.items()
        },
    }


def _said(day: CallerDay, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """None: nothing. Otherwise which detectors, and after how many attack requests the first spoke."""
    found = sorted(findings, key=lambda finding: finding.time)
    if not found:
        return None
    said: dict[str, Any] = {"detectors": sorted({finding.detector for finding in found})}
    if not day.benign:
        times = {call.request_id: call.time for call in day.requests}
        first = found[0].time.timestamp()
        said["queries"] = sum(times[one] <= first + 1 for one in day.attack_ids)
    return said


def report(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    variants: dict[str, Any] = {}
    for name in dict.fromkeys(part["variant"] for part in parts):
        some = [part for part in parts if part["variant"] == name]
        rows = [row for part in some for row in part["rows"]]
        variants[name] = {
            "tidegate": {rate: _judged(rows, rate) for rate in some[0]["calibrations"]},
            "rules": {rule: _by(rows, lambda row, rule=rule: row["rules"][rule]) for rule in (*baselines.RULES, "all rules")}
            if name == "plain" else {},
            "scores": _score_baselines(rows) if rows and "scores" in rows[0] else {},
            "caller_days": {"benign_test": sum(row["benign"] and row["test"] for row in rows), "attack_test": sum(not row["benign"] and row["test"] for row in rows), "benign_history": sum(row["benign"] and not row["test"] for row in rows)},
            "state_bytes": {"median": quantile([b for part in some for b in part["state_bytes"]], 0.5), "p99": quantile([b for part in some for b in part["state_bytes"]], 0.99), "most": max((b for part in some for b in part["state_bytes"]), default=None)},
            "records": sum(part["records"] for part in some),
            "microseconds_a_record": round(fmean(part["microseconds"] for part in some), 1),
            "accused_principals": [part["accused_principals"] for part in some],
            "calibrations": [part["calibrations"] for part in some],
        }  # fmt: skip
    return {
        "variants": variants,
        "near_copies_dropped": {f"fold {part['fold']}": part["near_copies_dropped"] for part in parts},
    }


def _judged(rows: Sequence[Mapping[str, Any]], rate: str) -> dict[str, Any]:
    return _by(rows, lambda row: row["said"][rate]) | {"nominal": float(rate)}


def _by(rows: Sequence[Mapping[str, Any]], said: Any) -> dict[str, Any]:
    """False positives in all and by class; recall by family, by group and by share; queries until detection."""
    if getattr(said, "__defaults__", None) == ("all rules",):
        said = lambda row: any(row["rules"].values())  # noqa: E731
    test = [row for row in rows if row["test"]]
    benign = [row for row in test if row["benign"]]
    families: dict[str, Any] = {}
    for name in sorted({row["kind"] for row in test if not row["benign"]}):
        mine = [row for row in test if row["kind"] == name]
        verdicts = [said(row) for row in mine]
        right = BY_FAMILY[name].finds
        hits = [verdict for verdict in verdicts if verdict]
        detailed = [verdict for verdict in hits if isinstance(verdict, dict)]
        queries = [verdict["queries"] for verdict in detailed if "queries" in verdict]
        families[name] = {
            "recall": Share(len(hits), len(mine)).as_json(),
            "named_right": Share(sum(bool(set(verdict["detectors"]) & set(right)) for verdict in detailed), len(mine)).as_json(),
            "campaigns": Share(len({row["campaign"] + str(row["share"]) for row, v in zip(mine, verdicts, strict=True) if v}), len({row["campaign"] + str(row["share"]) for row in mine})).as_json(),
            "by_share": {str(share): _share(mine, verdicts, share) for share in sorted({row["share"] for row in mine})},
            "queries": {"median": quantile(queries, 0.5), "p90": quantile(queries, 0.9)},
            "detectors": dict(Counter(d for verdict in detailed for d in verdict["detectors"])),
            "public": any(row["public"] for row in mine),
            "group": BY_FAMILY[name].group,
        }  # fmt: skip
    wrong = [row for row in benign if said(row)]
    return {
        "false_positives": Share(len(wrong), len(benign)).as_json(),
        "by_class": {name: Share(sum(row["kind"] == name for row in wrong), sum(row["kind"] == name for row in benign)).as_json() for name in sorted({row["kind"] for row in benign})},
        "wrong_detectors": dict(Counter(d for row in wrong if isinstance(said(row), dict) for d in said(row)["detectors"])),
        "families": families,
        "macro": _macro(families, lambda _family: True),
        "macro_by_group": {group: _macro(families, lambda family, group=group: family["group"] == group) for group in GROUPS},
    }  # fmt: skip


def _share(rows: Sequence[Mapping[str, Any]], verdicts: Sequence[Any], share: float) -> dict[str, object]:
    some = [bool(verdict) for row, verdict in zip(rows, verdicts, strict=True) if row["share"] == share]
    return Share(sum(some), len(some)).as_json()


def _macro(families: Mapping[str, Any], wanted: Any) -> float | None:
    values = [family["recall"]["share"] for family in families.values() if wanted(family)]
    return round(fmean(values), 4) if values else None


def _score_baselines(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Scores cut at the tenants' own history, as a product would, and their curves on the test days."""
    found: dict[str, Any] = {}
    for name in baselines.SCORES:
        history = [row["scores"][name] for row in rows if row["benign"] and not row["test"]]
        benign = [row["scores"][name] for row in rows if row["benign"] and row["test"]]
        families = sorted({row["kind"] for row in rows if not row["benign"]})
        attack = {
            family: [row["scores"][name] for row in rows if row["kind"] == family and row["test"]]
            for family in families
        }
        thresholds = {rate: conformal(history, rate) for rate in (0.01, 0.001)}
        cut = {str(rate): _by(rows, lambda row, at=at: row["scores"][name] > at) for rate, at in thresholds.items()}
        found[name] = {
            "calibrated": cut,
            "best_case": {
                str(rate): {
                    family: _above(values, threshold_reached(benign, rate)) for family, values in attack.items()
                }
                for rate in (0.01, 0.001)
            },
            "curves": {family: curve(benign, values) for family, values in attack.items()},
        }
    return found


def _above(values: Sequence[float], threshold: float) -> float | None:
    return round(sum(value > threshold for value in values) / len(values), 4) if values else None


def shown(found: Mapping[str, Any]) -> str:
    """The report in a terminal."""
    lines: list[str] = []
    for variant, result in found["variants"].items():
        days = result["caller_days"]
        lines.append(
            f"\n== {variant}: {days['benign_test']:,} benign and {days['attack_test']:,} attacking caller-days; {result['records']:,} records"
        )
        lines.append(f"state {result['state_bytes']} bytes; {result['microseconds_a_record']} us a record")
        for rate, judged in result["tidegate"].items():
            wrong = judged["false_positives"]
            lines.append(
                f"-- nominal {rate}: reached {wrong['share']} ({wrong['low']} to {wrong['high']}); macro recall {judged['macro']}, {judged['macro_by_group']}"
            )
            lines.append(
                "   wrongly accused: "
                + ", ".join(
                    f"{name} {share['hits']}/{share['of']}"
                    for name, share in judged["by_class"].items()
                    if share["hits"]
                )
                + f" by {judged['wrong_detectors']}"
            )
            for name, family in judged["families"].items():
                recall, queries = family["recall"], family["queries"]
                shares = " ".join(f"{float(share):.0%}:{one['share']:.2f}" for share, one in family["by_share"].items())
                lines.append(
                    f"   {name:<28}{'' if family['public'] else '*':<2}{recall['share']:.2f} ({recall['low']:.2f}-{recall['high']:.2f}) of {recall['of']:<4} "
                    f"named right {family['named_right']['share']:.2f}  queries {queries['median']}/{queries['p90']}  {shares}"
                )
        for name, rule in result["rules"].items():
            lines.append(
                f"-- {name}: false positives {rule['false_positives']['share']}, macro recall {rule['macro']} {rule['macro_by_group']}"
            )
        for name, score in result["scores"].items():
            for rate, judged in score["calibrated"].items():
                lines.append(
                    f"-- {name} at {rate}: reached {judged['false_positives']['share']}, macro recall {judged['macro']} {judged['macro_by_group']}"
                )
    lines.append("\n* no public source: our own held-out phrasings")
    return "\n".join(lines)
