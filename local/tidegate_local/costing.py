"""Dollars a day for a given traffic: what the template runs, times list prices.

Arithmetic, not a bill: docs/cost.md says what it rests on, list_prices.py the prices. Memory sizes, alarms, keys and
the index's nodes are read from the template; work a record and batch is what bench/ measured (docs/performance.md),
stretched to the share of a processor that a function of that memory gets.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tidegate_local.list_prices import HOUR

MONTH = 30.4  # days
_FULL_CORE = 1769  # MB at which a function gets a whole processor
_INVOCATION, _API_CALL = 350e-6, 40e-6  # seconds of a processor, all detectors on, document included
_BATCH = 0.03  # seconds a batch besides its records: stores, outbox
_EVENTS_A_BATCH, _SQS_CALLS = 10, 3  # events a message batch; sent, received, deleted
_STATE_KB, _CALLERS_A_BATCH = 2, 4
_DOCUMENT = 1.2e-6  # GB of an event's document in the index
_GZIPPED = 8  # times smaller in the outbox
_TRANSITIONS = 40  # of an incident's state machines


class Traffic(NamedTuple):
    invocations: int  # a day
    api_calls: int  # CloudTrail events a day that the rules let through, model calls included
    records_a_file: int = 200  # Bedrock's log files hold minutes of traffic
    incidents: int = 2
    days_kept: int = 90  # of events in the index


class Line(NamedTuple):
    part: str
    how_many: str
    dollars: float  # a day


def lines(traffic: Traffic, template: Mapping[str, Any], prices: Mapping[str, float], *, index: bool) -> Iterator[Line]:
    """Raises KeyError naming the price that isn't known (an instance type)."""
    files = math.ceil(traffic.invocations / max(traffic.records_a_file, 1))
    batches = math.ceil(traffic.api_calls / _EVENTS_A_BATCH)
    memory = memory_sizes(template)
    million = 1_000_000
    sqs = (traffic.api_calls + files) * _SQS_CALLS / _EVENTS_A_BATCH
    yield Line("queues", f"{sqs:,.0f} requests", sqs / million * prices["sqs_million_requests"])
    for part, name, runs, seconds in (
        ("detect API calls", "DetectApiCalls", batches, traffic.api_calls * _API_CALL),
        ("detect invocations", "DetectInvocations", files, traffic.invocations * _INVOCATION),
        ("index documents", "Index", (batches + files) if index else 0, 0.0),
    ):
        size = memory.get(name, 512)
        used = (seconds + runs * _BATCH) * max(_FULL_CORE / size, 1.0)
        cost = (
            used * size / 1024 * prices["lambda_gb_second_arm64"] + runs / million * prices["lambda_million_requests"]
        )
        if runs:
            yield Line(part, f"{runs:,} batches, {used / 3600:,.1f} h at {size} MB", cost)
    items = (batches + files) * _CALLERS_A_BATCH
    writes = items * _STATE_KB / million * prices["dynamodb_million_writes"]
    yield Line(
        "caller state", f"{items:,} items read and written", writes + items / million * prices["dynamodb_million_reads"]
    )
    pages = (batches + files) * 9
    yield Line(
        "joining",
        f"{pages:,} pages",
        pages / million * (prices["dynamodb_million_reads"] * 8 + prices["dynamodb_million_writes"]) / 9,
    )
    objects = batches + files
    puts = objects / 1000 * prices["s3_thousand_puts"] + (objects + files) / 1000 * prices["s3_thousand_gets"]
    yield Line("log files and outbox", f"{objects:,} objects", puts)
    documents = traffic.invocations + traffic.api_calls
    stored = documents * _DOCUMENT / _GZIPPED * 30 * prices["s3_gb_month"] / MONTH
    yield Line("outbox, kept a month", f"{documents * _DOCUMENT / _GZIPPED * 30:,.1f} GB", stored)
    kinds = resource_counts(template)
    keys, alarms = kinds.get("AWS::KMS::Key", 0), kinds.get("AWS::CloudWatch::Alarm", 0)
    standing = keys * prices["kms_key_month"] + alarms * prices["alarm_month"]
    yield Line("keys and alarms", f"{keys} keys, {alarms} alarms", standing / MONTH)
    incident = _TRANSITIONS / 1000 * prices["step_thousand_transitions"] + prices["secret_month"] / 2
    yield Line("incidents", f"{traffic.incidents}", traffic.incidents * incident)
    if index:
        yield from _index(template, documents * traffic.days_kept, prices)


def _index(template: Mapping[str, Any], documents: int, prices: Mapping[str, float]) -> Iterator[Line]:
    defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
    kind, nodes = str(defaults["OpenSearchInstanceType"]), int(defaults["OpenSearchInstanceCount"])
    price = prices[f"{HOUR}{kind}"]
    yield Line("index, nodes", f"{nodes} x {kind}", nodes * 24 * price)
    needed = (
        documents * _DOCUMENT * 1.45
    )  # OpenSearch's own rule: a fifth for the system, a tenth for merges, as much free
    volume = max(int(defaults["OpenSearchVolumeGiB"]) * nodes, math.ceil(needed))
    yield Line("index, storage", f"{volume:,} GB gp3", volume * prices["opensearch_gb_month"] / MONTH)


def memory_sizes(template: Mapping[str, Any]) -> dict[str, int]:
    usual = template.get("Globals", {}).get("Function", {}).get("MemorySize", 128)
    return {
        name: int(resource.get("Properties", {}).get("MemorySize", usual))
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def resource_counts(template: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for resource in template["Resources"].values():
        counts[resource["Type"]] = counts.get(resource["Type"], 0) + 1
    return counts
