"""What cases can't say about active_content_in_output: who is a code assistant, what makes it worse, memory."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from content_builders import an_answer
from detection_builders import World

from tidegate.detectors.active_content_in_output import Shown
from tidegate.model import Finding, Severity
from tidegate.rules import Rules

SCRIPT = "Hello <script src='https://cdn.attacker-stats.net/x.js'></script>"


def found(*calls, rules: Rules | None = None) -> list[Finding]:
    world = World(rules=rules or Rules())
    world.see(*calls)
    return [finding for finding in world.found if finding.detector == "active_content_in_output"]


def of_answer(text: str, **sent: Any) -> list[Finding]:
    return found(an_answer(text, **sent))


@pytest.mark.parametrize(
    ("text", "sent", "severity"),
    [
        ("Hello <script>greet()</script>", {}, Severity.MEDIUM),
        (SCRIPT, {}, Severity.HIGH),
        ("Hello <b onclick=x()>", {"brought": "A review: <b onclick=x()>"}, Severity.HIGH),
        (
            "Then we could rm -rf / and start anew, as they say, which is the oldest joke of all.\n\nBye.",
            {},
            Severity.LOW,
        ),
        ("DROP TABLE invoices;", {}, Severity.MEDIUM),
    ],
)
def test_severity_follows_what_runs_and_who_brought_it(text: str, sent: dict[str, str], severity: Severity):
    [finding] = of_answer(text, **sent)

    assert finding.severity is severity
    assert finding.evidence["severity_from"]


def test_an_expected_host_does_not_make_it_worse():
    rules = Rules.from_toml('[[host]]\nhost = "cdn.attacker-stats.net"\n')

    assert found(an_answer(SCRIPT), rules=rules)[0].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "asked", ["Write a web page.", "Fix <div> here", "In SQL?", "Why does my React component fail?"]
)
def test_who_asks_for_code_gets_code(asked: str):
    assert of_answer(SCRIPT, asked=asked) == []


def test_in_a_tool_loop_the_question_of_an_earlier_turn_counts():
    assert of_answer(SCRIPT, asked="Write a web page.", brought="no results") == []


def test_a_caller_is_a_code_assistant_after_twenty_answers_of_which_a_fifth_show_code():
    shows = [an_answer("```sh\nmake\n```", at=float(n)) for n in range(4)]
    talks = [an_answer("Fine.", at=10.0 + n) for n in range(16)]

    assert found(*shows, *talks, an_answer(SCRIPT, at=60.0)) == []
    assert found(*shows[:3], *talks, an_answer(SCRIPT, at=60.0)), "nineteen answers"
    assert found(*shows[:3], *talks, *talks, an_answer(SCRIPT, at=60.0)), "three of thirty-five"


def test_another_callers_code_is_nobodys_excuse():
    shows = [an_answer("```sh\nmake\n```", at=float(n), user="dev") for n in range(30)]

    assert found(*shows, an_answer(SCRIPT, at=60.0, user="shop"))


def test_the_share_follows_a_caller_that_changes_and_the_memory_stays_small():
    shown = Shown()
    for _ in range(1_000):
        shown.add(code=True)
    for _ in range(2_000):
        shown.add(code=False)

    assert shown.share < 0.1
    assert len(msgspec.msgpack.encode(shown)) < 10


def a_follow_up(before: list[tuple[str, str]], asked: str, **more: Any):
    call = an_answer("Hello <script>greet()</script>", **more)
    messages = [{"role": role, "content": [{"text": text}]} for role, text in [*before, ("user", asked)]]
    return msgspec.structs.replace(call, input_body=msgspec.Raw(msgspec.json.encode({"messages": messages})))


def test_a_follow_up_to_code_asks_for_code():
    shown = [("user", "Show me."), ("assistant", "Here:\n```\n<p>\n```\n"), ("user", "hm"), ("assistant", "Yes?")]
    wished = [("user", "Make a web page of it"), ("assistant", "For whom?")]

    assert found(a_follow_up(shown, "Now with our spelling.")) == []
    assert found(a_follow_up(wished, "All of us.")) == []
    assert found(a_follow_up([("user", "Tell me of ships"), ("assistant", "Gladly.")], "Go on."))


def test_a_new_subject_of_a_conversation_is_no_follow_up():
    wished = [("user", "Make a web page of it"), ("assistant", "For whom?")]

    assert found(
        a_follow_up(wished, "Leave that. Tell me instead what my colleagues in the harbour wrote about the storm.")
    )


def test_where_code_is_shown_now_and_then_the_model_s_own_is_low_and_what_was_brought_or_loads_is_not():
    before = [an_answer("```\nx\n```" if n % 10 == 0 else "Yes.", at=float(n)) for n in range(60)]

    def severity(text: str, **sent: Any) -> Severity:
        return found(*before, an_answer(text, at=100.0, **sent))[-1].severity

    assert severity("Hello <script>greet()</script>") is Severity.LOW
    assert severity(SCRIPT) is Severity.HIGH
    assert severity("Hello <b onclick=x()>", brought="A review: <b onclick=x()>") is Severity.HIGH
