"""The report for people: in a terminal, and as the tables of docs/quality.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MARKS = {"public": "", "mixed": "†", "own": "*"}


def shown(found: Mapping[str, Any]) -> str:
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    for variant, result in found["variants"].items():
        days, state = result["caller_days"], result["state_bytes"]
        yield ""
        yield f"== {variant}: {days['benign_test']:,} benign and {days['attack_test']:,} attacking caller-days"
        yield f"   {result['records']:,} records, {result['microseconds_a_record']} us each; state {state}"
        for rate, judged in result["tidegate"].items():
            wrong = judged["false_positives"]
            yield f"-- nominal {float(rate):.1%}: reached {_interval(wrong)}; {_macros(judged)}"
            accused = [f"{name} {one['hits']}/{one['of']}" for name, one in judged["by_class"].items() if one["hits"]]
            yield f"   wrongly accused: {', '.join(accused) or 'nobody'} by {judged['wrong_detectors']}"
            for name, family in judged["families"].items():
                yield "   " + _family(name, family)
        for name, rule in result["rules"].items():
            yield f"-- {name}: false positives {rule['false_positives']['share']}; {_macros(rule)}"
        for name, score in result["scores"].items():
            for rate, judged in score["calibrated"].items():
                wrong = judged["false_positives"]["share"]
                yield f"-- {name} at {rate}: reached {wrong}; {_macros(judged)}"
    yield ""
    yield "† public texts in our own held-out wrappers; * our own held-out phrasings alone"


def _family(name: str, family: Mapping[str, Any]) -> str:
    queries = family["queries"]
    shares = " ".join(f"{float(share):.0%}:{one['share']:.2f}" for share, one in family["by_share"].items())
    named = f"named right {family['named_right']['share']:.2f}"
    until = f"queries {queries['median']}/{queries['p90']}"
    return f"{name + MARKS[family['text']]:<28} {_interval(family['recall'])} {named} {until}  {shares}"


def _macros(judged: Mapping[str, Any]) -> str:
    return f"macro recall {judged['macro']} {judged['macro_by_group']}"


def _interval(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "none tried"
    return f"{share['share']:.4f} ({share['low']:.4f}-{share['high']:.4f}) of {share['of']}"
