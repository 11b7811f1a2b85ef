from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import tables

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_tables_of_the_page_are_those_of_its_figures() -> None:
    page = (DOCS / "quality.md").read_text("utf-8")
    figures = json.loads((DOCS / "quality" / "quality.json").read_text("utf-8"))

    assert tables.page(page, figures) == page


def test_the_pages_pictures_are_there() -> None:
    page = (DOCS / "quality.md").read_text("utf-8")

    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page):
        assert (DOCS / name).is_file()


def test_a_table_that_nobody_makes_is_no_table() -> None:
    with pytest.raises(KeyError):
        tables.page("<!-- unknown -->\n\n<!-- /unknown -->", {})


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0.00"), (0.004321, "0.0043"), (0.5, "0.50"), (1.0, "1.00"), (None, "-")]
)
def test_small_shares_keep_their_digits(value: float | None, shown: str) -> None:
    assert tables._number(value) == shown


def a_judgement(share: float, macro: float) -> dict[str, object]:
    return {"false_positives": {"share": share}, "macro": macro}


def test_recall_is_drawn_between_rates_that_were_reached_and_never_beyond_them() -> None:
    judged = {"0.01": a_judgement(0.04, 0.8), "0.001": a_judgement(0.0025, 0.6)}

    assert tables.between(judged, 0.01) == pytest.approx(0.7)
    assert tables.between(judged, 0.001) is None
    assert tables.between({"0.01": a_judgement(0.04, 0.8), "0.001": a_judgement(0.0, 0.6)}, 0.01) is None
