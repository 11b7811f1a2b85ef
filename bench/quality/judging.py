"""From caller-days and accusations to figures: rows for each tenant and variant, then all rows together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import published_rules
from measuring import Share, conformal, curve, quantile, threshold_reached
from tenants import CallerDay, Tenant

from tidegate.model import Finding
from tidegate_local.simulation.families import BY_FAMILY

GROUPS = ("extraction", "prompt", "usage", "content")
RATES = (0.01, 0.001)
SCORES = ("largest record", "prada")
type Row = Mapping[str, Any]
type Verdict = Callable[[Row], Any]  # falsy: nothing was said of the caller-day


def part(
    variant: str,
    made: Tenant,
    played: Mapping[float, Any],
    scores: tuple[Sequence[float], Sequence[float]] | None,
    dropped: Mapping[str, int],
) -> dict[str, Any]:
    """What one tenant showed, as plain values: a row for each caller-day with what each method said of it."""
    first = next(iter(played.values()))
    over = published_rules.prowler(made.records, made.midnight)
    rows = []
    for place, day in enumerate(made.days):
        row: dict[str, Any] = {
            "day": day.day,
            "test": day.day >= made.size.history,
            "kind": day.kind,
            "benign": day.benign,
            "share": day.share,
            "campaign": f"{made.number}/{day.campaign}",
            "caller": f"{made.number}/{day.caller}",
            "text": day.text,
            "asked": len(day.attack_times),
            "said": {
                str(rate): _said(day, result.accusations.get((day.day, day.caller), ()))
                for rate, result in played.items()
            },
            "rules": {**day.rules, "prowler": (day.day, day.caller) in over},
        }
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
        "calibrations": {str(rate): _calibration(result.calibration) for rate, result in played.items()},
        "accused_principals": {
            str(rate): dict(
                Counter(
                    finding.detector
                    for (_, caller), found in result.accusations.items()
                    if caller not in named
                    for finding in found
                )
            )
            for rate, result in played.items()
        },
    }


def _calibration(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a calibration says of itself: without thresholds, which mean nothing elsewhere."""
    names = ("asked_false_positive_rate", "promised_false_positive_rate", "measured_false_positive_rate")
    behaviour = found.get("behaviour") or {}
    told = {name: found.get(name) for name in names}
    told["behaviour"] = {name: behaviour.get(name) for name in (*names, "caller_days")} | {
        name: len(behaviour.get(name) or ()) for name in ("suspects", "proposals")
    }
    return told


