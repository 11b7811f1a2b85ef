"""What cases can't say about sensitive_output: origin and severity, evidence without the value, own history, memory."""

from __future__ import annotations

import json

import msgspec
import pytest
from content_builders import a_card, a_github_token, a_private_key, an_answer, an_aws_key, an_aws_secret, an_iban, some
from detection_builders import ACCOUNT, World

from tidegate.detectors.sensitive_output import Given
from tidegate.model import Finding, Severity
from tidegate.rules import Rules

DAY = 86_400
TOKEN = a_github_token()
CANARY = Rules.from_toml('[[canary]]\nname = "export, folder B"\ntoken = "tidegate-canary-7f3a9c51"\n')


def found(*calls, rules: Rules | None = None) -> list[Finding]:
    world = World(rules=rules or Rules())
    world.see(*calls)
    return [finding for finding in world.found if finding.detector == "sensitive_output"]


@pytest.mark.parametrize(
    ("sent", "came_from", "severity"),
    [
        ({"asked": f"Is {TOKEN} valid?"}, "user", Severity.LOW),
        ({"system": f"Deploy with {TOKEN}."}, "system", Severity.HIGH),
        ({"brought": f"TOKEN={TOKEN}"}, "brought", Severity.HIGH),
        ({}, "nowhere", Severity.HIGH),
    ],
)
def test_severity_follows_where_the_value_stood(sent: dict[str, str], came_from: str, severity: Severity):
    [finding] = found(an_answer(f"It is {TOKEN}.", **sent))

    assert (finding.evidence["came_from"], finding.severity) == ([came_from], severity)
    assert finding.evidence["severity_from"]


def test_a_key_of_the_account_itself_is_critical():
    own, other = found(an_answer(f"Use {an_aws_key(ACCOUNT)}.")), found(an_answer(f"Use {an_aws_key('444455556666')}."))

    assert [finding.severity for finding in own + other] == [Severity.CRITICAL, Severity.HIGH]
    assert own[0].evidence["note"] == f"of account {ACCOUNT}"


def test_an_example_in_an_answer_that_shows_code_is_low():
    [finding] = found(an_answer(f"```python\nkey = 'sk_live_{some(24)}'\n```"))

    assert finding.severity is Severity.LOW


@pytest.mark.parametrize("leaked", [TOKEN, an_aws_key(), an_aws_secret(), a_private_key(), an_iban(), a_card()])
def test_no_finding_holds_the_value(leaked: str):
    findings = found(an_answer(f"{an_aws_key('777788889999')} beside aws_secret_access_key = {leaked}", system=leaked))

    assert findings
    told = json.dumps([finding.model_dump(mode="json") for finding in findings])
    assert leaked not in told
    assert leaked[5:15] not in told


def test_the_same_secret_is_one_finding_however_often_it_is_told():
    findings = found(*(an_answer(f"{number}: {TOKEN}", at=number * 60.0) for number in range(5)))

    assert len(findings) == 1


def test_a_canary_is_critical_and_named_and_its_token_is_not():
    [finding] = found(an_answer("Here: tidegate-canary-7f3a9c51."), rules=CANARY)

    assert finding.severity is Severity.CRITICAL
    assert "export, folder B" in finding.title
    assert "tidegate-canary" not in json.dumps(finding.model_dump(mode="json"))


def test_a_pattern_of_the_organisation_has_the_severity_it_was_given():
    rules = Rules.from_toml("[[pattern]]\nname = 'contract number'\npattern = 'CN-[0-9]{6}'\nseverity = 'medium'\n")

    [finding] = found(an_answer("It is CN-004711."), rules=rules)

    assert (finding.severity, finding.title) == (Severity.MEDIUM, "Answer holds a contract number")
    assert found(an_answer("It is CN-004711.", asked="Is CN-004711 open?"), rules=rules) == []


def test_a_value_of_an_earlier_turn_of_the_user_is_an_echo():
    call = an_answer(f"Your account is {an_iban()}.", asked=f"My account is {an_iban()}.", brought="one open invoice")

    assert found(call) == []


def test_personal_data_are_usual_for_those_who_gave_them_on_three_days():
    days = [
        an_answer(f"On file: {an_iban(bank_and_account=f'50010517540732{day:04d}')}.", at=day * DAY) for day in range(5)
    ]

    severities = [finding.severity for finding in found(*days)]

    assert severities == [Severity.MEDIUM] * 3 + [Severity.LOW] * 2


def test_a_list_of_people_is_high_also_where_personal_data_are_usual():
    many = ", ".join(an_iban(bank_and_account=f"50010517540732{number:04d}") for number in range(6))
    days = [an_answer(f"On file: {an_iban()}.", at=day * DAY) for day in range(6)]

    assert found(*days, an_answer(many, at=7 * DAY))[-1].severity is Severity.HIGH


def test_e_mail_addresses_count_by_the_day_against_the_callers_own_days():
    world = World()
    for day in range(8):
        world.see(*(an_answer(f"Ask p{n}.{day}@harbour.nl.", at=day * DAY + n * 60.0) for n in range(40)))
    assert world.found == [], "forty a day are usual here"

    world.see(*(an_answer(f"Ask q{n}@harbour.nl.", at=8 * DAY + n * 60.0) for n in range(200)))

    [finding] = [finding for finding in world.found if finding.detector == "sensitive_output"]
    assert finding.severity is Severity.MEDIUM
    assert finding.evidence["threshold"] > 100
    assert finding.evidence["history_days"] >= 6


def test_a_thousand_secrets_in_an_answer_are_twenty_findings_that_say_how_many_there_were():
    findings = found(an_answer("\n".join(a_github_token(seed=number) for number in range(1_000))))

    assert len(findings) == 20
    assert findings[0].evidence["secrets_in_answer"] == 1_000


def test_the_memory_stays_small():
    world = World()
    for day in range(40):
        world.see(*(an_answer(f"{an_iban()} p{n}@harbour.nl", at=day * DAY + n * 60.0) for n in range(3)))
    states = [state.data for state in world.states._kept.values()] if hasattr(world.states, "_kept") else []

    memory = Given()
    for day in range(40):
        memory.emails.add(day * DAY, 1_000_000)
        memory.numbers.add(day * DAY, 1_000_000)
    assert len(msgspec.msgpack.encode(memory)) < 80
    assert all(len(state) < 2_048 for state in states)
