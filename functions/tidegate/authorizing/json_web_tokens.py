"""Is a JSON Web Token what its issuer signed? RS256 alone, which Cognito, Auth0, Okta and Entra ID sign with.

Verifying needs a public key and no secret: the signature, raised to the key's exponent, must be the one padding that
RFC 8017 (section 8.2.2) allows around the hash, compared as a whole. No other algorithm is taken, so a token can't
choose one (RFC 8725, section 3.1). Runs on the standard library: the deployed package carries no library for it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tidegate.errors import Permanent

LONGEST = 16_384  # characters of a token
LEEWAY = 60  # seconds that clocks may differ
_LEAST_BITS = 2048
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of RFC 8017, section 9.2


class TokenRefused(Permanent):
    """The message says why in words of ours: nothing out of the token."""


class PublicKey(NamedTuple):
    modulus: int
    exponent: int


def public_keys(document: Any) -> dict[str, PublicKey]:
    """By key id, of a JWK Set (RFC 7517). Keys of other kinds are left out."""
    found: dict[str, PublicKey] = {}
    for key in document.get("keys", ()) if isinstance(document, Mapping) else ():
        if not isinstance(key, Mapping) or key.get("kty") != "RSA" or key.get("use", "sig") != "sig":
            continue
        try:
            read = PublicKey(*(int.from_bytes(_decoded(str(key[part]))) for part in ("n", "e")))
        except (KeyError, TokenRefused):
            continue
        if read.modulus.bit_length() >= _LEAST_BITS and read.exponent > 2:
            found[str(key.get("kid", ""))] = read
    return found


def key_id(token: str) -> str:
    """Which key a token says it is signed with. Raises TokenRefused for what is no token signed with RS256."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise TokenRefused("not a signed token")
    header = _object(token.partition(".")[0])
    if header.get("alg") != "RS256" or "crit" in header:
        raise TokenRefused("signed with another algorithm than RS256")
    return str(header.get("kid", ""))


def claims_of(token: str, key: PublicKey, *, issuer: str, audience: str, now: float) -> Mapping[str, Any]:
    """What the issuer says. Raises TokenRefused for a false signature, another issuer or audience, a wrong time."""
    signed, _, signature = token.rpartition(".")
    if not _is_signature(_decoded(signature), signed.encode(), key):
        raise TokenRefused("the signature is not its issuer's")
    claims = _object(signed.partition(".")[2])
    if claims.get("iss") != issuer:
        raise TokenRefused("made by another issuer")
    meant = claims.get("aud", claims.get("client_id"))  # Cognito's access tokens say client_id
    if audience not in (meant if isinstance(meant, list) else [meant]):
        raise TokenRefused("made for another audience")
    if not _time(claims.get("exp"), 0) + LEEWAY > now:
        raise TokenRefused("expired")
    if _time(claims.get("nbf"), 0) - LEEWAY > now:
        raise TokenRefused("not valid yet")
    return claims


def _is_signature(signature: bytes, signed: bytes, key: PublicKey) -> bool:
    length = (key.modulus.bit_length() + 7) // 8
    if len(signature) != length or int.from_bytes(signature) >= key.modulus:
        return False
    opened = pow(int.from_bytes(signature), key.exponent, key.modulus).to_bytes(length)
    digest = _SHA256 + hashlib.sha256(signed).digest()
    return hmac.compare_digest(opened, b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest)


def _time(value: Any, absent: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else absent


def _object(part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except (ValueError, RecursionError) as error:
        raise TokenRefused("not a signed token") from error
    if not isinstance(found, dict):
        raise TokenRefused("not a signed token")
    return found


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise TokenRefused("not a signed token") from error
