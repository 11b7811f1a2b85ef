"""What jobs of the company of company.py ask, one piece of work at a time, and a day's work of whoever it is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

import company_asking as asking
from company_asking import ASKED, Asked, plainly
from company_people import Person
from company_texts import Texts


def batch_job(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    if "template" not in one.memory:
        one.memory["template"] = dice.choice(ASKED["batches"])
        one.memory["filled"] = dice.choice(texts.filled) if texts.filled and dice.random() < 0.5 else None
    if one.memory["filled"]:
        text, done = dice.choice(one.memory["filled"])
        return [plainly(text, done[:1500] or "n/a", 0.0)]
    text = texts.fill(one.memory["template"], n=dice.randint(10000, 99999))
    return [plainly(text, texts.answer(dice.randint(20, 140)), 0.0)]


def classify(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    labels = ASKED["labels"]
    system = f"Classify the message into one of: {', '.join(labels)}. Answer with the label only."
    return [plainly(texts.pick("support"), dice.choice(labels), 0.0, system)]


def evaluation(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """The quality team runs benchmarks on candidate models after changes."""
    suite = one.memory.setdefault("suite", dice.choice(("bench", "eval_code", "search")))
    text = texts.pick(suite)
    if suite == "bench":
        text += dice.choice(("\nAnswer with the option only.", "\nAnswer:"))
    if suite == "eval_code":
        return [plainly(f"Complete the function. Return code only.\n\n{text}", texts.answer(120, code=True), 0.0)]
    return [plainly(text, texts.answer(6), 0.0)]


def judge(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """A model as judge over the support bot's own answers."""
    question = texts.pick("support")
    if dice.random() < 0.6:
        scores = {name: dice.randint(1, 5) for name in ("policy", "tone", "correctness")}
        return [plainly(texts.fill(ASKED["judged"], q=question, a=texts.answer(60)), json.dumps(scores), 0.0)]
    text = texts.fill(ASKED["compared"], q=question, a=texts.answer(60), b=texts.answer(60))
    return [plainly(text, dice.choice(("41", "42", "tie")), 0.0)]


def synthetic(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    text = texts.fill(
        ASKED["synthetic"],
        k=dice.choice((5, 10, 20)),
        what=dice.choice(ASKED["synthetic_things"]),
        l=dice.choice(("English", "German", "Dutch")),
        n=dice.randint(1, 99999),
    )
    return [plainly(text, json.dumps([texts.facts(1) for _ in range(dice.randint(4, 9))]), 1.0)]


def embed_index(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    text = dice.choice(texts.passages).text if dice.random() < 0.3 else texts.note()
    return [Asked(text[:3000], "", "", None, (), embedding=True)]


def embed_search(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    text = texts.pick("search") if dice.random() < 0.5 else texts.fill("{o} for {a}", one.team)
    return [Asked(text, "", "", None, (), embedding=True)]


type Way = Callable[[Person, Texts, random.Random], list[Asked]]
WAYS: Mapping[str, Way] = {
    way.__name__: way
    for way in (
        asking.chat, asking.support, asking.passages, asking.search, asking.coding, asking.developer,
        asking.prompt_engineer, asking.agent, asking.translate, asking.learner, asking.analyst, asking.red_team,
        asking.notebook, batch_job, classify, evaluation, judge, synthetic, embed_index, embed_search,
    )
}  # fmt: skip


def usual(one: Person, count: int, texts: Texts, dice: random.Random) -> list[Asked]:
    """So many calls of one's own work."""
    found: list[Asked] = []
    while len(found) < count:
        found += WAYS[one.way](one, texts, dice)
    return found[:count]
