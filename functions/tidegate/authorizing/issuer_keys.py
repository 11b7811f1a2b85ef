"""An issuer's public keys, as OpenID Connect Discovery has them: fetched over HTTPS and kept for an hour.

A token with an unknown key id makes us look again, because issuers rotate; but not more often than once a minute, or
whoever sends invented ids would make us hammer the issuer. While the issuer is away, the keys we have go on.
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tidegate.authorizing.json_web_tokens import PublicKey, TokenRefused, public_keys
from tidegate.errors import Retryable
from tidegate.ports import Clock

KEPT = 3600  # seconds
AGAIN = 60
_TIMEOUT = 2
_LONGEST = 262_144  # bytes of a document

Fetch = Callable[[str], Any]


class IssuerKeys:
    def __init__(self, issuer: str, clock: Clock, fetch: Fetch | None = None) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetch = fetch or fetch_json
        self._keys: Mapping[str, PublicKey] = {}
        self._asked = 0.0

    def key(self, key_id: str) -> PublicKey:
        """Raises TokenRefused for an id that the issuer doesn't know, Retryable when nobody can tell."""
        now = self._clock().timestamp()
        age = now - self._asked
        if age >= KEPT or (key_id not in self._keys and age >= AGAIN):
            self._asked = now
            self._look()
        if key_id in self._keys:
            return self._keys[key_id]
        if not self._keys:
            raise Retryable("the issuer's keys could not be fetched: nobody can be let in")
        raise TokenRefused("signed with a key that its issuer doesn't know")

    def _look(self) -> None:
        try:
            found = self._fetch(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            self._keys = public_keys(self._fetch(str(found["jwks_uri"]))) or self._keys
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not self._keys:
                raise Retryable(f"the issuer's keys could not be fetched ({type(error).__name__})") from error


def fetch_json(url: str) -> Any:
    if urlsplit(url).scheme != "https":
        raise ValueError("the issuer and its keys must be at https://")
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310  https alone, see above
        if urlsplit(answer.url).scheme != "https":
            raise ValueError("the issuer sent us away from https://")
        return json.loads(answer.read(_LONGEST))
