"""Secrets in a text: vendors' tokens, private keys, passwords in addresses and configuration.

A vendor's token is one long word. So the long words are taken out first (a tenth of what models answer), anchors are
looked for in those alone, and an expression runs only where its anchor was. Passwords have
no shape: they are what is given to a name like `password`, judged by credibility.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.content.credibility import credible_password, entropy, invented
from tidegate.content.finds import Find, Trust, apart
from tidegate.content.vendor_secrets import KINDS, Kind, account_of_key
from tidegate.content.words import long_words

_ANCHORS: tuple[tuple[str, Kind], ...] = tuple((anchor, kind) for kind in KINDS for anchor in kind.anchors)

_PEM = "-----BEGIN "
# RFC 7468, and PGP's RFC 9580; the body as it stands in a file or, with `\n` written out, in JSON.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?+PRIVATE KEY(?: BLOCK)?+-----"
    r"(?:[\s\\nr]|(?:Proc-Type|DEK-Info|Version|Comment): [^\n]{0,80}+){0,40}+[A-Za-z0-9+/=]{40,4000}+"
)
_ADDRESS = re.compile(r"(?<=://)([^\s/@:\"'<>]{1,128}+):([^\s/@\"'<>]{3,256}+)@([A-Za-z0-9._-]{1,253}+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,24}\Z")
_OWN_MACHINE = ("localhost", "127.", "example.", "host", "your", "hostname", "server", "0.0.0.0")  # noqa: S104 - text

# A piece that ends in a rare letter, as a search begins there -> names with it that passwords and keys are given to.
_NAMES = {
    "passw": ("passw",),
    "pwd": ("pwd",),
    "sec": ("secret",),
    "key": ("api_key", "apikey", "api-key", "access_key"),
    "tok": ("auth_token", "access_token"),
}
_GIVEN = re.compile(
    r"[A-Za-z0-9_.-]{0,40}+[\"'`\])*]{0,3}+[ \t]{0,3}+(?::=|=>|==?|:|\bis\b)[ \t]{0,3}+[\"'`*]{0,3}+"
    r"([^\s\"'`,;]{8,201}+)"
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_AWS_NAMES = ("aws_secret", "secretaccesskey", "secret access key", "secret_access_key", "aws secret")


def secrets_in(text: str) -> list[Find]:
    """In the order of the text; those that overlap as the surest of them. Hand over `hidden.visible(text)`."""
    found: list[Find] = []
    long = long_words(text)
    if long:
        for kind in dict.fromkeys([kind for anchor, kind in _ANCHORS if anchor in long]):
            found += _of_kind(kind, long, text)
        if "://" in long and "@" in long:
            found += _in_addresses(long, text)
    if _PEM in text:
        found += _private_keys(text)
    low = text.lower()
    names = [name for part, some in _NAMES.items() if part in low for name in some if name in low]
    keyed = any(find.kind == "aws_access_key" for find in found)
    if keyed or ("secret" in names and any(name in low for name in _AWS_NAMES)):
        found += _aws_secrets(long, text, keyed)
    if names:
        found += _given(names, low, text)
    return apart(found) if found else found


def _of_kind(kind: Kind, long: str, text: str) -> Iterator[Find]:
    place = 0
    for match in kind.shape.finditer(long):
        value = match[0]
        if invented(value):
            continue
        trust = kind.check(value) if kind.check else Trust.SHAPED
        if trust is not None:
            place = _place(kind.shape, value, text, place)
            note = account_of_key(value) if kind.id == "aws_access_key" else ""
            yield _find(kind.id, value, place, trust, note and f"of account {note}")
            place += len(value)


def _place(shape: re.Pattern[str], value: str, text: str, place: int) -> int:
    """Where what was found among the long words stands in the text: it may also be a part of other words."""
    place = text.index(value, place)
    while (match := shape.match(text, place)) is None or match[0] != value:
        place = text.index(value, place + 1)
    return place


def _find(kind: str, value: str, start: int, trust: Trust, note: str = "") -> Find:
    return Find("secret", kind, start, start + len(value), value, trust, note)


def _in_addresses(long: str, text: str) -> Iterator[Find]:
    """A password in a URL: databases, brokers, basic authentication."""
    place = 0
    for match in _ADDRESS.finditer(long):
        scheme = _SCHEME.search(long[max(0, match.start() - 28) : match.start() - 3])
        user, password, host = match.groups()
        if scheme is None or host.lower().startswith(_OWN_MACHINE) or user == password:
            continue
        if credible_password(password):
            place = _place(_ADDRESS, match[0], text, place) + len(user) + 1
            yield _find("url_password", password, place, Trust.SHAPED, f"for {scheme[0].lower()} at a host")


def _private_keys(text: str) -> Iterator[Find]:
    for match in _PRIVATE_KEY.finditer(text):
        if invented(match[0][-40:]):
            continue
        end = text.find("-----END", match.end(), match.end() + 20_000)
        end = text.find("-----", end + 8) + 5 if end >= 0 else match.end()
        kind = "gcp_service_account" if '"service_account"' in text else "private_key"
        note = "encrypted" if "ENCRYPTED" in match[0] else ""
        yield Find("secret", kind, match.start(), end, text[match.start() : end], Trust.VERIFIED, note)


def _aws_secrets(long: str, text: str, keyed: bool) -> Iterator[Find]:
    """Forty characters of base64 have no mark of their own: beside a key id or the name they go by."""
    place = 0
    for match in _AWS_SECRET.finditer(long):
        value = match[0]
        mixed = any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))
        if mixed and entropy(value) > 4.2 and not invented(value) and not value.startswith("/"):
            place = _place(_AWS_SECRET, value, text, place)
            yield _find("aws_secret_key", value, place, Trust.SHAPED if keyed else Trust.LIKELY)
            place += len(value)


def _given(names: list[str], low: str, text: str) -> Iterator[Find]:
    """What is given to a name: `DB_PASSWORD=...`, `"api_key": "..."`, `the password is ...`."""
    if len(low) != len(text):  # a letter that is two in lower case moves what follows
        text = low
    for name in names:
        place = low.find(name)
        while place >= 0:
            match = _GIVEN.match(text, place)
            if match and credible_password(value := match[1].rstrip(".)}]*")):
                kind = "password" if name in ("passw", "pwd") else "secret_value"
                yield Find("secret", kind, match.start(1), match.start(1) + len(value), value, Trust.LIKELY)
            place = low.find(name, place + len(name))
