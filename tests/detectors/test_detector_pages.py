"""docs/detectors is what the detectors say of themselves."""

from __future__ import annotations

from tidegate_local.detector_pages import PAGES, pages


def test_the_pages_are_current():
    """`python -m tidegate_local.detector_pages` writes them anew."""
    present = {page.name: page.read_text() for page in PAGES.glob("*.md")}

    assert present == pages()
