"""People with a key or an application in front of them, and what each of them usually asks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping

from enterprise_grammar import CODES, coded, heavy
from enterprise_house import Conversation, Habit, House, Pool, Said
from enterprise_talking import bare, conversations, either, pasting

from tidegate.sources.contents import ToolUse

type Kind = Callable[[House, random.Random], Habit]


def clerk(house: House, dice: random.Random) -> Habit:
    """Office work in a chat: drafts, lists, rewriting, a question now and then."""
    chat = dice.choice(house.chats)
    work = either(
        dice, house.pool(dice, "request"), house.pool(dice, "question"), house.pool(dice, "request", "benign_chat")
    )
    return conversations(house, chat, work, dice)


def reader(house: House, dice: random.Random) -> Habit:
    """Asks the company's documents."""
    work = either(dice, house.pool(dice, "question"), house.pool(dice, "question", "benign_search"))
    return conversations(house, dice.choice(house.libraries), work, dice)


def helper(house: House, dice: random.Random) -> Habit:
    """Answers customers with a product that drafts."""
    work = either(dice, house.pool(dice, "ticket", "benign_support"), house.pool(dice, "mail"))
    return conversations(house, dice.choice([*house.chats, *house.libraries]), work, dice, again=dice.choice((0, 0.1)))


def developer(house: House, dice: random.Random) -> Habit:
    editor = house.product(dice) if dice.random() < 0.6 else bare(dice)
    work = either(
        dice,
        pasting(house, "unit", "code", "code", "log", "diff", "table"),
        house.pool(dice, "unit", "benign_code", "eval_code"),
    )
    chat = conversations(house, editor, work, dice)
    code = dice.uniform(0.3, 0.9)

    def day(dice: random.Random, number: int) -> Iterator[Conversation]:
        for said in chat(dice, number):
            for one in said:
                if dice.random() < code:
                    one.answer = house.answer(dice, "code")
            yield said

    return day


def analyst(house: House, dice: random.Random) -> Habit:
    """A notebook: one cell run again and again with another temperature, another wording, another row."""
    rows = house.pool(dice, "ticket", "benign_rag_context", "benign_support")

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            cell = house.grammar.settled(dice.choice(("classify", "extract", "summarise", "check")), dice, "doc")
            heat = dice.choice((None, 0.0, 0.5, 1.0))
            for _ in range(heavy(dice, 6, 0.8, most=60)):
                text = house.grammar.fill(cell, dice, {"doc": rows(dice)})
                yield [
                    Said(
                        text, house.answer(dice, dice.choice(("label", "json", "prose")), length=0.5), temperature=heat
                    )
                ]

    return day


def operator(house: House, dice: random.Random) -> Habit:
    """Gives an agent tasks; the agent calls itself with what its tools bring."""
    agent = dice.choice(house.agents)
    tasks = either(dice, house.pool(dice, "request"), house.pool(dice, "question", "agent_tooluse"))
    steps = dice.uniform(1, 9)

    def day(dice: random.Random, _day: int) -> Iterator[Conversation]:
        while True:
            said = [house.asked(agent, tasks(dice), dice)]
            for _ in range(heavy(dice, steps, 0.5, most=30)):
                name, given = dice.choice(agent.tools), {house.say("word", dice): house.say("note", dice)}
                said[-1].uses, said[-1].answer = (ToolUse(name, given, f"{name} {json.dumps(given)}"),), ""
                brought = house.document(dice)
                answered = house.answer(dice, "prose", length=agent.length)
                said.append(
                    Said(
                        "",
                        answered,
                        agent.system,
                        brought,
                        "tool_result",
                        agent.tools,
                        (),
                        2 * len(said) + 1,
                        agent.temperature,
                    )
                )
            yield said

    return day


def foreigner(house: House, dice: random.Random) -> Habit:
    """Works in other languages than English."""
    return conversations(house, dice.choice(house.chats), house.pool(dice, "abroad"), dice)


def guard(house: House, dice: random.Random) -> Habit:
    """The security team: asks about attacks, and some of its people try them on the company's own products."""
    product = dice.choice([*house.chats, bare(dice)])
    work = either(
        dice, house.pool(dice, "security", "hardneg_security"), house.pool(dice, "security", "hardneg_trigger")
    )
    if dice.random() < 0.35:
        tried = house.pool(dice, "persona", "jailbreak", given={"q": house.say("goal", dice)})
        work = either(dice, work, tried, house.pool(dice, "ask_prompt"), goals_encoded(house))
    return conversations(house, product, work, dice)


def student(house: House, dice: random.Random) -> Habit:
    """A trainee: learns with it every day, wants explanations and exercises."""
    work = either(
        dice, house.pool(dice, "study", "cot_question"), house.pool(dice, "steps"), house.pool(dice, "request")
    )
    return conversations(house, dice.choice(house.chats), work, dice)


def editor(house: House, dice: random.Random) -> Habit:
    """Pastes long texts and wants them shorter, friendlier or in another language."""
    frames = [house.grammar.settled(dice.choice(("summarise", "translate", "draft")), dice, "doc") for _ in range(4)]
    texts = either(dice, house.document, house.pool(dice, "mail", "benign_rag_context"))
    return conversations(
        house,
        dice.choice(house.chats),
        lambda dice: house.grammar.fill(dice.choice(frames), dice, {"doc": texts(dice)}),
        dice,
    )


def tinkerer(house: House, dice: random.Random) -> Habit:
    """Tries out prompts and roles for a product to come."""
    work = either(
        dice,
        house.pool(dice, "roleplay", "system_prompt_like"),
        house.pool(dice, "curiosity"),
        house.pool(dice, "request"),
    )
    return conversations(house, bare(dice), work, dice)


def goals_encoded(house: House) -> Pool:
    def drawn(dice: random.Random) -> str:
        code = dice.choice(CODES)
        given = {"coded": coded(house.say("goal", dice), code), "rule": code, "fn": code.split()[0].lower()}
        return house.say("encoded", dice, given)

    return drawn


PEOPLE: Mapping[str, tuple[Kind, float]] = {  # and how many of them there are, to each other
    "clerk": (clerk, 6),
    "reader": (reader, 5),
    "helper": (helper, 3),
    "developer": (developer, 6),
    "analyst": (analyst, 2.5),
    "agent_operator": (operator, 3),
    "writer_abroad": (foreigner, 2),
    "security_team": (guard, 1.2),
    "trainee": (student, 1.5),
    "editor": (editor, 2.5),
    "prompt_tinkerer": (tinkerer, 1),
}
