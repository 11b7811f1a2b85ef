"""Catalogues that detectors are mapped to: names beside ids, and the mappings that follow from others. Not a detector.

A detector states its ATLAS, ATT&CK and OWASP LLM 2025 entries. Of those follow the entries of OWASP's first list (v1.1,
2023) and the outcomes of NIST's Cybersecurity Framework 2.0, so that they can't drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from tidegate.detectors.about import Detector, Technique
from tidegate.detectors.catalogue_names import NAMES

NIST = "NIST CSF"
OWASP_V1_1 = "OWASP LLM v1.1"
CATALOGUES = ("MITRE ATLAS", "MITRE ATT&CK", "OWASP LLM", OWASP_V1_1, NIST)

# What became of each entry of 2025's list in 2023's, by what each says of itself. LLM07 and LLM08 were new.
_FORMERLY: dict[str, tuple[str, ...]] = {
    "LLM01:2025": ("LLM01:2023",),
    "LLM02:2025": ("LLM06:2023",),
    "LLM03:2025": ("LLM05:2023",),
    "LLM04:2025": ("LLM03:2023",),
    "LLM05:2025": ("LLM02:2023",),
    "LLM06:2025": ("LLM08:2023", "LLM07:2023"),
    "LLM07:2025": ("LLM06:2023",),
    "LLM08:2025": ("LLM03:2023", "LLM06:2023"),
    "LLM09:2025": ("LLM09:2023",),
    "LLM10:2025": ("LLM04:2023",),
}
_THEFT = ("AML.T0024.002", "AML.T0048.004")  # a model or its worth is carried off: LLM10:2023

# What watching for a bad state of this family does, in the framework's words.
_BY_FAMILY: dict[str, tuple[str, ...]] = {
    "extraction": ("PR.DS-10",),
    "quota_abuse": ("PR.IR-04",),
    "exfiltration": ("PR.DS-01", "PR.DS-10"),
    "prompt_attack": ("PR.DS-10",),
    "stolen_credentials": ("PR.AA-01", "PR.AA-05"),
    "tampering": ("PR.PS-01",),
}
_BY_SOURCE: dict[str, tuple[str, ...]] = {
    "invocation": ("DE.CM-06", "DE.CM-09"),
    "joined": ("DE.CM-03", "DE.AE-03"),
    "api_call": ("DE.CM-03",),
    "threat": ("DE.AE-07",),
    "service_event": ("DE.CM-09",),
}
_BY_TECHNIQUE: dict[str, tuple[str, ...]] = {
    "T1562.008": ("PR.PS-04",),
    "LLM03:2025": ("GV.SC-07",),
}


def name_of(technique: Technique) -> str:
    """The name beside an id; empty for one that the tables don't have, which a test forbids."""
    return NAMES.get(technique.id, "")


@cache
def mapped(about: Detector) -> tuple[Technique, ...]:
    """Everything a detector covers: what it states, and what follows from that. Catalogue by catalogue, by id."""
    every = {*about.covers, *_formerly(about), *_outcomes(about)}
    return tuple(sorted(every, key=lambda technique: (CATALOGUES.index(technique.catalogue), technique.id)))


def _formerly(about: Detector) -> Iterator[Technique]:
    stated = {technique.id for technique in about.covers}
    for entry in stated:
        yield from _all(OWASP_V1_1, _FORMERLY.get(entry, ()))
    if stated & set(_THEFT):
        yield from _all(OWASP_V1_1, ("LLM10:2023",))


def _outcomes(about: Detector) -> Iterator[Technique]:
    yield from _all(NIST, ("DE.AE-02", "DE.AE-06", *_BY_FAMILY[about.family]))
    sources = {reads.source for reads in about.reads}
    for source in sources:
        yield from _all(NIST, _BY_SOURCE.get(source, ()))
    if len(sources) > 1:
        yield from _all(NIST, ("DE.AE-03",))
    for technique in about.covers:
        yield from _all(NIST, _BY_TECHNIQUE.get(technique.id, ()))
    if about.playbook:
        yield from _all(NIST, ("RS.MI-01",))


def _all(catalogue: str, ids: Iterable[str]) -> Iterator[Technique]:
    return (Technique(catalogue, one) for one in ids)
