"""AWS's answers and configurations quote what was written freely: no receipt, message or line of the log does."""

from __future__ import annotations

import logging
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from response_builders import FAMILIES, Account, an_incident

from tidegate.actions.answers import understood
from tidegate.errors import Permanent
from tidegate.model import Difference, Mode, RunStatus
from tidegate.notices.notice import notice_of
from tidegate.notices.security_hub import finding_of
from tidegate.notices.slack import message_of
from tidegate.response.record import change_line
from tidegate.telemetry import logger

SECRET, ADDRESS = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo", "petra@harbour-office.nl"
QUOTING = f"Value 'ask {ADDRESS}, token {SECRET}' at 'blockedInputMessaging' failed to satisfy constraint"
PRODUCT = "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default"


def refusal(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "ValidationException", "Message": QUOTING}}, "PutRolePolicy")


class Told:
    def __init__(self) -> None:
        self.messages: list[str] = []

    def tell(self, subject: str, text: str, *, deduplication: str) -> None:
        self.messages += [subject, text]


def test_a_step_that_aws_refuses_tells_nothing_that_the_answer_quoted(account: Account) -> None:
    account = account.settled(response_mode=Mode.AUTO)
    account.notifier = told = Told()  # type: ignore[misc,assignment]
    incident = account.has(an_incident())
    run_id = str(account.response.plan(incident.id, incident.generation)["run_id"])
    account.response.preserve_evidence(run_id)
    (receipt,) = account.ledger.receipts(run_id)
    family = FAMILIES[receipt.step.action]
    account.clients.iam.meta.events.register("before-call.iam.PutRolePolicy", refusal)
    account.response.act(run_id, receipt.id, "snapshot", family)
    with pytest.raises(Permanent, match="failed to satisfy constraint") as raised:
        account.response.act(run_id, receipt.id, "apply", family)
    run = account.response.close(incident.id, incident.generation, "failed", str(raised.value))
    receipts = account.ledger.receipts(run_id)
    notice = notice_of(incident, [(run, receipts)])
    finding = finding_of(notice, PRODUCT, "tidegate", created=incident.first_seen, updated=incident.first_seen)
    everywhere = [
        str(raised.value), run.model_dump_json(), *(one.model_dump_json() for one in receipts), *told.messages,
        str(message_of(notice)), str(finding),
    ]  # fmt: skip
    assert run.status is RunStatus.FAILED
    assert any("[slack_token]" in text for text in told.messages)
    assert "[slack_token]" in str(message_of(notice))
    assert not [text for text in everywhere if SECRET in text or ADDRESS in text]


def test_neither_does_the_log_say_what_the_answer_quoted() -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        with understood("apply of restore_guardrail"):
            refusal()
    except Permanent:
        logger.exception("not applied")
    finally:
        logger.removeHandler(handler)
    assert "PutRolePolicy answered Value 'ask [email], token [slack_token]'" in written.getvalue()
    assert SECRET not in written.getvalue()
    assert ADDRESS not in written.getvalue()


def test_what_a_person_approves_shows_a_configuration_without_the_secrets_in_it() -> None:
    words = {"blockedInputMessaging": f"Write to {ADDRESS}", "wordsConfig": [{"text": SECRET}]}
    line = change_line(Difference(resource="gr-1/wordPolicyConfig", before=None, after=words))
    assert line == (
        'gr-1/wordPolicyConfig: nothing becomes {"blockedInputMessaging": "Write to [email]", '
        '"wordsConfig": [{"text": "[slack_token]"}]}'
    )


def test_whom_a_policy_denies_stays_readable() -> None:
    denied = {"Condition": {"StringLike": {"aws:userid": [f"AROATIDESUPPORT00001:{ADDRESS}"]}}}
    line = change_line(Difference(resource="role/app", before=None, after=denied))
    assert f"AROATIDESUPPORT00001:{ADDRESS}" in line
