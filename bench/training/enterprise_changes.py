"""Days on which somebody does something else, and means no harm: what looks most like an attack and is none."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from enterprise_house import Conversation, Habit, House, Pool
from enterprise_talking import bare, conversations, either

# What is done that day, the public texts it may be done with, and what comes back.
CHANGES: Mapping[str, tuple[Sequence[str], str]] = {
    "study": (("cot_question", "benign_search"), "prose"),
    "comparison": (("benign_chat",), "verdict"),
    "test_data": ((), "list"),
    "brainstorm": ((), "list"),
    "steps": (("cot_question",), "worked"),
    "grading": ((), "verdict"),
    "curiosity": ((), "prose"),
    "quotation": ((), "prose"),
    "digest": ((), "prose"),
    "decoding": ((), "prose"),
    "roleplay": (("system_prompt_like",), "prose"),
    "moderation": (("jailbreak", "harmful_request", "hardneg_trigger"), "label"),
}


def changed(house: House, usual: Habit, what: str, dice: random.Random) -> Habit:
    """A day of something else, all of it or in between the usual work."""
    share = dice.choice((0.3, 0.6, 0.9, 1.0))
    labels, want = CHANGES[what]
    product = dice.choice(house.libraries if what == "digest" else [*house.chats, bare(dice)])
    other = conversations(house, product, _asking(house, what, labels, dice), dice)

    def day(dice: random.Random, number: int) -> Iterator[Conversation]:
        work = usual(dice, number)
        for said in other(dice, number):
            if dice.random() < share:
                for one in said:
                    if dice.random() < 0.7:
                        one.answer = house.answer(dice, want, one.user)
                yield said
            else:
                yield next(work)

    return day


def _asking(house: House, what: str, labels: Sequence[str], dice: random.Random) -> Pool:
    """The phrases of a change; some of them around public texts, and a few days with one frame for all."""
    texts = house.pool(dice, "goal" if what == "moderation" else "question", *labels)
    frames = [house.grammar.settled(what, dice, "q", "a", "b", "doc", "known", "question", "topic", "matter")]
    one_frame = dice.random() < 0.25

    def drawn(dice: random.Random) -> str:
        given = {"q": texts(dice)}
        return house.grammar.fill(frames[0], dice, given) if one_frame else house.say(what, dice, given)

    return either(dice, drawn, texts) if labels and what != "moderation" else drawn
