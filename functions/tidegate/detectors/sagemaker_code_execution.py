"""Code runs in SageMaker that nobody released: a script or image swapped, a role passed by someone unusual.

A lifecycle script runs as root on every start of a notebook, a container runs with the role that the job was given,
and a presigned URL opens a notebook without a password: three ways from an API permission to a role's credentials.
What is usual is remembered for each role, notebook and script: who passes it, which images run with it, who opens it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from tidegate.callers.firsts import Firsts
from tidegate.callers.sightings import day_of
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call, threats
from tidegate.detectors.sagemaker_registries import repository_of, stranger
from tidegate.model import ApiCall, Principal, Seen, Severity, ThreatFinding, related_callers
from tidegate.sources.parts import opened, part, rows, text

_SCRIPTS = (
    "CreateNotebookInstanceLifecycleConfig",
    "UpdateNotebookInstanceLifecycleConfig",
    "CreateStudioLifecycleConfig",
)
_JOBS = ("CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob", "CreateAutoMLJob", "CreateModel")
_URLS = ("CreatePresignedNotebookInstanceUrl", "CreatePresignedDomainUrl")
_NOTEBOOKS = ("CreateNotebookInstance", "UpdateNotebookInstance")
_THREATS = "Execution:SageMaker/*"  # GuardDuty, custom rules of AWS's threat catalogue among them
# What a script that sets up libraries doesn't do: fetch and run in one breath, call back, or ask for credentials.
_HOSTILE = re.compile(
    r"(curl|wget)[^\n|;&]*[|;&]+\s*(sudo\s+)?(ba)?sh|/dev/tcp/|\bnc(at)?\b[^\n]*\s-e|169\.254\.(169\.254|170\.2)"
    r"|security-credentials|bash\s+-i|base64\s+(-d|--decode)[^\n]*\|\s*(ba)?sh|socket\.socket\([^\n]*connect",
    re.IGNORECASE,
)
_MOST_SCRIPT = 64_000  # characters; AWS allows 16,384 of base64


class Memory(msgspec.Struct, array_like=True):
    seen: Firsts = msgspec.field(default_factory=Firsts)  # of a role, notebook or script: "principal" and "image"


def subjects(record: Seen, _known: Known) -> Iterator[str]:
    """The role that a job runs as, the notebook that is opened, the script that is changed."""
    if isinstance(record, ThreatFinding):
        if fnmatchcase(record.type, _THREATS):
            yield f"sagemaker:{record.finding_id}"
    elif isinstance(record, ApiCall) and (subject := _subject(record, opened(record.parameters))):
        yield f"sagemaker:{subject}"


about = Detector(
    id="sagemaker_code_execution",
    title="Unusual code or role in SageMaker",
    severity=Severity.MEDIUM,
    family="tampering",
    reads=(api_calls("sagemaker", *_SCRIPTS, *_JOBS, *_URLS, *_NOTEBOOKS), threats()),
    covers=(
        Attack("T1059"),
        Attack("T1098.003"),
        Attack("T1610"),
        Atlas("AML.T0011"),
        Atlas("AML.T0050"),
        Atlas("AML.T0010"),
        Owasp("LLM03:2025"),
        Owasp("LLM06:2025"),
    ),
    false_positives="A colleague's first job with a shared role; a new base image; a script maintained by hand. Name "
    "the pipeline, or allow the principal or the image's role here, with an expiry.",
    blind_spots="What runs inside a notebook that its owner opened. A tag that is moved to another image in the "
    "account's own registry. For a week after a role is first seen nobody is unusual with it. Studio apps and "
    "HyperPod clusters aren't read.",
    runbook="Stop the job or notebook. Read the script or pull the image in a sandbox; look at what the role did since "
    "it started (its sessions are called SageMaker), and treat its credentials as taken.",
    playbook="rotate_credentials",
    memory=Memory,
    whose="resource",
    subjects=subjects,
)


def detect(records: Sequence[Seen], memory: Memory, known: Known) -> Iterator[Signal]:
    for record in records:
        if isinstance(record, ThreatFinding):
            yield _of_threat(record)
        elif isinstance(record, ApiCall) and not record.error:
            request = opened(record.parameters)
            if not known.is_pipeline(record.principal):
                yield from _judged(record, request, memory, known)
            memory.seen.saw("principal", _name(record.principal), record.time)
            for image in _images(request):
                memory.seen.saw("image", repository_of(image), record.time)


def _judged(call: ApiCall, request: dict[str, Any], memory: Memory, known: Known) -> Iterator[Signal]:
    if call.name in _SCRIPTS:
        yield _script(call, request, known)
        return
    if call.name == "UpdateNotebookInstance" and (script := text(request, "lifecycleConfigName")):
        reason = "the script that a notebook runs as root was swapped"
        yield _signal(call, request, f"runs {script} on every start", reason, Severity.HIGH, {"script": script})
    for image in _images(request):
        owner = stranger(image, call.account)
        new = memory.seen.is_new("image", repository_of(image), call.time)
        past = memory.seen.past(call.time)
        first = memory.seen.first_day("image", repository_of(image))
        if owner and (first is None or first >= day_of(call.time)):
            reason = f"the image comes from {owner}, first seen with this role"
            yield _signal(call, request, f"runs an image of {owner}", reason, Severity.HIGH, {"image": image})
        elif new and past.is_history:
            reason = f"an image that this role ran in none of {past.active} active days"
            yield _signal(call, request, "runs an image that is new to its role", reason, None, {"image": image})
    yield from _unusual_principal(call, request, memory)


def _unusual_principal(call: ApiCall, request: dict[str, Any], memory: Memory) -> Iterator[Signal]:
    past, who = memory.seen.past(call.time), _name(call.principal)
    if not past.is_history or not memory.seen.is_new("principal", who, call.time):
        return
    others = memory.seen.known("principal", call.time)
    history = {"history": f"{past.active} active days in {past.days}, {others} other principals"}
    if call.name in _URLS:
        reason = "somebody who never opened this notebook made a URL that does"
        yield _signal(call, request, "opened by somebody new", reason, None, history)
    else:
        reason = "a principal that never passed this role does"
        yield _signal(call, request, "its role passed by somebody new", reason, None, history)


def _script(call: ApiCall, request: dict[str, Any], known: Known) -> Signal:
    swapped = call.name.startswith("Update")
    found = sorted({match[0].strip()[:80] for script in _scripts(request) for match in _HOSTILE.finditer(script)})
    severity = Severity.HIGH if swapped or found else None
    reason = "a lifecycle script was made outside the pipeline"
    if swapped:
        reason = "a lifecycle script that is in use was replaced"
    if found:
        reason = f"the script does what setting up doesn't: {found[0]}"
    facts = {"hostile": found, "pipeline_principals": list(known.pipeline)}
    return _signal(call, request, "replaced" if swapped else "made", reason, severity, facts)


def _signal(
    call: ApiCall,
    request: Mapping[str, Any],
    what: str,
    reason: str,
    severity: Severity | None,
    facts: Mapping[str, Any],
) -> Signal:
    subject = _subject(call, request)
    return signal_of_call(
        call,
        identity=(call.id, what),
        title=f"SageMaker {subject.rpartition('/')[2] or 'job'}: {what}",
        facts={"subject": subject, "role": _role(request) or None, **facts, "severity_from": reason},
        severity=severity,
        resource=subject if subject.startswith("arn:") else next(iter(call.resources), subject),
    )


def _of_threat(threat: ThreatFinding) -> Signal:
    return Signal(
        identity=(threat.finding_id,),
        title=f"GuardDuty: {threat.title}",
        facts={
            "guardduty_type": threat.type,
            "guardduty_severity": threat.severity,
            "guardduty_finding": threat.finding_id,
            "severity_from": "GuardDuty saw commands run inside SageMaker",
        },
        time=threat.time,
        first_seen=threat.first_seen,
        severity=Severity.HIGH,
        account=threat.account,
        region=threat.region,
        caller=threat.caller,
        related=related_callers(threat.principal),
        principal=threat.principal,
        event_ids=(threat.id,),
    )


def _subject(call: ApiCall, request: Mapping[str, Any]) -> str:
    for name in ("notebookInstanceLifecycleConfigName", "studioLifecycleConfigName", "notebookInstanceName"):
        if name in request and (call.name in _SCRIPTS or call.name in _URLS or call.name == "UpdateNotebookInstance"):
            return f"{name.removesuffix('Name')}/{text(request, name)}"[:200]
    if call.name == "CreatePresignedDomainUrl":
        return f"domain/{text(request, 'domainId')}/{text(request, 'userProfileName')}"[:200]
    return _role(request)[:200]


def _role(request: Mapping[str, Any]) -> str:
    definition = part(request, "trainingJobDefinition")
    return text(request, "roleArn") or text(request, "executionRoleArn") or text(definition, "roleArn")


def _images(request: Mapping[str, Any]) -> list[str]:
    """Container images of a training, tuning or processing job or of a model."""
    training = (request, part(request, "trainingJobDefinition"), *rows(request, "trainingJobDefinitions"))
    found = [text(part(job, "algorithmSpecification"), "trainingImage") for job in training]
    found.append(text(part(request, "appSpecification"), "imageUri"))
    found += [text(one, "image") for one in (part(request, "primaryContainer"), *rows(request, "containers"))]
    return [image for image in dict.fromkeys(found) if image]


def _scripts(request: Mapping[str, Any]) -> Iterator[str]:
    """What the request shows of scripts; they come in base64."""
    encoded = [text(row, "content") for name in ("onCreate", "onStart") for row in rows(request, name)]
    for one in (*encoded, text(request, "studioLifecycleConfigContent")):
        try:
            yield base64.b64decode(one[:_MOST_SCRIPT], validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            yield one[:_MOST_SCRIPT]  # as it stands: shown in the clear, or hidden


def _name(principal: Principal) -> str:
    """Sessions of a role are the same somebody."""
    return principal.role_arn or principal.arn or principal.invoked_by
