"""A decision needs a page that this person has just been shown."""

from __future__ import annotations

import pytest
from console_builders import Site, waiting

from tidegate.console.confirming import DECIDE, LIVES, UNDO, confirm, token_for
from tidegate.errors import Refused


def test_a_token_is_used_once(site: Site) -> None:
    run = waiting(site.account)
    token = token_for(site.account, run, purpose=DECIDE, person="olga")
    confirm(site.account, run, token, purpose=DECIDE, person="olga")
    with pytest.raises(Refused, match="has been used"):
        confirm(site.account, run, token, purpose=DECIDE, person="olga")


def test_a_token_of_somebody_else_is_refused_and_used_up(site: Site) -> None:
    run = waiting(site.account)
    token = token_for(site.account, run, purpose=DECIDE, person="olga")
    with pytest.raises(Refused, match="somebody else"):
        confirm(site.account, run, token, purpose=DECIDE, person="mallory")
    with pytest.raises(Refused, match="has been used"):
        confirm(site.account, run, token, purpose=DECIDE, person="olga")


def test_a_token_ends(site: Site) -> None:
    run = waiting(site.account)
    token = token_for(site.account, run, purpose=DECIDE, person="olga")
    site.account.clock.advance(seconds=LIVES.total_seconds())
    with pytest.raises(Refused, match="too old"):
        confirm(site.account, run, token, purpose=DECIDE, person="olga")


def test_a_token_is_for_one_purpose_and_one_run(site: Site) -> None:
    run = waiting(site.account)
    other = run.model_copy(update={"id": "run-other"})
    for purpose, which in ((UNDO, run), (DECIDE, other)):
        token = token_for(site.account, run, purpose=DECIDE, person="olga")
        with pytest.raises(Refused, match="something else"):
            confirm(site.account, which, token, purpose=purpose, person="olga")


def test_a_token_is_for_the_plan_that_was_on_the_page(site: Site) -> None:
    run = waiting(site.account)
    assert run.plan is not None
    changed = run.model_copy(update={"plan": run.plan.model_copy(update={"reason": "another"})})
    token = token_for(site.account, run, purpose=DECIDE, person="olga")
    with pytest.raises(Refused, match="the plan is not the one"):
        confirm(site.account, changed, token, purpose=DECIDE, person="olga")


@pytest.mark.parametrize("token", ["", "x", "x" * 101, "confirm/x", "\ud800"])
def test_what_is_no_token_is_refused(site: Site, token: str) -> None:
    run = waiting(site.account)
    with pytest.raises(Refused, match="none"):
        confirm(site.account, run, token, purpose=DECIDE, person="olga")


def test_the_table_does_not_hold_what_could_be_used(site: Site) -> None:
    token = token_for(site.account, waiting(site.account), purpose=DECIDE, person="olga")
    kept = site.account.clients.dynamodb.scan(TableName="approvals")["Items"]
    assert token not in repr(kept)
