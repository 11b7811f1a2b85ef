"""Nothing that is logged becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from console_builders import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from tidegate.console.markup import Html, join, path, plain, tag


class Read(HTMLParser):
    """The elements, attributes and texts a browser would see."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_a_text(text: str) -> None:
    seen = Read(tag("p", text, title=text).text)
    assert [name for name, _ in seen.elements] == ["p"]
    assert seen.elements[0][1] == {"title": plain(text)}
    assert seen.text == plain(text)


@given(st.text())
def test_any_text_comes_out_as_it_went_in_but_for_signs_that_deceive(text: str) -> None:
    seen = Read(tag("p", text, title=text).text)
    assert [name for name, _ in seen.elements] == ["p"]
    assert seen.text == plain(text)


def test_signs_that_turn_or_hide_text_are_shown_as_replacements() -> None:
    assert plain("a\u202eb\u200bc\x1b[2J\x00d\ne") == "a�b�c�[2J�d\ne"


def test_what_is_built_here_is_not_escaped_again() -> None:
    assert join(tag("b", "x"), " & ", [tag("br"), None, 3]).text == "<b>x</b> &amp; <br>3"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://198.51.100.7/", "//198.51.100.7/", "/\\198.51.100.7", "data:text/html,x"]
)
def test_a_link_leads_to_https_or_to_us(address: str) -> None:
    with pytest.raises(ValueError, match="href"):
        tag("a", "x", href=address)


@pytest.mark.parametrize("address", ["/", "/incidents/inc-1", "#top", "inc-1.html", "https://atlas.mitre.org/"])
def test_our_own_addresses_are_links(address: str) -> None:
    assert tag("a", "x", href=address).text == f'<a href="{address}">x</a>'


@pytest.mark.parametrize("name", ["onclick", "onerror", "style", "srcdoc"])
def test_no_attribute_runs_anything(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        tag("p", "x", **{name: "alert(1)"})


def test_no_element_runs_anything() -> None:
    for name in ("script", "iframe", "object", "p onclick=x"):
        with pytest.raises(ValueError, match="no element"):
            tag(name, "x")


def test_parts_of_a_path_stay_parts() -> None:
    assert path("incidents", "../x?y#z") == "/incidents/..%2Fx%3Fy%23z"


def test_an_absent_attribute_is_left_out() -> None:
    assert tag("option", "x", selected=True, disabled=False, value=None, data_label="y") == Html(
        '<option selected data-label="y">x</option>'
    )
