"""What is put back is kept as it is, and shown to nobody with the secrets in it."""

from __future__ import annotations

from html import unescape

from console_builders import Site, waiting
from response_builders import START

from tidegate.console import reports
from tidegate.console.case import case_of
from tidegate.index.documents import receipt_document
from tidegate.model import Difference, Receipt, Run, RunStatus, StepStatus

TOKEN = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo"
PASSWORD = "correct-horse"
BEFORE = {"environmentVariables": {"DB_PASSWORD": PASSWORD, "STAGE": "live"}, "instruction": f"post with {TOKEN}"}
AFTER = f'{{"environmentVariables": {{"DB_PASSWORD": "{PASSWORD}", "STAGE": "quiet"}}}}'


def planted(site: Site) -> Run:
    """A plan that waits, whose first step changes a configuration with secrets in it."""
    run = waiting(site.account)
    assert run.plan
    change = Difference(resource="runtime/agent", before=BEFORE, after=AFTER)
    first, *others = run.plan.steps
    steps = (first.model_copy(update={"difference": (change,)}), *others)
    return site.account.ledger.save_run(run.model_copy(update={"plan": run.plan.model_copy(update={"steps": steps})}))


def acted(site: Site) -> Receipt:
    """It was approved, and its first step holds."""
    run = planted(site)
    assert run.plan
    planned, *_ = site.account.ledger.receipts(run.id)
    done = {"status": StepStatus.VERIFIED, "applied_at": START, "verified_at": START}
    seen = {"found": BEFORE, "changed": {"as": AFTER}, "proof": {"read back": BEFORE}, "step": run.plan.steps[0]}
    receipt = site.account.ledger.save_receipt(planned.model_copy(update=done | seen))
    site.account.ledger.save_run(run.model_copy(update={"status": RunStatus.CONTAINED}))
    return receipt


def is_masked(page: str) -> bool:
    text = unescape(page)
    return "STAGE" in text and "[withheld]" in text and TOKEN not in text and PASSWORD not in text


def test_the_page_that_asks_shows_the_change_without_its_secrets(site: Site) -> None:
    assert is_masked(site.get(f"/approvals/{planted(site).approval_id}"))


def test_the_incident_its_undo_and_its_report_show_the_change_without_its_secrets(site: Site) -> None:
    receipt = acted(site)
    assert is_masked(site.get(f"/incidents/{receipt.incident_id}"))
    assert is_masked(site.get(f"/runs/{receipt.run_id}/undo"))
    incident = site.account.incidents.get(receipt.incident_id)
    assert incident
    assert is_masked(reports.report(case_of(site.account, incident), about="a test"))


def test_the_ledger_keeps_it_whole_because_it_is_put_back_from_there(site: Site) -> None:
    receipt = acted(site)
    (kept,) = site.account.ledger.receipts(receipt.run_id)
    assert kept.found == BEFORE
    assert kept.step.difference[0].after == AFTER


def test_the_index_is_told_the_change_without_its_secrets(site: Site) -> None:
    assert is_masked(receipt_document(acted(site)).decode())
