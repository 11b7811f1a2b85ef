from __future__ import annotations

import json
from typing import Any

import pytest
from response_builders import ACCOUNT, REGION, Account, an_incident, respond, run_playbook

from tidegate.actions import Family
from tidegate.errors import Refused
from tidegate.model import Mode, RunStatus, Severity, Unanswered


@pytest.fixture
def asking(account: Account) -> Account:
    return account.settled(response_mode=Mode.APPROVE)


class Answered:
    """ports.Tasks: what the state machine is told."""

    def __init__(self) -> None:
        self.outputs: list[tuple[str, Any]] = []

    def succeed(self, token: str, output: Any) -> None:
        self.outputs.append((token, dict(output)))


def ask(account: Account, **incident: Any) -> tuple[str, str, Answered]:
    stored = account.has(an_incident(**incident))
    run_id = str(account.response.plan(stored.id, stored.generation)["run_id"])
    account.response.request_approval(run_id, "token-1")
    run = account.ledger.run(run_id)
    assert run is not None
    assert run.status is RunStatus.AWAITING_APPROVAL
    tasks = Answered()
    account.tasks = tasks  # type: ignore[misc]
    return run_id, run.approval_id, tasks


def test_an_approved_run_may_act_and_says_who_approved(asking: Account) -> None:
    run_id, approval_id, tasks = ask(asking)
    with pytest.raises(Refused, match="not been approved"):
        asking.response.preserve_evidence(run_id)
    run = asking.response.decide(approval_id, decision="approved", by="olga")
    assert run.approved_by == "olga"
    assert tasks.outputs == [("token-1", {"decision": "approved"})]
    assert asking.response.preserve_evidence(run_id)


def test_what_changed_since_it_was_approved_is_not_done(asking: Account) -> None:
    key = asking.clients.iam.create_access_key(UserName="builder")["AccessKey"]["AccessKeyId"]
    names = {"caller": "iam-user:builder", "related": (f"key:{key}",), "playbook": "rotate_credentials"}
    run_id, approval_id, _ = ask(asking, **names)
    asking.clients.secrets.create_secret(Name="tidegate/access-keys/builder", SecretString="theirs")
    asking.clients.iam.update_access_key(UserName="builder", AccessKeyId=key, Status="Inactive")
    asking.response.decide(approval_id, decision="approved", by="olga")
    asking.response.preserve_evidence(run_id)
    deny, stop, _, replace = (receipt.id for receipt in asking.ledger.receipts(run_id))
    asking.response.act(run_id, deny, "snapshot", Family.CALLERS)
    asking.response.act(run_id, stop, "snapshot", Family.CREDENTIALS)  # needless by now, and no reason to stop
    with pytest.raises(Refused, match="has changed since replace_access_key was approved"):
        asking.response.act(run_id, replace, "snapshot", Family.CREDENTIALS)


def test_a_session_denied_meanwhile_on_the_same_role_is_no_change_of_ours(asking: Account) -> None:
    run_id, approval_id, _ = ask(asking)
    other = asking.settled(response_mode=Mode.AUTO)
    respond(other, other.has(an_incident(id="incident-2", caller="session:app/trudy")))
    asking.response.decide(approval_id, decision="approved", by="olga")
    asking.response.preserve_evidence(run_id)
    (receipt,) = asking.ledger.receipts(run_id)
    assert asking.response.act(run_id, receipt.id, "snapshot", Family.CALLERS).found


def test_a_declined_run_never_acts(asking: Account) -> None:
    run_id, approval_id, tasks = ask(asking)
    asking.response.decide(approval_id, decision="declined", by="olga")
    assert tasks.outputs == [("token-1", {"decision": "declined"})]
    with pytest.raises(Refused):
        asking.response.preserve_evidence(run_id)
    assert asking.response.close("incident-1", 1, "declined").status is RunStatus.DECLINED


def test_who_asked_does_not_approve(asking: Account) -> None:
    _, approval_id, tasks = ask(asking)
    for by in ("tidegate", ""):
        with pytest.raises(Refused, match="someone else"):
            asking.response.decide(approval_id, decision="approved", by=by)
    assert tasks.outputs == []


def test_an_expired_approval_is_refused(asking: Account) -> None:
    _, approval_id, _ = ask(asking)
    asking.clock.advance(minutes=31)
    with pytest.raises(Refused, match="expired"):
        asking.response.decide(approval_id, decision="approved", by="olga")


def test_a_decision_is_made_once_and_an_interrupted_one_is_finished(asking: Account) -> None:
    _, approval_id, tasks = ask(asking)
    asking.response.decide(approval_id, decision="approved", by="olga")
    asking.response.decide(approval_id, decision="approved", by="olga")
    assert len(tasks.outputs) == 2
    with pytest.raises(Refused):
        asking.response.decide(approval_id, decision="declined", by="ines")


def test_an_approval_of_another_plan_is_refused(asking: Account) -> None:
    run_id, approval_id, _ = ask(asking)
    run = asking.ledger.run(run_id)
    assert run is not None
    assert run.plan is not None
    asking.ledger.save_run(run.model_copy(update={"plan": run.plan.model_copy(update={"reason": "another"})}))
    with pytest.raises(Refused, match="another plan"):
        asking.response.decide(approval_id, decision="approved", by="olga")


def test_an_unknown_approval_is_refused(asking: Account) -> None:
    with pytest.raises(Refused, match="no approval"):
        asking.response.decide("approval-none", decision="approved", by="olga")


