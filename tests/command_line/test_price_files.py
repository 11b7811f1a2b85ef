"""`tidegate cost --price-list`: prices out of AWS's own lists, in both forms, and clear words for what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line_builders import Tidegate
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import ConfigurationError
from tidegate_local.list_prices import LISTED, PRICES
from tidegate_local.price_files import SOLD, read

FRANKFURT = "eu-central-1"

# (servicecode, usagetype, attributes besides, dollars of each tier by where it begins)
BOUGHT: tuple[tuple[str, str, dict[str, str], dict[str, str]], ...] = (
    ("AWSQueueService", "EUC1-Requests-RBP", {"queueType": "Standard"}, {"0": "0", "1000000": "0.0000004"}),
    ("AWSQueueService", "EUC1-Requests-FIFO-RBP", {"queueType": "FIFO (first-in, first-out)"}, {"0": "0.0000009"}),
    ("AWSLambda", "EUC1-Request-ARM", {}, {"0": "0.0000002"}),
    ("AWSLambda", "EUC1-Request", {}, {"0": "0.0000007"}),
    ("AWSLambda", "EUC1-Lambda-GB-Second-ARM", {}, {"0": "0.000014", "7500000000": "0.000012"}),
    ("AmazonDynamoDB", "EUC1-ReadRequestUnits", {}, {"0": "0.0000001525"}),
    ("AmazonDynamoDB", "EUC1-WriteRequestUnits", {}, {"0": "0.0000007625"}),
    ("AmazonDynamoDB", "EUC1-IA-WriteRequestUnits", {}, {"0": "0.000009"}),
    ("AmazonS3", "EUC1-Requests-Tier1", {}, {"0": "0.0000054"}),
    ("AmazonS3", "EUC1-Requests-SIA-Tier1", {}, {"0": "0.00009"}),
    ("AmazonS3", "EUC1-Requests-Tier2", {}, {"0": "0.00000043"}),
    ("AmazonS3", "EUC1-TimedStorage-ByteHrs", {}, {"0": "0.0245", "51200": "0.0235"}),
    ("awskms", "eu-central-1-KMS-Keys", {}, {"0": "1.1"}),
    ("awskms", "eu-central-1-KMS-Requests", {}, {"0": "0", "20000": "0.000003"}),
    ("AmazonCloudWatch", "EUC1-CW:AlarmMonitorUsage", {}, {"0": "0.12"}),
    ("AmazonCloudWatch", "EUC1-CW:HighResAlarmMonitorUsage", {}, {"0": "0.9"}),
    ("AmazonStates", "EUC1-StateTransition", {}, {"0": "0.0000275"}),
    ("AWSSecretsManager", "EUC1-AWSSecretsManager-Secrets", {}, {"0": "0.44"}),
    ("AmazonES", "EUC1-ESInstance:r7g.large", {"instanceType": "r7g.large.search"}, {"0": "0.2"}),
    ("AmazonES", "EUC1-ES:GP3-Storage", {}, {"0": "0.146"}),
)  # fmt: skip
EXPECTED = {
    "sqs_million_requests": 0.4, "lambda_million_requests": 0.2, "lambda_gb_second_arm64": 0.000014,
    "dynamodb_million_reads": 0.1525, "dynamodb_million_writes": 0.7625, "s3_thousand_puts": 0.0054,
    "s3_thousand_gets": 0.00043, "s3_gb_month": 0.0245, "kms_key_month": 1.1, "kms_million_requests": 3.0,
    "alarm_month": 0.12, "step_thousand_transitions": 0.0275, "secret_month": 0.44,
    "opensearch_hour_r7g.large.search": 0.2, "opensearch_gb_month": 0.146,
}  # fmt: skip


def product(service: str, usage: str, more: dict[str, str], tiers: dict[str, str], region: str = FRANKFURT) -> Any:
    attributes = {"servicecode": service, "usagetype": usage, "regionCode": region, **more}
    dimensions = {
        f"S.T.{begins}": {"beginRange": begins, "endRange": "Inf", "unit": "x", "pricePerUnit": {"USD": dollars}}
        for begins, dollars in tiers.items()
    }
    return {
        "product": {"sku": usage, "attributes": attributes},
        "serviceCode": service,
        "terms": {"OnDemand": {"S.T": {"priceDimensions": dimensions}}},
        "publicationDate": "2026-08-20T17:00:00Z",
    }


def as_answered(*products: Any) -> dict[str, Any]:
    """What `aws pricing get-products` prints."""
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(each) for each in products]}


def as_offered(*products: Any) -> dict[str, Any]:
    """A bulk offer file."""
    return {
        "formatVersion": "v1.0",
        "publicationDate": "2026-08-20T17:00:00Z",
        "products": {each["product"]["sku"]: each["product"] for each in products},
        "terms": {"OnDemand": {each["product"]["sku"]: each["terms"]["OnDemand"] for each in products}},
    }


def written(folder: Path, document: Any, name: str = "list.json") -> Path:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


@pytest.mark.parametrize("form", [as_answered, as_offered])
def test_every_price_is_read_out_of_both_forms(tmp_path: Path, form: Any) -> None:
    """Free tiers, discounts for quantity and what only sounds alike are left out."""
    found = read(written(tmp_path, form(*(product(*each) for each in BOUGHT))))
    assert found.prices == pytest.approx(EXPECTED)
    assert (found.region, found.published) == (FRANKFURT, "2026-08-20")


def test_every_price_that_is_reckoned_with_can_be_read() -> None:
    assert {name for name in LISTED if not name.startswith("opensearch_hour_")} == set(SOLD)


@pytest.mark.parametrize("usage", ["Lambda-GB-Second-ARM", "USE1-Lambda-GB-Second-ARM"])
def test_us_east_1_has_no_region_before_its_usage_or_one(tmp_path: Path, usage: str) -> None:
    sold = product("AWSLambda", usage, {}, {"0": "0.00002"}, "us-east-1")
    assert read(written(tmp_path, as_offered(sold))).prices == {"lambda_gb_second_arm64": 0.00002}


def test_the_sum_follows_the_list_and_the_answer_says_whence(tmp_path: Path, tidegate: Tidegate) -> None:
    file = written(tmp_path, as_offered(product(*BOUGHT[16], FRANKFURT), product(*BOUGHT[12])))
    usual = json.loads(tidegate("cost", "--json").out)
    found = json.loads(tidegate("cost", "--price-list", file, "--json").out)
    keys = {part["part"]: part["dollars"] for part in found["parts"]}["keys and alarms"]
    before = {part["part"]: part["dollars"] for part in usual["parts"]}["keys and alarms"]
    assert keys > before
    assert found["list_prices"]["files"][0]["region"] == FRANKFURT
    shown = tidegate("cost", "--price-list", file).out
    assert f"2 prices of {FRANKFURT} from your lists, published 2026-08-20" in " ".join(shown.split())
    rows = tidegate("cost", "--price-list", file, "--prices").out
    assert "list.json" in rows


def test_a_price_of_ones_own_comes_before_a_list(tmp_path: Path, tidegate: Tidegate) -> None:
    file = written(tmp_path, as_answered(product(*BOUGHT[12])))
    rows = tidegate("cost", "--price-list", file, "--price", "kms_key_month=7", "--prices").out.splitlines()
    (row,) = [line for line in rows if line.startswith("kms_key_month")]
    assert row.split()[1] == "7"
    assert row.split()[-1] == "you"


def test_lists_of_several_services_are_taken_together(tmp_path: Path, tidegate: Tidegate) -> None:
    kms = written(tmp_path, as_offered(product(*BOUGHT[12])), "kms.json")
    secrets = written(tmp_path, as_answered(product(*BOUGHT[17])), "secrets.json")
    found = json.loads(tidegate("cost", "--price-list", kms, "--price-list", secrets, "--json").out)
    prices = PRICES | {name: price for each in found["list_prices"]["files"] for name, price in each["prices"].items()}
    assert (prices["kms_key_month"], prices["secret_month"]) == (1.1, 0.44)


IRELAND = ("awskms", "eu-west-1-KMS-Keys", {}, {"0": "1.0"}, "eu-west-1")
WRONG = [
    ("sku,price", "no JSON"),
    ("[]", "no price list"),
    ({"prices": {}}, "no price list"),
    ({"PriceList": []}, "of nothing that Tidegate runs"),
    (as_answered(product("AmazonEC2", "BoxUsage:m7g.large", {}, {"0": "0.1"})), "of nothing that Tidegate runs"),
    ({"PriceList": ["{"]}, "no JSON"),
    (as_answered(product(*BOUGHT[12])) | {"NextToken": "more"}, "one page of several"),
    (as_offered(product(*BOUGHT[12]), product(*IRELAND)), "2 Regions"),
    ({"products": {"A": None}, "terms": {"OnDemand": {"A": {"B": {"priceDimensions": "none"}}}}}, "of nothing"),
    (as_answered(product("awskms", "eu-central-1-KMS-Keys", {}, {"0": "free"})), "of nothing"),
]


@pytest.mark.parametrize(("document", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_no_list_is_said_in_words_and_is_a_bad_argument(
    tmp_path: Path, tidegate: Tidegate, document: Any, said: str
) -> None:
    answer = tidegate("cost", "--price-list", written(tmp_path, document))
    assert answer.code == 2
    assert said in " ".join(answer.problems.split())
    assert "list.json" in answer.problems.replace("\n", "")


def test_a_file_that_is_not_there_is_said(tmp_path: Path, tidegate: Tidegate) -> None:
    answer = tidegate("cost", "--price-list", tmp_path / "none.json")
    assert answer.code == 2
    assert "can't be read" in " ".join(answer.problems.split())


def test_lists_of_two_regions_are_no_ones_bill(tmp_path: Path, tidegate: Tidegate) -> None:
    files = (
        written(tmp_path, as_offered(product(*each)), f"{number}.json")
        for number, each in enumerate((BOUGHT[12], IRELAND))
    )
    answer = tidegate("cost", *(part for file in files for part in ("--price-list", file)))
    assert answer.code == 2
    assert "several Regions" in " ".join(answer.problems.split())


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(attributes=JSON, terms=JSON, listed=JSON)
def test_any_json_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, attributes: Any, terms: Any, listed: Any
) -> None:
    document = {"PriceList": listed, "products": {"A": {"attributes": attributes}}, "terms": {"OnDemand": {"A": terms}}}
    with pytest.raises(ConfigurationError):
        read(written(tmp_path_factory.mktemp("lists"), document))
