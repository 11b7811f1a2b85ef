"""What only the AWS adapters have: the limits of the services behind them."""

from __future__ import annotations

import pytest
from contract_builders import a_finding, an_incident
from hypothesis import given
from hypothesis import strategies as st

from tidegate.aws.clients import NETWORK, AwsClients
from tidegate.aws.incidents import DynamoIncidents
from tidegate.aws.queues import MOST_BYTES, MOST_MESSAGES, SqsFindingQueue
from tidegate.aws.rules import rules_text
from tidegate.errors import Permanent
from tidegate.rules import Rules


class Requests(list[list[str]]):
    """An SQS that keeps the bodies of each request."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, object]:
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.append([entry["MessageBody"] for entry in Entries])
        return {"Successful": []}


@given(st.lists(st.integers(0, 150_000), max_size=40))
def test_findings_are_sent_in_order_each_once_in_requests_within_the_limits(sizes: list[int]) -> None:
    findings = [a_finding(number, title="x" * size) for number, size in enumerate(sizes)]
    requests = Requests()
    SqsFindingQueue(requests, "url").send(findings)  # type: ignore[arg-type]
    assert [body for request in requests for body in request] == [finding.model_dump_json() for finding in findings]
    for request in requests:
        assert 0 < len(request) <= MOST_MESSAGES
        assert len(request) == 1 or sum(len(body.encode()) for body in request) <= MOST_BYTES


def test_more_findings_than_a_transaction_holds_are_refused_before_anything_is_written(clients: AwsClients) -> None:
    incidents = DynamoIncidents(clients.dynamodb, "absent")  # a request would fail otherwise
    with pytest.raises(Permanent, match="101 items"):
        incidents.save(an_incident(), new_findings=[str(n) for n in range(60)], names=[str(n) for n in range(40)])


def test_rules_are_read_from_all_parameters_below_a_path_by_name(clients: AwsClients) -> None:
    for name, caller in (("/tidegate/rules/b", "user:*"), ("/tidegate/rules/a", "role:Batch")):
        text = f'[[budget]]\ncaller = "{caller}"\ncalls_per_hour = 7\n'
        clients.ssm.put_parameter(Name=name, Value=text, Type="String")
    clients.ssm.put_parameter(Name="/tidegate/other", Value="no rules", Type="String")
    rules = Rules.from_toml(rules_text(clients.ssm, "/tidegate/rules"))
    assert [budget.caller for budget in rules.budget] == ["role:Batch", "user:*"]


def test_a_client_gives_up_well_before_a_function_s_time_is_over() -> None:
    attempts = NETWORK.retries["total_max_attempts"]  # type: ignore[attr-defined]
    assert attempts * (NETWORK.connect_timeout + NETWORK.read_timeout) < 60  # type: ignore[attr-defined]
