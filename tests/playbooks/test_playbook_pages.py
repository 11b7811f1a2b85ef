from __future__ import annotations

import pytest

from tidegate.playbooks import PLAYBOOKS
from tidegate_local.playbook_pages import PAGES, machine_named, pages


def test_the_pages_say_what_the_state_machines_do() -> None:
    """`python -m tidegate_local.playbook_pages` writes them anew."""
    assert {page.name: page.read_text() for page in PAGES.glob("*.md")} == pages()


@pytest.mark.parametrize("name", ["respond", "release", *PLAYBOOKS])
def test_the_picture_shows_every_state(name: str) -> None:
    page = pages()[f"{name}.md"]
    for state in machine_named(name)["States"]:
        assert f" {state}" in page.partition("```mermaid")[2].partition("```")[0]
