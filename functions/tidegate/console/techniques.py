"""Techniques by their ids: what they are called, and where they are described."""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.console.markup import Html, join, tag
from tidegate.detectors.catalogue_names import NAMES

# The pages of the OWASP Top 10 for LLM applications: https://genai.owasp.org/llm-top-10/
_OWASP = "https://genai.owasp.org/llm-top-10/"


def technique_list(ids: Iterable[str]) -> Html:
    """Techniques and entries with their links; what follows from them for frameworks, folded away."""
    every = list(ids)
    described = [one for one in every if address_of(one)]
    others = [one for one in every if one not in described]
    return join(
        tag("ul", (tag("li", _technique(one)) for one in described), class_="techniques"),
        tag("details", tag("summary", f"Framework outcomes ({len(others)})"), _listed(others)) if others else None,
    )


def _listed(ids: Iterable[str]) -> Html:
    return tag("ul", (tag("li", _technique(one)) for one in ids))


def address_of(technique: str) -> str:
    """Where it is described; empty for what is in none of the catalogues."""
    if technique.startswith("AML.T"):
        return f"https://atlas.mitre.org/techniques/{technique}"
    if technique.startswith("T") and technique in NAMES:
        return "https://attack.mitre.org/techniques/" + technique.replace(".", "/") + "/"
    return _OWASP if technique.startswith("LLM") and technique in NAMES else ""


def _technique(technique: str) -> Html:
    name = f"{technique} {NAMES.get(technique, '')}".strip()
    address = address_of(technique) if technique in NAMES else ""
    return tag("a", name, href=address, rel="noreferrer") if address else tag("span", name)
