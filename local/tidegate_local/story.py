"""One invented morning, as AWS would deliver it: the demo plays it, replay and the tests read it from files.

Some dozens of people work through an assistant; jobs summarise documents. Then a stolen key unlocks and hammers an
expensive model, an end user runs far over quota, a guardrail is weakened, an agent's alias is moved to a version
that the pipeline never released, and the user behind a Bedrock API key turns up outside Bedrock.

Deterministic: the same start gives the same bytes. What the callers do next depends on one question only, asked
for each of their calls: `stopped(caller, at)`. A contained thief is refused from then on, as in a real account.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from tidegate_local.native_records import (
    ACCOUNT,
    REGION,
    Identity,
    api_call,
    converse,
    envelope,
    invoke_model,
    log_file,
    threat,
)

GUARDRAIL = "gr7tide00001"
GUARDRAIL_ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/{GUARDRAIL}"
AGENT, ALIAS = "AGENTTIDE1", "ALIASTIDE1"
ALIAS_ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent-alias/{AGENT}/{ALIAS}"
RELEASED_VERSION, ROGUE_VERSION = "3", "5"
PHANTOM = "BedrockAPIKey-k3x9"
GREEDY_USER = "u-2043"

SMALL = "anthropic.claude-3-haiku-20240307-v1:0"
MIDDLE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
LARGE = "anthropic.claude-3-opus-20240229-v1:0"

ASSISTANT = [
    Identity("SupportAssistant", "AROATIDESUPPORT00001", f"ASIATIDESUPPORT0000{n}", session=f"web-{n}")
    for n in (1, 2, 3)
]
PAPERS = Identity("DocumentPipeline", "AROATIDEPAPERS000001", "ASIATIDEPAPERS000001", session="intake")
PIPELINE = Identity("DeploymentPipeline", "AROATIDEDEPLOY000001", "ASIATIDEDEPLOY000001", session="release-118")
ADMIN = Identity("PlatformAdmin", "AROATIDEADMIN0000001", "ASIATIDEADMIN0000001", "m.rivera", "198.51.100.21")
CONTRACTOR = Identity("ContractorAccess", "AROATIDECONTRACT0001", "ASIATIDECONTRACT0001", "temp-81", "198.51.100.77")
EVALUATOR = Identity("model-evaluation", "AIDATIDEEVALUATOR001", "AKIATIDEEVALUATOR001")
THIEF = Identity(
    EVALUATOR.name,
    EVALUATOR.principal_id,
    EVALUATOR.access_key,
    address="203.0.113.66",
    agent="Python/3.11 aiohttp/3.9.5",
)
GHOST = Identity(PHANTOM, "AIDATIDEPHANTOM00001", "AKIATIDEPHANTOM00001", address="203.0.113.91", agent="aws-cli/2.17")
CAST = (*ASSISTANT, PAPERS, PIPELINE, ADMIN, CONTRACTOR, EVALUATOR, GHOST)

QUESTIONS = (
    "Where can I see my last three invoices?",
    "Rewrite this reply so that it sounds friendlier: your parcel is delayed by two days.",
    "Which plan includes shared calendars?",
    "Summarise the chat above in two sentences for the hand-over.",
    "Translate to German: the technician arrives between nine and eleven.",
    "The page shows <script>alert(1)</script> instead of my name. What is wrong?",
    "How do I export my contacts as CSV?",
    "List what I must bring to the appointment.",
)
MINUTES = 180
FILE_EVERY = 5  # minutes; Bedrock delivers a log file every few minutes


@dataclass(frozen=True)
class Delivery:
    """One thing as a source hands it over: a log file put into the bucket, or an event on the bus."""

    at: datetime
    kind: Literal["log_file", "api_call", "threat"]
    body: bytes  # gzipped lines, or one JSON envelope
    key: str = ""  # S3 key of a log file
    chapter: str = ""  # what a person should know happens here, in a sentence


type Moment = tuple[int, dict[str, Any], str]  # (minute, record, chapter)
type At = Callable[[int], datetime]  # the time of a minute
type Stopped = Callable[[str, datetime], bool]


def never(_caller: str, _at: datetime) -> bool:
    return False


def tell(start: datetime, *, stopped: Stopped = never) -> Iterator[Delivery]:
    """The morning from `start` (aware, UTC), in order of delivery. `stopped` takes a `kind:value` caller and a time."""
    dice = random.Random(20260914)
    waiting: list[dict[str, Any] | bytes] = []
    calls = _scripted(start)
    for minute in range(MINUTES):
        now = start + timedelta(minutes=minute)
        waiting += _work(now, minute, dice, stopped)
        denied, hammered = _abuse(now, minute, stopped)
        waiting += hammered
        due = [call for call in calls if call[0] == minute]
        for _, record, chapter in due:
            if _stopped_caller(record, now, stopped):
                record = {**record, "errorCode": "AccessDenied", "errorMessage": "denied", "responseElements": None}
            yield _event(now, record, chapter)
        for record in denied:
            yield _event(now, record, "")
        if minute == 50:
            waiting.append(b'{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-0')
        if (minute + 1) % FILE_EVERY == 0 and waiting:
            at = now + timedelta(seconds=59)
            key, body = log_file(at, waiting)
            yield Delivery(at, "log_file", body, key, _log_chapter(minute))
            waiting = []


def write(folder: Path, start: datetime) -> int:
    """The same morning as files under `folder`, as an export of the bucket and the bus would be. Returns how many."""
    for count, delivery in enumerate(tell(start), 1):
        name = delivery.key or f"{delivery.kind}s/{delivery.at:%Y%m%dT%H%M%S}-{count:04d}.json"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(delivery.body)
    return count


def _event(now: datetime, detail: dict[str, Any], chapter: str) -> Delivery:
    body = json.dumps(envelope(detail)).encode()
    return Delivery(now, "threat" if "schemaVersion" in detail else "api_call", body, chapter=chapter)


def _stopped_caller(record: dict[str, Any], at: datetime, stopped: Stopped) -> bool:
    identity = record.get("userIdentity", {})
    return identity.get("type") == "IAMUser" and stopped(f"key:{identity['accessKeyId']}", at)


def _log_chapter(minute: int) -> str:
    return {
        4: "The day begins: people ask the assistant, jobs summarise documents.",
        54: "One line of this log file was cut off on its way. It is kept and named; the rest of the file counts.",
        79: f"The end user {GREEDY_USER} starts a script that asks twenty questions a minute.",
        94: "The stolen key hammers the most expensive model.",
    }.get(minute, "")


def _work(now: datetime, minute: int, dice: random.Random, stopped: Stopped) -> Iterator[dict[str, Any]]:
    """Normal traffic: forty people at six to ten calls an hour, a document job, an evaluation a quarter of an hour."""
    for person in range(40):
        if dice.random() < 0.14:
            at = now + timedelta(seconds=dice.randrange(60))
            question = dice.choice(QUESTIONS)
            user = f"u-{2020 + person}"
            call = converse(
                at,
                ASSISTANT[person % 3],
                dice.choice((SMALL, MIDDLE)),
                question,
                f"Certainly. {question[:40]} can be answered in the help centre.",
                tokens=(dice.randrange(200, 900), dice.randrange(40, 300)),
                metadata={"user": user, "application": "support-assistant"},
                streamed=dice.random() < 0.3,
                blocked_by=GUARDRAIL if dice.random() < 0.01 else "",
            )
            if user != GREEDY_USER or not stopped(f"user:{user}", now):
                yield call
    for second in (7, 37):
        at = now + timedelta(seconds=second)
        size = (dice.randrange(1500, 4000), dice.randrange(150, 400))
        yield invoke_model(at, PAPERS, SMALL, f"Summarise document {minute}-{second}.", "A summary.", tokens=size)
    if minute % 15 == 3:
        size = (dice.randrange(300, 500), dice.randrange(200, 300))
        yield invoke_model(now, EVALUATOR, SMALL, f"Evaluation case {minute}.", "An answer.", tokens=size)


def _abuse(now: datetime, minute: int, stopped: Stopped) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(CloudTrail records of refused calls, log records of successful ones) of this minute's abusers."""
    denied: list[dict[str, Any]] = []
    made: list[dict[str, Any]] = []
    if 75 <= minute < 165 and not stopped(f"user:{GREEDY_USER}", now):
        for n in range(20):
            who = {"user": GREEDY_USER, "application": "support-assistant"}
            at = now + timedelta(seconds=3 * n)
            made.append(
                converse(
                    at,
                    ASSISTANT[1],
                    MIDDLE,
                    f"Write product text {minute}-{n}.",
                    "Text.",
                    tokens=(350, 900),
                    metadata=who,
                )
            )
    if 85 <= minute < 150:
        key_stopped = stopped(f"key:{THIEF.access_key}", now)
        if key_stopped and minute % 10 == 0:
            parameters = {"modelId": LARGE}
            error = "AccessDenied"
            denied.append(
                api_call(now, THIEF, "bedrock", "InvokeModel", parameters=parameters, error=error, read_only=True)
            )
        if not key_stopped:
            made += [_stolen_call(now, minute, n) for n in range(25)]
    if minute == 140:
        made.append(_by_api_key(now))
    return denied, made


