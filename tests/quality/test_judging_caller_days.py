from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import judging
import pipeline
import pytest
import tenants
from sources import Split

from tidegate.model import Finding, Invocation, Severity
from tidegate.sources.contents import contents_of
from tidegate_local.simulation.families import BY_FAMILY
from tidegate_local.simulation.phrases import PHRASES

SMALL = tenants.Size(callers=13, history=4, test=3)


def a_tenant(**given: Any) -> tenants.Tenant:
    families = [BY_FAMILY[name] for name in given.pop("families", ("sensitive_output",))]
    return tenants.tenant(0, Split(0, {}, {}, {}), PHRASES, "5", given.pop("size", SMALL), families=families, **given)


def a_row(**given: Any) -> dict[str, Any]:
    usual = {"day": 5, "test": True, "kind": "search", "benign": True, "share": 0.0, "campaign": "c", "caller": "x"}
    return {**usual, "text": "own", "asked": 0, "said": {"0.01": None}, **given}


def accused(detector: str = "distillation", queries: int = 4) -> dict[str, Any]:
    return {"0.01": {"detectors": [detector], "queries": queries}}


def judged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return judging.judged(rows, lambda row: row["said"]["0.01"])


def test_the_rate_reached_is_of_the_test_days_of_benign_callers() -> None:
    rows = [a_row() for _ in range(98)] + [a_row(said=accused()), a_row(said=accused())]
    rows += [a_row(test=False, said=accused()) for _ in range(50)]
    rows += [a_row(benign=False, kind="logit_probe", share=0.5, said=accused()) for _ in range(10)]

    wrong = judged(rows)["false_positives"]

    assert (wrong["hits"], wrong["of"], wrong["share"]) == (2, 100, 0.02)


def test_false_positives_are_told_by_class() -> None:
    by_class = judged([a_row(), a_row(kind="evaluation_run", said=accused())])["by_class"]

    assert by_class["evaluation_run"]["share"] == 1
    assert by_class["search"]["share"] == 0


def test_recall_is_told_by_family_and_share_and_macro_is_the_mean_of_families() -> None:
    attack = {"benign": False, "kind": "logit_probe"}
    rows = [a_row(**attack, share=0.05), a_row(**attack, share=1.0, said=accused("logit_probe"))]
    rows += [a_row(benign=False, kind="quota_abuse", share=1.0, said=accused("quota_abuse"))]

    found = judged(rows)

    assert found["families"]["logit_probe"]["recall"]["share"] == 0.5
    assert found["families"]["logit_probe"]["by_share"]["0.05"]["share"] == 0
    assert found["macro"] == 0.75
    assert found["macro_by_group"]["extraction"] == 0.5


def test_another_detectors_finding_counts_as_found_but_not_as_named_right() -> None:
    found = judged([a_row(benign=False, kind="logit_probe", said=accused("quota_abuse"))])["families"]["logit_probe"]

    assert found["recall"]["share"] == 1
    assert found["named_right"]["share"] == 0


def test_queries_are_counted_from_the_campaigns_begin_over_its_days() -> None:
    attack = {"benign": False, "kind": "logit_probe", "asked": 30}
    rows = [a_row(**attack, day=5), a_row(**attack, day=6, said=accused(queries=4))]

    assert judged(rows)["families"]["logit_probe"]["queries"] == {"median": 34, "p90": 34, "detected": 1}


def test_what_is_said_before_the_first_attack_request_is_no_detection() -> None:
    made = a_tenant()
    day = next(day for day in made.days if not day.benign and len(day.attack_times) > 2)

    def said(time: float) -> Any:
        return judging._said(day, [a_finding(day.caller, time)])

    assert said(day.attack_times[0] - 60) is None
    assert said(day.attack_times[-1] + 1)["queries"] == len(day.attack_times)


def a_finding(caller: str, time: float, **given: Any) -> Finding:
    at = datetime.fromtimestamp(time, UTC)
    usual = {
        "id": "f-1",
        "detector": "sensitive_output",
        "family": "exfiltration",
        "severity": Severity.HIGH,
        "score": 80,
    }
    place = {"account": "111122223333", "region": "us-east-1", "title": "t", "time": at, "first_seen": at}
    return Finding(**{**usual, **place, "caller": caller, **given})


