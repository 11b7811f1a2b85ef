"""What else could have been done with the same traffic: published rules, PRADA, the largest record score.

The rules are re-implemented from their published thresholds, on the fields of the same records. Where a rule looks
at an hour, the busiest hour of the caller-day counts.

- Elastic detection-rules, rules/integrations/aws_bedrock (2025): more than 5,000 prompt tokens at once with more than
  10 calls and more than 500 answered tokens on average; more than 1 guardrail violation with one model; more than
  3 ValidationExceptions a minute, more than 3 AccessDeniedExceptions; credentials in prompt or completion of Converse;
  words of a shell in a prompt.
- Panther panther-analysis, rules/aws_bedrock_rules: more than 3,000 (haiku), 4,000 or 5,000 (opus) total tokens of one
  unstreamed call, or more than 1,000 with nothing answered; a guardrail that intervened.
- Splunk security content: Bedrock AccessDenied on invocation, from CloudTrail.
- Prowler cloudtrail_threat_detection_llm_jacking: an identity that uses more than 0.4 of a list of recon calls.
- PRADA (Juuti et al., EuroS&P 2019): distances of each query to its nearest earlier one are no longer normal
  (Shapiro-Wilk). Here cosine distances of hashed words; 1 - W is the score, from 20 queries on.
- Largest record score: logistic regression over hashed words, trained on the other side's sources; the caller-day
  scores as its most suspicious record.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import shapiro
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sources import Rows
from tenants import CallerDay

from tidegate.model import ApiCall, Record
from tidegate_local.simulation.calls import Call

ATTACK_LABELS = frozenset(
    (
        "jailbreak", "harmful_request", "sysprompt_extraction", "training_extraction", "distill_instr",
        "distill_code", "distill_roleplay", "distill_tool", "distill_pref",
    )
)  # fmt: skip
RULES = ("elastic", "panther", "splunk", "prowler")
SCORES = ("prada", "largest record")
FEWEST_QUERIES = 20
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
_vectors = HashingVectorizer(n_features=1 << 16, ngram_range=(1, 2), alternate_sign=False, norm="l2")


class LargestRecord:
    """The strawman that every product starts with."""

    def __init__(self, train: Rows) -> None:
        rows = [row for found in train.values() for row in found]
        texts, attack = [str(row["text"])[:2000] for row in rows], [row["label"] in ATTACK_LABELS for row in rows]
        self._model = LogisticRegression(max_iter=60, C=4.0, class_weight="balanced")
        self._model.fit(_vectors.transform(texts), attack)

    def scores(self, days: Sequence[CallerDay]) -> tuple[list[float], list[float]]:
        """(largest record score, PRADA's 1 - W) of each caller-day."""
        largest, prada = [], []
        for day in days:
            found = _vectors.transform([ask[:2000] for ask in day.asks])
            largest.append(float(np.max(self._model.decision_function(found))))
            prada.append(_prada(found))
        return largest, prada


def _prada(vectors: Any) -> float:
    if vectors.shape[0] < FEWEST_QUERIES:
        return 0.0
    near = (vectors @ vectors.T).toarray()
    nearest = np.array([1.0 - near[place, :place].max() for place in range(1, near.shape[0])])
    if nearest.std() < 1e-9:
        return 1.0
    kept = nearest[np.abs(nearest - nearest.mean()) <= 3 * nearest.std()]  # outliers removed, as in the paper
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(1.0 - shapiro(kept).statistic) if len(kept) >= 3 and kept.std() > 1e-9 else 1.0


def by_rules(day: CallerDay) -> dict[str, bool]:
    calls = day.requests
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
