"""The console as its function answers an HTTP API, payload format 2.0."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from console_builders import HOSTILE, Site, event, waiting
from console_builders import contained as contains
from response_builders import START, a_step, an_incident

from tidegate import wiring
from tidegate.console.page import style
from tidegate.handlers import show_console
from tidegate.model import IncidentStatus, Receipt, RunStatus, Severity, StepStatus

CONTEXT: Any = SimpleNamespace(
    function_name="f", memory_limit_in_mb="512", invoked_function_arn="arn", aws_request_id="request"
)


def contained(site: Site) -> str:
    """A run that holds one change; its id."""
    run = waiting(site.account)
    step = a_step("block_end_user", "end_user", "alice")
    receipt = Receipt(
        id=step.id, run_id=run.id, incident_id=run.incident_id, playbook=run.playbook, step=step, mode=run.mode,
        status=StepStatus.VERIFIED, found={"blocked": False}, changed={"blocked": True}, proof={"blocked": True},
        planned_at=START, applied_at=START, verified_at=START,
    )  # fmt: skip
    site.account.ledger.save_receipt(receipt)
    changes = {"status": RunStatus.CONTAINED, "approved_by": "olga", "expires_at": START + timedelta(minutes=90)}
    return site.account.ledger.save_run(run.model_copy(update=changes)).id


# --- who asks ---------------------------------------------------------------------------------------------------


def test_the_function_answers_a_person_whom_the_authorizer_knows(site: Site) -> None:
    with wiring.bound(site.account):
        answer = show_console.handle(event("GET", "/", person="olga"), CONTEXT)
    assert answer["statusCode"] == 200
    assert "Signed in as <strong>olga</strong>" in answer["body"]


@pytest.mark.parametrize(
    "authorizer", [{}, {"jwt": {"claims": {}}}, {"jwt": None}, {"iam": {}}, {"lambda": {"sub": "x"}}]
)
def test_nobody_is_let_in_without_an_authorizer(site: Site, authorizer: dict[str, Any]) -> None:
    asked = event(
        "GET", "/", authorizer=authorizer, headers={"x-user": "olga", "authorization": "Bearer x"}, query="sub=olga"
    )
    answer = site.ask(asked)
    assert answer["statusCode"] == 401
    assert "Nobody is signed in" in answer["body"]


def test_with_iam_the_person_is_the_arn_that_signed(site: Site) -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/Responder/olga"
    answer = site.ask(event("GET", "/", authorizer={"iam": {"userArn": arn, "accountId": "111122223333"}}))
    assert arn in answer["body"]


def test_only_deciders_are_asked_to_decide(site: Site) -> None:
    run = waiting(site.account)
    site.account.settings = site.account.settings.model_copy(update={"console_deciders": ("on-call", "peter")})
    assert "You may read here, not decide" in site.get(f"/approvals/{run.approval_id}")
    assert site.token(f"/approvals/{run.approval_id}", person="peter")
    groups = {"jwt": {"claims": {"sub": "olga", "cognito:groups": "[reader on-call]"}}}
    assert "Approve: let it run" in site.ask(event("GET", f"/approvals/{run.approval_id}", authorizer=groups))["body"]
    assert site.post(f"/approvals/{run.approval_id}", decision="approved", token="x")["statusCode"] == 403


# --- reading ----------------------------------------------------------------------------------------------------


def test_every_answer_keeps_the_browser_from_doing_anything_else(site: Site) -> None:
    for path in ("/", "/nothing-here", "/incidents/inc-unknown"):
        headers = site.ask(event("GET", path))["headers"]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_style_sheet_loads_nothing() -> None:
    assert "url(" not in style()
    assert "@import" not in style()
    assert "</" not in style()


def test_incidents_are_listed_worst_first_and_filtered(site: Site) -> None:
    for number, severity in enumerate((Severity.LOW, Severity.CRITICAL, Severity.HIGH)):
        site.account.has(
            an_incident(id=f"inc-{number}", severity=severity, caller=f"user:u{number}", title=f"Title {number}")
        )
    site.account.has(an_incident(id="inc-9", status=IncidentStatus.CLOSED, caller="user:u9", title="Title 9"))
    page = site.get("/")
    assert page.index("Title 1") < page.index("Title 2") < page.index("Title 0")
    assert "Title 9" not in page
    assert "Title 9" in site.get("/", show="all")
    assert "Title 0" not in site.get("/", severity="high")
    assert "Title 1" not in site.get("/", text="USER:U2")
    assert "No open incidents." in site.get("/", text="<b>")


def test_fifty_incidents_make_a_page(site: Site) -> None:
    for number in range(51):
        site.account.has(an_incident(id=f"inc-{number}", caller=f"user:u{number}"))
    assert "Page 1 of 2" in site.get("/")
    assert "Page 2 of 2" in site.get("/", page="2", severity="nonsense")
    assert 'href="/?page=1"' in site.get("/", page="2")


def test_an_incident_is_shown_whole_and_who_looked_is_noted(site: Site) -> None:
    site.findings.documents = [finding()]
    run = waiting(site.account, techniques=("AML.T0034", "LLM10:2025"), finding_ids=("finding-1",))
    page = site.get("/incidents/inc-1")
    for expected in (
        "AML.T0034 Cost Harvesting", "https://atlas.mitre.org/techniques/AML.T0034", "Why it fired", "3.1 times",
        "0.1 to 0.5", "waits for a person to decide", "deny role session", "Change of ", "<svg", "Time line", "31,000",
        "Converse example.model-v1", ", 6 times",
    ):  # fmt: skip
        assert expected in page, expected
    assert f"/approvals/{run.approval_id}" in page
    assert ("evidence viewed", {"person": "olga", "incident": "inc-1"}) in site.audit


def test_without_an_index_the_page_says_what_it_can_t_show(site: Site) -> None:
    site.account.__dict__["finding_index"] = None
    waiting(site.account)
    assert "This installation has no index" in site.get("/incidents/inc-1")


def test_when_the_index_is_away_the_rest_is_shown(site: Site) -> None:
    site.account.events.away = True
    waiting(site.account)
    page = site.get("/incidents/inc-1")
    assert "Calls can&#x27;t be shown: the event index did not answer" in page
    assert "deny role session" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_what_attackers_write_is_never_markup(site: Site, text: str) -> None:
    site.findings.documents = [finding(text)]
    run = waiting(
        site.account, title=text, related=(f"user:{text}",), resources=(text,), techniques=(text,), detectors=(text,),
    )  # fmt: skip
    for path in ("/", "/incidents/inc-1", "/approvals", f"/approvals/{run.approval_id}", "/contained"):
        page = site.get(path)
        for raw in ("<script", "<img", "onerror=alert(1)>", "<svg/", 'href="javascript', "\x1b", "\u202e", "\x00"):
            assert raw not in page, (path, raw)


def finding(text: str = "plain") -> dict[str, Any]:
    return {
        "metadata": {"uid": f"finding-{text}"},
        "time": int(START.timestamp() * 1000),
        "severity": text if text != "plain" else "High",
        "risk_score": 80,
        "finding_info": {"title": text},
        "tidegate": {
            "detector": f"prompt_attack {text}",
            "caller": f"user:{text}",
            "event_ids": [text],
            "evidence": {
                "meaning": text,
                "value": 31_000,
                "severity_from": "3.1 times the threshold",
                text: {text: [text]},
                "unusual": [{"feature": text, "today": 0.9, "usual": [0.1, 0.5]}],
                "telling": [{"feature": text, "today": 0.9, "usual_of_tenant": [0.1, 0.5], "weighs": text}, text],
                "examples": [{"id": text}],
            },
        },
    }


def test_no_page_is_made_of_an_address(site: Site) -> None:
    for path in ("/incidents/<script>", "/../etc/passwd", "/incidents/inc-1/x", "/runs/run-1", "//example.com"):
        answer = site.ask(event("GET", path))
        assert answer["statusCode"] == 404
        assert "<script" not in answer["body"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_pages_are_read_and_sent_and_nothing_else(site: Site, method: str) -> None:
    assert site.ask(event(method, "/"))["statusCode"] == 405


# --- deciding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["approved", "declined"])
def test_a_decision_is_made_with_the_form_and_noted(site: Site, decision: str) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    answer = site.post(where, decision=decision, token=site.token(where))
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, f"/incidents/inc-1?done={decision}")
    assert site.tasks.outputs == [{"decision": decision}]
    kept = site.account.approvals.get(run.approval_id)
    assert kept is not None
    assert (kept.decision, kept.decided_by) == (decision, "olga")
    decided = site.account.ledger.run(run.id)
    assert decided is not None
    assert decided.decided_at is not None
    assert (decision, {"person": "olga", "incident": "inc-1", "run": run.id}) in site.audit
    assert f"{decision.capitalize()} by olga." in site.get("/incidents/inc-1")


def test_reading_decides_nothing(site: Site) -> None:
    run = waiting(site.account)
    for _ in range(3):  # mail scanners follow links
        site.get(f"/approvals/{run.approval_id}", decision="approved", token="x")
    assert site.tasks.outputs == []


def test_a_form_is_sent_once(site: Site) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    form = {"decision": "declined", "token": site.token(where)}
    assert site.post(where, **form)["statusCode"] == 303
    again = site.post(where, **form)
    assert again["statusCode"] == 409
    assert "has been used" in again["body"]


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"}]
)
def test_another_site_s_form_is_refused(site: Site, headers: dict[str, str]) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    form = {"decision": "approved", "token": site.token(where)}
    assert site.ask(event("POST", where, form=form, headers=headers))["statusCode"] == 403
    assert site.tasks.outputs == []


def test_a_form_of_another_origin_is_refused_by_old_browsers_too(site: Site) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    asked = event("POST", where, form={"decision": "approved", "token": site.token(where)})
    asked["headers"] |= {"origin": "https://attacker.example.com"}
    del asked["headers"]["sec-fetch-site"]
    assert site.ask(asked)["statusCode"] == 403


def test_a_token_of_another_person_s_page_decides_nothing(site: Site) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    answer = site.post(where, person="mallory", decision="approved", token=site.token(where, person="olga"))
    assert answer["statusCode"] == 409
    assert "somebody else" in answer["body"]
    assert site.tasks.outputs == []


def test_who_asked_is_not_asked_to_approve(site: Site) -> None:
    run = waiting(site.account)
    page = site.get(f"/approvals/{run.approval_id}", person="tidegate")
    assert "Who asked for a response can&#x27;t approve it" in page
    assert "<form" not in page


def test_a_plan_that_lapsed_can_t_be_approved(site: Site) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    token = site.token(where)
    site.account.clock.advance(minutes=31)
    assert "The time to answer is over" in site.get(where)
    assert site.post(where, decision="approved", token=token)["statusCode"] == 409
    assert site.tasks.outputs == []


def test_a_form_of_another_kind_or_size_is_no_form(site: Site) -> None:
    run = waiting(site.account)
    where = f"/approvals/{run.approval_id}"
    token = site.token(where)
    asked = event("POST", where, form={"decision": "approved", "token": token})
    as_json = asked | {"headers": asked["headers"] | {"content-type": "application/json"}}
    as_json["body"] = json.dumps({"decision": "approved", "token": token})
    assert site.ask(as_json)["statusCode"] == 400
    assert site.ask(asked | {"body": asked["body"] + "&x=" + "y" * 5000})["statusCode"] == 400
    assert site.ask(asked | {"isBase64Encoded": True, "body": "\xff"})["statusCode"] == 400


# --- undoing ----------------------------------------------------------------------------------------------------


def test_undo_shows_what_is_put_back_and_asks_for_a_release_in_the_person_s_name(site: Site) -> None:
    run_id = contained(site)
    assert "1 h 30 min left" in site.get("/contained")
    assert f'href="/runs/{run_id}/undo"' in site.get("/incidents/inc-1")
    answer = site.post(f"/runs/{run_id}/undo", token=site.token(f"/runs/{run_id}/undo"))
    assert answer["statusCode"] == 303
    assert site.releases.asked == [(run_id, "undone", "olga")]
    assert ("undo asked for", {"person": "olga", "incident": "inc-1", "run": run_id}) in site.audit


def test_each_change_that_holds_is_listed_with_its_own_end(site: Site) -> None:
    """A denial ends with its containment, what was made out of the key after 36 hours, and a stolen key never."""
    iam = site.account.clients.iam
    iam.create_user(UserName="ci")
    key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    run = contains(
        site.account, caller="iam-user:ci", related=(f"key:{key}",), detectors=("leaked_access_key",),
        families=("stolen_credentials",), playbook="rotate_credentials",
    )  # fmt: skip
    rows = [row.split("</tr>")[0] for row in site.get("/contained").split("<tr>")[2:]]
    ends = {row.split('data-label="Change">')[1].split("<")[0]: row.split("<strong>")[1].split("<")[0] for row in rows}
    assert ends == {
        "deny iam user": "1 h left",
        "deactivate access key": "never: a stolen key is not made active again",
        "revoke minted credentials": "1 d 12 h left",
        "replace access key": "never: the replacement of a stolen key stays: its application uses it",
    }
    assert sum(f"/runs/{run.id}/undo" in row for row in rows) == 1
    undo = site.get(f"/runs/{run.id}/undo")
    assert "It is left: a stolen key is not made active again." in undo
    assert "A planned rotation" not in undo
    assert "1 d 12 h left" in undo
    told = site.get("/incidents/inc-1")
    assert "each to its own end" in told
    assert "revoke minted credentials on <code>iam_user:ci</code>: 1 d 12 h left" in told


def test_undo_needs_its_own_token(site: Site) -> None:
    run_id = contained(site)
    run = site.account.ledger.run(run_id)
    assert run is not None
    assert site.post(f"/runs/{run_id}/undo")["statusCode"] == 409
    assert site.releases.asked == []


def test_where_nothing_stands_nothing_is_undone(site: Site) -> None:
    run = waiting(site.account)
    assert "there is nothing to undo" in site.get(f"/runs/{run.id}/undo")
    assert site.post(f"/runs/{run.id}/undo", token="x")["statusCode"] == 409
