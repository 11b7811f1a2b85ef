"""Configurations as people may see them: what AWS told us of a policy, a guardrail, an agent or a runtime.

They hold what their owners wrote: environment variables, instructions, addresses with passwords. What is put back is
taken from the ledger as it is; what is shown, indexed or sent has gone through here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from tidegate.content.redaction import noted

WITHHELD = "[withheld]"
# Names, without what is between their words, of settings whose value is a secret whatever it looks like.
_SECRET = re.compile(
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|apikey|accesskey|privatekey|signingkey|credentials?)\Z"
)
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]")
_PUBLIC = ("arn:", "AKIA", "ASIA", "secret/", "s3://")  # names of a thing, not the thing
_NAMES = ("name", "key")  # of the two halves of a setting that is written as a pair
_VALUES = ("value",)


def shown[Value](value: Value) -> Value:
    """The same structure with secrets and personal data masked, also in JSON that is written as text; the value itself
    where nothing had to be masked."""
    masked = _shown(value, "")
    return value if masked == value else cast(Value, masked)


def _shown(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, Mapping):
        pair = _named_by_pair(value)
        return {key: _shown(held, pair if str(key).lower() in _VALUES else str(key)) for key, held in value.items()}
    if isinstance(value, list | tuple):
        parts = [_shown(held, name) for held in value]
        return parts if isinstance(value, list) else tuple(parts)
    return value


def _text(value: str, name: str) -> str:
    if value[:1] in ("{", "["):
        try:
            held = json.loads(value)
        except ValueError:
            held = value
        if not isinstance(held, str):
            clean = _shown(held, name)
            return value if clean == held else json.dumps(clean, ensure_ascii=False)
    if name and value and _SECRET.search(_BETWEEN_WORDS.sub("", name.lower())) and not value.startswith(_PUBLIC):
        return WITHHELD
    return noted(value)


def _named_by_pair(value: Mapping[str, Any]) -> str:
    """{"Name": "DB_PASSWORD", "Value": ...} names its value."""
    halves = {key.lower(): held for key, held in value.items() if isinstance(key, str)}
    found = [halves[half] for half in _NAMES if isinstance(halves.get(half), str)]
    return found[0] if found and any(half in halves for half in _VALUES) else ""
