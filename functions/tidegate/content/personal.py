"""Personal data in a text: e-mail addresses of persons, and the numbers of numbers.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.content.finds import Find, apart
from tidegate.content.numbers import numbers_in

_LOCAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-"
_DOMAIN_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,63}+\.){1,8}[A-Za-z]{2,24}+")
_RESERVED = ("example.com", "example.org", "example.net", "domain.com", "email.com", "company.com", "yourdomain.com")
_RESERVED_ENDS = (".example", ".test", ".invalid", ".localhost", ".local")  # RFC 2606, RFC 6762
_ROLES = frozenset(
    [
        "admin",
        "administrator",
        "billing",
        "contact",
        "contactus",
        "customerservice",
        "enquiries",
        "feedback",
        "hello",
        "help",
        "helpdesk",
        "hr",
        "info",
        "jobs",
        "mail",
        "marketing",
        "media",
        "news",
        "newsletter",
        "noreply",
        "no-reply",
        "office",
        "orders",
        "partners",
        "postmaster",
        "press",
        "privacy",
        "reply",
        "sales",
        "security",
        "service",
        "services",
        "support",
        "team",
        "webmaster",
        "you",
        "your",
        "your.name",
        "yourname",
        "user",
        "username",
        "name",
        "email",
        "your_email",
        "youremail",
        "your-email",
        "example",
        "test",
        "recipient",
        "sender",
        "git",
        "john.doe",
        "jane.doe",
        "johndoe",
        "janedoe",
    ]
)


def personal_data_in(text: str) -> list[Find]:
    """In the order of the text. Hand over `hidden.visible(text)`."""
    found: list[Find] = list(_emails(text)) if "@" in text else []
    found += numbers_in(text)
    return apart(found) if len(found) > 1 else found


def mail_addresses_in(text: str) -> Iterator[tuple[int, str]]:
    """(start, address) of every e-mail address, whoever reads it."""
    at = text.find("@")
    while at >= 0:
        before = text[max(0, at - 64) : at]
        local = before[len(before.rstrip(_LOCAL)) :].lstrip(".-")
        match = _DOMAIN_NAME.match(text, at + 1) if local else None
        if match:
            yield at - len(local), f"{local}@{match[0]}"
        at = text.find("@", at + 1)


def _emails(text: str) -> Iterator[Find]:
    for start, address in mail_addresses_in(text):
        local, _, domain = address.lower().partition("@")
        if _is_a_persons(local, domain):
            yield Find("personal", "email", start, start + len(address), address)


def _is_a_persons(local: str, domain: str) -> bool:
    """Role and placeholder addresses belong to nobody."""
    return (
        local not in _ROLES
        and not domain.endswith((*_RESERVED, *_RESERVED_ENDS))
        and not local.startswith(("noreply", "no-reply", "donotreply"))
    )