def _said(day: CallerDay, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """None: nothing. Otherwise which detectors, and after how many attack requests of the day the first spoke.

    What is said of an attacker's day before its first attack request is no detection: it is about the cover.
    """
    found = sorted(findings, key=lambda finding: finding.time)
    times = day.attack_times
    if not day.benign:  # log times are whole seconds
        found = [finding for finding in found if times and finding.time.timestamp() >= int(times[0])]
    if not found:
        return None
    said: dict[str, Any] = {
        "detectors": sorted({finding.detector for finding in found}),
        "score": max(finding.score for finding in found),
    }
    if times:
        said["queries"] = max(1, sum(time < found[0].time.timestamp() + 1 for time in times))
    return said


def report(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All parts together. The parts themselves are not in it: they are large."""
    variants: dict[str, Any] = {}
    for name in dict.fromkeys(one["variant"] for one in parts):
        some = [one for one in parts if one["variant"] == name]
        rows = [row for one in some for row in one["rows"]]
        sizes = [size for one in some for size in one["state_bytes"]]
        rules: dict[str, Verdict] = {rule: _rule(rule) for rule in published_rules.RULES}
        rules["all rules"] = lambda row: any(row["rules"].values())
        variants[name] = {
            "caller_days": {
                "benign_history": sum(row["benign"] and not row["test"] for row in rows),
                "benign_test": sum(row["benign"] and row["test"] for row in rows),
                "attack_test": sum(not row["benign"] and row["test"] for row in rows),
            },
            "tidegate": {
                rate: judged(rows, _tidegate(rate)) | {"nominal": float(rate)} for rate in some[0]["calibrations"]
            },
            "by_tenant": {
                rate: [judged(one["rows"], _tidegate(rate))["false_positives"] for one in some]
                for rate in some[0]["calibrations"]
            },
            "by_score": {rate: by_score(rows, rate) for rate in some[0]["calibrations"]},
            "rules": {rule: brief(judged(rows, said)) for rule, said in rules.items()},
            "scores": _scored(rows, some[0]["calibrations"]) if rows and "scores" in rows[0] else {},
            "state_bytes": {
                "callers": len(sizes),
                "median": quantile(sizes, 0.5),
                "p99": quantile(sizes, 0.99),
                "most": max(sizes, default=None),
            },
            "records": sum(one["records"] for one in some),
            "microseconds_a_record": round(fmean(one["microseconds"] for one in some), 1),
            "accused_principals": [one["accused_principals"] for one in some],
            "calibrations": [one["calibrations"] for one in some],
        }
    dropped = {f"fold {one['fold']}": one["near_copies_dropped"] for one in parts}
    return {"variants": variants, "near_copies_dropped": dropped}


def _tidegate(rate: str) -> Verdict:
    return lambda row: row["said"][rate]


def _rule(name: str) -> Verdict:
    return lambda row: row["rules"][name]


def judged(rows: Sequence[Row], said: Verdict) -> dict[str, Any]:
    """False positives in all and by class; recall by family, group and share; queries until detection."""
    test = [row for row in rows if row["test"]]
    benign = [row for row in test if row["benign"]]
    wrong = [row for row in benign if said(row)]
    families = {
        name: _family(name, [row for row in test if row["kind"] == name], said)
        for name in sorted({row["kind"] for row in test if not row["benign"]})
    }
    blamed = Counter(one for row in wrong for one in _detectors(said(row)))
    return {
        "false_positives": Share(len(wrong), len(benign)).as_json(),
        "by_class": {
            name: Share(sum(row["kind"] == name for row in wrong), sum(row["kind"] == name for row in benign)).as_json()
            for name in sorted({row["kind"] for row in benign})
        },
        "wrong_detectors": dict(blamed),
        "wrong_by_class": {
            name: dict(Counter(one for row in wrong if row["kind"] == name for one in _detectors(said(row))))
            for name in sorted({row["kind"] for row in wrong})
        },
        "families": families,
        "macro": _macro(families.values()),
        "macro_by_group": {
            group: _macro(one for one in families.values() if one["group"] == group) for group in GROUPS
        },
    }


def by_score(rows: Sequence[Row], rate: str) -> list[dict[str, Any]]:
    """What is found where findings below a score are left out: a point for each number of benign days accused, from
    none up to those of the nominal rate."""
    test = [row for row in rows if row["test"]]
    wrong = sorted((_score(row, rate) for row in test if row["benign"] and row["said"][rate]), reverse=True)
    count = sum(row["benign"] for row in test)
    points = []
    for cut in dict.fromkeys([*wrong, 0.0]):  # days beyond it are accused; one with this very score isn't
        found = {
            name: fmean(_score(row, rate) > cut for row in test if row["kind"] == name)
            for name in sorted({row["kind"] for row in test if not row["benign"]})
        }
        groups = {group: [one for name, one in found.items() if BY_FAMILY[name].group == group] for group in GROUPS}
        points.append(
            {
                "false_positives": round(sum(score > cut for score in wrong) / max(1, count), 5),
                "score": cut,
                "macro": round(fmean(found.values()), 4) if found else None,
                "macro_by_group": {group: round(fmean(some), 4) if some else None for group, some in groups.items()},
            }
        )
    return points


def _score(row: Row, rate: str) -> float:
    said = row["said"][rate]
    return float(said["score"]) if said else 0.0


def _detectors(verdict: Any) -> Sequence[str]:
    return verdict["detectors"] if isinstance(verdict, dict) else ()


def brief(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of those that are only compared with."""
    families = {name: {"recall": family["recall"]} for name, family in found["families"].items()}
    return {name: found[name] for name in ("false_positives", "macro", "macro_by_group")} | {"families": families}


def _family(name: str, mine: Sequence[Row], said: Verdict) -> dict[str, Any]:
    verdicts = [(row, said(row)) for row in mine]
    told = [verdict for _, verdict in verdicts if isinstance(verdict, dict)]
    right = set(BY_FAMILY[name].finds)
    campaigns = {row["campaign"] for row in mine}
    queries = _queries(verdicts)
    return {
        "recall": Share(sum(bool(verdict) for _, verdict in verdicts), len(mine)).as_json(),
        "named_right": Share(sum(bool(set(verdict["detectors"]) & right) for verdict in told), len(mine)).as_json(),
        "campaigns": Share(len({row["campaign"] for row, verdict in verdicts if verdict}), len(campaigns)).as_json(),
        "by_share": {
            str(share): Share(
                sum(bool(verdict) for row, verdict in verdicts if row["share"] == share),
                sum(row["share"] == share for row in mine),
            ).as_json()
            for share in sorted({row["share"] for row in mine})
        },
        "queries": {"median": quantile(queries, 0.5), "p90": quantile(queries, 0.9), "detected": len(queries)},
        "detectors": dict(Counter(one for verdict in told for one in verdict["detectors"])),
        "text": mine[0]["text"],
        "group": BY_FAMILY[name].group,
    }


def _queries(verdicts: Sequence[tuple[Row, Any]]) -> list[int]:
    """Attack requests of a caller from the campaign's begin until the first finding; of the callers that were found."""
    before: dict[str, int] = {}
    found: dict[str, int] = {}
    for row, verdict in sorted(verdicts, key=lambda pair: pair[0]["day"]):
        caller = row["campaign"] + row["caller"]
        if caller in found:
            continue
        if isinstance(verdict, dict) and "queries" in verdict:
            found[caller] = before.get(caller, 0) + verdict["queries"]
        before[caller] = before.get(caller, 0) + row["asked"]
    return list(found.values())


def _macro(families: Iterable[Mapping[str, Any]]) -> float | None:
    values = [family["recall"]["share"] for family in families]
    return round(fmean(values), 4) if values else None


def _scored(rows: Sequence[Row], nominal: Iterable[str]) -> dict[str, Any]:
    """Scores cut at the tenants' own history, as a product would cut them, and their curves on the test days.

    `at_reached`: cut so that they accuse as many of these very benign days as Tidegate did; a favour to the scores.
    """
    found: dict[str, Any] = {}
    reached = {rate: judged(rows, _tidegate(rate))["false_positives"]["share"] for rate in nominal}
    for name in SCORES:
        history = [row["scores"][name] for row in rows if row["benign"] and not row["test"]]
        benign = [row["scores"][name] for row in rows if row["benign"] and row["test"]]
        families = sorted({row["kind"] for row in rows if not row["benign"]})
        attack = {
            family: [row["scores"][name] for row in rows if row["kind"] == family and row["test"]]
            for family in families
        }
        found[name] = {
            "calibrated": {str(rate): brief(judged(rows, _over(name, conformal(history, rate)))) for rate in RATES},
            "at_reached": {
                rate: brief(judged(rows, _over(name, threshold_reached(benign, share))))
                for rate, share in reached.items()
            },
            "curves": {family: curve(benign, values) for family, values in attack.items()},
        }
    return found


def _over(name: str, threshold: float) -> Verdict:
    return lambda row: row["scores"][name] > threshold