def test_the_message_shows_the_difference_and_no_markup_of_the_attackers(asking: Account) -> None:
    told: list[str] = []

    class Told:
        def tell(self, subject: str, text: str, *, deduplication: str) -> None:
            told.append(text)

    asking.notifier = Told()  # type: ignore[misc]
    ask(asking, caller="user:<!channel>\x1b[2J\napprove all: <https://203.0.113.9|here>")
    (text,) = told
    assert "block_end_user" in text
    assert "blocked" in text
    assert "tidegate approve approval-" in text
    assert not set("<>\x1b") & set(text)
    assert "\napprove all" not in text


def test_the_message_holds_every_call_and_the_whole_policy(asking: Account) -> None:
    told: list[str] = []

    class Told:
        def tell(self, subject: str, text: str, *, deduplication: str) -> None:
            told.append(text)

    asking.notifier = Told()  # type: ignore[misc]
    run_id, _, _ = ask(asking, caller="session:app/mallory")
    run = asking.ledger.run(run_id)
    assert run is not None
    assert run.plan is not None
    (step,) = run.plan.steps
    (change,) = step.difference
    (text,) = told
    assert "calls iam:PutRolePolicy" in text
    assert json.dumps(change.after, sort_keys=True) in text
    assert "sts:GetFederationToken" in change.after["Action"]


def test_the_token_is_not_in_the_message_the_run_or_the_id(asking: Account) -> None:
    run_id, approval_id, _ = ask(asking)
    run = asking.ledger.run(run_id)
    assert run is not None
    assert "token-1" not in run.model_dump_json() + approval_id


def test_the_topic_is_told(asking: Account) -> None:
    asking.clients.sqs.create_queue(QueueName="inbox")
    asking.clients.sns.subscribe(
        TopicArn=asking.settings.notification_topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox",
    )
    ask(asking)
    url = asking.clients.sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    (message,) = asking.clients.sqs.receive_message(QueueUrl=url)["Messages"]
    assert "approve throttle_caller?" in message["Body"]


def unanswered(account: Account, **settings: Any) -> tuple[Account, str]:
    """A critical plan that waits for approval."""
    severity = settings.pop("severity", Severity.CRITICAL)
    asked = account.settled(**{"response_mode": Mode.APPROVE, **settings})
    incident = asked.has(an_incident(severity=severity))
    run_id = str(asked.response.plan(incident.id, 1)["run_id"])
    asked.response.request_approval(run_id, "token-1")
    return asked, run_id


def test_a_critical_plan_asks_three_times_and_lapses(account: Account) -> None:
    asked, run_id = unanswered(account)
    said = []
    for number in (2, 3, 4):
        asked.clock.advance(minutes=31)
        said.append(asked.response.unanswered(run_id))
        if said[-1] == "ask_again":
            asked.response.request_approval(run_id, f"token-{number}")
    assert said == ["ask_again", "ask_again", "lapse"]
    run = asked.ledger.run(run_id)
    assert run is not None
    assert run.asked == 3
    words = [line.split(" ", 2)[1] for line in run.history]
    assert words == ["asked", "request"] * 3
    assert run.history[-1].endswith("request 3: nobody answered in time: lapse")


def test_asking_whether_it_was_answered_twice_says_the_same(account: Account) -> None:
    asked, run_id = unanswered(account)
    assert asked.response.unanswered(run_id) == asked.response.unanswered(run_id) == "ask_again"
    run = asked.ledger.run(run_id)
    assert run is not None
    assert len(run.history) == 2


def test_a_less_than_critical_plan_lapses(account: Account) -> None:
    asked, run_id = unanswered(account, severity=Severity.HIGH, unanswered_critical=Unanswered.ACT)
    assert asked.response.unanswered(run_id) == "lapse"


def test_silence_lets_a_critical_plan_act_where_the_settings_say_so(account: Account) -> None:
    asked, run_id = unanswered(account, unanswered_critical=Unanswered.ACT)
    assert asked.response.unanswered(run_id) == asked.response.unanswered(run_id) == "act"
    assert asked.response.preserve_evidence(run_id)
    run = asked.ledger.run(run_id)
    assert run is not None
    assert run.approved_by == "nobody (UnansweredCritical=act)"


def test_silence_is_no_answer_where_a_person_must_decide(account: Account) -> None:
    account.events.away = True
    asked, run_id = unanswered(account, unanswered_critical=Unanswered.ACT)
    assert asked.response.unanswered(run_id) == "ask_again"


def test_who_answers_in_the_very_moment_is_heard(account: Account) -> None:
    asked, run_id = unanswered(account)
    run = asked.ledger.run(run_id)
    assert run is not None
    asked.ledger.save_run(run.model_copy(update={"approved_by": "olga", "decided_at": asked.clock()}))
    assert asked.response.unanswered(run_id) == "act"


def test_the_request_says_each_reason_on_a_line_of_its_own_and_the_end_how_long_it_took(asking: Account) -> None:
    """Nothing is cut off because something else was long."""
    told: list[tuple[str, str]] = []

    class Told:
        def tell(self, subject: str, text: str, *, deduplication: str) -> None:
            told.append((subject, text))

    asking.notifier = Told()  # type: ignore[assignment,misc]
    asking.events.others = {"session:app/alice": [f"user:{n}" for n in range(9)]}
    run_id, approval_id, _ = ask(asking, related=("role:app",))
    lines = told[-1][1].splitlines()
    assert "a person decides, because 9 others use the lever, more than the 5 that auto may reach" in lines
    asking.response.decide(approval_id, decision="approved", by="olga")
    asking.response.preserve_evidence(run_id)
    run_playbook(asking, asking.response.plan("incident-1", 1))
    asking.clock.advance(minutes=2)
    asking.response.close("incident-1", 1, "contained")
    assert "proven 0 s after the incident's first event" in told[-1][1].splitlines()
