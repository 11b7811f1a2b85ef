"""What the simulated callers and models say: our own templates, by kind. See tidegate_local.simulation.grammar."""

from __future__ import annotations

from tidegate_local.simulation.phrases.answers import ANSWERS
from tidegate_local.simulation.phrases.attacks import ATTACKS
from tidegate_local.simulation.phrases.benign import BENIGN, MATERIAL, SYSTEMS
from tidegate_local.simulation.phrases.domains import COMMON, DOMAINS

PHRASES: dict[str, tuple[str, ...]] = {
    **COMMON,
    **MATERIAL,
    **ANSWERS,
    **BENIGN,
    **ATTACKS,
}
"""Every list by the name of its slot; the words of a trade (`thing`, `problem`, `task`, `field`) come from DOMAINS."""

__all__ = ["DOMAINS", "PHRASES", "SYSTEMS"]
