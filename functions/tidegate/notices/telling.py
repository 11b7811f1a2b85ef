"""Telling one channel of one incident: at most one message there, whatever is delivered twice or dies in between.

The order is the argument: what would be said is read from the stores; if that was said already, nothing is done; the
message is claimed by a conditional write, for longer than a function runs; it is sent; what was sent is kept. A death
after the claim leaves it standing: when it has run out, the next try knows that it may have been sent, and the channel
finds out how.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Protocol

from pydantic import TypeAdapter, ValidationError

from tidegate.errors import NotSent, Permanent, Retryable
from tidegate.messages import Message
from tidegate.model import Model, Severity
from tidegate.notices.channel import Channel, Telling
from tidegate.notices.notice import Notice, notice_of
from tidegate.ports import Notices, Told
from tidegate.response.caps import may_tell
from tidegate.response.record import say_held_back
from tidegate.response.world import Records, need_incident, runs_of
from tidegate.settings import Settings
from tidegate.telemetry import logger

CLAIM = timedelta(seconds=60)  # longer than the function runs (30 s), shorter than its queue hides a message (180 s)
FROM = {"security_ir": "case_from"}  # channel -> the setting that says from which severity on; others: tell_from


class ChangedIncident(Model):
    """An incident that changed, for one channel."""

    channel: Literal["slack", "security_hub", "security_ir"]
    incident_id: str


class Mail(Model):
    """A message for the topic, as written."""

    channel: Literal["sns"]
    subject: str
    text: str
    deduplication: str


_read = TypeAdapter[ChangedIncident | Mail](ChangedIncident | Mail)


class TellingWorld(Records, Protocol):
    @property
    def notices(self) -> Notices: ...

    def channel(self, name: str) -> Channel: ...


def tell_messages(world: TellingWorld, messages: list[Message]) -> list[str]:
    """Ids of messages that have to come back; what nobody can tell goes to the dead letters by coming back, too."""
    failed: list[str] = []
    for message in messages:
        try:
            tell_message(world, message)
        except (Permanent, Retryable) as error:
            logger.warning("not told", extra={"message_id": message.id, "reason": str(error)})
            failed.append(message.id)
    return failed


def tell_message(world: TellingWorld, message: Message) -> None:
    try:
        told = _read.validate_json(message.body)
    except ValidationError as error:
        raise Permanent(f"message {message.id} is no notice: {error.error_count()} errors") from error
    if isinstance(told, Mail):
        _mail(world, told)
    else:
        tell(world, told.channel, told.incident_id)


def _mail(world: TellingWorld, mail: Mail) -> None:
    """Once, as far as SNS allows: a death between publishing and keeping that publishes again, because a request for
    approval that is lost is worse than one that comes twice."""
    key = f"mail/{mail.deduplication}"
    kept = world.notices.get(key, mail.channel)
    if kept is not None:
        return
    world.notifier.tell(mail.subject, mail.text, deduplication=mail.deduplication)
    world.notices.save(Told(incident_id=key, channel=mail.channel, begun=world.clock()))


def tell(world: TellingWorld, channel: str, incident_id: str) -> None:
    """Raises Retryable while another try holds the message, and what the channel raises."""
    notice = _notice(world, incident_id)
    told = world.notices.get(incident_id, channel)
    if told is None:
        if notice.severity.rank < _least(world.settings, channel).rank or notice.state == "closed":
            return
        told = Told(incident_id=incident_id, channel=channel, begun=world.clock())
    if told.digest == notice.digest:
        return
    if told.claimed_until is not None and told.claimed_until > world.clock():
        raise Retryable(f"{channel} is being told of {incident_id}: what is new is told after that.")
    if not told.reference and told.claimed_until is None and not _may_post(world, channel, notice):
        return
    known = Telling(told.reference, told.begun, told.sending if told.claimed_until else "", told.states)
    claim = world.notices.save(
        told.model_copy(update={"claimed_until": world.clock() + CLAIM, "sending": notice.state})
    )
    try:
        sent = world.channel(channel).tell(notice, known)
    except (NotSent, Permanent):
        if not known.unsure:
            world.notices.save(claim.model_copy(update={"claimed_until": None, "sending": ""}))
        raise
    world.notices.save(
        claim.model_copy(
            update={
                "reference": sent.reference,
                "digest": notice.digest,
                "claimed_until": None,
                "sending": "",
                "states": tuple(dict.fromkeys((*told.states, notice.state))),
            }
        )
    )


def _notice(world: TellingWorld, incident_id: str) -> Notice:
    incident = need_incident(world, incident_id)
    runs = runs_of(world, incident_id, until=incident.generation)
    responses = [(run, [*world.ledger.receipts(run.id), *world.ledger.later(run.id)]) for run in runs]
    return notice_of(incident, responses, console=world.settings.console_url)


def _least(settings: Settings, channel: str) -> Severity:
    least: Severity = getattr(settings, FROM.get(channel, "tell_from"))
    return least


def _may_post(world: TellingWorld, channel: str, notice: Notice) -> bool:
    """A new message counts against MessagesPerHour, in each channel for itself; an update rings nobody."""
    goes, first = may_tell(world, f"{channel}/{notice.incident_id}", asking=bool(notice.waits), channel=channel)
    if first:
        say_held_back(world, f"{channel}/{notice.incident_id}", where=channel)
    return goes
