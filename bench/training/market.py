"""The sixth hand: makers of products on top of a model, no two of them alike (domain randomisation).

What could be different is drawn anew for every tenant, over a wide range: products, languages, forms, lengths,
refusals, hours, noise, how alike callers are and how much they change. Every attacker draws a strategy of its own.
Public texts come by their label, so that a tenant which knows one half of the sources asks for all the same; where
there are none, words of our own stand in (market_*.toml). Written without a look at the other hands.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labelled import QUIET, Labelled
from market_callers import Caller, caller, stays
from market_campaigns import Attacker, attackers
from market_hours import Part, day_of
from market_strategies import KINDS as FAMILIES
from market_usage import product
from market_world import LOOKALIKES, PRODUCTS, World

KINDS = (*PRODUCTS, *LOOKALIKES)

__all__ = ["FAMILIES", "KINDS", "Tenant"]


class Tenant:
    """`rows`: public texts, by source; each with a text and a label."""

    def __init__(self, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], seed: str) -> None:
        self._number = number
        self._dice = random.Random(f"market {seed} {number}")
        self._world = World(rows, self._dice)
        self._products = [product(self._world, name, self._dice) for name in self._world.products]

    def days(self, *, callers: int, history: int, days: int) -> Iterator[Labelled]:
        dice, span = self._dice, range(max(history, QUIET), days)
        places = iter(dice.sample(range(10 * callers), 10 * callers))  # the number of a caller tells nothing

        def born(past: bool) -> Caller:
            there = range(days) if past else span
            return caller(self._world, self._number, next(places), self._products, there, dice)

        attacking = attackers(self._world, self._number, callers, span, born, dice)
        honest = [born(True) for _ in range(callers)]
        for one in honest:
            one.days = stays(days, dice)
        seen: set[str] = set()
        for day in range(days):
            for one in honest:
                if day in one.days and dice.random() < one.active:
                    yield self._benign(one, day)
            for attacker in attacking:
                yield from self._of_attacker(attacker, day, seen)

    def _of_attacker(self, one: Attacker, day: int, seen: set[str]) -> Iterator[Labelled]:
        """As everybody before its first attack, if it was there; after the last one it is gone."""
        dice, who = self._dice, one.caller
        if day in one.days:
            yield self._labelled(who, day, one.kind, one.parts(dice), new=who.name not in seen)
        elif day < one.days[0] and day in who.days and who.days.start == 0 and dice.random() < who.active:
            seen.add(who.name)
            yield self._benign(who, day)

    def _benign(self, one: Caller, day: int) -> Labelled:
        kind, parts = one.benign(self._world, day, self._dice)
        return self._labelled(one, day, kind, parts)

    def _labelled(self, one: Caller, day: int, kind: str, parts: Sequence[Part], *, new: bool = False) -> Labelled:
        requests = day_of(one.name, day, parts, one.hours, self._dice)
        attacks = sum(request.attack for request in requests)
        return Labelled(
            tenant=self._number,
            caller=one.name,
            day=day,
            kind=kind,
            benign=not attacks,
            share=attacks / len(requests),
            new=new,
            requests=requests,
        )
