"""What a call costs, in dollars: list prices, prices that an organisation wrote down, and estimates by family.

Three layers, the first that knows a model decides: `[[price]]` in the rules (negotiated prices, application
profiles); the AWS Price List of the Region, fetched daily (aws/prices.py); the families below. A price of the third
kind is marked as an estimate wherever dollars are shown, and so is one that is older than `STALE_DAYS`.

Logs name a model by id, inference profile or ARN, the Price List by a display name: both are reduced to the letters
and digits of the model's name. An application inference profile's ARN names no model: write a price for it, or it is
taken for a model of middle price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

STALE_DAYS = 14
MILLION = 1_000_000
_DAY = 86_400
_MOST_KNOWN = 5_000


class Metered(Protocol):
    """A call whose tokens are known: an invocation out of a log, or what an application was just told."""

    @property
    def model(self) -> str: ...
    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def cache_read_tokens(self) -> int: ...
    @property
    def cache_write_tokens(self) -> int: ...


class Price(NamedTuple):
    """Dollars a million tokens."""

    input: float
    output: float
    cache_read: float = -1.0  # below 0: not said
    cache_write: float = -1.0

    def of(self, input_tokens: int, output_tokens: int, read: int = 0, written: int = 0) -> float:
        """Dollars. Where a cache price isn't said: a tenth of the input to read, 1.25 times to write, as Anthropic's
        and Amazon's models have it."""
        cached = read * (self.cache_read if self.cache_read >= 0 else self.input * 0.1)
        cached += written * (self.cache_write if self.cache_write >= 0 else self.input * 1.25)
        return (input_tokens * self.input + output_tokens * self.output + cached) / MILLION


class Priced(NamedTuple):
    price: Price
    estimated: bool
    source: str  # where the price is from, for the facts of a finding


# Dollars a million tokens of input and output by family, the first pattern that is in a model's name. AWS's public
# on-demand prices of us-east-1 (https://aws.amazon.com/bedrock/pricing/) as last known to us, in 2025; where members
# of a family differ, a dear one's: an estimate that errs is to err to the high side.
FAMILIES: tuple[tuple[str, Price], ...] = (
    ("claudeopus45", Price(5, 25)),
    ("opus", Price(15, 75)),
    ("sonnet", Price(3, 15)),
    ("claude3haiku", Price(0.25, 1.25)),
    ("claude35haiku", Price(0.8, 4)),
    ("haiku", Price(1, 5)),
    ("claudeinstant", Price(0.8, 2.4)),
    ("claude", Price(8, 24)),
    ("novamicro", Price(0.035, 0.14)),
    ("novalite", Price(0.06, 0.24)),
    ("novapro", Price(0.8, 3.2)),
    ("novapremier", Price(2.5, 12.5)),
    ("nova2lite", Price(0.3, 2.5)),
    ("nova", Price(2.5, 12.5)),
    ("embed", Price(0.1, 0)),
    ("rerank", Price(2, 0)),
    ("titantextlite", Price(0.15, 0.2)),
    ("titan", Price(0.5, 1.5)),
    ("llama", Price(0.72, 0.72)),
    ("mistrallarge", Price(4, 12)),
    ("pixtral", Price(2, 6)),
    ("mistral", Price(1, 3)),
    ("mixtral", Price(0.45, 0.7)),
    ("commandr", Price(3, 15)),
    ("command", Price(1.5, 2)),
    ("jamba", Price(2, 8)),
    ("deepseek", Price(1.35, 5.4)),
    ("gptoss", Price(0.15, 0.6)),
    ("qwen", Price(0.45, 1.8)),
    ("palmyra", Price(2.5, 10)),
)
UNKNOWN = Price(3, 15)  # a model of middle price: a name that says nothing must not make calls free

_HEAD = re.compile(r"^(?:arn:[^/]*/)?(?:(?:us-gov|us|eu|apac|jp|au|ca|sa|global)\.)?(?:[a-z0-9]+\.)?")
_TAIL = re.compile(r"(?:-20\d{6})?(?:-?v\d+)?(?::[\w.]+)*$|-\d+:\d+$")
_EDITION = re.compile(
    r"\(.*?\)|\b(?:amazon|anthropic|meta|cohere|ai21|mistral ai|openai|g1|edition|on bedrock)\b", re.I
)
_WORDS = re.compile(r"[^a-z0-9]+")


def reduced(name: str) -> str:
    """`us.anthropic.claude-sonnet-4-5-20250929-v1:0` and `Claude Sonnet 4.5 (Amazon Bedrock Edition)` alike."""
    text = name.lower().strip()
    if " " in text or "." not in text:
        text = _EDITION.sub(" ", text).replace("+", " plus").strip()
        return _WORDS.sub("", re.sub(r" v\d+$", "", text))
    return _WORDS.sub("", _TAIL.sub("", _HEAD.sub("", text)))


class Prices:
    """Prices by model. `written`: (pattern of id or ARN, price), first match first; `listed`: by reduced name."""

    def __init__(
        self,
        listed: Mapping[str, Price] | None = None,
        *,
        written: Iterable[tuple[str, Price]] = (),
        as_of: float = 0.0,
    ) -> None:
        self._listed = dict(listed or {})
        self._written = tuple(written)
        self.as_of = as_of  # epoch seconds at which the list was fetched
        self._known: dict[str, Priced] = {}

    def of(self, model: str) -> Priced:
        found = self._known.get(model)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:  # names come from logs, of refused calls too
                self._known.clear()
            found = self._known[model] = self._find(model)
        return found

    def _find(self, model: str) -> Priced:
        for pattern, price in self._written:
            if fnmatchcase(model, pattern):
                return Priced(price, False, f"rules, price of {pattern}")
        name = reduced(model)
        if (listed := self._listed.get(name)) is not None:
            return Priced(listed, False, "AWS Price List")
        whole = _WORDS.sub("", model.lower())
        for family, estimate in FAMILIES:
            if family in name or family in whole:
                return Priced(estimate, True, f"estimate: family {family}")
        return Priced(UNKNOWN, True, "estimate: model not known")

    def dollars(self, call: Metered) -> float:
        """What a call cost. Refused and failed calls have no tokens and cost nothing."""
        return self.of(call.model).price.of(
            call.input_tokens, call.output_tokens, call.cache_read_tokens, call.cache_write_tokens
        )

    def said(self, model: str, time: float) -> dict[str, Any]:
        """Where the dollars of a finding come from, for its facts."""
        found = self.of(model)
        said: dict[str, Any] = {"from": found.source, "estimate": found.estimated}
        if not found.estimated and self.as_of and found.source == "AWS Price List":
            age = max(0, int((time - self.as_of) / _DAY))
            said |= {"list_age_days": age, "estimate": age > STALE_DAYS}
        return said

    @classmethod
    def from_configuration(
        cls, configuration: Mapping[str, Any] | None, written: Iterable[tuple[str, Price]] = ()
    ) -> Prices:
        """Of what `to_configuration` made; of None, estimates."""
        kept = configuration or {}
        rows = kept.get("prices")
        listed = {name: Price(*row) for name, row in rows.items()} if isinstance(rows, Mapping) else {}
        return cls(listed, written=written, as_of=float(kept.get("as_of") or 0.0))


ESTIMATES = Prices()


def to_configuration(listed: Mapping[str, Price], as_of: float) -> dict[str, Any]:
    """A fetched list as it is kept beside the other configurations, by Region and time."""
    return {"as_of": as_of, "prices": {name: list(price) for name, price in sorted(listed.items())}}


def resource_of(region: str) -> str:
    """Under which name a Region's list is kept among the snapshots."""
    return f"prices/{region}"
