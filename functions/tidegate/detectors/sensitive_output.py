"""A model's answer gives away what it should not: a secret, people's data, a canary, what only this organisation has.

What the model answered is looked at, not what the user typed: a value that the user sent along in the same call is an
echo. Text and the arguments of tool calls alike, whole. Rules on whole conversations match the application's own
prompt; rules without checksums match every example in every answer about programming.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tidegate.callers.baseline import LEAST_DAYS
from tidegate.callers.past_days import PastDays
from tidegate.callers.sightings import day_of
from tidegate.content.active import fenced
from tidegate.content.finds import Find, Trust
from tidegate.content.personal import personal_data_in
from tidegate.content.redaction import excerpt
from tidegate.content.secrets import secrets_in
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import CAME_FROM, Leak, facts_of, leaks_of, seen_text
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents

_USUAL_DAYS = 3  # on which answers held people's numbers: then that is what the application is for
_MOST_SECRETS = 20  # of one answer that are findings of their own; each counts as one of how many there were
_EMAILS_A_DAY = 100  # addresses a day that nobody is asked about; a support team answers with some
_MANY_PEOPLE = 5  # numbers of people in one answer: a list, not a case
_SHOWN = 5  # excerpts in the evidence of a finding


class Given(msgspec.Struct, array_like=True):
    """Of the values a caller's answers held, how many a day."""

    emails: PastDays = msgspec.field(default_factory=PastDays)
    numbers: PastDays = msgspec.field(default_factory=PastDays)
    raised: int = 0  # the last day on which too many addresses were reported


about = Detector(
    id="sensitive_output",
    title="Answer with a secret, personal data or a canary",
    severity=Severity.HIGH,
    family="exfiltration",
    reads=(invocations(),),
    covers=(Atlas("AML.T0057"), Atlas("AML.T0024"), Attack("T1213"), Owasp("LLM02:2025"), Owasp("LLM07:2025")),
    false_positives="Tokens that a model invents with every mark of a real one: those of vendors without a checksum. "
    "Applications whose purpose is to show people's data: after three days of it they are told apart, once a day and "
    "LOW. Allow the principal for this detector, with an expiry.",
    blind_spots="Secrets without a shape and without a name beside them; passwords without a digit; names, street "
    "addresses and telephone numbers, which no rule tells from other text; values spelled out, translated, split or "
    "encrypted (encoded ones are output_exfiltration's). A canary inside a longer token.",
    runbook="Find where the value came from: `came_from` says whether it stood in the system prompt, in what a tool "
    "or a search brought, or nowhere in what was sent. Rotate a real secret first. Take it out of prompt, documents "
    "or training data; then ask who read the answer.",
    playbook="contain_exfiltration",
    memory=Given,
    counts=True,
)

_CRITICAL_KINDS = ("private_key", "gcp_service_account", "aws_bedrock_api_key", "aws_secret_key")
_LESSER_KINDS = ("aws_presigned_url", "jwt", "azure_shared_access_signature", "stripe_test_key", "slack_webhook")


