"""Is Tidegate awake: sources, queues, alarms, rules, the index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tidegate.callers.heard import CLOUDTRAIL, GUARDDUTY, INVOCATION_LOG, KEY, MODEL_CALLS, STEP, heard_of
from tidegate_local.doctor import Answer, Check, Patient, bad, ok, unknown, warn

QUIET_HOURS = 24  # a source not heard for so long is worth a look, whatever its rhythm
_NAMES = {
    INVOCATION_LOG: "the Bedrock invocation log",
    CLOUDTRAIL: "CloudTrail",
    GUARDDUTY: "GuardDuty",
    MODEL_CALLS: "calls of models in CloudTrail",
}
_ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def _sources(patient: Patient) -> Iterator[Answer]:
    """When each source was last heard, as detection noted it when records passed by (callers/heard.py)."""
    heard = heard_of(patient.services.states.load([KEY])[KEY].data)
    last: dict[str, float] = {}
    for source, rhythm in heard.sources():
        last[source.name] = max(last.get(source.name, 0.0), rhythm.latest * STEP)
    for name, said in _NAMES.items():
        when = last.get(name)
        if when is None:
            mend = (
                "GuardDuty only speaks of threats: create a sample finding to prove the way."
                if name == GUARDDUTY
                else (
                    "Look whether its delivery or rule exists: `tidegate doctor` says more below; probes say it hourly."
                )
            )
            yield (warn if name in (GUARDDUTY, MODEL_CALLS) else bad)(f"{said} was never heard", mend)
            continue
        hours = (patient.now.timestamp() - when) / 3600
        moment = f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC"
        if hours > QUIET_HOURS and name != GUARDDUTY:
            yield warn(
                f"{said} was heard {moment}, {hours:.0f} hours ago", "Is the account that quiet? See telemetry_gap."
            )
        else:
            yield ok(f"{said} was heard {moment}")


def _queues(patient: Patient) -> Iterator[Answer]:
    """Dead-letter queues of the stack: what no function could take."""
    sqs = patient.client("sqs")
    full = []
    for name, url in sorted(patient.stack.outputs.items()):
        if not name.endswith("DeadLetters"):
            continue
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
            "Attributes"
        ]
        if waiting := int(attributes["ApproximateNumberOfMessages"]):
            full.append(f"{name}: {waiting}")
    if full:
        yield bad(
            f"messages that could not be taken: {', '.join(full)}",
            "Read one (docs/operating.md, dead letters), mend the cause, then redrive the queue in SQS.",
        )
    else:
        yield ok("no dead letters")


def _alarms(patient: Patient) -> Iterator[Answer]:
    """The stack's alarms in CloudWatch."""
    pages = patient.client("cloudwatch").get_paginator("describe_alarms")
    alarms = [
        alarm for page in pages.paginate(AlarmNamePrefix=f"{patient.stack.name}-") for alarm in page["MetricAlarms"]
    ]
    if not alarms:
        yield bad("the stack's alarms are not there", "Deploy the stack again.")
        return
    ringing = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]
    if ringing:
        yield bad(f"alarms ring: {', '.join(ringing)}", "docs/operating.md says what each means.")
    else:
        yield ok("no alarm of the stack rings")


def _rules(patient: Patient) -> Iterator[Answer]:
    """Only one state lets read-only management events through, and reconnaissance is read-only."""
    rules = []
    for page in patient.client("events").get_paginator("list_rules").paginate():
        rules += [rule for rule in page["Rules"] if rule["Name"].startswith(f"{patient.stack.name}-")]
    if not rules:
        yield bad("the stack's EventBridge rules are not there", "Deploy the stack again.")
        return
    off = [rule["Name"] for rule in rules if rule["State"] == "DISABLED" and "Documents" not in rule["Name"]]
    trail = [rule for rule in rules if "CloudTrail" in str(rule.get("EventPattern", ""))]
    narrow = [rule["Name"] for rule in trail if rule["State"] == "ENABLED"]
    if off:
        yield bad(f"rules are off: {', '.join(off)}", "Who switched them off? See trail_blinded; then `sam deploy`.")
    if trail and len(narrow) == len(trail):
        yield warn(
            "no CloudTrail rule receives read-only events: InvokeModel, List* and Get* are not seen",
            f"Set the rule's state to {_ALL_EVENTS} (the template does).",
        )
    if not off and len(narrow) < len(trail):
        yield ok(f"{len(rules)} rules are on, read-only events included")


def _forwarding(patient: Patient) -> Iterator[Answer]:
    """Global services put their events on the bus of us-east-1 alone."""
    if patient.stack.region == "us-east-1":
        yield ok("the stack is in us-east-1, where IAM's events arrive")
        return
    found = patient.client("events", "us-east-1").list_rules(NamePrefix=f"{patient.stack.name}")["Rules"]
    if found:
        yield ok("a rule in us-east-1 forwards IAM's events")
    else:
        yield bad(
            "IAM and STS events reach us-east-1 only, and nothing forwards them here",
            "Deploy global-events.yaml in us-east-1: without it API keys, pivots and escalation are not seen.",
        )


def _index(patient: Patient) -> Iterator[Answer]:
    """Health of the index, and how old its newest event is."""
    from tidegate_local.asking import client_of

    if not patient.services.settings.opensearch_endpoint:
        yield warn(
            "no index: nothing can be searched, and how far a lever reaches is not counted", "Deploy with OpenSearch."
        )
        return
    client = client_of(patient.services)
    health = client.cluster.health()
    if health["status"] == "red":
        yield bad("the index is red: some of it can't be read", "Look at the domain's shards.")
    answer = client.search(
        index="tidegate-events-*",
        body={"size": 0, "aggs": {"newest": {"max": {"field": "time"}}}},
        params={"ignore_unavailable": "true"},
    )
    newest = (answer.get("aggregations") or {}).get("newest", {}).get("value")
    if not newest:
        yield unknown("the index holds no event yet")
        return
    hours = patient.now.timestamp() / 3600 - newest / 3_600_000
    said = f"the newest event in the index is {max(hours, 0):.1f} hours old"
    yield (
        ok(said) if hours < QUIET_HOURS else warn(said, "Is IndexQueue being emptied? `tidegate search ingest_errors`.")
    )


CHECKS = (
    Check("sources", "alive", "Sources are heard", _sources),
    Check("dead_letters", "alive", "Nothing lies in dead letters", _queues),
    Check("alarms", "alive", "No alarm rings", _alarms),
    Check("rules", "alive", "EventBridge rules are on", _rules),
    Check("global_events", "alive", "IAM's events arrive", _forwarding),
    Check("index", "alive", "The index is current", _index),
)
