"""A token names an end user only if its issuer signed it, for us, and in time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st
from token_builders import AUDIENCE, ISSUER, KEY, NOW, a_token, encoded, key_set, signed

from tidegate.authorizing.issuer_keys import AGAIN, KEPT, IssuerKeys, fetch_json
from tidegate.authorizing.json_web_tokens import TokenRefused, claims_of, key_id, public_keys
from tidegate.errors import Retryable

KEYS = public_keys(key_set())


def claims(token: str, *, now: float = NOW) -> Any:
    return claims_of(token, KEYS[key_id(token)], issuer=ISSUER, audience=AUDIENCE, now=now)


def test_what_the_issuer_signed_is_read() -> None:
    assert claims(a_token(sub="alice"))["sub"] == "alice"


@pytest.mark.parametrize("changes", [{"aud": ["other", AUDIENCE]}, {"aud": None, "client_id": AUDIENCE}])
def test_a_token_may_name_several_audiences_or_a_client(changes: dict[str, Any]) -> None:
    assert claims(a_token(**changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"aud": "other"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"exp": float("nan")}, "expired"),
        ({"nbf": NOW + 120}, "not valid yet"),
    ],
)
def test_a_token_for_others_or_for_another_time_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(TokenRefused, match=why):
        claims(a_token(**changes))


def test_a_token_that_somebody_else_signed_is_refused() -> None:
    with pytest.raises(TokenRefused, match="signature"):
        claims(a_token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)))


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = a_token(sub="alice").split(".")
    forged = encoded({"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600, "sub": "mallory"})
    with pytest.raises(TokenRefused, match="signature"):
        claims(f"{head}.{forged}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "rs256", None])
def test_no_token_chooses_its_algorithm(algorithm: str | None) -> None:
    text = f"{encoded({'alg': algorithm, 'kid': 'one'})}.{encoded({'iss': ISSUER, 'aud': AUDIENCE, 'exp': NOW + 9})}"
    key = json.dumps(key_set()).encode()  # the public key as a secret: what HS256 confusion does
    mac = base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    for token in (f"{text}.{mac}", f"{text}."):
        with pytest.raises(TokenRefused, match="algorithm"):
            key_id(token)


def test_a_signature_with_a_looser_padding_is_refused() -> None:
    text = f"{encoded({'alg': 'RS256', 'kid': 'one'})}.{encoded({'iss': ISSUER, 'aud': AUDIENCE, 'exp': NOW + 9})}"
    other = KEY.sign(text.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    shorter = signed(text, KEY)[1:]
    for signature in (other, shorter, b"", b"\x00" * 256, b"\xff" * 256):
        token = f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
        with pytest.raises(TokenRefused, match="signature"):
            claims(token)


@given(text=st.one_of(st.text(max_size=60), st.builds("{}.{}.{}".format, *[st.text("aA0-_=é. ", max_size=9)] * 3)))
def test_whatever_is_sent_as_a_token_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(TokenRefused):
        claims(text)


def test_weak_keys_and_keys_of_other_kinds_are_no_keys() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is the point
    rows = [*key_set(weak)["keys"], {"kty": "EC", "kid": "two"}, {"kty": "RSA", "kid": "three"}, "four"]
    assert public_keys({"keys": rows}) == {}


class Issuer:
    """Answers as OpenID Connect Discovery has it; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: Any = key_set()
        self.away = False

    def __call__(self, url: str) -> Any:
        self.asked.append(url)
        if self.away:
            raise OSError("no route")
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return {"jwks_uri": f"{ISSUER}/keys"}
        assert url == f"{ISSUER}/keys"
        return self.keys


def test_keys_are_fetched_once_and_again_after_an_hour(clock: Any) -> None:
    issuer = Issuer()
    keys = IssuerKeys(ISSUER, clock, issuer)
    assert keys.key("one") == keys.key("one") == KEYS["one"]
    assert len(issuer.asked) == 2
    clock.advance(seconds=KEPT)
    keys.key("one")
    assert len(issuer.asked) == 4


def test_invented_key_ids_ask_the_issuer_once_a_minute_and_a_new_key_is_found(clock: Any) -> None:
    issuer = Issuer()
    keys = IssuerKeys(ISSUER, clock, issuer)
    keys.key("one")
    for n in range(20):
        with pytest.raises(TokenRefused):
            keys.key(f"invented-{n}")
    assert len(issuer.asked) == 2
    issuer.keys = {"keys": [{**issuer.keys["keys"][0], "kid": "new"}]}
    clock.advance(seconds=AGAIN)
    assert keys.key("new") == KEYS["one"]


def test_while_the_issuer_is_away_known_keys_go_on_and_without_any_nobody_is_let_in(clock: Any) -> None:
    issuer = Issuer()
    keys = IssuerKeys(ISSUER, clock, issuer)
    issuer.away = True
    for _ in range(3):
        with pytest.raises(Retryable):
            keys.key("one")
    issuer.away = False
    clock.advance(seconds=AGAIN)
    keys.key("one")
    issuer.away = True
    clock.advance(seconds=KEPT)
    assert keys.key("one") == KEYS["one"]


@pytest.mark.parametrize("url", ["http://id.example.com/x", "file:///etc/passwd", "ftp://id.example.com/x"])
def test_keys_are_fetched_over_https_alone(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        fetch_json(url)
