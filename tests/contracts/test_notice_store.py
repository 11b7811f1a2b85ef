"""Notices keep what ports.py promises, in memory and over DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from contract_builders import NOON, minutes

from tidegate.errors import Conflict
from tidegate.ports import Told


def told(**changes: Any) -> Told:
    return Told(**{"incident_id": "inc-1", "channel": "slack", "begun": NOON, **changes})


def test_what_was_told_comes_back_as_kept_one_revision_on(stores: Any) -> None:
    kept = stores.notices.save(told(reference="1.2", claimed_until=minutes(1), states=("new",)))
    assert kept.revision == 1
    assert stores.notices.get("inc-1", "slack") == kept
    assert stores.notices.get("inc-1", "security_hub") is None
    assert stores.notices.get("inc-2", "slack") is None


@pytest.mark.parametrize("stale", [0, 2])
def test_of_two_who_claim_the_same_message_one_gets_it(stores: Any, stale: int) -> None:
    stores.notices.save(told())
    with pytest.raises(Conflict):
        stores.notices.save(told(revision=stale, reference="other"))
    assert stores.notices.get("inc-1", "slack").reference == ""
