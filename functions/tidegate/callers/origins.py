"""Where a call came from, coarse enough to stay the same while nothing happens: network, agent family, model family.

An address changes with every lease, an agent with every release, a model with every date: kept whole, everything
would be new every week. The families are wide on purpose; what they leave out a thief could forge as well.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

_PRODUCT = re.compile(r"([A-Za-z][\w.+-]*)(?:[/#]v?([\w.+-]*))?")
_COMMENT = re.compile(r"\([^)]*\)")
# Says what a library runs in, not who calls: the product after it decides.
_WRAPPERS = ("apn", "python", "exec-env", "aws-internal", "app", "cfg", "md", "ua", "os", "lang", "api", "m")
_SYSTEMS = ("linux", "windows", "macos", "darwin", "android")
_BROWSERS = ("mozilla",)
_MODEL_DATE = re.compile(r"[-:]v?\d+(?::\w+)*$|[-@]\d{8}(?=$|-)")
_ROUTES = ("us.", "eu.", "apac.", "ap.", "jp.", "au.", "ca.", "sa.", "global.", "us-gov.")


@lru_cache(maxsize=16_384)
def network_of(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; empty for a service's name and for what is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv4Address):
        return ".".join(address.split(".")[:3]) + ".0/24"
    if parsed.ipv4_mapped:
        return network_of(str(parsed.ipv4_mapped))
    return ":".join(parsed.exploded.split(":")[:3]) + "::/48"


@lru_cache(maxsize=16_384)
def agent_family(agent: str) -> str:
    """The first product that says who calls, without its version, and the system it runs on: `boto3/linux`.

    Browsers are one family a system. Services call by their host names, which stay as they are.
    """
    text = agent.strip().strip("[]")[:512]
    if not text:
        return ""
    if text.endswith(".amazonaws.com") or text == "AWS Internal":
        return text
    products = [name.lower() for name, _ in _PRODUCT.findall(_COMMENT.sub(" ", text))]
    named = next((name for name in products if name not in _WRAPPERS), products[0] if products else "")
    if named in _BROWSERS:
        named = "browser"
    lowered = text.lower()
    system = next((system for system in _SYSTEMS if system in lowered), "")
    if system == "darwin" or "mac os" in lowered:
        system = "macos"
    return f"{named}/{system}" if system else named


@lru_cache(maxsize=4096)
def model_family(model: str) -> str:
    """A model without Region, account, date and version: `anthropic.claude-3-haiku`.

    Takes ids, inference profiles and ARNs. An application inference profile and a custom model keep their own id.
    """
    name = model.rpartition("/")[2] if model.startswith("arn:") else model
    for route in _ROUTES:
        if name.startswith(route):
            name = name.removeprefix(route)
            break
    while (shorter := _MODEL_DATE.sub("", name)) != name and shorter:
        name = shorter
    return name[:64]