def test_a_groups_finding_accuses_its_members() -> None:
    finding = a_finding("role:app", 0, evidence={"members": ["user:a", "user:b"]})

    assert pipeline.accused(finding) == {"role:app", "user:a", "user:b"}


def test_only_findings_about_use_from_medium_on_accuse() -> None:
    made = a_tenant()
    time = made.first_test + 60
    some = [a_finding("user:a", time), a_finding("user:b", time, severity=Severity.LOW)]
    some += [a_finding("user:c", time, family="tampering"), a_finding("user:d", made.first_test - 60)]

    assert pipeline._accusations(made, some).keys() == {(SMALL.history, "user:a")}


def test_the_real_pipeline_runs_over_a_tenant_and_finds_what_leaks() -> None:
    made = a_tenant()

    played = pipeline.play(made, pipeline.learn(made, 0.01))
    part = judging.part("plain", made, {0.01: played}, None, {})
    found = judging.report([part])["variants"]["plain"]

    assert found["tidegate"]["0.01"]["families"]["sensitive_output"]["recall"]["share"] > 0.5
    assert found["caller_days"]["benign_history"] > found["caller_days"]["benign_test"] > 0
    assert found["state_bytes"]["callers"] > 13


def test_findings_cut_by_score_accuse_fewer_and_find_less() -> None:
    def row(kind: str, score: float | None, *, benign: bool) -> dict[str, object]:
        said = None if score is None else {"detectors": ["x"], "score": score}
        return {"test": True, "benign": benign, "kind": kind, "said": {"0.01": said}}

    benign = [row("developer", score, benign=True) for score in (None, None, 50.0, 40.0)]
    attacks = [row("prompt_attack_persona", score, benign=False) for score in (80.0, 50.0, 45.0, 30.0, None)]

    points = judging.by_score([*benign, *attacks], "0.01")

    assert [(one["false_positives"], one["macro"]) for one in points] == [(0.0, 0.2), (0.25, 0.6), (0.5, 0.8)]


def test_attackers_hide_at_each_share_and_have_a_past_or_none() -> None:
    made = a_tenant(families=("distillation_instructions",))
    attacks = [day for day in made.days if not day.benign]

    assert {day.share for day in attacks} == set(tenants.SHARES)
    assert {day.day for day in attacks} <= set(range(SMALL.history, SMALL.days))
    for day in attacks:
        assert len(day.attack_times) / len(day.asks) == pytest.approx(day.share, abs=0.1)


def test_contamination_is_in_the_history_and_not_among_the_labelled_days() -> None:
    size = tenants.Size(callers=39, history=8, test=2)
    clean, dirty = a_tenant(size=size), a_tenant(size=size, contaminated=0.05)

    assert [(day.day, day.caller, day.kind) for day in clean.days] == [
        (day.day, day.caller, day.kind) for day in dirty.days
    ]
    extra = {one.id for one in dirty.records} - {one.id for one in clean.records}
    assert extra
    assert all(one.time < dirty.first_test for one in dirty.records if one.id in extra)


def test_scrambled_traffic_keeps_the_words_and_hides_the_rest() -> None:
    plain, scrambled = a_tenant(), a_tenant(scrambled=True)
    asks = {day.caller + str(day.day): set(day.asks) for day in plain.days}
    volumes = [len(day.asks) for day in scrambled.days]

    assert all(set(day.asks) <= asks[day.caller + str(day.day)] for day in scrambled.days)
    assert max(volumes) <= max(len(day.asks) for day in plain.days)
    calls = [one for one in scrambled.records if isinstance(one, Invocation)]
    assert not any(call.cache_read_tokens for call in calls)
    assert {contents_of(call).parameters.temperature for call in calls} <= {None, 0.3, 0.5}  # the providers' own


def test_some_benign_callers_are_new_and_some_of_them_join_together() -> None:
    made = a_tenant(size=tenants.Size(callers=78, history=6, test=6))
    first = {day.caller: day.day for day in reversed([day for day in made.days if day.benign])}

    assert sum(day >= 4 for day in first.values()) > 8
    assert sum(day < 4 for day in first.values()) > 40
