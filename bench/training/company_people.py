"""Who calls in the company of company.py: people of applications, people with keys of their own, jobs. And when."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from company_texts import WORDS

DAY = 86_400.0
MOST = 150  # calls of a caller-day that are kept
EDITOR = ("bash", "read_file", "edit_file", "grep", "run_tests")
# Classes of people: way of calling, application ("": a key of their own), share, mean calls a day.
PEOPLE: Mapping[str, tuple[str, str, float, float]] = {
    "assistant_chat": ("chat", "assistant", 0.2, 20),
    "rag_user": ("passages", "rag", 0.13, 13),
    "support_customer": ("support", "support", 0.13, 6),
    "search_user": ("search", "ask", 0.08, 12),
    "coding_assistant": ("coding", "", 0.11, 38),
    "developer": ("developer", "", 0.07, 14),
    "agent_user": ("agent", "agent", 0.08, 16),
    "learner": ("learner", "tutor", 0.05, 12),
    "translator": ("translate", "translate", 0.04, 9),
    "prompt_engineer": ("prompt_engineer", "", 0.03, 30),
    "security_analyst": ("analyst", "", 0.03, 12),
    "heavy_user": ("chat", "assistant", 0.03, 80),
    "red_team": ("red_team", "", 0.025, 14),
    "notebook": ("notebook", "", 0.02, 60),
}
# Jobs: class, way of calling, mean calls a day, the hour from which they run (none: all day long).
JOBS: tuple[tuple[str, str, float, float | None], ...] = (
    ("batch_job", "batch_job", 320, 2.0),
    ("batch_job", "batch_job", 260, 13.0),
    ("classification", "classify", 380, None),
    ("embedding_indexer", "embed_index", 360, 1.0),
    ("evaluation_run", "evaluation", 260, 9.0),
    ("judge_evaluation", "judge", 220, 17.0),
    ("synthetic_data", "synthetic", 200, 11.0),
    ("red_team", "red_team", 90, 14.0),
    ("embedding_search", "embed_search", 250, None),
    ("batch_job", "batch_job", 210, 20.0),
    ("embedding_indexer", "embed_index", 200, 4.0),
    ("evaluation_run", "evaluation", 240, 15.0),
)
SHARED = "shared_session"  # a host of an application that doesn't say who its user is
CLASSES = (*PEOPLE, *dict.fromkeys(name for name, *_ in JOBS), SHARED)
RARELY = frozenset(("evaluation_run", "judge_evaluation", "synthetic_data", "red_team"))  # jobs of some working days


@dataclass(slots=True)
class Person:
    kind: str
    way: str
    name: str
    team: str
    application: str
    system: str
    temperature: float | None
    tools: tuple[str, ...]
    mean: float
    spread: float = 0.45
    behind: int = -5  # hours from UTC
    weekend: float = 0.08  # share of days on which it calls
    workday: float = 0.88
    start: int = 0
    away: tuple[int, int] = (99, 99)
    machine: bool = False
    hour: float | None = None
    gap: float = 6.0  # seconds
    renamed: int = 0  # days after which its session has another name; 0: never
    memory: dict[str, Any] = field(default_factory=dict)

    def called(self, day: int) -> str:
        return f"{self.name}-{day // self.renamed}" if self.renamed else self.name


def person(kind: str, name: str, dice: random.Random, *, days: int) -> Person:
    way, application, _, mean = PEOPLE[kind]
    known = WORDS["applications"].get(application, {})
    one = Person(
        kind=kind,
        way=way,
        name=name,
        team=dice.choice(sorted(WORDS["teams"])),
        application=application,
        system=known.get("system", ""),
        temperature=known.get("temperature"),
        tools=tuple(known.get("tools", ())),
        mean=min(95, max(3, mean * math.exp(dice.gauss(0, 0.35)))),
        behind=dice.choice((-5, -5, -6, -8, 1, 1, 1)),
        weekend=dice.choice((0, 0.05, 0.1, 0.3)),
        workday=dice.choice((0.6, 0.85, 0.92, 0.95)),
    )
    if kind == "support_customer":
        one.workday = one.weekend = dice.choice((0.2, 0.35, 0.5))
    elif not application and kind not in ("coding_assistant", "security_analyst") and dice.random() < 0.25:
        one.renamed = 1  # whoever takes a role without saying a name gets one of the day
    if dice.random() < 0.15:
        leaves = dice.randint(0, max(0, days - 4))
        one.away = (leaves, leaves + dice.randint(3, 8))
    return one


def job(place: int, name: str, dice: random.Random) -> Person:
    kind, way, mean, hour = JOBS[place % len(JOBS)]
    rarely = kind in RARELY
    one = Person(
        kind=kind,
        way=way,
        name=name,
        team="data",
        application="",
        system="",
        temperature=None,
        tools=(),
        mean=mean * math.exp(dice.gauss(0, 0.15)),
        spread=0.25,
        weekend=0.1 if rarely else 0.9,
        workday=0.55 if rarely else 0.97,
        machine=True,
        hour=hour,
        gap=dice.choice((1.5, 4, 9, 20)),
        renamed=dice.choice((0, 0, 1, 3)),
    )
    if dice.random() < 0.12:
        one.start = dice.randint(2, 8)
    return one


def shared(name: str, dice: random.Random) -> Person:
    one = person("assistant_chat", name, dice, days=99)
    known = WORDS["applications"]["shared"]
    one.kind, one.application, one.system, one.temperature = SHARED, "shared", known["system"], known["temperature"]
    one.mean, one.spread, one.weekend, one.workday, one.behind, one.away = 70, 0.3, 0.2, 1.0, -5, (99, 99)
    return one


def population(tenant: int, callers: int, *, history: int, days: int, dice: random.Random) -> list[Person]:
    """A tenth are jobs, a fortieth hosts; of the people each class at least once, and some newcomers."""
    first = dice.randrange(len(JOBS))  # tenants with few jobs have others
    found = [job(first + place, f"job:{tenant}-{place}", dice) for place in range(max(4, round(callers * 0.1)))]
    found += [shared(f"host:{tenant}-{place}", dice) for place in range(max(2, callers // 40))]
    people = max(len(PEOPLE), callers - len(found))
    kinds = [*PEOPLE, *dice.choices(list(PEOPLE), [share for _, _, share, _ in PEOPLE.values()], k=people)]
    new = round(callers * dice.uniform(0.05, 0.1))
    for place, kind in enumerate(kinds[:people]):
        one = person(kind, f"user:{tenant}-{place}", dice, days=days)
        if place >= people - new:
            one.start, one.away = history + dice.choice((0, 0, 1, 2)), (99, 99)
            one.workday = max(one.workday, 0.85)
        found.append(one)
    return found


def calls_on(one: Person, day: int, weekday: int, dice: random.Random) -> int:
    """How often it calls on a day; 0 where it rests, is away or isn't there yet. A company grows."""
    if day < one.start or one.away[0] <= day < one.away[1]:
        return 0
    if dice.random() >= (one.weekend if weekday >= 5 else one.workday):
        return 0
    return min(MOST, max(1, int(volume(one, dice) * (1 + 0.006 * day))))


