"""Hosts that addresses point at: a machine's own metadata, the inside of a network, places made to collect data.

No name is resolved: a name that a resolver would send inside stays unknown (DNS rebinding is a blind spot).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote


class Reach(StrEnum):
    METADATA = "metadata"  # credentials of the machine
    INTERNAL = "internal"
    COLLECTOR = "collector"  # shows whoever made it what was sent there
    NUMBER = "number"  # a public address without a name
    PUBLIC = "public"


class Address(NamedTuple):
    scheme: str
    host: str  # lower case, without port or user
    rest: str  # path, query and fragment
    text: str


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}\Z")
_AFTER = re.compile(r"[^\s\"'<>\\)\]}|`]{1,8000}+")
_METADATA = {
    "169.254.169.254",  # EC2, Azure, GCP, DigitalOcean
    "169.254.170.2",  # ECS tasks
    "169.254.170.23",  # EKS pod identity
    "fd00:ec2::254",
    "fd00:ec2::23",
    "metadata.google.internal",
    "100.100.100.200",  # Alibaba
    "192.0.0.192",  # Oracle
}
_INSIDE = (".internal", ".local", ".localdomain", ".lan", ".corp", ".home.arpa", ".cluster.local", ".svc")
# Request bins, out-of-band testers, tunnels and paste sites named in published injection and exfiltration attacks.
_COLLECTORS = (
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "beeceptor.com",
    "hookbin.com",
    "requestcatcher.com",
    "burpcollaborator.net",
    "oastify.com",
    "interact.sh",
    "oast.fun",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oast.online",
    "oast.me",
    "dnslog.cn",
    "ceye.io",
    "canarytokens.com",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "trycloudflare.com",
    "loca.lt",
    "serveo.net",
    "pastebin.com",
    "transfer.sh",
    "file.io",
    "0x0.st",
    "termbin.com",
    "ix.io",
    "anonfiles.com",
    "gofile.io",
    "hastebin.com",
    "ptsv2.com",
    "ptsv3.com",
    "mockbin.org",
    "webhook.cool",
    "nip.io",
    "sslip.io",
    "xip.io",
)


# Draw what stands in the address: placeholders, badges, charts, images. Their owners learn it, no attacker does.
_DRAWERS = (
    "placeholder.com",
    "placehold.co",
    "placehold.it",
    "dummyimage.com",
    "fakeimg.pl",
    "ui-avatars.com",
    "shields.io",
    "badgen.net",
    "quickchart.io",
    "chart.googleapis.com",
    "image-charts.com",
    "qrserver.com",
    "latex.codecogs.com",
    "mermaid.ink",
    "kroki.io",
    "plantuml.com",
    "image.pollinations.ai",
)


def draws(host: str) -> bool:
    """Whether a host is a known service that draws what stands in the address."""
    return under(host, _DRAWERS)


def addresses_in(text: str) -> Iterator[Address]:
    """In the order of the text."""
    for scheme, after, _, _ in _found(text):
        found = address(scheme, after)
        if found.host or found.rest.startswith("/"):  # file:///etc/passwd has none
            yield found


def without_addresses(text: str) -> str:
    """The text with a space for each address."""
    pieces, place = [], 0
    for _, _, start, end in _found(text):
        pieces.append(text[place:start])
        place = end
    return " ".join([*pieces, text[place:]]) if pieces else text


def _found(text: str) -> Iterator[tuple[str, str, int, int]]:
    """(scheme, what stands after `://`, start, end): looked for by what can't be absent from an address."""
    place = text.find("://")
    while place >= 0:
        scheme = _SCHEME.search(text[max(0, place - 16) : place])
        after = _AFTER.match(text, place + 3) if scheme else None
        if scheme and after:
            yield scheme[0], after[0], place - len(scheme[0]), after.end()
        place = text.find("://", after.end() if after else place + 3)


def address(scheme: str, after: str) -> Address:
    """Of what stands after `://`. A user in front of `@` is not the host, whatever it looks like."""
    authority = re.split(r"[/?#]", after, maxsplit=1)[0]
    host = unquote(authority.rpartition("@")[2]).lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return Address(scheme.lower(), host.rstrip(".,;"), after[len(authority) :].rstrip(".,;"), f"{scheme}://{after}")


def reach(host: str) -> Reach:
    number = _number(host)
    if number is not None:
        plain = str(number)
        if plain in _METADATA:
            return Reach.METADATA
        inside = number.is_private or number.is_link_local or number.is_loopback or number.is_unspecified
        return Reach.INTERNAL if inside and not _for_documentation(number) else Reach.NUMBER
    if host in _METADATA:
        return Reach.METADATA
    if host == "localhost" or host.endswith(_INSIDE) or ("." not in host and host):
        return Reach.INTERNAL
    if under(host, _COLLECTORS):
        return Reach.COLLECTOR
    return Reach.PUBLIC


def is_own(host: str) -> bool:
    """Whether a host is the machine itself."""
    number = _number(host)
    return host == "localhost" or (number is not None and (number.is_loopback or number.is_unspecified))


def under(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of these domains or in one of them."""
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def allowed(host: str, patterns: Iterable[str]) -> bool:
    """By an organisation's list: `docs.example.com`, `*.example.com`."""
    return any(fnmatchcase(host, pattern) for pattern in patterns)


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """Also 2852039166, 0xA9FEA9FE, 0251.0376.0251.0376 and 169.254.43518, as inet_aton reads them."""
    if ":" in host:
        try:
            six = IPv6Address(host.partition("%")[0])
        except AddressValueError:
            return None
        return six.ipv4_mapped or six
    parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(part[:1].isdigit() and part.isascii() for part in parts):
        return None
    try:
        numbers = [_whole(part) for part in parts]
    except ValueError:
        return None
    *front, last = numbers
    if any(number > 255 for number in front) or last >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(number << 24 - 8 * place for place, number in enumerate(front)) + last)


def _whole(part: str) -> int:
    if len(part) > 12:
        raise ValueError(part)
    if part[:2].lower() == "0x":
        return int(part, 16)
    return int(part, 8) if len(part) > 1 and part[0] == "0" else int(part)


def _for_documentation(number: IPv4Address | IPv6Address) -> bool:
    """RFC 5737: `is_private` counts them, but nothing is inside."""
    return isinstance(number, IPv4Address) and str(number).startswith(("192.0.2.", "198.51.100.", "203.0.113."))
