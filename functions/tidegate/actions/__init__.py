"""Every action, found by walking this package: a file with `about` is the registration."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from tidegate.actions.action import Action, ActionModule, Clients, Family, Proof, Reach, Restored
from tidegate.errors import ConfigurationError

__all__ = ["ACTIONS", "Action", "ActionModule", "Clients", "Family", "Proof", "Reach", "Restored", "action_named"]

_modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

ACTIONS: dict[str, ActionModule] = {
    module.about.id: cast(ActionModule, module) for module in _modules if hasattr(module, "about")
}


def action_named(name: str) -> ActionModule:
    """Raises ConfigurationError: a ledger or a playbook names an action that this version does not have."""
    if name not in ACTIONS:
        raise ConfigurationError(f"no action {name!r}: this version has {', '.join(sorted(ACTIONS))}.")
    return ACTIONS[name]
