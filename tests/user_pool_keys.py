"""User pools of a test process share the key that moto signs their tokens with.

moto has one for all of them, in a file, and each pool takes it in anew: recovering its factors is most of what a test
with a pool costs.
"""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace
from typing import Any

from tidegate_local import hooks


def share() -> None:
    hooks.replace("moto.cognitoidp.models:jwk", _taken_in_once)


def _taken_in_once(original: Any) -> Any:
    taken_in = cache(lambda written: original.RSAKey.import_key(json.loads(written)))
    return SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda key: taken_in(json.dumps(key))))
