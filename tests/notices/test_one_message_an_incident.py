"""Each channel, through the life of an incident and through whatever can go wrong: one message, which follows it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dying_ports import Died, Fate, Mortal
from notice_builders import REGION, Bench

from tidegate.aws.notices import NoticeQueue
from tidegate.errors import Retryable
from tidegate.messages import Message
from tidegate.model import Severity
from tidegate.notices.channel import Channel, Sent, Telling
from tidegate.notices.notice import Notice
from tidegate.notices.telling import tell_messages
from tidegate.ports import Told
from tidegate_local.sessions import new_session


def by_webhook(bench: Bench) -> bool:
    return bench.kind == "webhook"


def test_a_new_incident_is_told_once(bench: Bench) -> None:
    bench.opened()
    assert bench.tell(times=3) == []
    (said,) = bench.seen()
    assert "650 calls in an hour" in said
    assert "session:app/alice" in said


def test_what_changes_is_said_in_the_same_message(bench: Bench) -> None:
    bench.opened()
    bench.tell()
    bench.grown()
    assert bench.tell(times=2) == []
    (said,) = bench.seen()
    assert ("llmjacking" in said) is not by_webhook(bench)  # which can't update: the console has the rest


def test_a_containment_says_what_was_done_and_how_to_undo_it(bench: Bench) -> None:
    bench.opened()
    bench.tell()
    bench.contained()
    assert bench.tell(times=2) == []
    *earlier, said = bench.seen()
    assert len(earlier) == by_webhook(bench)
    assert "deny_role_session on role_session:app/alice: verified" in said
    assert "tidegate undo run-" in said
    assert "12.5 s" in said
    assert "1.50 dollars" in said


def test_what_is_contained_in_part_is_said_so_with_what_is_missing(bench: Bench) -> None:
    bench.opened()
    bench.tell()
    bench.contained_in_part("restore_guardrail: its id never comes back")
    assert bench.tell(times=2) == []
    said = bench.seen()[-1]
    assert "partly contained: restore_guardrail: its id never comes back" in said
    assert "deny_role_session on role_session:app/alice: verified" in said
    assert "holds until" in said
    if bench.name == "slack":
        assert "Contained only IN PART" in said


def test_a_closed_incident_ends_its_message(bench: Bench) -> None:
    bench.opened()
    bench.tell()
    bench.contained()
    bench.tell()
    bench.closed()
    assert bench.tell(times=2) == []
    *earlier, said = bench.seen()
    assert len(earlier) == (2 if by_webhook(bench) else 0)
    ending = {
        "slack": "Closed - high",
        "webhook": "Closed - high",
        "security_hub": '"RecordState": "ARCHIVED"',
        "security_ir": '"caseStatus": "Closed"',
    }
    assert ending[bench.kind] in said
    assert bench.kind != "security_hub" or '"Workflow": {"Status": "RESOLVED"}' in said


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_death_at_any_call_leaves_at_most_one_message_and_the_next_try_completes_it(
    bench: Bench, at: int, after: bool
) -> None:
    bench.opened()
    fate, store = Fate(at, after), bench.notices
    bench.notices, bench.wrap = Mortal(store, fate), lambda channel: Mortal(channel, fate)
    with pytest.raises(Died):
        bench.tell()
    bench.notices, bench.wrap = store, lambda channel: channel
    assert len(bench.seen()) == (fate.calls > 3 or (at == 3 and after))
    assert bench.later() == []
    # A webhook's message that may have gone out is not sent again: at most one, and here none.
    unknown = by_webhook(bench) and ((at, after) in ((2, True), (3, False)))
    assert len(bench.seen()) == (0 if unknown else 1)


def test_while_one_tells_another_waits(bench: Bench) -> None:
    bench.opened()
    held = Told(incident_id="incident-1", channel=bench.name, begun=bench.clock())
    bench.notices.save(held.model_copy(update={"claimed_until": bench.clock.time.replace(minute=1)}))
    assert bench.tell() == ["m-1"]
    assert bench.seen() == []
    assert bench.later() == []


class Away:
    """A channel that doesn't answer."""

    def __init__(self) -> None:
        self.asked = 0

    def tell(self, notice: Notice, telling: Telling) -> Sent:
        self.asked += 1
        raise Retryable("it did not answer; it may have done it")


def test_a_channel_that_is_away_is_tried_again_and_holds_up_no_other(bench: Bench) -> None:
    away = Away()

    def gone(_: Channel) -> Channel:
        return away

    bench.opened()
    bench.wrap = gone
    assert bench.tell() == ["m-1"]
    assert bench.later() == ["m-2"]
    assert away.asked == 2
    bench.wrap = lambda channel: channel
    bench.later()
    assert len(bench.seen()) == (0 if by_webhook(bench) else 1)


def test_what_is_less_severe_than_asked_for_is_not_told_until_it_grows(bench: Bench) -> None:
    bench.opened(severity=Severity.LOW)
    assert bench.tell() == []
    assert bench.seen() == []
    bench.grown()
    assert bench.tell() == []
    assert len(bench.seen()) == 1


def test_over_the_cap_nothing_new_is_posted_and_that_is_said_once(bench: Bench) -> None:
    bench.settings = bench.settings.model_copy(update={"messages_per_hour": 1})
    bench.opened()
    bench.ledger.within(f"cap/messages/{bench.name}", "other", most=1, now=bench.clock().timestamp())
    assert bench.tell(times=2) == []
    assert bench.seen() == []
    ((subject, _),) = bench.notifier.told.values()
    assert subject == f"Tidegate: more messages are held back in {bench.name}"
    bench.clock.advance(hours=1)
    bench.tell()
    assert len(bench.seen()) == 1


def test_a_message_that_is_no_notice_goes_back_to_become_a_dead_letter(bench: Bench) -> None:
    odd: Any = [Message("m-odd", '{"channel": "pager"}'), Message("m-odder", "<>")]
    assert tell_messages(bench, odd) == ["m-odd", "m-odder"]  # type: ignore[arg-type]


def test_what_goes_to_the_topic_is_handed_over_and_published_once(on_slack: Bench) -> None:
    sqs = new_session("AKIAEMBEDDEDOPERATOR", "embedded", None, REGION).client("sqs")
    url = sqs.create_queue(QueueName="notices")["QueueUrl"]
    queue = NoticeQueue(sqs, url, ("slack", "security_hub"))
    queue.tell("Tidegate: contained", "ä" * 300_000, deduplication="run-1-contained")
    queue("incident-1")
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    mail, *news = [Message(one["MessageId"], one["Body"]) for one in got]
    assert [json.loads(one.body)["channel"] for one in news] == ["slack", "security_hub"]
    assert tell_messages(on_slack, [mail, mail]) == []  # type: ignore[arg-type]
    assert [subject for subject, _ in on_slack.notifier.told.values()] == ["Tidegate: contained"]
