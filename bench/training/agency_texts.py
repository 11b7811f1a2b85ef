"""What is pasted in the fifth hand (notes, tables, drafts, code), and answers in the form of what was asked."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from functools import cache

from agency_grammar import sentence, table
from agency_house import Facts, House

_NOUNS = re.compile(r"[^\W\d_]{6,}")
_OPTIONS = re.compile(r"^- (.{1,40})$", re.M)
_SAYS_ITSELF = 40  # characters: what is shorter is about what was said before


def notes(house: House, dice: random.Random, facts: Facts) -> str:
    """Somebody's own: clipped, or run together, or a mail."""
    said = [sentence(house.words.say("sentence", dice, facts)) for _ in range(dice.randint(2, 9))]
    if dice.random() < 0.3:
        return "\n".join(f"- {one.rstrip('.')}" for one in said)
    if dice.random() < 0.3:
        return f"From: {facts['person']}\nSubject: {facts['thing_plain']}\n\n{' '.join(said)}"
    return " ".join(said)


def draft(house: House, dice: random.Random, facts: Facts) -> str:
    return "\n\n".join(house.paragraph(dice, facts, 5) for _ in range(dice.choice((1, 1, 2, 3))))


def table_of(house: House, dice: random.Random, facts: Facts) -> str:
    """As it comes out of a spreadsheet or a query."""
    between = dice.choice(("\t", ";", ",", " | "))
    say = house.words.phrase
    columns = list(dict.fromkeys(say("{column}", dice, facts) for _ in range(dice.randint(2, 5))))
    kinds = [table("forms")["cell"].get(column, "{count}") for column in columns]
    lines = [between.join(say(kind, dice, facts) for kind in kinds) for _ in range(dice.randint(3, 12))]
    return "\n".join((between.join(columns), *lines))


def code(house: House, dice: random.Random, facts: Facts) -> str:
    some = [house.words.phrase(dice.choice(table("forms")["code"]), dice, facts) for _ in range(dice.choice((1, 1, 2)))]
    return "\n\n".join(some)


MATERIAL: Mapping[str, Callable[[House, random.Random, Facts], str]] = {
    "notes": notes, "draft": draft, "table": table_of, "code": code, "": lambda *_: "",
}  # fmt: skip


@cache
def _form_words() -> list[tuple[str, re.Pattern[str]]]:
    return [(form, re.compile(words, re.I)) for form, words in table("forms")["asked"].items()]


def form_of(asked: str, usual: str) -> str:
    """What free text asks for by its words, else the usual."""
    return next((form for form, words in _form_words() if words.search(asked[:600])), usual)


def _kind(asked: str, facts: Facts) -> str:
    """About the house's matters or about the world; what follows stays with what it began with."""
    if any(facts[name] in asked for name in ("thing", "party", "paper")):
        return "sentence"
    return "explain" if len(asked) > _SAYS_ITSELF else facts.get("answers", "explain")


def _about(asked: str, facts: Facts) -> str:
    known = next((topic for topic in table("words")["lists"]["topic"] if topic in asked), "")
    nouns = () if known else _NOUNS.findall(asked[:400])
    return known or (max(nouns, key=len).lower() if nouns and len(asked) > _SAYS_ITSELF else facts["about"])


def numbered(house: House, name: str, dice: random.Random, facts: Facts) -> str:
    some = [house.sentences(name, 1, dice, facts) for _ in range(dice.randint(3, 12))]
    return "\n".join(f"{place}. {one}" for place, one in enumerate(some, 1))


def answer(house: House, form: str, asked: str, dice: random.Random, facts: Facts) -> str:
    """In the form that was asked for, about a word or two of what was asked."""
    kind = facts["answers"] = _kind(asked, facts)
    about = {**facts, "about": _about(asked, facts)}
    say = house.words.say

    def some(low: int, high: int) -> str:
        return house.sentences(kind, dice.randint(low, high), dice, about)

    def lines(mark: Callable[[int], str], low: int, high: int) -> str:
        return "\n".join(mark(place) + some(1, 2) for place in range(1, dice.randint(low, high) + 1))

    match form:
        case "refused":
            return say("refusal", dice, about)
        case "self":
            return house.sentences("self_said", dice.randint(1, 3), dice, about)
        case "short":
            return some(1, 2)
        case "bullets":
            start = f"{say('heading', dice, about)}:\n" if dice.random() < 0.5 else ""
            return start + lines(lambda _: "- ", 3, 8)
        case "steps":
            number = dice.choice(("{}. ", "Step {}: ", "**{}.** "))
            return f"{lines(number.format, 3, 9)}\n\n{some(1, 1)}"
        case "list":
            return lines(lambda place: f"{place}. ", 5, 14)
        case "table":
            return f"{say('heading', dice, about)}:\n\n{table_of(house, dice, about)}"
        case "letter":
            return f"Dear {facts['party_plain']},\n\n{some(3, 8)}\n\nYours sincerely\n{facts['me']}"
        case "code":
            return f"```\n{code(house, dice, about)}\n```\n{some(1, 3)}"
        case "task":
            return house.sentences("seed", 1, dice, about)
        case "tasks" | "questions":
            return numbered(house, "seed" if form == "tasks" else "sum", dice, about)
        case "verdict" | "verdict_moderating" | "verdict_hostile" | "verdict_marking":
            return f"{dice.choice(table('forms')[form])}. {some(0, 3)}".strip()
        case "label":
            if options := _OPTIONS.findall(asked):
                return str(dice.choice(options))
            return house.words.phrase(dice.choice(("{column}", "{column}", "UNKNOWN", "yes", "no")), dice, about)
        case "json":
            return json.dumps({say("column", dice, about): say("reason", dice, about) for _ in range(3)})
        case "foreign":
            named = next(
                (code for name, code in table("forms")["tongue"].items() if name in asked), facts["tongue_code"]
            )
            return house.foreign(named, dice.randint(1, 6), dice, about)
        case "story" | "dialogue":
            names = ("User: ", "Assistant: ") if form == "dialogue" else ("", f"{facts['person']}: ")
            return "\n".join(dice.choice(names) + some(1, 3) for _ in range(dice.randint(2, 9)))
        case "quoted":
            return house.paragraph(dice, about, 12)
    said = f"{some(2, 10)}\n\n{some(1, 4)}" if dice.random() < 0.3 else some(2, 10)
    return f"{said} {say('closing', dice, about)}" if dice.random() < 0.2 else said
