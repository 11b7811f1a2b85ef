"""Secrets and personal data are planted into every free text of every source's records, and none comes out again.

The records are those of all events files, so that each detector has something to say; what comes out is findings
with their evidence, documents for the index, notes on damaged records, what each channel tells people of the
incidents, and the lines of the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO
from itertools import count
from typing import Any

import pytest
from detection_builders import ACCOUNT, NOW, REGION
from event_cases import Case, cases, happens, steps
from notice_builders import PRODUCT

from tidegate.content.redaction import noted, noted_in
from tidegate.correlation import Correlation
from tidegate.detection import Detection
from tidegate.detectors import risky_tool_use
from tidegate.detectors.about import Signal
from tidegate.detectors.findings import finding_of as finding_from
from tidegate.index.documents import finding_document
from tidegate.index.prompts import Prompts
from tidegate.intake import Intake
from tidegate.messages import Message
from tidegate.model import Finding
from tidegate.notices.incident_response import description_of, title_of
from tidegate.notices.notice import notice_of
from tidegate.notices.security_hub import finding_of
from tidegate.notices.slack import message_of
from tidegate.telemetry import logger
from tidegate_local.memory import MemoryIncidents, MemoryOutbox, MemoryResponses

FIRES = [case for case in cases() if case.fires]
BODIES = ("inputBodyJson", "outputBodyJson")
# Texts that people and programs write freely, wherever they stand; what names somebody or something is not among them.
FREE = frozenset(
    {
        "userAgent", "errorMessage", "description", "Description", "title", "instruction", "message",
        "definition", "blockedInputMessaging", "blockedOutputsMessaging", "latestDescription", "stateReason",
    }
)  # fmt: skip


class Planting:
    """Every plant is one of its kind, so that what comes out says where it went in."""

    def __init__(self) -> None:
        self._numbers = count(10_000_000)
        self.places: dict[str, str] = {}

    def planted(self, record: dict[str, Any]) -> dict[str, Any]:
        grown: dict[str, Any] = self._in(deepcopy(record), "", free=False)
        for told in (grown, grown.get("detail", {}), grown.get("record", {})):
            if "schemaType" in told:
                told["requestMetadata"] = {**told.get("requestMetadata", {}), "note": self._plant("note", "metadata")}
        return grown

    def _in(self, value: Any, path: str, *, free: bool) -> Any:
        if isinstance(value, dict):
            return {
                name: self._in(held, f"{path}.{name}", free=free or name in BODIES or name in FREE)
                for name, held in value.items()
            }
        if isinstance(value, list):
            return [self._in(held, path, free=free) for held in value]
        return self._plant(value, path) if free and isinstance(value, str) and _is_text(value, path) else value

    def _plant(self, text: str, path: str) -> str:
        number = next(self._numbers)
        secret, address = f"xoxb-{number}-KqWzRtYpLmNbVcXsDfGhJkPo", f"petra{number}@harbour-office.nl"
        self.places |= {secret: path, address: path}
        return f"{text} {secret} {address}"


def _is_text(value: str, path: str) -> bool:
    """A sentence, not a mark that means something to AWS (a role, a model, the reason why it stopped)."""
    return " " in value or path.rpartition(".")[2] in FREE


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The functions' log, every line of it, as Lambda would have it."""
    written, level = StringIO(), logger.log_level
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(level)


def told(findings: list[Finding]) -> Iterator[tuple[str, str]]:
    """(channel, what it sends) of the incidents that the findings become."""
    for incident in Correlation(MemoryIncidents(), MemoryResponses(), MemoryOutbox()).take(findings):
        notice = notice_of(incident, [])
        yield "Slack's message", json.dumps(message_of(notice))
        yield "Security Hub's finding", json.dumps(finding_of(notice, PRODUCT, "tidegate", created=NOW, updated=NOW))
        yield "case", f"{title_of(notice)}\n{description_of(notice)}"


