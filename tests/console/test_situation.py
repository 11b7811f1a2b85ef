"""What a person who is woken up reads first, and what one who was not there reads at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from console_builders import Site, contained, waiting
from response_builders import START, an_incident

from tidegate.console.in_short import caller_in_words, glossary
from tidegate.console.time_picture import time_picture
from tidegate.console.timeline import Moment
from tidegate.console.words import label
from tidegate.model import Severity


def a_moment(seconds: float, kind: str = "call", what: str = "Converse") -> Moment:
    return Moment(START + timedelta(seconds=seconds), "event", kind, what, "user:mallory", f"event-{seconds}")


def now_part(page: str) -> str:
    """The box on top of an incident's page."""
    return page.partition('id="now"')[2].partition("</section>")[0]


def test_a_plan_that_waits_says_what_it_would_do_whom_it_hits_and_how_long_there_is(site: Site) -> None:
    waiting(site.account)
    told = now_part(site.get("/incidents/inc-1"))
    assert "left to answer" in told
    assert "It would deny role session on" in told
    assert "nobody else is hit" in told
    assert "Read the plan and decide" in told
    assert told.index("left to answer") < told.index("Read the plan and decide")


def test_a_plan_whose_time_is_over_says_so(site: Site) -> None:
    waiting(site.account)
    site.account.clock.advance(days=2)
    assert "the time to answer is over" in now_part(site.get("/incidents/inc-1"))


def test_what_holds_and_for_how_long_comes_first(site: Site) -> None:
    contained(site.account)
    told = now_part(site.get("/incidents/inc-1"))
    assert "Contained: " in told
    assert " left." in told
    assert "Read the plan" not in told


def test_a_containment_that_does_not_hold_is_trouble(site: Site) -> None:
    run = contained(site.account)
    site.account.ledger.save_run(run.model_copy(update={"outlived_at": START}))
    assert "the containment does not hold" in now_part(site.get("/incidents/inc-1"))


def test_an_incident_that_nobody_answers_says_that_a_person_decides(site: Site) -> None:
    site.account.has(an_incident(id="inc-1", playbook=None, generation=0))
    assert "Nothing has been done." in now_part(site.get("/incidents/inc-1"))


def test_the_list_says_how_long_there_is_to_answer_and_how_old_each_is(site: Site) -> None:
    waiting(site.account)
    site.account.clock.advance(minutes=5)
    page = site.get("/")
    assert "left to answer" in page
    assert "min ago" in page


def test_two_hundred_incidents_are_paged_and_a_filter_that_finds_none_leads_back(site: Site) -> None:
    for number in range(200):
        site.account.has(an_incident(id=f"inc-{number}", caller="user:" + "x" * 300, severity=Severity.MEDIUM))
    first, last = site.get("/"), site.get("/", page="4")
    assert "200 open incidents" in first
    assert first.count("<tr>") == last.count("<tr>") == 51
    assert "Page 4 of 4" in last
    assert "Show all open incidents" in site.get("/", text="nothing-of-that-name")
    assert "tidegate doctor" not in first


def test_an_empty_list_says_how_to_know_that_it_is_good_news(site: Site) -> None:
    assert "tidegate doctor" in site.get("/")


@pytest.mark.parametrize(
    ("caller", "words"),
    [
        ("iam-user:model-evaluation", "the IAM user model-evaluation"),
        ("session:app/web-1", "a session of the role app/web-1"),
        ("user:<b>", "the end user <b>"),
        ("unknown:x", "unknown:x"),
        ("odd", "odd"),
    ],
)
def test_callers_are_said_in_words(caller: str, words: str) -> None:
    assert caller_in_words(caller) == words


def test_only_words_that_stand_in_a_report_are_explained() -> None:
    assert "Rules of AWS" in glossary("a guardrail").text
    assert "Rules of AWS" not in glossary("a key").text


def test_a_thousand_calls_are_a_small_picture() -> None:
    moments = [a_moment(n / 7) for n in range(5_000)] + [a_moment(900, "finding"), a_moment(901, "step")]
    drawn = time_picture(moments)
    assert drawn is not None
    assert len(drawn.text) < 60_000
    assert "Calls (5,000)" in drawn.text
    assert "Found (1)" in drawn.text
    assert "Decided" not in drawn.text


@pytest.mark.parametrize("moments", [[], [a_moment(0)], [a_moment(3), a_moment(3, "step")]])
def test_one_point_in_time_is_no_picture(moments: list[Any]) -> None:
    assert time_picture(moments) is None


def test_hostile_words_in_a_picture_are_escaped() -> None:
    drawn = time_picture([a_moment(0, what="</title><script>alert(1)</script>"), a_moment(9)])
    assert drawn is not None
    assert "<script" not in drawn.text


def test_what_waits_for_a_person_stands_above_what_is_worse_and_the_time_left_is_said_first(site: Site) -> None:
    waiting(site.account)
    site.account.has(an_incident(id="inc-2", title="Worse, and nobody has to answer", severity=Severity.CRITICAL))
    page = site.get("/")
    assert page.index("/incidents/inc-1") < page.index("/incidents/inc-2")
    assert "left to answer" in page.partition("1 plan waits for a decision.")[2].partition("Read and decide")[0]


def test_approvals_stand_in_the_order_in_which_they_lapse(site: Site) -> None:
    first = waiting(site.account)
    site.account.clock.advance(minutes=5)
    second = waiting(site.account, id="inc-2", caller="session:app/other")
    page = site.get("/approvals")
    assert page.index(f"/approvals/{first.approval_id}") < page.index(f"/approvals/{second.approval_id}")


def test_who_is_to_approve_reads_how_long_there_is_and_how_long_it_would_hold(site: Site) -> None:
    run = waiting(site.account)
    page = site.get(f"/approvals/{run.approval_id}")
    above, _, below = page.partition("What will be done")
    assert "It would deny role session on" in above
    assert "left</strong>" in above
    assert 'href="#decision"' in above
    assert "1 h after it is approved" in below


def test_an_undo_of_what_never_ends_says_that_it_does_not_end(site: Site) -> None:
    run = contained(site.account)
    site.account.ledger.save_run(run.model_copy(update={"expires_at": None}))
    assert "until a person undoes it" in site.get(f"/runs/{run.id}/undo")


@pytest.mark.parametrize(
    ("field", "row"), [("api", "API"), ("event_ids", "Event IDs"), ("with_api_key", "With API key"), ("why", "Why")]
)
def test_fields_are_named_as_people_write_them(field: str, row: str) -> None:
    assert label(field) == row


def test_of_many_findings_the_latest_of_the_worst_is_open(site: Site) -> None:
    waiting(site.account)
    site.findings.documents = [
        {"time": n, "severity_id": severity, "finding_info": {"title": f"finding {n}"}, "tidegate": {"detector": "x"}}
        for n, severity in enumerate((3, 4, 4, 2))
    ]
    page = site.get("/incidents/inc-1")
    opened = [
        part.partition("finding ")[2][:1]
        for part in page.split("<details")[1:]
        if 'class="finding"' in part[:40] and " open" in part[:40]
    ]
    assert opened == ["2"]
