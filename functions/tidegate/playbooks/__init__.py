"""Every playbook, found by walking this package: a file with `about` is the registration."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from tidegate.errors import Refused
from tidegate.playbooks.playbook import (
    ANY_API_KEY,
    Continuity,
    Lever,
    Means,
    Playbook,
    PlaybookModule,
    Surroundings,
    held_as,
)

__all__ = [
    "ANY_API_KEY",
    "PLAYBOOKS",
    "Continuity",
    "Lever",
    "Means",
    "Playbook",
    "PlaybookModule",
    "Surroundings",
    "held_as",
    "playbook_named",
]

_modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

PLAYBOOKS: dict[str, PlaybookModule] = {
    module.about.id: cast(PlaybookModule, module) for module in _modules if hasattr(module, "about")
}


def playbook_named(name: str | None) -> PlaybookModule:
    """Raises Refused: the incident asks for a playbook that this version does not have."""
    if name is None or name not in PLAYBOOKS:
        raise Refused(f"no playbook {name!r}: a person decides. This version has {', '.join(sorted(PLAYBOOKS))}.")
    return PLAYBOOKS[name]
