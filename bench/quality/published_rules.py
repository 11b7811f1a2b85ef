"""What published rules say of the same traffic.

They are re-implemented from their published thresholds, on the fields of the same records. Where a rule looks
at an hour, the busiest hour of the caller-day counts.

- Elastic detection-rules, rules/integrations/aws_bedrock (2025): more than 5,000 prompt tokens at once with more than
  10 calls and more than 500 answered tokens on average; more than 1 guardrail violation with one model; more than
  3 ValidationExceptions a minute, more than 3 AccessDeniedExceptions; credentials in prompt or completion of Converse;
  words of a shell in a prompt.
- Panther panther-analysis, rules/aws_bedrock_rules: more than 3,000 (haiku), 4,000 or 5,000 (opus) total tokens of one
  unstreamed call, or more than 1,000 with nothing answered; a guardrail that intervened.
- Splunk security content: Bedrock AccessDenied on invocation, from CloudTrail.
- Prowler cloudtrail_threat_detection_llm_jacking: an identity that uses more than 0.4 of a list of recon calls.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tidegate.model import ApiCall, Record
from tidegate_local.simulation.calls import Call

RULES = ("elastic", "panther", "splunk", "prowler")
_SECRET = re.compile(
    r"(AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|ABSK[A-Za-z0-9+/=]{20}|"
    r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]+|glpat-[A-Za-z0-9_\-]+"
)
_SHELL = (
    *("/bin/sh", "/bin/bash", "sh -c", "cmd.exe", "powershell", "exec(", "os.system", "subprocess", "python -c"),
    *("python3 -c", "curl ", "wget ", "/dev/tcp/", "nc -e", "ncat ", "socat ", "openssl s_client", "perl -e"),
    *("ruby -e", "php -r", "node -e", "base64 -d", "bash -i"),
)
# Prowler's list, default_threat_detection_llm_jacking_actions, with its threshold.
_PROWLER = frozenset(
    (
        "PutUseCaseForModelAccess", "PutFoundationModelEntitlement", "PutModelInvocationLoggingConfiguration",
        "CreateFoundationModelAgreement", "InvokeModel", "InvokeModelWithResponseStream", "GetUseCaseForModelAccess",
        "GetModelInvocationLoggingConfiguration", "GetFoundationModelAvailability",
        "ListFoundationModelAgreementOffers", "ListFoundationModels", "ListProvisionedModelThroughputs",
        "SearchAgreements", "AcceptAgreementRequest",
    )
)  # fmt: skip
_PROWLER_SHARE = 0.4


def by_rules(calls: Sequence[Call]) -> dict[str, bool]:
    """What the rules that read invocations say of one caller's day."""
    return {
        "elastic": _elastic(calls),
        "panther": any(_panther(call) for call in calls),
        "splunk": any(call.exchange.error == "AccessDeniedException" for call in calls),
    }


def _elastic(calls: Sequence[Call]) -> bool:
    hours: dict[int, list[Call]] = {}
    for call in calls:
        hours.setdefault(int(call.time // 3600), []).append(call)
    for hour in hours.values():
        tokens = [call.output_tokens for call in hour]
        if max(call.input_tokens for call in hour) > 5000 and len(hour) > 10 and sum(tokens) / len(hour) > 500:
            return True
        blocks = Counter(call.model.id for call in hour if call.exchange.blocked[0])
        if blocks and max(blocks.values()) > 1:
            return True
        invalid = Counter(int(call.time // 60) for call in hour if call.exchange.error == "ValidationException")
        if invalid and max(invalid.values()) > 3:
            return True
        if sum(call.exchange.error == "AccessDeniedException" for call in hour) > 3:
            return True
    for call in calls:
        text = " ".join(part.text for message in call.messages for part in message.parts)
        lowered = text.lower()
        if any(word in lowered for word in _SHELL):
            return True
        if call.model.api == "converse" and (_SECRET.search(text) or _SECRET.search(call.exchange.answer)):
            return True
    return False


def _panther(call: Call) -> bool:
    if call.exchange.blocked[0]:
        return True
    if call.streamed or call.model.api != "converse":  # usage.totalTokens is Converse's
        return False
    name = call.model.id
    most = 3000 if "haiku" in name else 5000 if "opus" in name else 4000
    total = call.input_tokens + call.output_tokens
    return total > most or (total > 1000 and call.output_tokens == 0)


def prowler(records: Sequence[Record], midnight: float) -> set[tuple[int, str]]:
    """(day, signer) of the identities over its share. It reads CloudTrail alone and judges the principal."""
    seen: dict[tuple[int, str], set[str]] = {}
    for one in records:
        if isinstance(one, ApiCall) and one.name in _PROWLER:
            seen.setdefault((int((one.time - midnight) // 86_400), one.caller), set()).add(one.name)
    return {key for key, names in seen.items() if len(names) / len(_PROWLER) > _PROWLER_SHARE}
