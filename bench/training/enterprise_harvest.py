"""Harvests: the families that draw a model's skills out of it, each attacker in wordings of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from enterprise_grammar import Pieces
from enterprise_house import Conversation, Habit, House, Pool, Said


class Harvest(Protocol):
    """`texts`: what is asked, where others draw from the same; otherwise a stock of its own."""

    def __call__(self, house: House, dice: random.Random, texts: Pool | None = None) -> Habit: ...


INSTRUCTIONS = ("distill_instr", "distill_code", "distill_roleplay", "distill_tool")
QUESTIONS = ("cot_question", "benign_chat", "benign_search", "distill_instr", "eval_code")
COMPARED = ("distill_pref", "benign_chat", "distill_instr")


def asking(house: House, dice: random.Random, texts: Pool, wants: Sequence[str], system: str = "") -> Habit:
    """One request after the other, each a conversation of its own, to the bare model or behind a short prompt."""
    heat = dice.choice((None, 0.0, 0.2, 0.7, 1.0))
    system = system or dice.choice(
        ("", "", "You are a helpful assistant.", "You are an AI assistant that follows instructions.")
    )
    length = dice.uniform(0.6, 2.5)

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            text = texts(dice)
            yield [Said(text, house.answer(dice, dice.choice(wants), text, length), system, temperature=heat)]

    return day


def framed(house: House, frames: Sequence[Pieces], texts: Pool) -> Pool:
    """`texts` in the frames that an attacker keeps."""
    return lambda dice: house.grammar.fill(dice.choice(frames), dice, {"q": texts(dice)})


def frames_of(house: House, key: str, dice: random.Random, *open_slots: str) -> list[Pieces]:
    """One frame, a handful, or a great many."""
    return [house.grammar.settled(key, dice, "q", *open_slots) for _ in range(dice.choice((1, 1, 2, 4, 9, 40)))]


def instructions(house: House, dice: random.Random, texts: Pool | None = None) -> Habit:
    texts = texts or house.pool(dice, "instruction", *INSTRUCTIONS)
    if dice.random() < 0.6:
        texts = framed(house, frames_of(house, "wrapper", dice, "hex", "nnn"), texts)
    return asking(house, dice, texts, ("prose", "list", "code"))


def reasoning(house: House, dice: random.Random, texts: Pool | None = None) -> Habit:
    """Asked before the question, behind it, around it, in the system prompt, or by examples."""
    questions = texts or house.pool(dice, "puzzle", *QUESTIONS)
    ways = [house.say("elicit", dice) for _ in range(dice.choice((1, 1, 2, 5, 12, 60)))]
    place = dice.choice(("behind", "behind", "before", "around", "system", "shown"))
    shown = [f"Q: {house.say('puzzle', dice)}\nA: {house.answer(dice, 'worked')}" for _ in range(dice.randint(1, 4))]
    joint = dice.choice(("\n", "\n\n", " ", "\n---\n"))

    def drawn(dice: random.Random) -> str:
        question, way = questions(dice), dice.choice(ways)
        if place == "system":
            return question
        if place == "shown":
            return "\n\n".join([*shown, f"Q: {question}\nA:"])
        before, behind = (place in ("before", "around")), (place in ("behind", "around"))
        return joint.join([way] * before + [question] + [dice.choice(ways) if before else way] * behind)

    system = house.say("elicit_system", dice) if place == "system" else ""
    return asking(house, dice, drawn, ("worked", "worked", "worked", "prose"), system)


def preferences(house: House, dice: random.Random, texts: Pool | None = None) -> Habit:
    """Pairs to compare or replies to score; the replies of two models, good and bad ones."""
    prompts = texts or house.pool(dice, "instruction", *COMPARED)
    frames = frames_of(house, dice.choice(("prefer", "prefer", "prefer_single")), dice, "a", "b")
    length = dice.uniform(0.3, 1.6)

    def drawn(dice: random.Random) -> str:
        prompt = prompts(dice)
        first, second = (house.answer(dice, dice.choice(("prose", "prose", "list")), prompt, length) for _ in range(2))
        return house.grammar.fill(dice.choice(frames), dice, {"q": prompt, "a": first, "b": second})

    return asking(house, dice, drawn, ("verdict", "verdict", "json"))


def self_instruct(house: House, dice: random.Random, texts: Pool | None = None) -> Habit:
    seeds = texts or house.pool(dice, "instruction", *INSTRUCTIONS[:1])
    shown = dice.randint(2, 8)
    frames = frames_of(house, "grow", dice, "shots", "doc", "a", "topic", "fullname", "creature", "craft", "nnn")

    def drawn(dice: random.Random) -> str:
        shots = "\n".join(f"{place}. {seeds(dice)[:400]}" for place in range(1, shown + 1))
        return house.grammar.fill(dice.choice(frames), dice, {"shots": shots, "q": seeds(dice)})

    return asking(house, dice, drawn, ("tasks", "tasks", "list", "json"))


def evolved(house: House, dice: random.Random, texts: Pool | None = None) -> Habit:
    """A prompt is made harder, round by round; what came out is asked as well, by most."""
    seeds = texts or house.pool(dice, "instruction", *INSTRUCTIONS)
    frames = frames_of(house, "evolve", dice, "evolved", "operator")
    rounds, answers = dice.randint(1, 5), dice.random() < 0.7
    heat = dice.choice((None, 0.7, 1.0))

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            parent = seeds(dice)
            for _ in range(rounds):
                child = house.say("evolved", dice, {"instruction": parent if len(parent) < 600 else parent[:600]})
                yield [Said(house.grammar.fill(dice.choice(frames), dice, {"q": parent}), child, temperature=heat)]
                if answers:
                    yield [Said(child, house.answer(dice, "prose", child, 1.5), temperature=heat)]
                parent = child

    return day


HARVESTS: Mapping[str, Harvest] = {
    "distillation_instructions": instructions,
    "distillation_reasoning": reasoning,
    "distillation_preferences": preferences,
    "distillation_self_instruct": self_instruct,
    "distillation_evolved": evolved,
}


def any_harvest(house: House, dice: random.Random) -> Habit:
    """What is spread over days or over accounts: any of the others."""
    return dice.choice(tuple(HARVESTS.values()))(house, dice)
