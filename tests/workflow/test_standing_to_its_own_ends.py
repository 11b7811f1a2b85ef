"""A day and a half goes by: what stands of a run ends when it should.

An account of its own: in one where others have left what they contained, a day of looking after that costs a minute.
"""

from __future__ import annotations

import pytest
from failing_responder import deployed, failing_in_the_second_round, two_users
from quiet_hours import without_probes

from tidegate.model import RunStatus

pytestmark = pytest.mark.end_to_end


def test_what_stands_of_a_run_that_failed_in_part_stands_to_its_own_ends() -> None:
    """An hour for the denial, and as long as temporary keys can live for what the stolen key made."""
    with deployed() as responder:
        incident = two_users(responder)
        with responder.telling(failing_in_the_second_round("deactivate_access_key", "apply")):
            responder.respond(**incident)
        first = incident["caller"].partition(":")[2]
        responder.aws.clock.advance(3700)
        responder.aws.deliver()
        responder.aws.clock.advance(60)
        assert responder.run().status is RunStatus.PARTLY_CONTAINED, responder.aws.failures
        iam = responder.aws.client("iam")
        document = iam.get_user_policy(UserName=first, PolicyName="TidegateContainment")
        (left,) = document["PolicyDocument"]["Statement"]
        assert "aws:TokenIssueTime" in left["Condition"]["DateLessThan"]
        with without_probes(responder.aws):
            responder.aws.clock.advance(35 * 3600)
            responder.aws.deliver()
            responder.aws.clock.advance(60)
        assert responder.run().status is RunStatus.RELEASED, responder.aws.failures
        assert iam.list_user_policies(UserName=first)["PolicyNames"] == []
