"""How an end user is named, everywhere alike: in the quota table, in `requestMetadata` and so in the invocation log.

An application knows its users by a claim of a token, which may be any text. Bedrock takes less: `requestMetadata`
values are up to 256 letters, digits, spaces and `:_@$#=/+,-.`
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). A response blocks the name that
stands in the log, so what the log can't hold is written otherwise, and two users never become one.
"""

from __future__ import annotations

import hashlib
import re

LONGEST = 256
_MARK = "=sha256="
_HEX = 32  # 128 bits: nobody finds a second name with the same
_REGULAR = re.compile(r"[a-zA-Z0-9 :_@$#=/+,.-]{1,256}")
_OTHER = re.compile(r"[^a-zA-Z0-9 :_@$#=/+,.-]")


def logged_name(user: str) -> str:
    """The name that the invocation log and the quota table hold. Raises ValueError for no name.

    A name that Bedrock takes is itself: `alice@example.org`. Another is what can be read of it and a hash of the
    whole: `auth0|7` is `auth0-7=sha256=...`. A name that already looks like that is hashed too, so that nobody can
    call himself another user.
    """
    if not user:
        raise ValueError("an end user without a name: pass what the application knows its users by")
    if _REGULAR.fullmatch(user) and _MARK not in user:
        return user
    digest = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:_HEX]
    return _OTHER.sub("-", user)[: LONGEST - len(_MARK) - _HEX] + _MARK + digest
