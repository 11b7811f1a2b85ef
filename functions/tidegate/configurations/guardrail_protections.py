"""A guardrail's configuration as a flat list of protections, each with a level, so that two can be compared.

Field names are those of CreateGuardrail and UpdateGuardrail
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_UpdateGuardrail.html). An update replaces the whole
guardrail: a policy that isn't named is gone. Not a detector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tidegate.sources.parts import part, rows, text

_STRENGTHS = {"NONE": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}
_ACTIONS = {"NONE": 0, "ANONYMIZE": 1, "BLOCK": 2}
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
SIDES = ("input", "output")


class Protection(NamedTuple):
    level: float  # comparable within one protection only; 0 protects nothing
    shown: str
    content: str = ""  # what it matches: a rule with the same content under another name is a rename


class Loss(NamedTuple):
    protection: str
    before: str
    after: str
    gone: bool  # nothing left of it, or down by more than one step

    def __str__(self) -> str:
        return f"{self.protection}: {self.before} -> {self.after}"


def losses(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Loss]:
    """What the later configuration protects less than the former. Policies that CloudTrail hides aren't compared."""
    hidden = tuple(name for name, value in after.items() if name.endswith("Config") and isinstance(value, str))
    former, present = protections(before), protections(after)
    renamed = {_side_of(name): protection for name, protection in _by_content(present)}
    found = []
    for name, protection in former.items():
        if protection.level <= 0 or name.startswith(
            tuple(_SECTIONS[policy] for policy in hidden if policy in _SECTIONS)
        ):
            continue
        now = present.get(name)
        if now is None and protection.content:
            now = renamed.get((name.split(" ")[0], name.rsplit(" ", 1)[-1], protection.content))
        level = now.level if now else 0
        if level < protection.level:
            gone = level <= 0 or protection.level - level >= 2
            found.append(Loss(name, protection.shown, now.shown if now else "gone", gone))
    return found


def switched_off(after: Mapping[str, Any]) -> list[Loss]:
    """What a configuration names and leaves without effect: for a guardrail whose former state isn't known.

    Protection of one side only (mask answers, leave questions) is a common choice, not a weakness.
    """
    found = protections(after)
    effective = {name.rsplit(" ", 1)[0] for name, protection in found.items() if protection.level > 0}
    return [
        Loss(name, "not known", protection.shown, gone=True)
        for name, protection in found.items()
        if protection.level <= 0 and name.rsplit(" ", 1)[0] not in effective
    ]


def protections(configuration: Mapping[str, Any]) -> dict[str, Protection]:
    values = dict(configuration)
    return dict(_all(values))


def _all(values: dict[str, Any]) -> Iterator[tuple[str, Protection]]:
    content = part(values, "contentPolicyConfig")
    for row in rows(content, "filtersConfig"):
        yield from _content_filter(row)
    topics = part(values, "topicPolicyConfig")
    for name, row in _named(topics, "topicsConfig", "name"):
        yield from _on_both_sides(f"topic {name}", row, text(row, "definition"))
    for policy, label in ((content, "content"), (topics, "topic")):
        if text(part(policy, "tierConfig"), "tierName") == "STANDARD":
            yield f"{label} tier", Protection(1, "STANDARD")
    words = part(values, "wordPolicyConfig")
    for name, row in _named(words, "wordsConfig", "text"):
        yield from _on_both_sides(f"word {name}", row)
    for name, row in _named(words, "managedWordListsConfig", "type"):
        yield from _on_both_sides(f"word list {name}", row)
    sensitive = part(values, "sensitiveInformationPolicyConfig")
    for name, row in _named(sensitive, "piiEntitiesConfig", "type"):
        yield from _on_both_sides(f"PII {name}", row)
    for name, row in _named(sensitive, "regexesConfig", "name"):
        yield from _on_both_sides(f"PII regex {name}", row, text(row, "pattern"))
    for row in rows(part(values, "contextualGroundingPolicyConfig"), "filtersConfig"):
        threshold = row.get("threshold")
        level = float(threshold) if isinstance(threshold, int | float) and _acts(row, "action", "enabled") else 0.0
        yield f"grounding {text(row, 'type')}", Protection(level, f"threshold {threshold}" if level else "off")
    policies = part(values, "automatedReasoningPolicyConfig").get("policies")
    for policy in policies if isinstance(policies, list) else ():
        yield f"reasoning policy {policy}", Protection(1, "checked")


_SECTIONS = {
    "contentPolicyConfig": "content",
    "topicPolicyConfig": "topic",
    "wordPolicyConfig": "word",
    "sensitiveInformationPolicyConfig": "PII",
    "contextualGroundingPolicyConfig": "grounding",
    "automatedReasoningPolicyConfig": "reasoning",
}


def _content_filter(row: dict[str, Any]) -> Iterator[tuple[str, Protection]]:
    kind = text(row, "type")
    for side in SIDES:
        if kind == "PROMPT_ATTACK" and side == "output":
            continue  # the API demands NONE there
        strength = text(row, f"{side}Strength") or "NONE"
        acts = _acts(row, f"{side}Action", f"{side}Enabled")
        shown = strength if acts else f"{strength}, detects only"
        yield f"content {kind} {side}", Protection(_STRENGTHS.get(strength, 0) if acts else 0, shown)
        modalities = row.get(f"{side}Modalities")
        if acts and strength != "NONE" and isinstance(modalities, list) and "IMAGE" in modalities:
            yield f"content {kind} images {side}", Protection(1, "checked")


def _on_both_sides(name: str, row: dict[str, Any], content: str = "") -> Iterator[tuple[str, Protection]]:
    """Words, topics and PII rules: an action each way, else the rule's own, else BLOCK."""
    for side in SIDES:
        action = text(row, f"{side}Action") or text(row, "action") or "BLOCK"
        on = row.get(f"{side}Enabled") is not False
        shown = action if on else "disabled"
        known = "" if content == _HIDDEN else content
        yield f"{name} {side}", Protection(_ACTIONS.get(action, 0) if on else 0, shown, known)


def _named(policy: dict[str, Any], field: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rules by name. Hidden names are numbered, so that one rule less still shows."""
    for number, row in enumerate(rows(policy, field), 1):
        name = text(row, key)
        yield (f"#{number}" if not name or name == _HIDDEN else name), row


def _acts(row: dict[str, Any], action: str, enabled: str) -> bool:
    return text(row, action) != "NONE" and row.get(enabled) is not False


def _by_content(present: Mapping[str, Protection]) -> Iterator[tuple[tuple[str, str], Protection]]:
    for name, protection in present.items():
        if protection.content:
            yield (name, protection.content), protection


def _side_of(named: tuple[str, str]) -> tuple[str, str, str]:
    """(section, side, content): what stays the same in a rename."""
    name, content = named
    return name.split(" ")[0], name.rsplit(" ", 1)[-1], content
