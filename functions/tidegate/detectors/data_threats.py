"""What GuardDuty says about data leaving S3, raised by what we know of the bucket. Not a detector."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tidegate.detectors.about import Known, Signal
from tidegate.detectors.data_sources import bucket_arn, use_of
from tidegate.model import Severity, ThreatFinding, related_callers
from tidegate.sources.parts import opened, part, rows, text

# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html
TYPES = ("Exfiltration:S3/*", "AttackSequence:S3/*", "Policy:S3/*PublicAccessGranted", "Policy:S3/*AnonymousAccess*")


def is_exfiltration(threat: ThreatFinding) -> bool:
    return not threat.archived and any(fnmatchcase(threat.type, pattern) for pattern in TYPES)


def buckets_of(threat: ThreatFinding) -> list[str]:
    """Names, as `resource.s3BucketDetails` gives them; an attack sequence lists resources."""
    detail = opened(threat.detail)
    named = [text(bucket, "name") for bucket in rows(part(detail, "resource"), "s3BucketDetails")]
    sequence = part(part(part(detail, "service"), "detection"), "sequence")
    named += [
        text(resource, "name") or text(resource, "uid").rpartition(":")[2]
        for resource in rows(sequence, "resources")
        if text(resource, "resourceType") == "S3_BUCKET"
    ]
    return [name for name in dict.fromkeys(named) if name]


def signal_of_threat(threat: ThreatFinding, known: Known) -> Signal:
    buckets = buckets_of(threat)
    used = {name: use_of(name, threat.time, known) for name in buckets}
    of_models = [name for name, use in used.items() if use]
    reason = f"GuardDuty says {threat.type} at {threat.severity:g}, and no model is known to use the bucket"
    if of_models:
        reason = f"GuardDuty says {threat.type} at {threat.severity:g}, and {of_models[0]} is {used[of_models[0]]}"
    address = tuple(f"address:{one}" for one in threat.addresses)
    return Signal(
        identity=(threat.finding_id,),
        title=f"{threat.type}: {', '.join(of_models or buckets) or 'a bucket that is not named'}",
        facts={
            "guardduty_type": threat.type,
            "guardduty_severity": threat.severity,
            "guardduty_finding": threat.finding_id,
            "buckets": used,
            "severity_from": reason,
        },
        time=threat.time,
        first_seen=threat.first_seen,
        severity=Severity.HIGH if of_models else Severity.LOW,
        account=threat.account,
        region=threat.region,
        caller=threat.caller,
        related=(*related_callers(threat.principal), *address),
        principal=threat.principal,
        resource=bucket_arn((of_models or buckets or [""])[0]) if buckets else "",
        event_ids=(threat.id,),
    )
