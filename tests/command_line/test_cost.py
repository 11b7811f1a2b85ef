"""`tidegate cost`: sums that add up, grow with traffic, and follow the template and the prices given."""

from __future__ import annotations

import json

import pytest
from command_line_builders import Tidegate

from tidegate_local.costing import Traffic, lines
from tidegate_local.list_prices import AS_OF, LISTED, PRICES

TEMPLATE = {
    "Globals": {"Function": {"MemorySize": 512}},
    "Parameters": {
        "OpenSearchInstanceType": {"Default": "r7g.large.search"},
        "OpenSearchInstanceCount": {"Default": 1},
        "OpenSearchVolumeGiB": {"Default": 100},
    },
    "Resources": {
        "DetectInvocations": {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 1769}},
        "Key": {"Type": "AWS::KMS::Key"},
    },
}


def parts(traffic: Traffic, **prices: float) -> dict[str, float]:
    return {line.part: line.dollars for line in lines(traffic, TEMPLATE, PRICES | prices, index=True)}


def test_the_parts_make_the_sum(tidegate: Tidegate) -> None:
    found = json.loads(tidegate("cost", "--json").out)
    assert found["dollars_a_day"] == pytest.approx(sum(part["dollars"] for part in found["parts"]), abs=1e-3)


def test_without_traffic_only_what_stands_costs() -> None:
    quiet = parts(Traffic(0, 0, incidents=0))
    assert {part for part, dollars in quiet.items() if dollars} == {"keys and alarms", "index, nodes", "index, storage"}
    assert quiet["index, nodes"] == pytest.approx(24 * PRICES["opensearch_hour_r7g.large.search"])


def test_ten_times_the_traffic_costs_ten_times_the_work() -> None:
    once, ten = parts(Traffic(100_000, 100_000)), parts(Traffic(1_000_000, 1_000_000))
    for part in ("queues", "detect invocations", "detect API calls", "caller state", "log files and outbox"):
        assert ten[part] == pytest.approx(10 * once[part], rel=0.01), part


def test_a_price_of_ones_own_is_reckoned_with(tidegate: Tidegate) -> None:
    usual = parts(Traffic(1_000_000, 0))["detect invocations"]
    halved = parts(Traffic(1_000_000, 0), lambda_gb_second_arm64=PRICES["lambda_gb_second_arm64"] / 2)
    assert halved["detect invocations"] == pytest.approx(usual / 2, rel=0.1)


def test_the_answer_says_of_when_its_prices_are_and_which_are_the_asker_s(tidegate: Tidegate) -> None:
    assert f"as of {AS_OF}," in tidegate("cost").out
    assert f"as of {AS_OF}, 1 of them yours" in tidegate("cost", "--price", "kms_key_month=2").out
    found = json.loads(tidegate("cost", "--price", "kms_key_month=2", "--json").out)
    assert found["list_prices"] == {"as_of": AS_OF, "region": "us-east-1", "given": {"kms_key_month": 2.0}, "files": []}


def test_every_price_is_shown_with_what_it_is_of_and_whence(tidegate: Tidegate) -> None:
    shown = tidegate("cost", "--prices", "--price", "kms_key_month=2").out
    rows = {line.split()[0]: line for line in shown.splitlines() if line.split() and line.split()[0] in LISTED}
    assert rows.keys() == LISTED.keys()
    assert all(listed.source in rows[name] for name, listed in LISTED.items() if name != "kms_key_month")
    assert rows["kms_key_month"].split()[-1] == "you"


@pytest.mark.parametrize("wrong", ["sqs=1", "kms_key_month", "kms_key_month=free", "kms_key_month=-1"])
def test_a_price_that_is_none_is_a_bad_argument(tidegate: Tidegate, wrong: str) -> None:
    assert tidegate("cost", "--price", wrong).code == 2


def test_more_days_need_more_storage() -> None:
    kept = [parts(Traffic(5_000_000, 5_000_000, days_kept=days))["index, storage"] for days in (30, 90)]
    assert kept[1] == pytest.approx(3 * kept[0], rel=0.01)


def test_what_is_asked_for_is_reckoned(tidegate: Tidegate) -> None:
    def dollars(*asked: object) -> float:
        return float(json.loads(tidegate("cost", *asked, "--json").out)["dollars_a_day"])

    usual = dollars()
    assert dollars("--invocations", 1_000_000) > usual
    assert dollars("--api-calls", 0) < usual
    assert dollars("--records-a-file", 1) > usual
    assert dollars("--incidents", 100) > usual
    assert dollars("--days-kept", 3000) > usual
    assert dollars("--no-index") < usual == dollars("--index")
