"""Slack: what it answers, what may have happened, and what is never in a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_builders import Bench
from response_builders import an_incident
from slack_server import ERRORS_AFTER, TOKEN

from tidegate.aws.slack import SlackApi, SlackHook, SlackRefused, slack_secret
from tidegate.errors import ConfigurationError, NotSent, Retryable
from tidegate.model import Severity
from tidegate.notices.notice import Notice, notice_of
from tidegate.notices.slack import message_of
from tidegate.notices.slack_blocks import MOST_BLOCKS, blocks_of, safe, text_of

HOSTILE = (
    "<!channel> <@U12345> <https://evil.example|your bank> `rm` @here *bold* https://evil.example\n&lt;!here&gt; \u202e"
)


def texts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Every text object of a message's blocks."""
    found = []
    for block in message["blocks"]:
        found += [block["text"]] if "text" in block else [*block.get("fields", ()), *block.get("elements", ())]
    return found


def a_notice(**changes: Any) -> Notice:
    return notice_of(an_incident(title="it happened", **changes), [], console="https://console.invented.example")


def test_logged_text_is_never_markup_a_mention_or_a_link() -> None:
    names = {"caller": f"user:{HOSTILE}", "resources": (HOSTILE,), "related": (f"address:{HOSTILE}",)}
    message = message_of(notice_of(an_incident(**names).model_copy(update={"title": HOSTILE}), []))
    assert {text["type"] for text in texts(message)} == {"plain_text"}
    assert not any(text["emoji"] for text in texts(message))
    said = [*(text["text"] for text in texts(message)), message["text"]]
    for text in said:
        assert not set("<>`\u202e") & set(text)
        assert "://" not in text
        assert "@here" not in text
    assert any("&amp;lt;!here&amp;gt;" in text for text in said)  # shown as it was logged, not as a mention
    assert (message["mrkdwn"], message["parse"], message["link_names"]) == (False, "none", False)
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_the_only_markup_is_the_link_to_the_responder_s_page() -> None:
    marked = [text["text"] for text in texts(message_of(a_notice())) if text["type"] == "mrkdwn"]
    assert marked == ["<https://console.invented.example/incidents/incident-1|Open incident>"]


@given(st.text(max_size=4000), st.lists(st.text(max_size=4000), max_size=60))
def test_whatever_was_logged_slack_takes_the_message(title: str, lines: list[str]) -> None:
    changes = {"happened": title or "-", "done": tuple(lines), "resources": tuple(lines[:5]), "waits": "".join(lines)}
    notice = a_notice().model_copy(update=changes)
    blocks = blocks_of(notice)
    assert len(blocks) <= MOST_BLOCKS
    assert sum(len(text["text"]) for text in texts({"blocks": blocks})) <= 12_000
    for block in blocks:
        if "text" in block:
            assert 1 <= len(block["text"]["text"]) <= (150 if block["type"] == "header" else 3000)
        assert len(block.get("fields", ())) <= 10
        assert all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", ()))
    assert 1 <= len(text_of(notice)) <= 4000
    json.dumps(blocks).encode()


@given(st.text(alphabet="&<>a", min_size=140, max_size=400))
def test_no_escape_is_cut_in_two(title: str) -> None:
    (said,) = [b["text"]["text"] for b in blocks_of(a_notice(severity=Severity.LOW))[:1]]
    assert said == "New - low"
    cut = blocks_of(a_notice().model_copy(update={"happened": title * 20}))[1]["text"]["text"]
    assert cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").strip("a.") == ""


def test_a_post_that_was_not_heard_of_is_found_again_and_not_repeated(on_slack: Bench) -> None:
    on_slack.slack.next = [ERRORS_AFTER]
    on_slack.slack.page = 1
    on_slack.opened()
    assert on_slack.tell() == ["m-1"]
    assert len(on_slack.seen()) == 1
    assert on_slack.later() == []
    assert len(on_slack.seen()) == 1
    assert on_slack.slack.asked == ["chat.postMessage", "conversations.history", "chat.update"]


