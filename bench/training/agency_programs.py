"""Programs of the fifth hand: jobs with a template, bots, retrieval, agents; and runs that measure or make up data."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

from agency_grammar import filled, table
from agency_house import Facts, House
from agency_talks import Sitting, Talk
from agency_texts import answer, form_of
from agency_voices import a_voice, written

from tidegate.model import Turn
from tidegate.sources.contents import Parameters, ToolUse

Program = Callable[[], Sitting]
_SLOTS = ("item", "passages", "a", "b", "ref")  # left open: they change with every run
_MOST_STEPS = 6
_LABELS = re.compile(r"as one of: ([^.]+)\.")
_BETWEEN = re.compile(r", | / |\|| or ")


def _parameters(dice: random.Random) -> Parameters:
    return Parameters(
        max_tokens=dice.choice((0, 16, 200, 512, 1024, 4096)), temperature=dice.choice((None, 0.0, 0.0, 0.2, 0.5, 1.0))
    )


def _template(house: House, name: str, dice: random.Random, facts: Facts) -> str:
    for _ in range(9):  # a fence twice or none at all is what the grammar may do and a programmer does not
        made = house.words.settled(dice.choice(table("programs")["lists"][name]), dice, facts, _SLOTS)
        if made.count("{item}") == 1 or name in ("rag_ask", "data_template"):
            break
    return made


def a_job(house: House, dice: random.Random) -> Program:
    """Goes through what came in with one template, each item on its own."""
    facts = house.matter(dice)
    template, parameters = _template(house, "job_template", dice, facts), _parameters(dice)
    system = house.words.phrase("{role}", dice, facts) if dice.random() < 0.4 else ""
    labels = _LABELS.search(template)
    form = next((form for word, form in table("forms")["job"].items() if word in template), "short")
    ready = dice.random() < 0.25 and house.public(("benign_template",), dice)  # such rows are whole prompts

    def run() -> Sitting:
        talk, now = Talk(system, parameters), house.matter(dice)
        if ready:
            text = house.public(("benign_template",), dice)
            return [talk.says(text, answer(house, form_of(text, "short"), text, dice, now))]
        found = house.public(("benign_support",), dice) if dice.random() < 0.2 else ""
        item = found or house.sentences("sentence", dice.randint(1, 5), dice, now)
        text = filled(template, {"item": item, "ref": house.words.phrase("{ref}", dice, now)})
        said = dice.choice(_BETWEEN.split(labels[1])) if labels else answer(house, form, text, dice, now)
        return [talk.says(text, said)]

    return run


def a_bot(house: House, dice: random.Random) -> Program:
    """Is asked by many, each in a manner of their own."""
    system, parameters = house.instructions(dice, house.matter(dice)), _parameters(dice)

    def run() -> Sitting:
        talk, voice, facts = Talk(system, parameters), a_voice(dice), house.matter(dice)
        say, calls = house.words.say, []
        text = house.public(("benign_support",), dice) if dice.random() < 0.25 else ""
        text = text or written(say("bot_ask", dice, facts), voice, dice, house.words, facts)
        while True:
            form = "refused" if dice.random() < 0.03 else dice.choice(("short", "short", "prose", "steps"))
            calls.append(talk.says(text, answer(house, form, text, dice, facts)))
            if len(calls) > _MOST_STEPS or dice.random() > voice.patience:
                return calls
            text = written(say("bot_then", dice, facts), voice, dice, house.words, facts, opening=False)

    return run


def a_search(house: House, dice: random.Random) -> Program:
    """Puts what was found beside the question, or in one text with it."""
    facts = house.matter(dice)
    system = house.words.say("rag_system", dice, facts)
    template, parameters = _template(house, "rag_ask", dice, facts), _parameters(dice)
    one_text = "{passages}" in template
    beside = [ask for ask in house.words.lists["rag_ask"] if "{passages}" not in ask] or ["{asked}"]

    def run() -> Sitting:
        talk, now = Talk(system, parameters), house.matter(dice)
        passages = house.passages(dice, now)
        asked = house.words.phrase("{asked}" if one_text else dice.choice(beside), dice, now)
        if one_text:
            text = f"{filled(template, {'passages': passages})}\n{asked}"
            return [talk.says(text, answer(house, "prose", text, dice, now))]
        return [talk.says(asked, answer(house, "prose", asked + passages, dice, now), passages)]

    return run


def an_agent(house: House, dice: random.Random) -> Program:
    """Has a goal, asks for tools and reads what they bring until it is done."""
    facts = house.matter(dice)
    system, parameters = house.words.say("agent_system", dice, facts), _parameters(dice)
    tools = dice.sample(table("programs")["lists"]["agent_tool"], dice.randint(2, 5))

    def run() -> Sitting:
        talk, now = Talk(system, parameters, tools), house.matter(dice)
        say, calls = house.words.say, []
        goal = house.public(("agent_tooluse",), dice) if dice.random() < 0.2 else ""
        asked = [Turn("user", goal or say("agent_goal", dice, now))]
        for _ in range(dice.randint(1, _MOST_STEPS)):
            given = {say("column", dice, now): house.words.phrase("{ref}", dice, now)}
            name = dice.choice(tools)
            use = ToolUse(name, given, f"{name} {json.dumps(given)}")
            thought = say("agent_thought", dice, now) if dice.random() < 0.5 else ""
            calls.append(talk.call(asked, thought, [use]))
            asked = [Turn("tool_result", say("agent_result", dice, now))]
        calls.append(talk.call(asked, answer(house, "short", now["thing"], dice, now)))
        return calls

    return run


def a_measurement(house: House, dice: random.Random, name: str = "eval_template") -> Program:
    """Asks the same set in the same form to see how good a release is, grades what came out, or makes up a set."""
    facts = house.matter(dice)
    template, parameters = _template(house, name, dice, facts), _parameters(dice)
    system = house.words.say("eval_system", dice, facts)
    form = {"eval_template": dice.choice(("short", "steps", "label", "prose")), "grade_template": "verdict"}
    labels = dice.choice((("cot_question",), ("eval_code", "benign_code"), ("benign_search", "benign_chat")))

    def run() -> Sitting:
        now = house.matter(dice)
        made = dice.choice(table("programs")["lists"]["data_template"]) if name == "data_template" else template
        made = house.words.settled(made, dice, now, _SLOTS) if name == "data_template" else made
        given = {slot: answer(house, "prose", now["thing"], dice, now) for slot in ("a", "b") if f"{{{slot}}}" in made}
        given |= {"item": house.item(labels, dice, now), "ref": house.words.phrase("{ref}", dice, now)}
        text = filled(made, given)
        return [Talk(system, parameters).says(text, answer(house, form.get(name, "table"), text, dice, now))]

    return run
