"""What cases can't say about model_quality_alarm: lateness, which change, what the playbook is given."""

from __future__ import annotations

import msgspec
from detection_builders import ACCOUNT, REGION, World, a_user, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known, ModelAlarm
from tidegate.detectors.model_changes import CHANGES, changed_by
from tidegate.detectors.model_quality_alarm import Memory, detect, subjects
from tidegate.model import Principal, ServiceEvent, Severity
from tidegate.playbooks.roll_back_model import WAYS
from tidegate.rules import Rules

HOUR = 3_600
ALIAS = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent-alias/AGENT00001/ALIAS00001"
RULES = Rules.from_toml(f'[[model_alarm]]\nalarm = "answers-*"\nresource = "{ALIAS}"\n')


def _moved(at: float, by: str = "ci-user"):
    parameters = {"agentId": "AGENT00001", "agentAliasId": "ALIAS00001"}
    return an_api_call("UpdateAgentAlias", at=at, parameters=parameters, principal=a_user(by))


def _alarm(at: float, detail: dict[str, object] | None = None, name: str = "ALARM") -> ServiceEvent:
    body = detail or {"alarmName": "answers-grounded", "state": {"value": name, "reason": "below 0.7"}}
    return ServiceEvent(
        id=f"alarm-{at}",
        time=_moved(at).time,
        account=ACCOUNT,
        region=REGION,
        source="cloudwatch",
        kind="CloudWatch Alarm State Change",
        name=name,
        caller=f"unknown:{ACCOUNT}",
        principal=Principal(),
        resources=(f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:answers-grounded",),
        detail=msgspec.Raw(msgspec.json.encode(body)),
    )


def test_the_last_change_before_the_alarm_is_named_and_can_be_rolled_back():
    world = World(rules=RULES)
    world.see(_moved(0, "one"), _moved(HOUR, "two"), _alarm(2 * HOUR), _moved(3 * HOUR, "three"))

    (finding,) = [one for one in world.found if one.detector == "model_quality_alarm"]
    assert (finding.caller, finding.severity) == ("iam-user:two", Severity.HIGH)
    assert finding.first_seen.timestamp() == _moved(HOUR).time
    assert [way.action for way in WAYS if way.form.fullmatch(finding.resource)] == ["roll_back_agent_alias"]


def test_a_change_that_comes_late_is_told_in_a_second_finding():
    world = World(rules=RULES)
    world.see(_alarm(HOUR))
    world.see(_moved(0))

    found = [one.severity for one in world.found if one.detector == "model_quality_alarm"]
    assert sorted(found) == [Severity.HIGH, Severity.MEDIUM]


def test_a_change_of_last_week_is_no_reason():
    world = World(rules=RULES)
    world.see(_moved(-100 * HOUR), _alarm(0))

    assert [one.severity for one in world.found if one.detector == "model_quality_alarm"] == [Severity.MEDIUM]


def test_what_no_alarm_watches_is_not_remembered():
    world = World()
    world.see(_moved(0), _alarm(HOUR))

    assert not [key for key in world.states._stored if "/model:" in key]


def test_every_change_says_what_it_changed():
    request = {
        "agentId": "AGENT00001",
        "agentAliasId": "ALIAS00001",
        "knowledgeBaseId": "KB00000001",
        "guardrailIdentifier": "gr7tide00001",
        "endpointName": "Support",
        "provisionedModelId": "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc",
    }
    for service, name in CHANGES:
        assert changed_by(an_api_call(name, service, parameters=request)).startswith("arn:aws:")
        assert not changed_by(an_api_call(name, service, parameters=request, error="AccessDenied"))


@given(st.data())
def test_no_event_is_too_odd(data):
    keys = st.sampled_from(["alarmName", "state", "reason", "ExitMessage", "MonitoringScheduleArn"])
    odd = st.none() | st.integers() | st.text(max_size=9) | st.dictionaries(keys, st.integers(), max_size=2)
    event = _alarm(0, data.draw(st.dictionaries(keys, odd, min_size=1, max_size=4)))
    known = Known(name="model:m", model_alarms=(ModelAlarm("*", "m"),))

    assert list(subjects(event, known)) == ["model:m"]
    assert len(list(detect([event], Memory(), known))) == 1
