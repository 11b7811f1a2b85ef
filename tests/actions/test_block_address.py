from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from four_verbs import prove, taken
from response_builders import a_step

from tidegate.actions import block_address as action
from tidegate.aws.clients import AwsClients
from tidegate.errors import Conflict, NotProven, Refused
from tidegate.model import Step

THEIRS = "192.0.2.0/24"


@pytest.fixture
def address_set(clients: AwsClients) -> str:
    return made(clients)


def made(clients: AwsClients, version: str = "IPV4", addresses: tuple[str, ...] = (THEIRS,)) -> str:
    given = clients.named("wafv2").create_ip_set(
        Name=f"blocked-{version}", Scope="REGIONAL", IPAddressVersion=version, Addresses=list(addresses)
    )
    return str(given["Summary"]["ARN"])


def blocking(address_set: str, address: str = "198.51.100.7") -> Step:
    return a_step("block_address", "address", address, address_set=address_set)


def read(clients: AwsClients, address_set: str) -> Any:
    name, identity = address_set.split("/")[-2:]
    return clients.named("wafv2").get_ip_set(Name=name, Id=identity, Scope="REGIONAL")


def addresses(clients: AwsClients, address_set: str) -> list[str]:
    return list(read(clients, address_set)["IPSet"]["Addresses"])


def write(clients: AwsClients, address_set: str, *these: str) -> None:
    given = read(clients, address_set)
    clients.named("wafv2").update_ip_set(
        Name=given["IPSet"]["Name"],
        Id=given["IPSet"]["Id"],
        Scope="REGIONAL",
        Addresses=list(these),
        LockToken=given["LockToken"],
    )


def test_it_holds_and_is_undone_exactly_whatever_dies(clients: AwsClients, address_set: str) -> None:
    prove(action, blocking(address_set), clients, lambda: addresses(clients, address_set))


def test_an_address_of_the_sixth_version_fits_its_own_set_only(clients: AwsClients, address_set: str) -> None:
    taken(action, blocking(made(clients, "IPV6", ()), "2001:db8::7"), clients)
    with pytest.raises(Refused, match="holds IPV4"):
        action.snapshot(blocking(address_set, "2001:db8::7"), clients)


class Interrupted:
    """A WAF client to whom someone else's write always, or once, comes first."""

    def __init__(self, waf: Any, interrupt: Callable[[], None]) -> None:
        self._waf, self._interrupt = waf, interrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._waf, name)

    def update_ip_set(self, **given: Any) -> Any:
        self._interrupt()
        return self._waf.update_ip_set(**given)


def test_a_write_of_someone_else_in_between_is_kept(clients: AwsClients, address_set: str) -> None:
    step = blocking(address_set)
    found = action.snapshot(step, clients)
    waf, once = clients.named("wafv2"), [True]

    def interrupt() -> None:
        if once.pop() if once else False:
            clients._named["wafv2"] = waf
            write(clients, address_set, THEIRS, "203.0.113.9/32")

    clients._named["wafv2"] = Interrupted(waf, interrupt)
    action.apply(step, found, clients)
    assert addresses(clients, address_set) == [THEIRS, "203.0.113.9/32", "198.51.100.7/32"]


def test_others_who_never_stop_writing_are_waited_for(clients: AwsClients, address_set: str) -> None:
    step = blocking(address_set)
    found = action.snapshot(step, clients)
    waf = clients.named("wafv2")
    turns = iter(range(100))

    def interrupt() -> None:
        given = read(clients, address_set)
        waf.update_ip_set(
            Name=given["IPSet"]["Name"],
            Id=given["IPSet"]["Id"],
            Scope="REGIONAL",
            Addresses=[f"203.0.113.{next(turns)}/32"],
            LockToken=given["LockToken"],
        )

    clients._named["wafv2"] = Interrupted(waf, interrupt)
    with pytest.raises(Conflict):
        action.apply(step, found, clients)


def test_what_others_added_stays_at_undo(clients: AwsClients, address_set: str) -> None:
    found, changed = taken(action, blocking(address_set), clients)
    write(clients, address_set, THEIRS, "198.51.100.7/32", "203.0.113.9/32")
    action.undo(blocking(address_set), found, changed, clients)
    assert addresses(clients, address_set) == [THEIRS, "203.0.113.9/32"]


def test_an_address_that_was_blocked_before_stays_blocked(clients: AwsClients, address_set: str) -> None:
    write(clients, address_set, "198.51.100.7/32")
    found, changed = taken(action, blocking(address_set), clients)
    assert action.undo(blocking(address_set), found, changed, clients).already
    assert addresses(clients, address_set) == ["198.51.100.7/32"]


def test_an_address_taken_out_by_hand_is_not_proven(clients: AwsClients, address_set: str) -> None:
    found, changed = taken(action, blocking(address_set), clients)
    write(clients, address_set, THEIRS)
    with pytest.raises(NotProven):
        action.verify(blocking(address_set), found, changed, clients)


@pytest.mark.parametrize("address", ["bedrock.amazonaws.com", "10.1.2.3", "127.0.0.1", "198.51.100.0/24", ""])
def test_what_is_no_public_address_is_refused(clients: AwsClients, address_set: str, address: str) -> None:
    with pytest.raises(Refused):
        action.snapshot(blocking(address_set, address), clients)


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("", "no IP set is named"),
        ("arn:aws:wafv2:us-east-1:123456789012:global/ipset/x/1", "this stack in eu-west-1"),
        ("arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/x/1", "correct AddressSetArn"),
    ],
)
def test_a_set_that_is_not_here_is_refused(clients: AwsClients, arn: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        action.snapshot(blocking(arn), clients)
