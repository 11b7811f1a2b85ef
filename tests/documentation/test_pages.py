"""Pages for people: every link leads somewhere, every page is found, and what follows from code is as the code is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from detection_builders import an_api_call
from msgspec import Raw
from msgspec.structs import replace

from tidegate.detectors.about import Known
from tidegate.detectors.findings import finding_of
from tidegate_local import filled_pages

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "events").glob("*.md"),
        *(ROOT / "bench").rglob("*.md"),
    ]
)
LONGEST = 132  # characters of a line that is no table, picture or list of links
_LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links_of(page: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("", _FENCE.sub("", page.read_text("utf-8"))))


def anchors_of(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {link}"
        assert target.is_relative_to(ROOT), f"{name(page)}: {link}"
        if anchor:
            assert anchor in anchors_of(target), f"{name(page)}: {link}"


@pytest.mark.parametrize("page", ["README.md", "docs/README.md"])
def test_what_a_newcomer_reads_first_fits_a_screen(page: str) -> None:
    lines = _FENCE.sub("", (ROOT / page).read_text("utf-8")).splitlines()
    assert [line for line in lines if len(line) > LONGEST and not line.startswith(("|", "![", "**"))] == []


def test_the_detector_that_the_page_writes_is_one() -> None:
    """The code of docs/writing-a-detector.md, run: whoever follows the page has a detector that passes our tests."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "writing-a-detector.md").read_text("utf-8"), re.DOTALL)
    assert block
    written: dict[str, Any] = {}
    exec(block[1], written)  # noqa: S102 - our own page
    about = written["about"]
    assert {technique.catalogue for technique in about.covers} == {"MITRE ATLAS", "MITRE ATT&CK", "OWASP LLM"}
    assert all(len(text) > 60 for text in (about.false_positives, about.blind_spots, about.runbook, block[1][3:200]))
    call = an_api_call("DeleteKnowledgeBase", "bedrock", parameters=Raw(b'{"knowledgeBaseId": "KB1"}'))
    (signal,) = written["detect"](call, Known())
    found = finding_of(about, signal)
    assert (found.resource, found.evidence["succeeded"]) == ("knowledge-base/KB1", True)
    assert list(written["detect"](replace(call, error="AccessDenied"), Known())) == []


def test_every_page_is_in_the_index_of_pages() -> None:
    listed = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in links_of(ROOT / "docs" / "README.md")}
    assert [
        name(page) for page in (ROOT / "docs").glob("*.md") if page.name != "README.md" and page not in listed
    ] == []


def test_the_front_page_leads_to_the_index_of_pages() -> None:
    assert "docs/README.md" in links_of(ROOT / "README.md")


@pytest.mark.parametrize("page", filled_pages.PARTS, ids=name)
def test_what_follows_from_code_is_as_the_code_says(page: Path) -> None:
    assert filled_pages.filled(page) == page.read_text("utf-8"), "make docs fills it in"


def test_every_family_of_detectors_is_on_the_front_page() -> None:
    from tidegate.detectors import ALL

    assert {one.about.family for one in ALL} == set(filled_pages.FAMILIES)
