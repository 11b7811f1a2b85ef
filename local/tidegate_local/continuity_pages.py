"""A business-continuity page for each application that a `[[continuity]]` rule protects.

`python -m tidegate_local.continuity_pages RULES.toml FOLDER` writes them: what is done when its model, agent or
knowledge base is swapped, what it falls back to when no good version is left, what stops, and how that is exercised.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tidegate.actions import ACTIONS
from tidegate.playbooks.roll_back_model import WAYS
from tidegate.rules import ContinuityOfApplication, Rules

_ENDS = {
    "agent_alias": "and stays paused when no good version is left",
    "knowledge_base": "its documents are taken out at once, before the sync; a person is asked first",
    "bucket": "a person is asked first",
}
_PLACES = {
    "agent_alias": "agent-alias/",
    "flow_alias": "flow/",
    "runtime_endpoint": "runtime/",
    "model_deployment": "custom-model-deployment/",
    "throughput": "provisioned-model/",
    "parameter": ":parameter/",
    "configuration_environment": "environment/",
    "endpoint": ":endpoint/",
    "model_package": "model-package/",
    "knowledge_base": "knowledge-base/",
    "bucket": "arn:aws:s3:::",
}


def pages(rules: Rules) -> dict[str, str]:
    """File name -> text, of every application; of two rules for one application the first holds."""
    found: dict[str, str] = {}
    for rule in rules.continuity:
        found.setdefault(f"{_file(rule.application)}.md", _page(rule))
    return found


def _file(application: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-") or "application"


def _page(rule: ContinuityOfApplication) -> str:
    return "\n".join(
        [
            f"# How {_plain(rule.application)} goes on",
            "",
            "Written from its `[[continuity]]` rule: change the rule, not this page.",
            "",
            "## What it answers by",
            "",
            "| resource | when it was swapped or poisoned |",
            "| --- | --- |",
            *(f"| `{_plain(pattern)}` | {_put_back(pattern)} |" for pattern in rule.resources),
            "",
            "## When no good version is left",
            "",
            *(f"{number}. {step}" for number, step in enumerate(_steps(rule), start=1)),
            "",
            f"**Stops working meanwhile:** {_plain(rule.stops)}",
            "",
            "## Back to normal",
            "",
            "It stays so until a person undoes the run: `tidegate undo RUN` opens what was paused and puts back every "
            "value that was found, and refuses what somebody else has changed since. Put a good version there first.",
            "",
            "How long it took, from the incident's first event to the proof, stands in each step's proof as `recovery` "
            "(`tidegate explain INCIDENT`).",
            "",
            "## Exercise it",
            "",
            "`tidegate demo --scenario continuity` plays it on one machine. In the account: set the mode of "
            "roll_back_model to `approve`, move a test alias by hand, approve, look at the application, undo.",
            "",
        ]
    )


def _put_back(pattern: str) -> str:
    """By which actions what this pattern may name is put back."""
    ways = [way for way in WAYS if _PLACES[way.kind] in pattern] or list(WAYS)
    named = [f"{way.action}{_ending(way.kind)}" for way in ways]
    return "; ".join(named) if len(ways) < len(WAYS) else "whatever it names is put back by roll_back_model"


def _ending(kind: str) -> str:
    return f" ({_ENDS[kind]})" if kind in _ENDS else ""


def _steps(rule: ContinuityOfApplication) -> Iterator[str]:
    if any("agent-alias/" in pattern or pattern == "*" for pattern in rule.resources):
        about = ACTIONS["pause_agent_alias"].about
        yield f"`pause_agent_alias`: {about.summary} Reaches {about.reach.value}."
    if rule.pointer:
        yield f"`switch_to_fallback`: parameter `{_plain(rule.pointer)}` becomes `{_plain(rule.fallback)}`."
    if rule.message_parameter:
        place, text = _plain(rule.message_parameter), _plain(rule.maintenance_message)
        yield f"`announce_maintenance`: parameter `{place}` tells its users: {text}"


def _plain(text: str) -> str:
    """As text of a table's cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'").replace("<", "&lt;")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("python -m tidegate_local.continuity_pages RULES.toml FOLDER\n")
        return 2
    source, folder = Path(arguments[0]), Path(arguments[1])
    rules = Rules.from_toml(source.read_text("utf-8"), where=str(source))
    if not rules.continuity:
        sys.stderr.write(f"{source}: no [[continuity]] rule: nothing to write.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(rules).items():
        (folder / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
