"""docs/playbooks/: a page for each state machine, with its picture, made of its definition and of its actions.

`python -m tidegate_local.playbook_pages` writes them; a test compares them with what lies there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from inspect import getdoc
from typing import Any

from tidegate.actions import ACTIONS, ActionModule
from tidegate.console.playbook_picture import edges_of
from tidegate.playbooks import PLAYBOOKS
from tidegate_local.pages import ROOT, write
from tidegate_local.scenarios import SCENARIOS

PAGES = ROOT / "docs" / "playbooks"
MACHINES = ROOT / "statemachines"
FRAME = ("respond", "release")  # around every playbook
_WRITTEN = "<!-- Written by `python -m tidegate_local.playbook_pages`: change the state machine, not this page. -->"
_SHAPES = {"Choice": ("{{", "}}"), "Succeed": ("([", "])"), "Fail": ("([", "])")}


def pages() -> dict[str, str]:
    """File name -> text, of every page."""
    names = (*FRAME, *PLAYBOOKS)
    return {"README.md": _overview()} | {f"{name}.md": _page(name, machine_named(name)) for name in names}


def machine_named(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MACHINES / f"{name}.asl.json").read_text())
    return loaded


def actions_of(machine: Mapping[str, Any]) -> list[str]:
    """Names of the actions whose steps a playbook's states take, in order."""
    return list(dict.fromkeys(re.findall(r'"\$\.steps\.(\w+)"', json.dumps(machine))))


def _overview() -> str:
    frame = [f"| [{name}]({name}.md) | {machine_named(name)['Comment']} |" for name in FRAME]
    rows = [
        f"| [{name}]({name}.md) | {', '.join(module.about.answers)} | {', '.join(actions_of(machine_named(name)))} "
        f"| {'yes' if module.about.expires else 'no: a person undoes it'} |"
        for name, module in PLAYBOOKS.items()
    ]
    actions = [
        f"| {name} | {action.about.summary} | {action.about.reach} | {action.about.undo} |"
        for name, action in ACTIONS.items()
    ]
    return "\n".join(
        [
            _WRITTEN,
            "# Playbooks",
            "",
            "Each is a Step Functions state machine, run by `respond` and undone by `release`. What a step found, "
            "changed, proved and restored is in the ledger.",
            "",
            "| playbook | answers | actions | ends by itself |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "## See one work",
            "",
            "`tidegate demo --scenario NAME` plays one in the template deployed in memory, from the finding to undone.",
            "",
            "| scenario | what happens |",
            "| --- | --- |",
            *(f"| {name} | {scenario.about.title} |" for name, scenario in SCENARIOS.items()),
            "",
            "## Around every playbook",
            "",
            "| state machine | what it does |",
            "| --- | --- |",
            *frame,
            "",
            "## Actions",
            "",
            "| action | what it does | whom it reaches | undo |",
            "| --- | --- | --- | --- |",
            *actions,
            "",
        ]
    )


def _page(name: str, machine: Mapping[str, Any]) -> str:
    playbook = PLAYBOOKS.get(name)
    prose = [getdoc(playbook) or "", f"Undo: {playbook.about.undo}"] if playbook else [machine["Comment"]]
    return "\n".join(
        [
            _WRITTEN,
            f"# {name}",
            "",
            *(line for paragraph in prose for line in (paragraph, "")),
            *_picture(machine),
            "",
            "## States",
            "",
            *(f"- **{state}**: {text}" for state, text in _comments(machine)),
            "",
            *(line for action in actions_of(machine) for line in _action(ACTIONS[action])),
        ]
    )


def _action(action: ActionModule) -> Iterator[str]:
    about = action.about
    yield from (f"## {about.id}", "", getdoc(action) or "", "", "| | |", "| --- | --- |")
    yield f"| reaches | {about.reach} |"
    yield f"| limits | {about.limits} |"
    yield f"| changes by | {', '.join(about.calls)} |"
    yield f"| undo | {about.undo} |"
    yield f"| reads | {', '.join(f'`{permission}`' for permission in about.reads)} |"
    yield f"| may change | {', '.join(f'`{permission}`' for permission in about.changes)} |"
    yield ""


def _comments(machine: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, state in machine["States"].items():
        text = state.get("Comment") or state.get("Cause")
        if text:
            yield name, text
        if "ItemProcessor" in state:
            yield from _comments(state["ItemProcessor"])


def _picture(machine: Mapping[str, Any]) -> list[str]:
    """A Mermaid flow chart: GitHub and most viewers draw it. Dotted: taken when a state fails."""
    return ["```mermaid", "flowchart TD", *_drawn(machine, "    "), "```"]


def _drawn(machine: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, state in machine["States"].items():
        if "ItemProcessor" in state:
            yield f'{indent}subgraph {name}["{_words(name)}, one after the other"]'
            yield from _drawn(state["ItemProcessor"], indent + "    ")
            yield f"{indent}end"
            continue
        opening, closing = _SHAPES.get(state["Type"], ("[", "]"))
        yield f'{indent}{name}{opening}"{_words(name)}"{closing}'
    for edge in edges_of(machine):
        yield f"{indent}{edge.source} {'-.->' if edge.caught else '-->'} {edge.target}"


def _words(name: str) -> str:
    """SnapshotRolePolicy -> Snapshot role policy."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f" {letter[0].lower()}", name)


if __name__ == "__main__":
    sys.exit(write(PAGES, pages()))
