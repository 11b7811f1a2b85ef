"""Everything that moto holds of an account, as plain data: no API call is asked, so nothing can be overlooked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from response_builders import ACCOUNT, REGION

_OUTSIDE = {"moto_api", "instance_metadata"}  # of moto itself, not of the account
_MACHINERY = {"lock", "_tick"}  # of an object in moto
_GIVEN = {"amis"}  # images that moto gives every account
_PLAIN = (str, int, float, bool, bytes, type(None))


def whole_account() -> dict[str, Any]:
    """service/region -> its state. Of the Region that tests work in, and of what has none."""
    return {
        f"{backends.service_name}/{region}": _plain(backends[ACCOUNT][region], ())
        for backends in list(BackendDict._instances)
        if backends.service_name not in _OUTSIDE
        for region in (REGION, "aws")
        if region in backends[ACCOUNT].regions and (backends.service_name != "ec2" or region in backends[ACCOUNT])
    }


def changed_paths(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}, key=str):
            yield from changed_paths(before.get(name), after.get(name), (*path, str(name)))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changed_paths(one, other, (*path, str(number)))
    elif before != after and not (_empty(before) and _empty(after)):
        yield path


def _empty(value: Any) -> bool:
    """What moto makes at the first look at it says nothing as long as nothing is in it."""
    return value is None or value in ([], {}) or (isinstance(value, dict) and all(map(_empty, value.values())))


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if id(value) in above or callable(value):
        return "..."
    within = (*above, id(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(one, within) for name, one in value.items() if _belongs(name, one)}
    if isinstance(value, (list, tuple)):
        return [_plain(one, within) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(one) for one in value)
    if hasattr(value, "__dict__"):
        return {name: _plain(one, within) for name, one in vars(value).items() if _belongs(name, one)}
    return str(value)


def _belongs(name: Any, value: Any) -> bool:
    return name not in _MACHINERY and name not in _GIVEN
