"""Parts of pages which follow from the code: the families of detectors in README.md, a day's cost in docs/cost.md.

Such a part stands between `<!-- NAME -->` and `<!-- /NAME -->`. `python -m tidegate_local.filled_pages` (`make docs`)
fills them in; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from tidegate.detectors import ALL
from tidegate_local.acting import template_path
from tidegate_local.costing import MONTH, Traffic, lines
from tidegate_local.list_prices import PRICES
from tidegate_local.pages import ROOT

FAMILIES = {
    "stolen_credentials": "someone else uses a key, a session or an API key of yours to call models",
    "quota_abuse": "a caller far over its budget, its past, or what its calls may cost",
    "extraction": "a model, its training data, prompts or a knowledge base are copied out by asking",
    "prompt_attack": "prompts and retrieved texts that turn a model or an agent against its owner",
    "exfiltration": "secrets, personal data or training data leave",
    "tampering": "models, agents, guardrails, logs or Tidegate itself are changed by somebody who shouldn't",
}
A_DAY = Traffic(invocations=1_000_000, api_calls=1_020_000, records_a_file=1_000)


def families() -> str:
    rows = []
    for family, what in FAMILIES.items():
        some = [one.about for one in ALL if one.about.family == family]
        named = ", ".join(f"[{about.id}](docs/detectors/{about.id}.md)" for about in some)
        playbooks = sorted({about.playbook for about in some if about.playbook})
        answered = ", ".join(f"[{name}](docs/playbooks/{name}.md)" for name in playbooks) or "none: a person decides"
        rows.append(f"| {what} | {named} | {answered} |")
    return "\n".join([f"{len(ALL)} detectors:", "", "| what | found by | answered by |", "| --- | --- | --- |", *rows])


def a_day() -> str:
    found = list(lines(A_DAY, yaml_parse(template_path().read_text("utf-8")), PRICES, index=True))
    total = sum(line.dollars for line in found)
    rows = [f"| {line.part} | {line.how_many} | {line.dollars:,.2f} |" for line in found]
    return "\n".join(
        [
            "| part | how many | dollars a day |",
            "| --- | --- | --- |",
            *rows,
            f"| **together** | {total * MONTH:,.0f} dollars a month | **{total:,.2f}** |",
        ]
    )


PARTS: dict[Path, dict[str, Callable[[], str]]] = {
    ROOT / "README.md": {"families": families},
    ROOT / "docs" / "cost.md": {"a day": a_day},
}


def filled(page: Path) -> str:
    """Raises ValueError for a page that has no place for one of its parts."""
    text = page.read_text("utf-8")
    for name, made in PARTS[page].items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"{page}: no {begin.strip()} ... {end}")
        before, after = text.partition(begin)[0], text.partition(end)[2]
        text = f"{before}{begin}\n{made()}\n\n{end}{after}"
    return text


def main() -> int:
    for page in PARTS:
        page.write_text(filled(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
