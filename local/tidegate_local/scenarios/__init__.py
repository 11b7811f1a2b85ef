"""`tidegate demo --scenario NAME`: one playbook each, from the finding to undone, on the embedded account.

Found by walking this package: a file with `about` is the registration.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from tidegate.errors import ConfigurationError
from tidegate_local.scenarios.scenario import Scenario, ScenarioModule, Stage

__all__ = ["SCENARIOS", "Scenario", "ScenarioModule", "Stage", "scenario_named"]

_modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

SCENARIOS: dict[str, ScenarioModule] = {
    module.about.name: cast(ScenarioModule, module) for module in _modules if hasattr(module, "about")
}


def scenario_named(name: str) -> ScenarioModule:
    """Raises ConfigurationError that lists what there is."""
    if name not in SCENARIOS:
        raise ConfigurationError(f"no scenario {name!r}: there are {', '.join(sorted(SCENARIOS))}.")
    return SCENARIOS[name]
