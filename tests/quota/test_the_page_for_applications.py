"""docs/application-quotas.md: its code runs, and its budgets are read."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
import yaml
from deployed_template import ROOT, template
from quota_builders import item, put

from tidegate_quota import read_rules

PAGE = (ROOT / "docs/application-quotas.md").read_text()
MESSAGES: list[Any] = [{"role": "user", "content": [{"text": "When is high tide?"}]}]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Bedrock:
    def __init__(self) -> None:
        self.named: list[str] = []

    def converse(self, **request: Any) -> Any:
        self.named.append(request["requestMetadata"]["user"])
        said = {"message": {"role": "assistant", "content": [{"text": "At noon."}]}}
        return {"output": said, "usage": {"inputTokens": 11, "outputTokens": 4, "totalTokens": 15}}

    def converse_stream(self, **request: Any) -> Any:
        self.named.append(request["requestMetadata"]["user"])
        return {"stream": iter([{"messageStop": {}}, {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 2}}}])}


@pytest.fixture
def page(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's client code defines, run with the table of its name in moto and a stub in Bedrock's place."""
    code, streamed = [block for block in blocks("python") if "quota.charge" in block]
    bedrock = Bedrock()
    clients = {"dynamodb": dynamodb, "bedrock-runtime": bedrock}
    monkeypatch.setattr(boto3, "client", lambda service, **_: clients[service])
    defined: dict[str, Any] = {"bedrock_stub": bedrock}
    exec(code.replace("tidegate-QuotaTable", "QuotaTable") + streamed, defined)  # noqa: S102  our own page
    return defined


def test_an_answer_is_counted_and_a_refused_user_is_told(page: dict[str, Any], dynamodb: Any) -> None:
    assert page["answer"]("alice", "r1", MESSAGES) == (200, {}, "At noon.")
    assert item(dynamodb, "usage|alice")["tokens"] == {"N": "15"}
    assert page["bedrock_stub"].named == ["alice"]
    put(dynamodb, "alice", blocked={"BOOL": True})
    assert page["answer"]("alice", "r2", MESSAGES)[:2] == (429, {})


def test_a_stream_is_counted_when_it_is_over(page: dict[str, Any], dynamodb: Any) -> None:
    assert len(list(page["stream"]("alice", "r1", MESSAGES))) == 2
    assert item(dynamodb, "usage|alice")["tokens"] == {"N": "5"}


def test_the_budgets_of_the_page_are_read() -> None:
    (text,) = blocks("toml")
    assert read_rules(text)[0].of("ann@partner.example").dollars_per_day == 5


def test_the_page_names_parameters_and_outputs_that_there_are() -> None:
    words = set(re.findall(r"\b(?:EndUser[A-Z]\w+|AuthorizeEndUserArn|ApplicationQuotaPolicy)\b", PAGE))
    others = {"EndUserQuota", "EndUserRequests", "EndUserRefused"}  # a class and two metrics
    assert words - others <= {*template()["Parameters"], *template()["Outputs"]}
    (authorizer,) = [block for block in blocks("yaml") if "AuthorizerType" in block]
    properties = yaml.load(authorizer.replace("!Ref ", "").replace("!Sub ", ""), yaml.SafeLoader)["ChatAuthorizer"]
    assert properties["Properties"]["AuthorizerResultTtlInSeconds"] == 0