def _stolen_call(now: datetime, minute: int, n: int) -> dict[str, Any]:
    at = now + timedelta(seconds=2 * n)
    return invoke_model(at, THIEF, LARGE, f"Chapter {minute}, part {n}.", "Once.", tokens=(1200, 3000))


def _by_api_key(at: datetime) -> dict[str, Any]:
    return converse(at, GHOST, SMALL, "Which models are there?", "Several.", tokens=(12, 8), streamed=True)


def _told_of(logged: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """CloudTrail's word on a call that the log holds: AWS gives both the same request id."""
    return {**call, "requestID": logged["requestId"]}


def guardrail(strength: str, topics: bool) -> dict[str, Any]:
    filters = [
        {"type": kind, "inputStrength": strength, "outputStrength": "NONE" if kind == "PROMPT_ATTACK" else strength}
        for kind in ("PROMPT_ATTACK", "VIOLENCE", "MISCONDUCT")
    ]
    topic = {"name": "Investment advice", "definition": "Advice on investments.", "type": "DENY"}
    configuration: dict[str, Any] = {
        "name": "support-guardrail",
        "contentPolicyConfig": {"filtersConfig": filters},
        "blockedInputMessaging": "Sorry, I can't help with that.",
        "blockedOutputsMessaging": "Sorry, I can't help with that.",
    }
    if topics:
        configuration["topicPolicyConfig"] = {"topicsConfig": [topic]}
    return configuration


def alias_update(time: datetime, who: Identity, version: str) -> dict[str, Any]:
    """CloudTrail's record of UpdateAgentAlias."""
    route = [{"agentVersion": version}]
    return api_call(
        time,
        who,
        "bedrock",
        "UpdateAgentAlias",
        parameters={"agentId": AGENT, "agentAliasId": ALIAS, "agentAliasName": "live", "routingConfiguration": route},
        response={
            "agentAlias": {
                "agentId": AGENT,
                "agentAliasId": ALIAS,
                "agentAliasArn": ALIAS_ARN,
                "agentAliasName": "live",
                "agentAliasStatus": "UPDATING",
                "routingConfiguration": route,
            }
        },
    )


def _scripted(start: datetime) -> list[Moment]:
    """Everything that CloudTrail and GuardDuty report."""

    def at(minute: int) -> datetime:
        return start + timedelta(minutes=minute)

    return [*_pipeline(at), *_stolen_key(at), *_known_address(at), *_taken_apart(at), *_phantom(at)]


def _pipeline(at: At) -> list[Moment]:
    created = {"guardrailId": GUARDRAIL, "guardrailArn": GUARDRAIL_ARN, "version": "DRAFT"}
    strong = guardrail("HIGH", topics=True)
    return [
        (0, api_call(at(0), PIPELINE, "bedrock", "CreateGuardrail", parameters=strong, response=created), ""),
        (
            2,
            alias_update(at(2), PIPELINE, RELEASED_VERSION),
            f"The pipeline releases agent version {RELEASED_VERSION}: no alarm, it may.",
        ),
    ]


def _stolen_key(at: At) -> list[Moment]:
    return [
        (
            80,
            api_call(at(80), THIEF, "sts", "GetCallerIdentity", read_only=True),
            f"A stolen key of {THIEF.name} looks around from {THIEF.address}.",
        ),
        (81, api_call(at(81), THIEF, "bedrock", "ListFoundationModels", read_only=True), ""),
        (
            82,
            api_call(
                at(82),
                THIEF,
                "bedrock",
                "GetFoundationModelAvailability",
                parameters={"modelId": LARGE},
                read_only=True,
            ),
            "",
        ),
        (
            83,
            api_call(at(83), THIEF, "bedrock", "PutUseCaseForModelAccess", parameters={"formData": "QSBzdG9yeQ=="}),
            "It fills in the use case form and accepts the agreement: the model is unlocked.",
        ),
        (84, api_call(at(84), THIEF, "bedrock", "CreateFoundationModelAgreement", parameters={"modelId": LARGE}), ""),
    ]


def _known_address(at: At) -> list[Moment]:
    return [
        (
            85,
            _told_of(
                _stolen_call(at(85), 85, 0),
                api_call(at(85), THIEF, "bedrock", "InvokeModel", parameters={"modelId": LARGE}, read_only=True),
            ),
            "",
        ),
        (
            100,
            threat(
                at(99),
                THIEF,
                "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
                f"API InvokeModel was called from a known malicious address {THIEF.address}.",
                severity=5,
                first_seen=at(85),
                action="InvokeModel",
            ),
            "GuardDuty knows the address and reports the key. Alone, a medium finding among many.",
        ),
    ]


def _taken_apart(at: At) -> list[Moment]:
    updated = {"guardrailId": GUARDRAIL, "guardrailArn": GUARDRAIL_ARN, "version": "DRAFT"}
    weak = guardrail("LOW", topics=False)
    return [
        (
            115,
            api_call(
                at(115),
                ADMIN,
                "bedrock",
                "UpdateGuardrail",
                parameters={"guardrailIdentifier": GUARDRAIL_ARN, **weak},
                response=updated,
            ),
            "An administrator's session lowers every filter of the guardrail and drops its topic.",
        ),
        (
            125,
            alias_update(at(125), CONTRACTOR, ROGUE_VERSION),
            f"A contractor moves the live agent to version {ROGUE_VERSION}, which the pipeline never released.",
        ),
    ]


def _phantom(at: At) -> list[Moment]:
    return [
        (
            140,
            _told_of(
                _by_api_key(at(140)),
                api_call(
                    at(140),
                    GHOST,
                    "bedrock",
                    "ConverseStream",
                    parameters={"modelId": SMALL},
                    additional={"callWithBearerToken": True},
                    read_only=True,
                ),
            ),
            "",
        ),
        (
            142,
            api_call(at(142), GHOST, "iam", "ListUsers", response=None, read_only=True),
            f"{PHANTOM}, the user that Bedrock made for an API key, turns up in IAM.",
        ),
        (143, api_call(at(143), GHOST, "s3", "ListBuckets", read_only=True), ""),
    ]