def come_out(case: Case, planting: Planting) -> Iterator[tuple[str, str]]:
    """(kind, text) of all that leaves detection, and of what people are told."""
    world = case.world
    grown = {**case.told, "records": [planting.planted(one) for one in case.told["records"]]}
    prompting = Detection(
        world.states, world.deliveries, world.snapshots, world.findings, world.outbox, world.damaged, world.rules,
        world.settings, lambda: world.now, prompts=Prompts("redacted"),
    )  # fmt: skip
    for step in steps(grown):
        if hasattr(step, "records"):
            prompting.take([step])
        else:
            happens(step, world)
    for finding in world.found:
        yield f"finding of {finding.detector}", finding.model_dump_json()
        yield "finding's document", finding_document(finding).decode()
    for documents in world.outbox.batches.values():
        yield from (("document", one.decode()) for one in documents)
    yield from (("damaged", one.decode("utf-8", "replace")) for one in world.damaged.kept.values())
    yield from told(world.found)


def test_what_is_planted_does_not_come_out_whichever_detector_speaks(log: StringIO) -> None:
    leaked, spoke = set(), set()
    planting = Planting()
    for case in FIRES:
        for kind, text in come_out(case, planting):
            leaked |= {(case.id, kind, planting.places[plant]) for plant in planting.places if plant in text}
            spoke |= {kind.removeprefix("finding of ")} if kind.startswith("finding of ") else set()
    assert leaked == set()
    assert [place for plant, place in planting.places.items() if plant in log.getvalue()] == []
    assert len(spoke) >= 45  # with a secret in every text, nearly all of them still have something to say


def test_a_title_that_quotes_somebody_is_masked_in_every_channel() -> None:
    """The name of a tool that a model called, of an alarm: titles say it, and no case above has a secret there."""
    secret, address = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo", "petra@harbour-office.nl"
    signal = Signal(
        identity=("e-1",), title=f"Model calls post_{address} with {secret}: new", time=NOW.timestamp(),
        account=ACCOUNT, region=REGION, caller="user:u-1",
    )  # fmt: skip
    sent = dict(told([finding_from(risky_tool_use.about, signal)]))
    assert sorted(sent) == ["Security Hub's finding", "Slack's message", "case"]
    for text in sent.values():
        assert "[slack_token]" in text
        assert "[email]" in text
        assert secret not in text
        assert address not in text


class NoFiles:
    def read(self, bucket: str, key: str) -> bytes:
        raise AssertionError(f"s3://{bucket}/{key} was asked for")


@pytest.mark.parametrize("take", [Intake.api_calls, Intake.service_events, Intake.threats, Intake.log_files])
@pytest.mark.parametrize(
    "torn",
    [
        "%s",
        '{"detail": "%s"}',
        '{"detail-type": "Object Created", "detail": {"bucket": "%s", "object": {}}}',
        '{"detail-type": "%s", "source": "tidegate.probe", "detail": {"eventTime": "%s", "type": "%s"}}',
        '{"id": "e-1", "detail-type": "AWS API Call via CloudTrail", "detail": {"eventTime": "%s", "userAgent": 3}}',
    ],
)
def test_what_can_not_be_read_is_not_quoted(
    take: Callable[[Intake, list[Message]], list[str]], torn: str, log: StringIO
) -> None:
    secret = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo"
    world = FIRES[0].world
    intake = Intake(world.detection, logs=NoFiles(), end_user_keys=())
    failed = take(intake, [Message("m-1", torn.replace("%s", secret))])
    notes = [one.decode() for batch in world.outbox.batches.values() for one in batch]
    assert failed == ["m-1"] or notes
    assert ("m-1" in log.getvalue()) == bool(failed)
    assert not [text for text in (log.getvalue(), *notes) if secret in text]


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        ("aws-cli/2.17 xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo", (), "aws-cli/2.17 [slack_token]"),
        (
            "user:petra@harbour.nl is over its budget",
            ("user:petra@harbour.nl",),
            "user:petra@harbour.nl is over its budget",
        ),
        ("write to petra@harbour.nl", (), "write to [email]"),
        ("session:app/petra@harbour.nl", (), "session:app/petra@harbour.nl"),
        ("key AKIAZ7QHTW3NPLKD5XVB was used", (), "key AKIAZ7QHTW3NPLKD5XVB was used"),
    ],
)
def test_names_stay_and_secrets_do_not(text: str, names: tuple[str, ...], shown: str) -> None:
    assert noted(text, names) == shown
    assert noted_in({"a": [text, 1, None], "b": (text,)}, names) == {"a": [shown, 1, None], "b": (shown,)}


def test_what_holds_nothing_to_mask_is_left_as_it_is() -> None:
    facts = {"threshold": 600, "caller": "session:app/petra@harbour.nl", "history": [1, 2]}
    assert noted_in(facts) is facts
