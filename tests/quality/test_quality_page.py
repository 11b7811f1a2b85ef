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


def test_recall_at_a_rate_is_that_of_the_loosest_cut_which_reaches_no_more() -> None:
    points = [(0.0, 0.3), (0.0008, 0.5), (0.002, 0.6), (0.009, 0.8), (0.02, 0.9)]
    curve = [{"false_positives": rate, "macro": macro} for rate, macro in points]
    report = {"variants": {"plain": {"by_score": {"0.01": curve, "0.001": curve[:2]}}}}

    assert tables.cut(report, 0.01) == 0.8
    assert tables.cut(report, 0.001) == 0.5
    assert tables.cut({"variants": {"plain": {}}}, 0.01) is None
