"""Reports stand alone: nothing to load, nothing to send, nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from console_builders import HOSTILE, Site, contained, waiting
from response_builders import START, an_incident

from tidegate.console.case import case_of
from tidegate.console.reports import PAGE, index_pages, report
from tidegate.model import Incident, Run, RunStatus, Severity, StepStatus
from tidegate.response.world import run_of
from tidegate_local import stack as stacks
from tidegate_local.command_line import reporting

NO_RUNS: Mapping[str, Run | None] = {}


def whole(site: Site) -> str:
    return report(case_of(site.account, _incident(site)), about="tidegate in eu-west-1")


def _incident(site: Site) -> Incident:
    found = site.account.incidents.get("inc-1")
    assert found is not None
    return found


def test_a_report_tells_all_and_decides_nothing(site: Site) -> None:
    waiting(site.account, title="Tokens are drained", finding_ids=("finding-1",))
    page = whole(site)
    for expected in ("Tokens are drained", "In short", "Time line", "deny role session", "<svg", "Report of tidegate"):
        assert expected in page
    parts = ("What happened", "Who and what was affected", "What was done", "What remains", "Evidence", "Words")
    places = [page.index(f">{part}") for part in parts]
    assert places == sorted(places)
    for never in ("<form", "<button", "/approvals", "Undo this response"):
        assert never not in page


def test_a_report_tells_people_who_were_not_there_what_was_done_and_what_remains(site: Site) -> None:
    contained(site.account, detectors=("quota_abuse",))
    told = whole(site).partition("In short")[2].partition("</section>")[0]
    assert "far beyond its budget" in told  # the detector's own words
    assert "A session of the role" in told
    assert "Deny one role session everything that calls or manages models, and escalation (" in told
    assert "proven by reading it back" in told
    assert "Deny role session stands until" in told
    assert "What to do about quota abuse: See which models" in told
    assert "Say what it was, and close the incident." in told


def test_what_was_released_but_for_what_stays_is_said_so_and_what_came_to_the_same_is_said_once(site: Site) -> None:
    run, ledger = contained(site.account), site.account.ledger
    (receipt,) = ledger.receipts(run.id)
    kept = {"kept": "its application uses the replacement"}
    undone = {"status": StepStatus.UNDONE, "undone_at": START, "undone_by": "olga", "restored": kept}
    ledger.save_receipt(receipt.model_copy(update=undone))
    released = ledger.save_run(run.model_copy(update={"status": RunStatus.RELEASED, "dollars": 0.002}))
    nothing = {"status": RunStatus.NOT_NEEDED, "revision": 0, "dollars": None, "contained_at": None, "approved_by": ""}
    for generation in (2, 3):
        ledger.save_run(released.model_copy(update={"id": run_of("inc-1", generation), **nothing}))
    later = _incident(site).model_copy(update={"generation": 3})
    told = report(case_of(site.account, later), about="x").partition("In short")[2].partition("</section>")[0]
    assert "put back, but for what stays on purpose" in told
    assert "Not taken back: deny role session. Its application uses the replacement." in told
    assert told.count("Not needed: ") == 1
    assert "(2 times)" in told
    assert "less than a cent" in told


def test_an_index_that_is_read_later_says_when_and_not_how_long_ago() -> None:
    ((_, page),) = index_pages([an_incident()], NO_RUNS, START, about="x")
    assert " ago" not in page
    assert ">now<" not in page


def test_a_report_loads_nothing_and_sends_nothing(site: Site) -> None:
    waiting(site.account)
    page = whole(site)
    assert "form-action &#x27;none&#x27;" in page
    assert not re.search(r"<(script|link|img|iframe)|src=|url[(]", page)
    assert set(re.findall(r'href="([^"]+)"', page)) <= {"index.html", "#evidence", "#timeline", "#response"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_report_escapes_what_attackers_write(site: Site, text: str) -> None:
    waiting(site.account, title=text, related=(f"user:{text}",), detectors=(text,))
    page = whole(site)
    for raw in ("<script", "<img", "<svg/", "\x1b", "\u202e", "\x00"):
        assert raw not in page


def test_the_index_has_pages_worst_first() -> None:
    incidents = [an_incident(id=f"inc-{n}", title=f"Case {n}") for n in range(PAGE)]
    incidents.append(an_incident(id="inc-worst", severity=Severity.CRITICAL, title="The worst"))
    pages = dict(index_pages(incidents, NO_RUNS, START, about="tidegate"))
    assert list(pages) == ["index.html", "index-2.html"]
    assert "The worst" in pages["index.html"]
    assert "1 critical, 100 high" in pages["index.html"]
    assert 'href="index-2.html"' in pages["index.html"]
    assert 'href="inc-worst.html"' in pages["index.html"]


def test_an_index_of_nothing_says_so() -> None:
    ((name, page),) = index_pages([], NO_RUNS, START, about="tidegate")
    assert name == "index.html"
    assert "0 incidents: none" in page


def test_the_command_writes_a_file_an_incident_and_an_index(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting(site.account, title="Tokens are drained")
    here = stacks.Stack("tidegate", site.account.session, {}, "eu-west-1", embedded=True)
    monkeypatch.setattr(stacks.Stack, "services", lambda _self: site.account)
    monkeypatch.setattr(stacks, "find", lambda _name: here)
    reporting.reports(["inc-1"], out=tmp_path / "out", as_json=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["inc-1.html", "index.html"]
    assert '"inc-1"' in capsys.readouterr().out
