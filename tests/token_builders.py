"""Tokens as an issuer of OpenID Connect signs them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER, AUDIENCE = "https://id.example.com", "chat"
NOW = datetime(2026, 9, 14, 6, tzinfo=UTC).timestamp()
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Now:
    """A clock that a test moves."""

    def __init__(self, time: float) -> None:
        self.time = datetime.fromtimestamp(time, UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


def encoded(part: Any) -> str:
    return _text(json.dumps(part).encode())


def signed(text: str, key: rsa.RSAPrivateKey) -> bytes:
    return key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())


def a_token(*, key: rsa.RSAPrivateKey = KEY, **claims: Any) -> str:
    """A claim given as None is left out."""
    every = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600, "sub": "alice"} | claims
    said = {name: value for name, value in every.items() if value is not None}
    text = f"{encoded({'alg': 'RS256', 'kid': 'one'})}.{encoded(said)}"
    return f"{text}.{_text(signed(text, key))}"


def key_set(key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    of = {name: _text(number.to_bytes((number.bit_length() + 7) // 8)) for name, number in _parts(numbers)}
    return {"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", **of}]}


def _parts(numbers: rsa.RSAPublicNumbers) -> list[tuple[str, int]]:
    return [("n", numbers.n), ("e", numbers.e)]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
