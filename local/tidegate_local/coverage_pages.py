"""docs/coverage.md and docs/coverage/: what the detectors cover, as a table and as layers for the two Navigators.

`python -m tidegate_local.coverage_pages` writes them; a test compares them with what lies there. The layers open in the
ATT&CK Navigator (layer format 4.5, https://github.com/mitre-attack/attack-navigator/tree/master/layers) and in the
ATLAS Navigator (https://mitre-atlas.github.io/atlas-navigator/), whose domain is `atlas-atlas` and whose format is 4.3.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from typing import Any

from tidegate.detectors import ALL
from tidegate.detectors.about import Technique
from tidegate.detectors.catalogue import CATALOGUES, mapped, name_of
from tidegate_local.pages import ROOT, write

PAGE = ROOT / "docs" / "coverage.md"
LAYERS = ROOT / "docs" / "coverage"
_WRITTEN = "<!-- Written by `python -m tidegate_local.coverage_pages`: change the detectors, not this page. -->"
_NOTES = {
    "MITRE ATLAS": "[atlas.json](coverage/atlas.json) is a layer for the ATLAS Navigator.",
    "MITRE ATT&CK": "[attack.json](coverage/attack.json) is a layer for the ATT&CK Navigator.",
    "OWASP LLM": "The Top 10 for LLM applications of 2025.",
    "OWASP LLM v1.1": "The first Top 10, of 2023: each entry follows from those of 2025.",
    "NIST CSF": "Outcomes of the Cybersecurity Framework 2.0, by family, source and playbook of a detector.",
}
_COLOUR = "#a5d6a7"
_DARKEST = "#1b5e20"


def covered() -> dict[Technique, list[str]]:
    """Technique -> detectors, by catalogue and id."""
    found: dict[Technique, list[str]] = defaultdict(list)
    for about, _, _ in ALL:
        for technique in mapped(about):
            found[technique].append(about.id)
    return dict(sorted(found.items(), key=lambda item: (CATALOGUES.index(item[0].catalogue), item[0].id)))


def page() -> str:
    every = covered()
    lines = [_WRITTEN, "# What is covered", "", *_summary(every)]
    for catalogue in CATALOGUES:
        lines += ["", f"## {catalogue}", "", _NOTES[catalogue], "", "| id | name | detectors |", "| --- | --- | --- |"]
        lines += [
            f"| {technique.id} | {name_of(technique)} | {', '.join(map(_link, detectors))} |"
            for technique, detectors in every.items()
            if technique.catalogue == catalogue
        ]
    return "\n".join([*lines, ""])


def layers() -> dict[str, str]:
    """File name -> text, of the layers."""
    return {
        "atlas.json": _layer("MITRE ATLAS", domain="atlas-atlas", layer="4.3", navigator="4.6.4"),
        "attack.json": _layer("MITRE ATT&CK", domain="enterprise-attack", layer="4.5", navigator="5.1.0", attack="17"),
    }


def _summary(every: dict[Technique, list[str]]) -> list[str]:
    counts = [f"{sum(one.catalogue == name for one in every)} of {name}" for name in CATALOGUES]
    return [
        f"{len(ALL)} detectors: {', '.join(counts)}. A detector that covers an entry finds some of what the entry "
        "means, not all of it: what it misses is on its [page](detectors/README.md) and in [limits](limits.md)."
    ]


def _layer(catalogue: str, *, domain: str, layer: str, navigator: str, attack: str = "") -> str:
    of_it = {technique.id: names for technique, names in covered().items() if technique.catalogue == catalogue}
    most = max(map(len, of_it.values()), default=1)
    parents = sorted({parent for technique in of_it if (parent := _parent(technique)) != technique})
    body: dict[str, Any] = {
        "name": "Tidegate",
        "versions": {**({"attack": attack} if attack else {}), "navigator": navigator, "layer": layer},
        "domain": domain,
        "description": "What Tidegate's detectors cover. The score counts detectors.",
        "techniques": [
            {
                "techniqueID": technique,
                "score": len(names),
                "color": "",
                "comment": ", ".join(names),
                "enabled": True,
                "metadata": [],
                "links": [],
                "showSubtechniques": technique in parents,
            }
            for technique, names in of_it.items()
        ]
        + [
            {"techniqueID": parent, "enabled": True, "showSubtechniques": True}
            for parent in parents
            if parent not in of_it
        ],
        "gradient": {"colors": [_COLOUR, _DARKEST], "minValue": 1, "maxValue": max(most, 2)},
        "legendItems": [{"label": "covered by a detector", "color": _COLOUR}],
        "sorting": 0,
        "hideDisabled": False,
    }
    return json.dumps(body, indent=2) + "\n"


def _parent(technique: str) -> str:
    """T1078.004 -> T1078, AML.T0051.001 -> AML.T0051."""
    parts = technique.split(".")
    return ".".join(parts[: 2 if parts[0] == "AML" else 1])


def _link(detector: str) -> str:
    return f"[{detector}](detectors/{detector}.md)"


def main() -> int:
    PAGE.write_text(page())
    return write(LAYERS, layers(), kind="*.json")


if __name__ == "__main__":
    sys.exit(main())
