"""Slack: one message an incident, posted once and then updated.

Slack knows no idempotent post: `client_msg_id` is not a documented argument of chat.postMessage. Each message carries
the incident's id as metadata instead. When a post may have gone out and its `ts` was not kept (a time-out, a death in
between), the channel's history since then is searched for it before anything is posted again.
https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/messaging/message-metadata

An incoming webhook answers no `ts`: what it posted can neither be updated nor found. There each state of an incident
is one message, and one whose fate is not known is not posted again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from tidegate.aws.slack import SlackRefused
from tidegate.errors import NotSent
from tidegate.notices.channel import Sent, Telling
from tidegate.notices.notice import Notice
from tidegate.notices.slack_blocks import blocks_of, text_of
from tidegate.telemetry import logger

EVENT = "tidegate_incident"  # event_type of our metadata
EARLIER = timedelta(minutes=2)  # Slack's clock may be behind ours
MOST_PAGES = 10
WEBHOOK = "webhook"

type Answer = Mapping[str, Any]


class SlackCalls(Protocol):
    def call(self, method: str, arguments: Mapping[str, Any]) -> Answer:
        """Raises SlackRefused, NotSent (surely not done: try later), Retryable (may be done)."""
        ...


class SlackPosts(Protocol):
    def post(self, message: Mapping[str, Any]) -> None:
        """Raises as SlackCalls."""
        ...


class SlackChannel:
    """By a bot's token."""

    def __init__(self, slack: SlackCalls, channel: str, stack: str) -> None:
        self._slack, self._channel, self._stack = slack, channel, stack

    def tell(self, notice: Notice, telling: Telling) -> Sent:
        reference = telling.reference
        if not reference and telling.unsure:
            reference = self._found(notice, telling)
        if not reference:
            answer = self._slack.call("chat.postMessage", self._message(notice))
            return Sent(str(answer["ts"]))
        try:
            self._slack.call("chat.update", self._message(notice) | {"ts": reference})
        except SlackRefused as refused:
            if refused.code != "message_not_found":
                raise
            # A person has deleted it: that is an answer, and not one to post against.
            logger.warning("message is gone from Slack", extra={"incident": notice.incident_id})
        return Sent(reference)

    def _message(self, notice: Notice) -> dict[str, Any]:
        payload = {"incident": notice.incident_id, "stack": self._stack}
        return {
            "channel": self._channel,
            **message_of(notice),
            "metadata": {"event_type": EVENT, "event_payload": payload},
        }

    def _found(self, notice: Notice, telling: Telling) -> str:
        """`ts` of the message that went out without our keeping it; empty if none did."""
        wanted = {"incident": notice.incident_id, "stack": self._stack}
        for message in self._since(f"{(telling.begun - EARLIER).timestamp():.6f}"):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT and metadata.get("event_payload") == wanted:
                return str(message["ts"])
        return ""

    def _since(self, oldest: str) -> Iterator[Answer]:
        asked: dict[str, Any] = {
            "channel": self._channel, "oldest": oldest, "include_all_metadata": True, "limit": 200,
        }  # fmt: skip
        for _ in range(MOST_PAGES):
            answer = self._slack.call("conversations.history", asked)
            yield from answer.get("messages") or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor
        raise NotSent("more than 2,000 messages since the post may have gone out: not posted twice, looked at again.")


class SlackWebhook:
    """By an incoming webhook."""

    def __init__(self, slack: SlackPosts) -> None:
        self._slack = slack

    def tell(self, notice: Notice, telling: Telling) -> Sent:
        if notice.state in telling.states:
            return Sent(WEBHOOK)
        if telling.unsure == notice.state:
            logger.warning("may have been told by the webhook", extra={"incident": notice.incident_id})
            return Sent(WEBHOOK)
        self._slack.post(message_of(notice))
        return Sent(WEBHOOK)


def message_of(notice: Notice) -> dict[str, Any]:
    return {
        "text": text_of(notice),
        "blocks": blocks_of(notice),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
