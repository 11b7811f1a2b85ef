"""How people of the company of company.py ask on an ordinary day: one conversation or piece of work, in order."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from company_people import EDITOR, Person
from company_texts import WORDS, Passage, Texts

ASKED = WORDS["asked"]


@dataclass(slots=True)
class Asked:
    text: str  # "": the call goes on after a tool
    answer: str
    system: str
    temperature: float | None
    tools: tuple[str, ...]
    brought: str = ""
    messages: int = 1
    embedding: bool = False
    attack: bool = False


def asked(one: Person, text: str, answer: str, *, messages: int = 1, brought: str = "") -> Asked:
    return Asked(text, answer, one.system, one.temperature, one.tools, brought, messages)


def plainly(text: str, answer: str, temperature: float | None, system: str = "") -> Asked:
    """By a key of one's own, or by a job."""
    return Asked(text, answer, system, temperature, ())


def chat(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    first = texts.office(one.team) if dice.random() < 0.93 else texts.pick("security")
    found = [asked(one, first, texts.answer())]
    for turn in range(min(8, int(dice.expovariate(0.7)))):
        following = texts.fill(dice.choice(ASKED["follow_ups"]), one.team)
        found.append(asked(one, following, texts.answer(), messages=3 + 2 * turn))
    return found


def support(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    found = []
    for turn in range(1 + min(4, int(dice.expovariate(0.9)))):
        again = turn == 0 or dice.random() < 0.5
        text = texts.pick("support") if again else dice.choice(ASKED["support_replies"])
        looks_up = dice.random() < 0.15
        answer = "" if looks_up else texts.answer(dice.randint(25, 130))
        found.append(asked(one, text, answer, messages=1 + 2 * turn))
        if looks_up:
            break
    return found


def retrieved(texts: Texts, hit: Passage, dice: random.Random) -> str:
    """The passages sent along with a question: the one that answers it, and three that don't."""
    chosen = [hit, *dice.sample(texts.passages, 3)]
    return "<passages>\n" + "\n---\n".join(passage.text for passage in chosen) + "\n</passages>"


def passages(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    mine = one.memory.setdefault("documents", dice.sample(WORDS["documents"], 4))
    found = []
    for turn in range(1 + (dice.random() < 0.35) + (dice.random() < 0.15)):
        document = dice.choice(mine) if dice.random() < 0.8 else dice.choice(WORDS["documents"])
        hit = texts.by_place[document, dice.randint(1, len(WORDS["sections"]))]
        question = texts.fill(
            dice.choice(ASKED["passages"]), doc=document, sec=hit.title.lower(), fact=texts.facts(1)[:-1].lower()
        )
        answer = f"{texts.answer(dice.randint(60, 300))}\n\n[{document}, {hit.section}]"
        text = f"{retrieved(texts, hit, dice)}\n\nQuestion: {question}"
        found.append(asked(one, text, answer, messages=1 + 2 * turn))
    return found


def search(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    text = texts.pick("search") if dice.random() < 0.6 else texts.fill("{o} {day} who to ask", one.team)
    return [asked(one, text, texts.answer(dice.randint(20, 110)))]


def coding(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """An editor's assistant: one request of the user, then what its tools bring."""
    place = one.memory.setdefault("folder", dice.choice(("tracker", "tariffs", "label-api", "yard", "mobile-app")))
    system = (
        f"You are a coding assistant in the editor. Working directory: /home/dev/{place}. "
        "Prefer small edits. Run tests after edits."
    )
    text, brought, found = texts.coding(), "", []
    for step in range(1 + min(9, int(dice.expovariate(0.35)))):
        answer = texts.answer(dice.randint(40, 500), code=dice.random() < 0.6)
        found.append(Asked(text, answer, system, None, EDITOR, brought, 1 + 2 * step))
        if dice.random() < 0.3:
            break
        done = dice.choice(("ok", "12 passed", "1 failed, 11 passed: AssertionError", "no matches"))
        text, brought = "", dice.choice(texts.code)[:1500] if dice.random() < 0.6 else done
    return found


def developer(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """Somebody who tries models and prompts by hand: near-identical prompts."""
    office = texts.fill(dice.choice(ASKED["office"]), one.team)
    prompt = texts.coding() if dice.random() < 0.5 else office
    return [
        plainly(
            prompt + (dice.choice(ASKED["variations"]) if turn else ""),
            texts.answer(code=dice.random() < 0.5),
            dice.choice((None, 0.0, 0.2, 0.7, 1.0)),
            "" if dice.random() < 0.6 else "You are a helpful assistant.",
        )
        for turn in range(1 + int(dice.expovariate(0.5)))
    ]


def prompt_engineer(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """Iterates one prompt over a fixed set of examples."""
    rows = one.memory.setdefault("rows", [texts.note() for _ in range(25)])
    suffix, temperature = dice.choice(ASKED["extraction_suffixes"]), dice.choice((0.0, 0.0, 0.3, 0.7))
    found = []
    for row in dice.sample(rows, dice.randint(4, 12)):
        shipper, consignee = dice.choices(WORDS["last_names"], k=2)
        answer = json.dumps({"shipper": shipper, "consignee": consignee, "weight": dice.randint(1, 900)})
        found.append(plainly(texts.fill(ASKED["extraction"], d=row) + suffix, answer, temperature))
    return found


def agent(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """Asked once, it looks things up step by step, then tells."""
    first = texts.pick("tool") if dice.random() < 0.3 else texts.fill(dice.choice(ASKED["agent"]), one.team)
    found = [asked(one, first, dice.choice(("Let me check.", "I will look that up.", "")))]
    steps = 1 + min(7, int(dice.expovariate(0.45)))
    for step in range(1, steps + 1):
        status = {"status": dice.choice(("in transit", "held", "delivered")), "note": texts.facts(1)}
        brought = texts.note() if dice.random() < 0.4 else json.dumps(status)
        told = texts.answer(dice.randint(30, 200)) if step == steps else dice.choice(("Let me check.", ""))
        found.append(asked(one, "", told, messages=1 + 2 * step, brought=brought))
    return found


def translate(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    return [asked(one, texts.fill(ASKED["translation"], one.team), texts.answer(dice.randint(40, 300)))]


def learner(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    first = texts.fill(dice.choice(ASKED["learner"]), one.team)
    found = []
    for turn in range(1 + int(dice.expovariate(0.6))):
        text = dice.choice(ASKED["learner_replies"]) if turn else first
        if not turn and dice.random() < 0.25:
            text = texts.pick("bench") + "\nexplain pls"
        found.append(asked(one, text, texts.answer(dice.randint(80, 400)), messages=1 + 2 * turn))
    return found


def analyst(one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    text = texts.pick("security") if dice.random() < 0.55 else texts.office(one.team)
    return [plainly(text, texts.answer(code=dice.random() < 0.4), None)]


def red_team(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """Attacks that are somebody's work, each day he is there."""
    kind = dice.random()
    if kind < 0.45:
        text = texts.pick("jailbreak").replace("[INSERT PROMPT HERE]", texts.pick("harmful"))
    else:
        text = texts.pick("system_prompt" if kind < 0.7 else "harmful" if kind < 0.85 else "trigger")
    return [plainly(text, texts.refusal() if dice.random() < 0.85 else texts.answer(120), 0.0)]


def notebook(_one: Person, texts: Texts, dice: random.Random) -> list[Asked]:
    """A data scientist runs a prompt over a frame of rows, then changes it and runs it again."""
    template = dice.choice(ASKED["notebook"])
    return [
        plainly(texts.fill(template), dice.choice(ASKED["notebook_answers"]), 0.0) for _ in range(dice.randint(8, 30))
    ]
