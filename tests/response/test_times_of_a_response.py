"""How long each stage took, and what the caller cost meanwhile."""

from __future__ import annotations

from datetime import timedelta

from response_builders import START, Account, an_incident, release, respond


def test_every_stage_is_in_the_record(account: Account) -> None:
    account.clock.advance(minutes=5)
    planned = respond(account, account.has(an_incident(first_seen=START - timedelta(minutes=5))))
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.times == {"detect": 600.0, "decide": 0.0, "act": 0.0, "verify": 0.0, "contain": 600.0}
    account.clock.advance(minutes=20)
    release(account, run.id)
    released = account.ledger.run(run.id)
    assert released is not None
    assert released.times["recover"] == 1200.0


def test_what_it_cost_until_it_was_contained_is_known_once_the_logs_are_in(account: Account) -> None:
    planned = respond(account, account.has(an_incident()))
    account.clock.advance(minutes=5)
    account.events.spent["session:app/alice"] = 12.5
    account.response.check()
    run = account.ledger.run(planned["run_id"])
    assert run is not None
    assert run.dollars == 12.5
    account.clock.advance(hours=2)
    account.events.spent["session:app/alice"] = 99.0
    account.response.check()
    assert account.ledger.run(run.id) == run