def test_somebody_else_s_message_is_not_taken_for_ours(on_slack: Bench) -> None:
    on_slack.slack.next = ["internal_error"]
    on_slack.opened()
    assert on_slack.tell() == ["m-1"]
    payload = {"incident": "incident-2", "stack": "tidegate"}
    metadata = {"event_type": "tidegate_incident", "event_payload": payload}
    on_slack.slack.messages["1772442001.9"] = {"ts": "1772442001.9", "blocks": [], "metadata": metadata}
    on_slack.later()
    assert len(on_slack.seen()) == 2


def test_a_post_whose_fate_can_t_be_found_out_is_not_repeated(on_slack: Bench) -> None:
    on_slack.slack.next = [ERRORS_AFTER, "missing_scope", "missing_scope"]
    on_slack.opened()
    assert on_slack.tell() == ["m-1"]
    assert on_slack.later() == ["m-2"]
    assert on_slack.later() == ["m-3"]
    assert len(on_slack.seen()) == 1


@pytest.mark.parametrize("refusal", [429, "ratelimited", "not_in_channel"])
def test_what_was_surely_not_posted_is_posted_the_next_time_without_a_search(on_slack: Bench, refusal: Any) -> None:
    on_slack.slack.next = [refusal]
    on_slack.opened()
    assert on_slack.tell() == ["m-1"]
    assert on_slack.tell() == []
    assert on_slack.slack.asked == ["chat.postMessage", "chat.postMessage"]
    assert len(on_slack.seen()) == 1


def test_a_message_that_a_person_deleted_is_not_posted_again(on_slack: Bench) -> None:
    on_slack.opened()
    on_slack.tell()
    (ts,) = on_slack.slack.messages
    on_slack.slack.delete(ts)
    on_slack.grown()
    assert on_slack.tell() == []
    assert on_slack.seen() == []


def test_a_webhook_that_refuses_is_asked_again_and_one_that_may_have_posted_is_not(webhook: Bench) -> None:
    webhook.opened()
    webhook.slack.next = [429, ERRORS_AFTER]
    assert webhook.tell() == ["m-1"]
    assert webhook.tell() == ["m-2"]
    assert webhook.later() == []
    assert webhook.slack.asked == ["webhook", "webhook"]
    assert len(webhook.seen()) == 1


def test_errors_say_what_to_do_and_hold_no_secret(on_slack: Bench) -> None:
    api = SlackApi(on_slack.slack.api, TOKEN)
    on_slack.slack.next = ["missing_scope", "<!channel> " + TOKEN, 503]
    with pytest.raises(SlackRefused, match=r"chat:write and channels:history"):
        api.call("chat.postMessage", {})
    with pytest.raises(SlackRefused, match="an error without a code"):
        api.call("chat.postMessage", {})
    with pytest.raises(Retryable, match="may have done it"):
        api.call("chat.postMessage", {})
    hook = SlackHook("http://127.0.0.1:9/services/secret")
    with pytest.raises(NotSent) as nobody:
        hook.post({})
    assert "secret" not in str(nobody.value)


@pytest.mark.parametrize(
    "url", ["https://evil.example/services/x", "http://hooks.slack.com/x", "file:///etc/passwd", ""]
)
def test_a_webhook_is_slack_s_or_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of hooks.slack.com"):
        SlackHook(url)


@pytest.mark.parametrize("text", ["xoxb-bare", "{}", '{"bot_token": ""}', "[1]"])
def test_a_secret_of_another_form_is_named_and_not_shown(on_slack: Bench, text: str) -> None:
    secrets = on_slack._services.clients.secrets
    arn = secrets.create_secret(Name="odd", SecretString=text)["ARN"]
    with pytest.raises(ConfigurationError) as error:
        slack_secret(secrets, arn)
    assert "odd" in str(error.value)
    assert "xoxb" not in str(error.value)


def test_control_and_invisible_signs_become_spaces() -> None:
    assert safe("a\x1b[31m\u200b\u2066b") == "a [31m  b"
