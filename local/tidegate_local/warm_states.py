"""What is remembered of callers, carried from a history to a replay: packed into a calibration, and out of it.

Only callers: what was remembered about sources, pairs of records and resources belongs to its own moment.
"""

from __future__ import annotations

import base64
import re
import zlib
from binascii import Error as NotBase64

import msgspec

from tidegate.errors import ConfigurationError
from tidegate_local.memory import MemoryCallerStates

_CALLER = re.compile(r"\d{12}/(?:through:|crowd\d:)?(?:user|session|role|iam-user|key|root|service|unknown|account):")
_FOREVER = 1e12  # epoch seconds
_MOST = 2 << 30  # bytes unpacked


def packed(states: MemoryCallerStates) -> str:
    kept = {key: data for key, data in states.contents().items() if _CALLER.match(key)}
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(kept), 6)).decode()


def warm(states: MemoryCallerStates, callers: str) -> None:
    """Raises ConfigurationError for what was not packed here."""
    if not callers:
        return
    try:
        inflated = zlib.decompressobj().decompress(base64.b64decode(callers, validate=True), _MOST)
        known = msgspec.msgpack.decode(inflated, type=dict[str, bytes])
    except (zlib.error, NotBase64, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"calibration: `callers` can't be read ({error}). Calibrate again.") from error
    for key, data in known.items():
        states.save(key, data, revision=0, forget_at=_FOREVER)
