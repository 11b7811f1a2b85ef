"""What is kept of moto's answers is given up as soon as it no longer holds."""

from __future__ import annotations

import boto3
from moto import mock_aws
from moto.core.responses import BaseResponse

from tidegate_local import kept_answers


def names(given: type) -> list[str]:
    from moto.core.utils import method_names_from_class

    return method_names_from_class(given)


def test_a_method_that_a_class_is_given_later_is_among_its_names() -> None:
    kept_answers.install()

    class Answers(BaseResponse):
        def list_things(self) -> str:
            return ""

    class More(Answers):
        """Has what it inherits."""

    before = names(More)
    Answers.stop_thing = Answers.list_things  # type: ignore[attr-defined]
    assert sorted({*names(More)} - {*before}) == ["stop_thing"]
    assert names(More) == names(More)


def test_clients_that_share_their_service_s_rules_go_to_their_own_regions() -> None:
    kept_answers.install()
    keys = ("AKIAEXAMPLE000000001", "invented")
    places = {
        (service, region): boto3.Session(*keys).client(service, region_name=region).meta.endpoint_url  # type: ignore[call-overload]
        for service in ("sqs", "s3")
        for region in ("us-east-1", "eu-west-1")
    }
    assert places[("sqs", "us-east-1")] == "https://sqs.us-east-1.amazonaws.com"
    assert places[("sqs", "eu-west-1")] == "https://sqs.eu-west-1.amazonaws.com"
    assert "eu-west-1" in places[("s3", "eu-west-1")]
    assert "eu-west-1" not in places[("s3", "us-east-1")]


def test_what_one_client_registers_another_does_not_hear() -> None:
    kept_answers.install()
    session = boto3.Session("AKIAEXAMPLE000000001", "invented", region_name="us-east-1")
    heard: list[str] = []
    first, second = session.client("sqs"), session.client("sqs")
    first.meta.events.register("before-call", lambda **_: heard.append("first"))
    with mock_aws():
        second.list_queues()
        assert heard == []
        first.list_queues()
    assert heard == ["first"]
