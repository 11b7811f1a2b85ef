"""A model calls a tool to do what no tool should: reach a machine's metadata, open a shell, write where it must not.

Read from the tool calls of the answer and their arguments, not from words in the prompt. What a tool is for is written
down as `[[tool]]` in the rules; for the others their name and this caller's own past have to do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from tidegate.callers.sightings import day_of
from tidegate.content.commands import grave_in, injected, leaves_its_place, starts_by_itself, strings_of
from tidegate.content.hosts import Address, Reach, address, addresses_in, allowed, is_own, reach
from tidegate.content.output_rules import ToolRule
from tidegate.content.personal import mail_addresses_in
from tidegate.content.redaction import redacted
from tidegate.content.tools import is_content, is_pattern, is_search, keeps, runs_code, sends, tells, writes
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import Said
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import ToolUse
from tidegate.sources.parts import opened
from tidegate.sources.turns import sent_turns

_LEARNING_DAYS = 3
_LEARNING_CALLS = 20  # of tools; before that none is new
_KEPT = 48  # tools of a caller, four bytes each
_HASH = 4


class Used(msgspec.Struct, array_like=True):
    """Which tools the models called for a caller before."""

    since: int = 0  # the day of the first call of a tool
    calls: int = 0
    tools: bytes = b""  # hashes, the one longest unused first

    def add(self, tool: str, day: int) -> bool:
        """Whether the tool is new to a caller with a history."""
        self.since = min(self.since or day, day)
        learned = day - self.since >= _LEARNING_DAYS and self.calls >= _LEARNING_CALLS
        self.calls = min(self.calls + 1, 1 << 31)
        mark = hashlib.blake2b(tool.encode("utf-8", "surrogatepass"), digest_size=_HASH).digest()
        known = [self.tools[place : place + _HASH] for place in range(0, len(self.tools), _HASH)]
        new = mark not in known
        self.tools = b"".join([*(other for other in known if other != mark), mark][-_KEPT:])
        return new and learned


about = Detector(
    id="risky_tool_use",
    title="Risky call of a tool by a model",
    severity=Severity.HIGH,
    family="prompt_attack",
    reads=(invocations(),),
    covers=(Atlas("AML.T0053"), Atlas("AML.T0086"), Attack("T1552.005"), Attack("T1059"), Owasp("LLM06:2025")),
    false_positives="Operators' agents that administer machines: write their tools down as `[[tool]]` with hosts, "
    "targets and `runs_code`, or allow their principal. Agents that work on internal hosts, until those are written "
    "down. A new version of an application brings new tools (LOW, once each; "
    "MEDIUM where one sends to an address that nothing in the conversation names).",
    blind_spots="What a tool does with harmless-looking arguments. Hosts that only a resolver would send inside. "
    "Tools that are called outside the model's answer. Without `[[tool]]` nobody knows where a tool may write. "
    "Commands that are put together at run time. What is written into a file or a message is content, told by the "
    "names of tool and argument: a script that does harm is noticed when it is run by its own words, not when it is "
    "written (a shell opened outwards is).",
    runbook="See whether the tool was really run: the log shows what the model asked for. If it reached a machine's "
    "metadata, take that machine's role credentials for stolen. Then find what made the model ask: often an "
    "`indirect_injection` in the same conversation.",
    playbook="throttle_caller",
    memory=Used,
    counts=True,
)

_NAMES_AN_ADDRESS = re.compile(
    r"(?i)^(?:url|uri|host(?:name)?|endpoint|address|server|domain|link|href|target_url|website)$"
)
_NAMES_A_TARGET = re.compile(
    r"(?i)^(?:path|file(?:_?(?:name|path))?|dest(?:ination)?|to|cc|bcc|recipients?|e?mail(?:_address)?|bucket|key|table"
    r"|target|output(?:_path)?|channel|queue|topic|iban|account)$"
)
_BARE_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}+(?::[0-9]{1,5}+)?+(?:/[^\s]{0,2000}+)?+")
_WHOLE_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}+://\S{1,8000}+")
_LOCAL_SCHEMES = ("file", "gopher", "dict", "ldap", "jar", "netdoc", "smb", "phar", "tftp")


class Risk(NamedTuple):
    kind: str
    tool: str
    what: str
    severity: Severity
    why: str


def detect(calls: Sequence[Invocation], used: Used, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        contents = known.contents(call)
        if not contents.tool_uses:
            continue
        risks: list[Risk] = []
        said = Said(call, contents)
        for use in contents.tool_uses:
            rule = known.outputs.tool(use.name, call.caller)
            risks += _of_use(use, rule, said, known)
            if contents.tools_offered and use.name not in contents.tools_offered:
                why = "the application offers no such tool: the model was told of it elsewhere, or made it up"
                risks.append(Risk("not_offered", use.name, use.name, Severity.MEDIUM, why))
            if used.add(use.name, day_of(call.time)) and rule is None:
                yield _new_tool(call, use, used, _unnamed(use, call, known) if sends(use.name) else [])
        if risks:
            yield _signal(call, risks)


def _of_use(use: ToolUse, rule: ToolRule | None, said: Said, known: Known) -> Iterator[Risk]:
    code = runs_code(use.name) if rule is None else rule.runs_code
    given = list(strings_of(use.input))
    names = {argument for argument, _ in given}
    for argument, value in given:
        if not code and is_content(use.name, argument, names):
            yield from _of_content(use.name, argument, value, rule, said, known)
            continue
        for to in _addresses(argument, value):
            if not (code and is_own(to.host)):  # who has a shell has its machine
                yield from _of_address(use.name, to, rule, known)
        yield from _of_command(use.name, argument or "input", value, code)
        if _NAMES_A_TARGET.match(argument):
            yield from _of_target(use.name, value, rule, said)


def _of_content(
    tool: str, argument: str, value: str, rule: ToolRule | None, said: Said, known: Known
) -> Iterator[Risk]:
    """What is written, sent or shown: code and texts name commands and hosts of all kinds, and nothing goes there."""
    if "://" in value and not keeps(tool):
        if not tells(tool) and _WHOLE_ADDRESS.fullmatch(value.strip()):
            for to in _addresses(argument, value):  # whatever the argument is called, it is fetched
                yield from _of_address(tool, to, rule, known)
        elif any(reach(to.host) is Reach.METADATA for to in addresses_in(value)) and value not in said.user:
            why = f"{argument} names the metadata service, which hands out the machine's credentials"
            yield Risk("metadata_host", tool, value[:200], Severity.MEDIUM, why)
    for kind, words in grave_in(value):
        if kind == "opens_a_shell_outwards" and words not in said.user:
            why = f"what is given as {argument} {kind.replace('_', ' ')} once it is run"
            yield Risk(kind, tool, words, Severity.MEDIUM, why)


def _of_target(tool: str, value: str, rule: ToolRule | None, said: Said) -> Iterator[Risk]:
    if rule and rule.targets:
        if not any(fnmatchcase(value, pattern) for pattern in rule.targets):
            why = f"the rules let it write to {', '.join(rule.targets)}"
            yield Risk("outside_its_targets", tool, value, Severity.HIGH, why)
    elif leaves_its_place(value):
        yield Risk("leaves_its_place", tool, value, Severity.MEDIUM, "a path upwards or into the system")
    elif writes(tool) and starts_by_itself(value) and value not in said.user:
        why = "what is written there runs by itself: a shell's beginning, a schedule, a hook"
        yield Risk("stays", tool, value, Severity.MEDIUM, why)


def _of_command(tool: str, argument: str, value: str, code: bool) -> Iterator[Risk]:
    for kind, words in grave_in(value):
        severity = Severity.MEDIUM if kind == "destroys" and code else Severity.HIGH
        yield Risk(kind, tool, words, severity, f"what is given as {argument} {kind.replace('_', ' ')}")
    if code or is_pattern(argument):
        return
    if words := injected(value, backticks=not is_search(argument)):
        why = f"shell syntax in {argument} of a tool that is not known to run code"
        yield Risk("shell_syntax", tool, words, Severity.HIGH, why)


def _addresses(argument: str, value: str) -> Iterator[Address]:
    yield from addresses_in(value)
    if "://" not in value and _NAMES_AN_ADDRESS.match(argument) and _BARE_HOST.fullmatch(value):
        yield address("", value)._replace(text=value)


def _of_address(tool: str, to: Address, rule: ToolRule | None, known: Known) -> Iterator[Risk]:
    place = reach(to.host)
    shown = to.text[:200]
    if place is Reach.METADATA:
        why = "the metadata service hands out the machine's credentials"
        yield Risk("metadata_host", tool, shown, Severity.CRITICAL, why)
    elif to.scheme in _LOCAL_SCHEMES:
        yield Risk("local_scheme", tool, shown, Severity.HIGH, f"{to.scheme}: reads what the machine itself can read")
    elif allowed(to.host, rule.hosts if rule else ()) or known.outputs.expects(to.host):
        return
    elif rule and rule.hosts:
        yield Risk("outside_its_hosts", tool, shown, Severity.HIGH, f"the rules let it go to {', '.join(rule.hosts)}")
    elif place is Reach.INTERNAL:
        yield Risk("internal_host", tool, shown, Severity.HIGH, "an address inside the network, not in the rules")
    elif place is Reach.COLLECTOR:
        yield Risk("collecting_host", tool, shown, Severity.HIGH, "a host that shows its maker what is sent there")
    elif place is Reach.NUMBER:
        yield Risk("bare_address", tool, shown, Severity.MEDIUM, "a public address without a name")


def _signal(call: Invocation, risks: list[Risk]) -> Signal:
    worst = max(risks, key=lambda risk: risk.severity.rank)
    return signal_of_invocation(
        call,
        title=f"Model calls {worst.tool}: {worst.kind.replace('_', ' ')}",
        facts={
            "risks": [
                {
                    "kind": risk.kind,
                    "tool": risk.tool,
                    "what": " ".join(redacted(risk.what).split())[:200],
                    "why": risk.why,
                }
                for risk in risks[:10]
            ],
            "severity_from": worst.why,
        },
        severity=worst.severity,
        resource=worst.tool,
    )


def _unnamed(use: ToolUse, call: Invocation, known: Known) -> list[str]:
    """Addresses of people and hosts among a tool's arguments that nothing names which was sent: neither the user, the
    prompt nor what tools brought in the whole conversation."""
    given = "\n".join(value for _, value in strings_of(use.input))
    sent = "\n".join(turn.text for turn in sent_turns(opened(call.input_body))).lower()
    people = [address for _, address in mail_addresses_in(given)]
    hosts = [to.text for to in addresses_in(given) if to.host and to.host not in sent]
    return [
        one
        for one in (*people, *hosts)
        if one.lower() not in sent and not known.outputs.expects(address("", one.rpartition("@")[2]).host)
    ]


def _new_tool(call: Invocation, use: ToolUse, used: Used, unnamed: list[str]) -> Signal:
    days = day_of(call.time) - used.since
    why = f"never called in {days} days; new by itself is LOW"
    if unnamed:
        why = f"never called in {days} days, sends, and to an address that nothing in the conversation names"
    return signal_of_invocation(
        call,
        title=f"Model calls a tool that is new to this caller: {use.name[:80]}",
        facts={
            "tool": use.name[:200],
            "history_days": days,
            "history_days_needed": _LEARNING_DAYS,
            "tool_calls_known": used.calls - 1,
            **({"sends_to": [redacted(one)[:200] for one in unnamed[:5]]} if unnamed else {}),
            "severity_from": why,
        },
        severity=Severity.MEDIUM if unnamed else Severity.LOW,
        identity=("new", use.name),
        resource=use.name[:200],
    )
