"""How moto is patched: each symbol by name, checked at start, so that a new moto fails loudly and not silently.

A hook replaces an attribute once for the process and keeps the original; without an embedded account it does what
moto does. Written for moto 5.2.5 and no other.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.metadata import version
from types import ModuleType
from typing import Any

from tidegate.errors import ConfigurationError

MOTO = "5.2.5"

_originals: dict[str, Any] = {}
_done: set[str] = set()


def first_time(what: str) -> bool:
    """For hooks that are not made by path: true once a process."""
    new = what not in _done
    _done.add(what)
    return new


def check_version() -> None:
    if (found := version("moto")) != MOTO:
        raise ConfigurationError(
            f"moto is {found}, the embedded account is written for {MOTO}: install requirements/dev.txt, "
            "or check every hook in tidegate_local against the new version and change hooks.MOTO"
        )


def replace(path: str, make: Callable[[Any], Any]) -> None:
    """`path`: "module:Class.attribute" or "module:name". `make` gets the original and gives what takes its place.

    A second replacement of the same path is ignored. Raises ConfigurationError if the symbol does not exist.
    """
    owner, name = _place(path)
    if path in _originals:
        return
    original = _attribute(owner, name, path)
    _originals[path] = original
    setattr(owner, name, make(original))


def add(path: str, value: Any) -> None:
    """Adds what moto lacks. Raises ConfigurationError if moto has it by now: then ours must go."""
    owner, name = _place(path)
    if path in _originals:
        return
    if name in vars(owner):
        raise ConfigurationError(f"moto {MOTO} has {path} already: remove the extension")
    _originals[path] = None
    setattr(owner, name, value)


def require(path: str) -> None:
    """Raises ConfigurationError if a symbol that we call does not exist."""
    owner, name = _place(path)
    _attribute(owner, name, path)


def replace_imported(package: str, name: str, original: Any, replacement: Any) -> int:
    """Replaces `name` in every loaded module of `package` that imported it by name. Returns how many did."""
    count = 0
    for module_name, module in list(sys.modules.items()):
        within = module_name == package or module_name.startswith(package + ".")
        if within and isinstance(module, ModuleType) and vars(module).get(name) is original:
            setattr(module, name, replacement)
            count += 1
    if count == 0:
        raise ConfigurationError(f"no module of {package} imports {name}: moto has changed, check the hook")
    return count


def _place(path: str) -> tuple[Any, str]:
    """(what has the attribute, its name). Raises ConfigurationError if one on the way does not exist."""
    module_name, _, dotted = path.partition(":")
    *outer, name = dotted.split(".")
    owner: Any = importlib.import_module(module_name)
    for part in outer:
        owner = _attribute(owner, part, path)
    return owner, name


def _attribute(owner: Any, name: str, path: str) -> Any:
    if not hasattr(owner, name):
        raise ConfigurationError(f"moto {MOTO} has no {path}: check the hook that needs it")
    return getattr(owner, name)
