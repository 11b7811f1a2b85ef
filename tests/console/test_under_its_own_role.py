"""The deployed function, under its role and no other: each page and each decision needs what the template grants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from console_builders import event
from deployed_account import Deployed, deployed

from tidegate.model import Run, RunStatus
from tidegate_local import story

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    parameters = {
        "ResponseMode": "approve",
        "ConsoleApi": "jwt",
        "ConsoleIssuer": "https://id.example.com",
        "ConsoleAudience": "tidegate",
    }
    with deployed(**parameters) as made:
        made.before_it()
        made.it_happens()
        yield made
        assert [call for call in made.aws.calls if not call.allowed] == []


def ask(stack: Deployed, method: str, path: str, **form: str) -> dict[str, Any]:
    answer: dict[str, Any] = stack.aws.invoke("ShowConsole", event(method, path, form=form or None))
    assert "statusCode" in answer, answer
    return answer


def token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def now(stack: Deployed, run: Run) -> Run:
    found = stack.services.ledger.run(run.id)
    assert found is not None
    return found


def test_its_role_lets_it_show_every_page_approve_and_undo(stack: Deployed) -> None:
    run = next(one for one in stack.runs().values() if one.plan and story.GREEDY_USER in one.plan.reason)
    where = f"/approvals/{run.approval_id}"
    for path in ("/", "/contained", "/approvals", f"/incidents/{run.incident_id}"):
        assert ask(stack, "GET", path)["statusCode"] == 200
    assert "show=all" not in ask(stack, "GET", "/")["body"]
    page = ask(stack, "GET", where)["body"]
    assert ask(stack, "POST", where, decision="approved", token=token(page))["statusCode"] == 303
    stack.aws.deliver()
    assert (now(stack, run).status, now(stack, run).approved_by) == (RunStatus.CONTAINED, "olga")
    undo = f"/runs/{run.id}/undo"
    assert ask(stack, "POST", undo, token=token(ask(stack, "GET", undo)["body"]))["statusCode"] == 303
    stack.aws.deliver()
    assert now(stack, run).status is RunStatus.RELEASED
    assert {receipt.undone_by for receipt in stack.receipts(run)} == {"olga"}


def test_the_api_lets_nobody_in_without_a_token(stack: Deployed) -> None:
    gateway = stack.aws.client("apigatewayv2")
    (api,) = gateway.get_apis()["Items"]
    routes = gateway.get_routes(ApiId=api["ApiId"])["Items"]
    assert {route["RouteKey"] for route in routes} == {"GET /", "GET /{proxy+}", "POST /{proxy+}"}
    assert {route["AuthorizationType"] for route in routes} == {"JWT"}
    (named,) = {route["AuthorizerId"] for route in routes}
    authorizer = gateway.get_authorizer(ApiId=api["ApiId"], AuthorizerId=named)
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example.com", "Audience": ["tidegate"]}