def detect(calls: Sequence[Invocation], given: Given, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        contents = known.contents(call)
        text = seen_text(contents)
        finds = [*known.outputs.finds(text), *secrets_in(text), *personal_data_in(text)] if text else []
        if finds:
            yield from _judge(call, contents, text, finds, given)


def _judge(call: Invocation, contents: Contents, text: str, finds: list[Find], given: Given) -> Iterator[Signal]:
    leaks = leaks_of(finds, call, contents)
    reported, secrets = 0, len({find.value for find in finds if find.sort == "secret"})
    for leak in leaks:
        if leak.find.sort == "canary":
            yield _canary(call, text, leak, finds)
        elif leak.find.sort == "pattern" and not leak.is_echo:
            yield _own_pattern(call, text, leak, finds)
        elif leak.find.sort == "secret" and (reported := reported + 1) <= _MOST_SECRETS:
            yield _secret(call, contents, text, leak, finds, secrets)
    # What stands in the prompt is the application's own: its bank account, its contact.
    people = [leak for leak in leaks if leak.find.sort == "personal" and leak.came_from not in ("user", "system")]
    numbers = [leak for leak in people if leak.find.kind != "email"]
    if numbers:
        given.numbers.add(call.time, 0)  # turns to the day of the call: what is usual lies before it
        yield _people(call, text, numbers, finds, given)
        given.numbers.add(call.time, len(numbers))
    if len(people) > len(numbers) and given.emails.add(call.time, len(people) - len(numbers)):
        yield from _addresses(call, text, finds, given)


def _canary(call: Invocation, text: str, leak: Leak, finds: list[Find]) -> Signal:
    return signal_of_invocation(
        call,
        title=f"Answer holds the canary {leak.find.kind!r}",
        facts=facts_of(text, [leak], finds, f"a canary is read by nobody by chance; {CAME_FROM[leak.came_from]}"),
        severity=Severity.HIGH if leak.is_echo else Severity.CRITICAL,
        score=70.0 if leak.is_echo else 95.0,
        identity=("canary", leak.find.kind, str(day_of(call.time))),
    )


def _own_pattern(call: Invocation, text: str, leak: Leak, finds: list[Find]) -> Signal:
    return signal_of_invocation(
        call,
        title=f"Answer holds a {leak.find.kind}",
        facts=facts_of(text, [leak], finds, f"the rules say {leak.find.note}; {CAME_FROM[leak.came_from]}"),
        severity=Severity(leak.find.note),
        identity=("pattern", leak.find.kind, str(day_of(call.time))),
    )


def _secret(call: Invocation, contents: Contents, text: str, leak: Leak, finds: list[Find], secrets: int) -> Signal:
    severity, why = severity_of(leak, call.account, fenced(contents.answered))
    facts = facts_of(text, [leak], finds, why)
    return signal_of_invocation(
        call,
        title=f"Answer holds a secret: {leak.find.kind}",
        facts={
            **facts,
            "secrets_in_answer": secrets,
            "sha256": leak.find.fingerprint,
            "note": leak.find.note,
            "trust": leak.find.trust,
        },
        severity=severity,
        identity=("secret", leak.find.kind, leak.find.fingerprint),
    )


def severity_of(leak: Leak, account: str, shows_code: bool) -> tuple[Severity, str]:
    """Severity of a secret, and why."""
    find, came_from = leak
    if came_from == "user":
        return Severity.LOW, CAME_FROM[came_from]
    if find.kind == "aws_access_key" and find.note == f"of account {account}":
        return Severity.CRITICAL, f"the key is of this account; {CAME_FROM[came_from]}"
    if came_from == "nowhere" and shows_code and find.trust is not Trust.VERIFIED:
        return (
            Severity.LOW,
            "no checksum to ask, in an answer that shows code, and nowhere in what was sent: an example?",
        )
    known = came_from != "nowhere"
    if find.trust is Trust.LIKELY or find.kind in _LESSER_KINDS:
        return (Severity.HIGH if known else Severity.MEDIUM), f"{find.trust}, {CAME_FROM[came_from]}"
    if find.kind in _CRITICAL_KINDS and known:
        return Severity.CRITICAL, f"{find.trust}, opens an account; {CAME_FROM[came_from]}"
    return Severity.HIGH, f"{find.trust}, {CAME_FROM[came_from]}"


def _people(call: Invocation, text: str, leaks: list[Leak], finds: list[Find], given: Given) -> Signal:
    usual = given.numbers.days + (given.numbers.yesterday > 0)
    many = sum(leak.find.trust is Trust.VERIFIED for leak in leaks) >= _MANY_PEOPLE
    if many:
        severity, why = Severity.HIGH, f"{len(leaks)} numbers of people in one answer, {_MANY_PEOPLE} are a list"
    elif usual >= _USUAL_DAYS:
        severity, why = Severity.LOW, f"answers of this caller held such numbers on {usual} earlier days"
    else:
        severity = Severity.MEDIUM
        why = f"such numbers on {usual} earlier days, {_USUAL_DAYS} would be usual for this caller"
    kinds = sorted({leak.find.kind for leak in leaks})
    return signal_of_invocation(
        call,
        title=f"Answer holds personal data: {', '.join(kinds)}",
        facts={**facts_of(text, leaks, finds, why), "history_days": usual, "history_days_needed": _USUAL_DAYS},
        severity=severity,
        identity=("people", str(day_of(call.time)), severity.value),
    )


def _addresses(call: Invocation, text: str, finds: list[Find], given: Given) -> Iterator[Signal]:
    """E-mail addresses count by the day: one is an answer, five hundred are a list of customers."""
    usual = given.emails.usual(floor=_EMAILS_A_DAY)
    limit = usual.limit if usual else float(_EMAILS_A_DAY)
    today, recent = day_of(call.time), given.emails.recent(call.time)
    if recent <= limit or today <= given.raised:
        return
    given.raised = today
    shown = [find for find in finds if find.kind == "email"][:_SHOWN]
    yield signal_of_invocation(
        call,
        title=f"Answers with {recent:.0f} e-mail addresses in a day, more than usual",
        facts={
            "emails_in_24_hours": round(recent),
            "threshold": round(limit),
            "history_days": given.emails.days,
            "history_days_needed": LEAST_DAYS,
            "excerpts": [excerpt(text, find, finds) for find in shown],
            "severity_from": "over three times this caller's own level and six spreads above it"
            if usual
            else f"over {_EMAILS_A_DAY} a day, and no history to compare with",
        },
        severity=Severity.MEDIUM if usual else Severity.LOW,
        identity=("emails", str(today)),
    )
