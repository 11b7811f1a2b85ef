"""Who attacks in the fifth hand: which families at which shares of a day, on which days, hidden how."""

from __future__ import annotations

import random
from typing import NamedTuple

from agency_attackers import SLOW, SPREAD

FAMILIES = (
    "distillation_instructions", "prompt_attack_persona", "distillation_reasoning", "system_prompt_extraction",
    "distillation_preferences", "training_data_extraction", "distillation_dialogues", "prompt_attack_encoded",
    "distillation_self_instruct", "knowledge_base_scraping", "distillation_evolved", "prompt_attack_adaptive",
    SLOW, SPREAD,
)  # fmt: skip
SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
MOST = 120  # requests of a caller-day
LEAST = 6  # attack requests of a day, but for the slow
SLOW_DAY = (2, 5)
MEMBERS = (3, 5)  # of a group
MANNERS = ("block", "between", "scattered")
_ONE_CAMPAIGN_OF = 5  # callers


class Plan(NamedTuple):
    family: str
    share: float


def plans(number: int, callers: int) -> list[Plan]:
    """Over the tenants of a half, which have every second number, all families come at all shares alike."""
    many = max(2, callers // _ONE_CAMPAIGN_OF)
    found = []
    for place in range(number // 2 * many, (number // 2 + 1) * many):
        round_, family = divmod(place, len(FAMILIES))
        found.append(Plan(FAMILIES[family], SHARES[(round_ + family) % len(SHARES)]))
    return found


class Campaign(NamedTuple):
    """One caller's part in a plan."""

    plan: Plan
    days: tuple[int, ...]
    manner: str
    pace: float  # attack requests a day, before what the share allows
    new: bool


def campaign(plan: Plan, *, first: int, days: int, new: bool, dice: random.Random) -> Campaign:
    """On one day or several, in a row or not. The slow take all the days there are."""
    open_days = list(range(first, days))
    if plan.family != SLOW and open_days:
        start, step = dice.choice(open_days), dice.choice((1, 1, 2))
        open_days = open_days[start - first :: step][: dice.choice((1, 2, 3, 4, 5))]
    pace = dice.uniform(*SLOW_DAY) if plan.family == SLOW else plan.share * dice.lognormvariate(4.0, 0.7)
    return Campaign(plan, tuple(open_days), dice.choice(MANNERS), pace, new)


def requests_of(found: Campaign, dice: random.Random) -> tuple[int, int]:
    """Attack requests of a day and all requests of it."""
    share = found.plan.share
    most = int(MOST * share + 1e-9)
    asked = round(found.pace * dice.uniform(0.7, 1.3))
    low, high = SLOW_DAY if found.plan.family == SLOW else (LEAST, most)
    asked = min(max(asked, low), high, most)
    return asked, round(asked / share)
