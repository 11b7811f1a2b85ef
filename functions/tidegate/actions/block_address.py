"""Block one network address at the applications' web ACLs, by the IP set that their rules block.

The set is made and put into a blocking rule by its owner; `parameters["address_set"]` is its ARN. WAF has optimistic
locking: every update gives the LockToken that was read and replaces the whole list. When someone else wrote first, it
is read again and ours is added to what is there then.
https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateIPSet.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.errors import Conflict, NotProven, Refused
from tidegate.model import Difference, Model, Step

about = Action(
    id="block_address",
    summary="Block one address at the applications' web ACLs.",
    family=Family.CALLERS,
    reads=("wafv2:GetIPSet",),
    changes=("wafv2:UpdateIPSet",),
    calls=("wafv2:UpdateIPSet",),
    limits="10,000 addresses in a set. Reaches everyone behind the address, and only applications behind a web ACL "
    "that blocks the set: calls straight to Bedrock never pass it. A set of CloudFront's scope lives in us-east-1.",
    reach=Reach.ONE_ADDRESS,
    undo="The address is taken out of the set if it was not there before.",
    shared=True,
)

MOST = 10_000  # addresses in an IP set: WAF quotas
TRIES = 4  # against others who write the set
ARN = re.compile(
    r"arn:aws[\w-]*:wafv2:(?P<region>[\w-]+):\d{12}:(?P<scope>regional|global)/ipset/(?P<name>[\w-]{1,128})/(?P<id>[\w-]{1,36})",
    re.ASCII,
)
# RFC 1918 and RFC 6598: a web ACL sees public addresses. (ip_address().is_private holds the test networks as well.)
PRIVATE = [ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")]


class Found(Model):
    name: str
    id: str
    scope: str  # REGIONAL, CLOUDFRONT
    block: str  # the address as the set writes it: 198.51.100.7/32
    there: bool  # it was in the set already


class Changed(Model):
    block: str


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused for no set, a set of the other family or another Region, a full one, and no public address."""
    place = ARN.fullmatch(str(step.parameters.get("address_set", "")))
    if not place:
        raise Refused("no IP set is named: set AddressSetArn to the one that the applications' web ACLs block.")
    address = _public(step.target.id)
    scope = "CLOUDFRONT" if place["scope"] == "global" else "REGIONAL"
    here = clients.named("wafv2").meta.region_name
    if place["region"] != here:
        raise Refused(f"IP set {place['name']} is in {place['region']}, this stack in {here}: name one of this Region.")
    given = _read(place["name"], place["id"], scope, clients)["IPSet"]
    if given["IPAddressVersion"] != f"IPV{address.version}":
        raise Refused(f"{address} does not fit IP set {place['name']}, which holds {given['IPAddressVersion']}.")
    block = f"{address}/{address.max_prefixlen}"
    there = block in given["Addresses"]
    if not there and len(given["Addresses"]) >= MOST:
        raise Refused(f"IP set {place['name']} holds {MOST:,} addresses, the most: take out old ones.")
    return Found(name=place["name"], id=place["id"], scope=scope, block=block, there=there)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    before = "in the set" if found.there else None
    yield Difference(resource=f"ip-set/{found.name}/{found.block}", before=before, after="in the set")


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    _update(found, clients, lambda addresses: addresses if found.block in addresses else [*addresses, found.block])
    return Changed(block=found.block)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    addresses = _read(found.name, found.id, found.scope, clients)["IPSet"]["Addresses"]
    if found.block not in addresses:
        raise NotProven(f"IP set {found.name} does not hold {found.block}.")
    return Proof(facts={"ip_set": found.name, "address": found.block, "addresses": len(addresses)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    """What others have put into the set meanwhile stays."""
    if found.there:
        return Restored(facts={"address": found.block, "there": True}, already=True)
    written = _update(found, clients, lambda addresses: [other for other in addresses if other != found.block])
    return Restored(facts={"address": found.block, "there": False}, already=not written)


def _public(given: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(given)
    except ValueError as error:
        raise Refused(f"{given!r:.60} is no IP address: an AWS service made the call for someone.") from error
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        raise Refused(f"{address} is no address that a caller comes from.")
    if any(address in network for network in PRIVATE):
        raise Refused(f"{address} is a private address: WAF sees public ones. Act on the caller instead.")
    return address


def _update(found: Found, clients: Clients, change: Callable[[list[str]], list[str]]) -> bool:
    """Whether anything was to be changed. Raises Conflict when others write faster than we do."""
    waf = clients.named("wafv2")
    for _ in range(TRIES):
        given = _read(found.name, found.id, found.scope, clients)
        now = list(given["IPSet"]["Addresses"])
        then = change(now)
        if then == now:
            return False
        description = given["IPSet"].get("Description")
        try:
            waf.update_ip_set(
                Name=found.name,
                Id=found.id,
                Scope=found.scope,
                Addresses=then,
                LockToken=given["LockToken"],
                **({"Description": description} if description else {}),
            )
        except waf.exceptions.WAFOptimisticLockException:
            continue
        return True
    raise Conflict(f"IP set {found.name}: others keep writing it; tried again.")


def _read(name: str, identity: str, scope: str, clients: Clients) -> dict[str, Any]:
    waf = clients.named("wafv2")
    try:
        given: dict[str, Any] = waf.get_ip_set(Name=name, Id=identity, Scope=scope)
    except waf.exceptions.WAFNonexistentItemException as error:
        raise Refused(f"IP set {name} is not in this account and Region: correct AddressSetArn.") from error
    return given
