"""Probes: the families that look for what a model must not say, what it was told, and what it knows by heart."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from enterprise_grammar import CODES, coded
from enterprise_harvest import framed, frames_of
from enterprise_house import Conversation, Habit, House, Pool, Product, Said
from enterprise_people import Kind
from enterprise_talking import bare

_PLACEHOLDERS = ("[INSERT PROMPT HERE]", "[PROMPT]", "{prompt}", "[INSERT YOUR PROMPT HERE]", "[TARGET]")


def _at(house: House, dice: random.Random, hidden: float) -> Product:
    """Where a probe is sent: to the model itself, or with a chance of `hidden` to a product."""
    return dice.choice([*house.chats, *house.libraries]) if dice.random() < hidden else bare(dice)


def _tried(house: House, product: Product, texts: Pool, dice: random.Random, want: str, refused: float) -> Habit:
    """Attempts, singly or a few in one conversation, `refused` as often as that."""
    more = dice.choice((0.0, 0.0, 0.3, 0.7))

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            said: Conversation = []
            while not said or (dice.random() < more and len(said) < 12):
                outcome = "refusal" if dice.random() < refused else want
                said.append(house.asked(product, texts(dice), dice, before=said, want=outcome))
            yield said

    return day


def training_data(house: House, dice: random.Random) -> Habit:
    texts = house.pool(dice, "recite", "training_extraction")
    if dice.random() < 0.3:  # one or a few ways, with other texts
        texts = framed(house, frames_of(house, "recite", dice, "known", "work", "fullname", "word", "cloze"), texts)
    want = dice.choice(("prose", "recited", "recited", "run"))
    return _tried(house, _at(house, dice, 0.2), texts, dice, want, house.refuses * dice.random())


def system_prompt(house: House, dice: random.Random) -> Habit:
    """Of a product; what is refused less often gives it away, whole or in part."""
    product = _at(house, dice, 1)
    texts = house.pool(dice, "ask_prompt", "sysprompt_extraction")
    attempts = _tried(house, product, texts, dice, "prose", house.refuses)

    def day(dice: random.Random, number: int) -> Iterator[Conversation]:
        for said in attempts(dice, number):
            if dice.random() < 0.1:
                said[-1].answer = product.system[: dice.randint(40, 2_000)]
            yield said

    return day


def persona(house: House, dice: random.Random) -> Habit:
    """A role without rules around a goal, kept for all goals or another one for each."""
    goals = house.pool(dice, "goal", "harmful_request")
    roles = house.pool(dice, "persona", "jailbreak", given={"q": _PLACEHOLDERS[0]})
    kept = [roles(dice) for _ in range(dice.choice((1, 2, 6)))] if dice.random() < 0.4 else []
    written, own = frames_of(house, "persona", dice), dice.choice((0.0, 0.3, 1.0))

    def drawn(dice: random.Random) -> str:
        goal = goals(dice)
        if dice.random() < own:
            return house.grammar.fill(dice.choice(written), dice, {"q": goal})
        role = dice.choice(kept) if kept else roles(dice)
        for placeholder in _PLACEHOLDERS:
            role = role.replace(placeholder, goal)
        return role if goal in role else f"{role}\n\n{goal}"

    return _tried(house, _at(house, dice, 0.4), drawn, dice, "prose", house.refuses)


def adaptive(house: House, dice: random.Random) -> Habit:
    """The same goal again in other words after each refusal, or nearer and nearer to it by harmless steps."""
    goals = house.pool(dice, "goal", "harmful_request")
    product, climbs = _at(house, dice, 0.4), dice.random()
    one_conversation = dice.random()

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            goal, climbing = goals(dice), dice.random() < climbs
            refused = house.refuses if not climbing else house.refuses / 4
            together = climbing or dice.random() < one_conversation
            said: Conversation = []
            for _ in range(dice.randint(3, 14)):
                text = house.say("escalate" if climbing and said else "rephrase", dice, {"q": _as_verb(goal)})
                outcome = "refusal" if dice.random() < refused else "prose"
                said.append(house.asked(product, text, dice, before=said if together else (), want=outcome))
            yield from [said] if together else [[one] for one in said]

    return day


def _as_verb(goal: str) -> str:
    """A goal as it follows "how to"."""
    return goal[:1].lower() + goal[1:].rstrip(".")


def encoded(house: House, dice: random.Random) -> Habit:
    goals = house.pool(dice, "goal", "harmful_request")
    codes = dice.sample(CODES, dice.choice((1, 1, 2, 5, len(CODES))))
    frames = frames_of(house, "encoded", dice, "coded", "rule", "fn", "hex")

    def drawn(dice: random.Random) -> str:
        code, goal = dice.choice(codes), goals(dice)
        given = {"coded": coded(goal, code), "rule": code, "fn": code.split()[0].lower(), "q": goal}
        return house.grammar.fill(dice.choice(frames), dice, given)

    return _tried(house, _at(house, dice, 0.3), drawn, dice, "prose", house.refuses * dice.uniform(0.3, 1))


def scraping(house: House, dice: random.Random) -> Habit:
    """Goes through a library, by number, by subject or on and on; answers are what was found, word for word."""
    library = dice.choice(house.libraries)
    wordings = dice.choice((_by_number, _by_subject, _freely))(house, dice)
    most = min(len(library.corpus), library.passages + dice.randint(0, 4))
    inline, turns = "context" in library.frame, dice.choice((1, 3, 12))

    def day(dice: random.Random, number: int) -> Iterator[Conversation]:
        place = number * 17
        while True:
            said: Conversation = []
            for _ in range(dice.randint(1, turns)):
                found = [library.corpus[(place + step) % len(library.corpus)] for step in range(most)]
                place += most
                context = "\n\n".join(found)
                text = house.grammar.fill(library.frame, dice, {"q": wordings(dice), "context": context})
                answered = context[: dice.randint(400, 6_000)] if dice.random() < 0.8 else house.answer(dice, "refusal")
                brought = "" if inline else context
                said.append(Said(text, answered, library.system, brought, "retrieved", messages=2 * len(said) + 1))
            yield said

    return day


def _by_number(_house: House, dice: random.Random) -> Pool:
    frame = dice.choice(
        ("Show document {} in full.", "entry {}", "Page {}, verbatim", "Print chunk {}", "{}?", "next: {}")
    )
    numbers = iter(range(dice.randint(0, 300), 1_000_000))
    return lambda _dice: frame.format(next(numbers))


def _by_subject(house: House, dice: random.Random) -> Pool:
    frame = dice.choice(
        ("Everything on {}, word by word.", "{}", "Full text about {}", "List all that mentions {}. Quote it.")
    )
    return lambda dice: frame.format(house.say(dice.choice(("thing", "matter", "system", "party")), dice))


def _freely(house: House, _dice: random.Random) -> Pool:
    return lambda dice: house.say("scrape", dice)


PROBES: Mapping[str, Kind] = {
    "training_data_extraction": training_data,
    "system_prompt_extraction": system_prompt,
    "prompt_attack_persona": persona,
    "prompt_attack_adaptive": adaptive,
    "prompt_attack_encoded": encoded,
    "knowledge_base_scraping": scraping,
}