def volume(one: Person, dice: random.Random) -> int:
    return max(1, int(one.mean * math.exp(dice.gauss(0, one.spread) - one.spread**2 / 2)))


def times(one: Person, count: int, midnight: float, dice: random.Random) -> list[float]:
    """Of a day's calls, in order: people come in bursts at work hours, jobs run from an hour on or all day long."""
    last = midnight + DAY - 1
    found: list[float] = []
    if one.machine and one.hour is None:
        return sorted(midnight + min(DAY - 1, dice.gauss(14, 4.5) % 24 * 3600) for _ in range(count))
    if one.machine and one.hour is not None:
        time = midnight + one.hour * 3600 + dice.uniform(0, 900)
        for _ in range(count):
            found.append(time)
            time += dice.expovariate(1 / one.gap)
        over = max(0.0, found[-1] - last)
        return [max(midnight, time - over) for time in found]
    while len(found) < count:
        local = dice.choice((dice.gauss(10, 1.2), dice.gauss(14.5, 1.6), dice.uniform(7, 21)))
        time = midnight + (local - one.behind) * 3600
        for _ in range(dice.randint(1, 9)):
            found.append(time)
            time += dice.lognormvariate(4.1, 0.9)
    return [min(last, max(midnight, time)) for time in sorted(found[:count])]


def scripted(count: int, midnight: float, dice: random.Random) -> list[float]:
    """A script's: even gaps from some hour on."""
    time, gap, found = midnight + dice.uniform(0, 16) * 3600, dice.choice((2, 5, 15, 45)), []
    for _ in range(count):
        found.append(min(midnight + DAY - 1, time))
        time += dice.expovariate(1 / gap)
    return found
