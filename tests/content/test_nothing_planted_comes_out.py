"""Secrets and personal data are planted into every free text of every source's records, and none comes out again.

The records are those of all events files, so that each detector has something to say; what comes out is findings
with their evidence, documents for the index, and notes on damaged records.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from typing import Any

import pytest
from event_cases import Case, cases, happens, steps

from tidegate.content.redaction import noted, noted_in
from tidegate.detection import Detection
from tidegate.index.documents import finding_document
from tidegate.index.prompts import Prompts

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


def come_out(case: Case, planting: Planting) -> Iterator[tuple[str, str]]:
    """(kind, text) of all that leaves detection."""
    world = case.world
    told = {**case.told, "records": [planting.planted(one) for one in case.told["records"]]}
    prompting = Detection(
        world.states, world.deliveries, world.snapshots, world.findings, world.outbox, world.damaged, world.rules,
        world.settings, prompts=Prompts("redacted"),
    )  # fmt: skip
    for step in steps(told):
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


def test_what_is_planted_does_not_come_out_whichever_detector_speaks() -> None:
    leaked, spoke = set(), set()
    for case in FIRES:
        planting = Planting()
        for kind, text in come_out(case, planting):
            leaked |= {(case.id, kind, planting.places[plant]) for plant in planting.places if plant in text}
            spoke |= {kind.removeprefix("finding of ")} if kind.startswith("finding of ") else set()
    assert leaked == set()
    assert len(spoke) >= 45  # with a secret in every text, nearly all of them still have something to say


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
