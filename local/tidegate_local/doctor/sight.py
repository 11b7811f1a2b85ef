"""What can be seen: the trail, data events, invocation logging in every Region, GuardDuty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, unknown, warn

# Data events that detectors read: agents, retrieval, flows, mantle; S3 for watched buckets.
_BEDROCK_DATA = ("AWS::Bedrock::AgentAlias", "AWS::Bedrock::KnowledgeBase", "AWS::Bedrock::FlowAlias")


def _trail(patient: Patient) -> Iterator[Answer]:
    """Trails that log, in every Region, with signed files."""
    cloudtrail = patient.client("cloudtrail")
    trails = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
    logging = [trail for trail in trails if cloudtrail.get_trail_status(Name=trail["TrailARN"]).get("IsLogging")]
    if not logging:
        yield bad(
            "no trail is logging: EventBridge delivers CloudTrail events only where one does",
            "Create a multi-Region trail.",
        )
        return
    names = ", ".join(trail["Name"] for trail in logging)
    if not any(trail.get("IsMultiRegionTrail") for trail in logging):
        yield warn(f"{names}: no trail covers every Region", "Make one multi-Region: thieves fan out over Regions.")
    else:
        yield ok(f"logging: {names}")
    if not any(trail.get("LogFileValidationEnabled") for trail in logging):
        yield warn("no trail signs its files", "Switch log file validation on: evidence that can be proven.")


def _data_events(patient: Patient) -> Iterator[Answer]:
    """Which data events trails record: of agents, knowledge bases and flows, and of the buckets of `--watch`."""
    seen, buckets = set[str](), False
    cloudtrail = patient.client("cloudtrail")
    for trail in cloudtrail.describe_trails()["trailList"]:
        selectors = cloudtrail.get_event_selectors(TrailName=trail["TrailARN"])
        for resource in _resources(selectors):
            seen.add(resource)
            buckets |= resource == "AWS::S3::Object"
    missing = [kind for kind in _BEDROCK_DATA if kind not in seen]
    if missing:
        yield warn(
            f"data events are off for {', '.join(missing)}",
            "Add them to the trail's event selectors; agents, retrieval, flows are unseen without (they cost).",
        )
    else:
        yield ok("data events of agents, knowledge bases and flows are on")
    if patient.watched and not buckets:
        yield warn(
            "S3 data events are off: who reads or writes training data is not seen",
            f"Add S3 object events of {', '.join(patient.watched)} to the trail.",
        )


def _resources(selectors: dict[str, Any]) -> Iterator[str]:
    for selector in selectors.get("EventSelectors") or ():
        for resource in selector.get("DataResources", ()):
            yield resource["Type"]
    for selector in selectors.get("AdvancedEventSelectors") or ():
        for field in selector.get("FieldSelectors", ()):
            if field.get("Field") == "resources.type":
                yield from field.get("Equals", ())


def _invocation_logging(patient: Patient) -> Iterator[Answer]:
    """Model invocation logging with texts, in each Region that the account has on, or those of `--region`."""
    blind, unasked = [], []
    for region, found in patient.invocation_logs.items():
        if not isinstance(found, dict):
            unasked.append(f"{region} ({type(found).__name__})")
            continue
        delivers = found.get("s3Config") or found.get("cloudWatchConfig")
        if not delivers or found.get("textDataDeliveryEnabled") is False:
            blind.append(region)
    if patient.stack.region in blind:
        yield bad(
            f"model invocation logging is off in {patient.stack.region}, the stack's own Region",
            "PutModelInvocationLoggingConfiguration with text delivery to LogBucket (docs/quickstart.md).",
        )
    others = [region for region in blind if region != patient.stack.region]
    if others:
        yield warn(
            f"blind Regions, where models may be called without a log: {', '.join(others)}",
            "Switch the log on there and deploy a stack, or deny bedrock:InvokeModel* outside your Regions.",
        )
    if unasked:
        yield unknown(f"not asked: {', '.join(unasked)}")
    if not blind and not unasked:
        yield ok(f"the log is on in {len(patient.every_region)} Regions")


def _guardduty(patient: Patient) -> Iterator[Answer]:
    """GuardDuty in the stack's Region, how often it tells, and its AI protection."""
    guardduty = patient.client("guardduty")
    detectors = guardduty.list_detectors()["DetectorIds"]
    if not detectors:
        yield bad(f"GuardDuty is off in {patient.stack.region}", "Switch it on: stolen credentials are its to find.")
        return
    detector = guardduty.get_detector(DetectorId=detectors[0])
    if detector.get("Status") != "ENABLED":
        yield bad("GuardDuty's detector is disabled", "Enable it.")
        return
    if detector.get("FindingPublishingFrequency") != "FIFTEEN_MINUTES":
        yield warn("GuardDuty publishes updates every hours", "Set FindingPublishingFrequency to FIFTEEN_MINUTES.")
    features = {feature.get("Name", ""): feature.get("Status") for feature in detector.get("Features", ())}
    protection = [name for name in features if "AI" in name.split("_") or "BEDROCK" in name]
    if any(features[name] == "ENABLED" for name in protection):
        yield ok("GuardDuty is on, with AI protection")
    else:
        yield warn(
            "GuardDuty is on without AI protection", "Enable its AI protection feature: model abuse it sees by itself."
        )


CHECKS = (
    Check("trail", "sight", "A trail is on", _trail),
    Check("data_events", "sight", "Data events are on", _data_events),
    Check("invocation_logging", "sight", "No Region is blind", _invocation_logging),
    Check("guardduty", "sight", "GuardDuty watches", _guardduty),
)
