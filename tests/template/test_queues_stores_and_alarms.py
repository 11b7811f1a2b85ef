"""Nothing is lost in silence: queues, tables, buckets, and who is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deployed_template import resources, template

from tidegate.detectors import ALL as ALL_DETECTORS
from tidegate.detectors.about import EVERY
from tidegate_local.patterns import matches

ALL = resources("AWS::SQS::Queue")
QUEUES = [name for name in ALL if not name.endswith("DeadLetters")]
FUNCTIONS = resources("AWS::Serverless::Function")
ALARMS = resources("AWS::CloudWatch::Alarm")
TABLES = resources("AWS::DynamoDB::Table")
BUCKETS = resources("AWS::S3::Bucket")


def alarm_on(metric: str, queue: str) -> list[dict[str, Any]]:
    value = {"Fn::GetAtt": [queue, "QueueName"]}
    return [a for a in ALARMS.values() if a["MetricName"] == metric and a["Dimensions"][0]["Value"] == value]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_has_dead_letters_of_its_own_that_are_kept_14_days(queue: str) -> None:
    redrive = ALL[queue]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{queue}DeadLetters", "Arn"]}
    assert redrive["maxReceiveCount"] >= 5
    assert ALL[f"{queue}DeadLetters"]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_s_dead_letters_and_its_age_raise_an_alarm_that_people_hear(queue: str) -> None:
    (dead,) = alarm_on("ApproximateNumberOfMessagesVisible", f"{queue}DeadLetters")
    (age,) = alarm_on("ApproximateAgeOfOldestMessage", queue)
    assert dead["Threshold"] == 0
    assert dead["AlarmActions"] == age["AlarmActions"] == [{"Ref": "NotificationTopic"}]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_has_one_reader_which_reports_failures_one_by_one_and_is_given_time(queue: str) -> None:
    readers = [
        (function, event["Properties"])
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS" and event["Properties"]["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    ]
    ((function, event),) = readers
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    timeout = function.get("Timeout", template()["Globals"]["Function"]["Timeout"])
    window = event.get("MaximumBatchingWindowInSeconds", 0)
    assert ALL[queue]["VisibilityTimeout"] >= 6 * timeout + window or window == 1


def test_opensearch_may_be_away_for_a_day_before_documents_become_dead_letters() -> None:
    queue = ALL["IndexQueue"]
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] > 86_400


@pytest.mark.parametrize("queue", ALL)
def test_every_queue_is_encrypted_with_our_key(queue: str) -> None:
    assert ALL[queue]["KmsMasterKeyId"] == {"Ref": "DataKey"}


@pytest.mark.parametrize("name", resources("AWS::Events::Rule"))
def test_what_a_rule_can_t_deliver_becomes_a_dead_letter_and_only_our_rules_may_send(name: str) -> None:
    rule = resources("AWS::Events::Rule")[name]
    (target,) = rule["Targets"]
    queue = target["Arn"]["Fn::GetAtt"][0]
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [f"{queue}DeadLetters", "Arn"]}
    (statement,) = resources("AWS::SQS::QueuePolicy")[f"{queue}Policy"]["PolicyDocument"]["Statement"]
    arn: dict[str, Any] = {"Fn::GetAtt": [name, "Arn"]}
    if condition := template()["Resources"][name].get("Condition"):
        arn = {"Fn::If": [condition, arn, {"Ref": "AWS::NoValue"}]}
    assert arn in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


@pytest.mark.parametrize("name", ["ApiCalled", "ApiKeyUserCalled"])
def test_read_only_calls_are_received_too(name: str) -> None:
    assert resources("AWS::Events::Rule")[name]["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@pytest.mark.parametrize("user", ["ci-user", "BedrockAPIKey-k3x9", None])
def test_every_api_call_that_a_detector_reads_is_received_once(user: str | None) -> None:
    every = {
        (reads.service, name)
        for detector in ALL_DETECTORS
        for reads in detector.about.reads
        if reads.source == "api_call" and reads.service != EVERY
        for name in reads.names
    }
    received = {call: _rules_for(*call, user) for call in every}
    assert {call: rules for call, rules in received.items() if len(rules) != 1} == {}


def _rules_for(service: str, name: str, user: str | None) -> list[str]:
    """Rules that a call on a watched bucket, or on anything else, matches. Of a role there is no user name."""
    event = {
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "requestParameters": {"bucketName": "watched"},
            "userIdentity": {"userName": user} if user else {"type": "AssumedRole"},
        },
    }
    given = json.loads(json.dumps(resources("AWS::Events::Rule")).replace('{"Ref": "WatchedBuckets"}', '["watched"]'))
    return [
        rule
        for rule, properties in given.items()
        if "AWS API Call via CloudTrail" in properties["EventPattern"]["detail-type"]
        and matches(properties["EventPattern"], event)
    ]


def test_a_pattern_is_no_longer_than_eventbridge_takes() -> None:
    for name, rule in resources("AWS::Events::Rule").items():
        assert len(json.dumps(rule["EventPattern"])) < 4096, name


def test_the_service_events_that_a_detector_reads_are_received() -> None:
    patterns = [rule["EventPattern"] for rule in resources("AWS::Events::Rule").values()]
    received = {
        (source.removeprefix("aws."), kind)
        for pattern in patterns
        for source in pattern.get("source", ())
        for kind in pattern["detail-type"]
    }
    read = {
        (reads.service, kind)
        for detector in ALL_DETECTORS
        for reads in detector.about.reads
        if reads.source == "service_event"
        for kind in reads.names
    }
    assert read <= received


def test_no_api_call_is_received_twice() -> None:
    rules = resources("AWS::Events::Rule")
    by_service = rules["ApiCalled"]["EventPattern"]["detail"]["eventSource"]
    (elsewhere,) = rules["ApiKeyUserCalled"]["EventPattern"]["detail"]["eventSource"]
    assert elsewhere["anything-but"] == by_service


@pytest.mark.parametrize("table", TABLES)
def test_a_table_forgets_can_be_restored_and_is_encrypted_with_our_key(table: str) -> None:
    properties = TABLES[table]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "forget_at", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert properties["SSESpecification"]["KMSMasterKeyId"] == {"Ref": "DataKey"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_private_encrypted_kept_and_only_over_tls(bucket: str) -> None:
    properties = BUCKETS[bucket]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert rule["SSEAlgorithm"] == "aws:kms"
    assert template()["Resources"][bucket]["DeletionPolicy"] == "Retain"
    policy = resources("AWS::S3::BucketPolicy")[f"{bucket}Policy"]["PolicyDocument"]["Statement"]
    assert [s["Sid"] for s in policy if s["Effect"] == "Deny" and "Condition" in s] == ["OnlyOverTls"]


@pytest.mark.parametrize(("bucket", "days"), [("LogBucket", "InvocationLogDays"), ("OutboxBucket", "OutboxDays")])
def test_a_bucket_keeps_versions_and_forgets_them_a_day_after_their_objects(bucket: str, days: str) -> None:
    assert BUCKETS[bucket]["VersioningConfiguration"] == {"Status": "Enabled"}
    objects, markers = BUCKETS[bucket]["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in (objects, markers)} == {"Enabled"}
    assert objects["ExpirationInDays"] == {"Ref": days}
    assert objects["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert objects["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert markers["ExpiredObjectDeleteMarker"] is True


def test_the_log_is_under_object_lock_and_nobody_deletes_a_version_of_it() -> None:
    assert BUCKETS["LogBucket"]["ObjectLockEnabled"] is True
    condition, locked, otherwise = BUCKETS["LogBucket"]["ObjectLockConfiguration"]["Fn::If"]
    assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "LockLogDays"}, 0]}]}
    assert locked["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": {"Ref": "LockLogDays"}}
    assert otherwise == {"Ref": "AWS::NoValue"}
    statements = resources("AWS::S3::BucketPolicy")["LogBucketPolicy"]["PolicyDocument"]["Statement"]
    (denied,) = [one for one in statements if "s3:DeleteObjectVersion" in one["Action"]]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert "Condition" not in denied


def test_evidence_is_locked_versioned_and_under_a_key_of_its_own() -> None:
    evidence = BUCKETS["EvidenceBucket"]
    assert evidence["ObjectLockEnabled"] is True
    assert evidence["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
    assert evidence["VersioningConfiguration"] == {"Status": "Enabled"}
    key = evidence["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert key["KMSMasterKeyID"] == {"Fn::GetAtt": ["EvidenceKey", "Arn"]}


@pytest.mark.parametrize("machine", ["Respond", "Release"])
def test_a_response_that_fails_is_heard(machine: str) -> None:
    alarm = ALARMS[f"{machine}FailedAlarm"]
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": machine}}]
    assert alarm["AlarmActions"] == [{"Ref": "NotificationTopic"}]


def test_lines_of_a_log_group_that_can_t_be_stored_are_kept_and_heard() -> None:
    assert FUNCTIONS["AcceptLogSubscription"]["DeadLetterQueue"]["TargetArn"] == {
        "Fn::GetAtt": ["SubscriptionDeadLetters", "Arn"]
    }
    assert len(alarm_on("ApproximateNumberOfMessagesVisible", "SubscriptionDeadLetters")) == 1
