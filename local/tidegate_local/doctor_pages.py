"""docs/doctor.md: every check of `tidegate doctor`, what it can answer and how each is mended, read from the checks.

`python -m tidegate_local.doctor_pages` (`make docs`) writes it; a test compares.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator

from tidegate_local.command_line.doctor import CHECKS, GROUPS
from tidegate_local.doctor import Check
from tidegate_local.pages import ROOT

PAGE = ROOT / "docs" / "doctor.md"
_TROUBLE = ("bad", "warn")
_INTRODUCTION = """\
<!-- Written by `make docs` from local/tidegate_local/doctor/: change the check, not this page. -->
# What the doctor looks at

`tidegate doctor --stack NAME` asks AWS with your credentials, changes nothing, and ends with 1 when something is bad
([options and an example](commands.md#tidegate-doctor)). What it may not ask, or AWS doesn't answer, is said as
`unknown` with the permission that is missing: a check that can't look never says that all is well. `--watch BUCKET`
names buckets of training data and models; `--only alive` is a quick look for a shift's beginning.

**bad**: the defence has a hole here. **warn**: it stands, and could stand better.
"""


def page() -> str:
    lines = [_INTRODUCTION]
    for group, question in GROUPS.items():
        lines += [f"## {question}", ""]
        for check in CHECKS:
            if check.group == group:
                lines += [*_section(check), ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(check: Check) -> Iterator[str]:
    yield f"### {check.title} (`{check.id}`)"
    yield ""
    yield " ".join((inspect.getdoc(check.look) or "").split())
    yield ""
    yield "| | it says | how to mend it |"
    yield "| --- | --- | --- |"
    for state, what, mend in troubles(check):
        yield f"| {state} | {what} | {mend} |"


def troubles(check: Check) -> list[tuple[str, str, str]]:
    """(state, what, mend) of every answer of a check that isn't good; `...` stands for what it finds."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(check.look)))
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        (state, *(_text(argument, named) for argument in call.args))  # type: ignore[misc]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and (state := _state(call.func))
    ]


def _state(node: ast.expr) -> str:
    if isinstance(node, ast.IfExp):
        return " or ".join(sorted(filter(None, {_state(node.body), _state(node.orelse)})))
    return node.id if isinstance(node, ast.Name) and node.id in _TROUBLE else ""


def _text(node: ast.expr, named: dict[str, ast.expr]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value).replace("|", "\\|")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, named) if isinstance(part, ast.Constant) else "..." for part in node.values)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body, named)} Or: {_text(node.orelse, named)}"
    if isinstance(node, ast.Name) and node.id in named:
        return _text(named[node.id], named)
    return "..."


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
