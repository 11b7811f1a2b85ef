"""What an organisation says of its models' outputs: its canaries and patterns, hosts and tools that are expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from tidegate.content.finds import Find, Trust
from tidegate.content.hosts import allowed
from tidegate.content.words import long_words

CANARY = re.compile(r"[A-Za-z0-9_-]{16,128}")  # a canary's form; found as a whole token, in any case
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}+")


class OwnPattern(NamedTuple):
    name: str
    shape: re.Pattern[str]  # made by patterns.bounded
    severity: str = "high"


class ToolRule(NamedTuple):
    """What a tool is expected to do. The first rule whose patterns match a tool and a caller applies."""

    tool: str  # name, with * and ?
    caller: str = "*"
    hosts: tuple[str, ...] = ()  # where it may go
    targets: tuple[str, ...] = ()  # what it may write: paths, addresses, buckets, with * and ?
    runs_code: bool = False  # it is there to run code


@dataclass(frozen=True, slots=True)
class OutputRules:
    canaries: Mapping[str, str] = field(default_factory=dict)  # token in lower case -> its name
    patterns: tuple[OwnPattern, ...] = ()
    hosts: tuple[str, ...] = ()  # that answers may link to
    tools: tuple[ToolRule, ...] = ()

    def finds(self, text: str) -> Iterator[Find]:
        """Canaries by one look-up a token, however many there are; then the patterns."""
        if self.canaries:
            place = 0
            for token in _TOKEN.findall(long_words(text)):
                if name := self.canaries.get(token.lower()):
                    place = text.index(token, place)
                    yield Find("canary", name, place, place + len(token), token, Trust.VERIFIED)
                    place += len(token)
        for pattern in self.patterns:
            for match in pattern.shape.finditer(text):
                if match[0]:
                    yield Find("pattern", pattern.name, match.start(), match.end(), match[0], note=pattern.severity)

    def tool(self, name: str, caller: str) -> ToolRule | None:
        for rule in self.tools:
            if fnmatchcase(name, rule.tool) and fnmatchcase(caller, rule.caller):
                return rule
        return None

    def expects(self, host: str) -> bool:
        return allowed(host, self.hosts)


NO_OUTPUT_RULES = OutputRules()
