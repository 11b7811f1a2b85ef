"""What us-east-1 sends to a stack elsewhere is what that stack listens to."""

from __future__ import annotations

from deployed_template import ROOT, load, resources


def test_only_what_the_stack_listens_to_is_forwarded_read_only_calls_included() -> None:
    rule = load(ROOT / "global-events.yaml")["Resources"]["GlobalApiCalled"]["Properties"]
    home = resources("AWS::Events::Rule")["ApiCalled"]
    assert rule["State"] == home["State"]
    assert rule["EventPattern"]["detail-type"] == home["EventPattern"]["detail-type"]
    forwarded = set(rule["EventPattern"]["detail"]["eventSource"])
    assert {"iam.amazonaws.com", "sts.amazonaws.com"} <= forwarded
    assert forwarded <= set(home["EventPattern"]["detail"]["eventSource"])


def test_exposed_credentials_are_forwarded_as_they_are_listened_to() -> None:
    rule = load(ROOT / "global-events.yaml")["Resources"]["GlobalCredentialsExposed"]["Properties"]
    assert rule["EventPattern"] == resources("AWS::Events::Rule")["CredentialsExposed"]["EventPattern"]
