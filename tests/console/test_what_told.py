"""What told, in a finding's evidence: each feature of the day beside what is usual."""

from __future__ import annotations

from tidegate.console.evidence import finding


def page(*telling: dict[str, object]) -> str:
    return str(
        finding({"time": 0, "tidegate": {"detector": "distillation", "evidence": {"telling": telling}}}, open_=True)
    )


def test_a_feature_stands_beside_the_tenants_range_and_the_callers_own() -> None:
    shown = page(
        {"feature": "share order", "today": 0.9, "usual_of_tenant": [0.05, 0.3], "usual_of_caller": [0, 0.2],
         "weighs": 1.25},
    )  # fmt: skip

    for cell in ("share order", "0.9", "0.05 to 0.3", "0 to 0.2", "1.25", "usual 0.05 to 0.3, today 0.9"):
        assert cell in shown


def test_a_newcomer_has_no_range_of_its_own() -> None:
    assert "no past" in page({"feature": "share order", "today": 0.9, "usual_of_tenant": [0.05, 0.3]})


def test_of_a_finding_without_features_nothing_is_shown() -> None:
    assert "What told" not in page()


def test_a_small_chance_is_not_shown_as_none() -> None:
    document = {"time": 0, "tidegate": {"evidence": {"p_value": 0.00241, "answer_gave_away": 0.0}}}

    shown = str(finding(document, open_=True))

    assert "0.0024" in shown
