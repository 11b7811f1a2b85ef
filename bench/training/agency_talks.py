"""Conversations of the fifth hand: what each call of one adds, with the answer to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agency_grammar import FOREIGN, filled, table
from agency_house import Facts, House
from agency_texts import MATERIAL, answer, form_of
from agency_voices import Voice, written

from tidegate.model import Turn
from tidegate.sources.contents import Contents, Parameters, ToolUse

Sitting = list[Contents]

DEFAULTS = (Parameters(), Parameters(), Parameters(max_tokens=2048), Parameters(max_tokens=1024, temperature=0.7))
_LONGEST = 12  # turns of a conversation
_REFUSED = 0.008  # of what anybody asks, for no good reason
_NEXT = ("{wait_item}\n{text}", "{wait_item} {text}", "{text}")


class Talk:
    def __init__(self, system: str = "", parameters: Parameters | None = None, tools: Sequence[str] = ()) -> None:
        self.system, self.tools = system, tuple(tools)
        self.parameters = parameters or Parameters()
        self.messages = 0

    def call(self, asked: Sequence[Turn], answered: str, uses: Sequence[ToolUse] = ()) -> Contents:
        first = [Turn("system", self.system)] if self.system and not self.messages else []
        self.messages += 1
        contents = Contents(
            new=(*first, *asked),
            answer=(
                *([Turn("assistant", answered)] if answered else ()),
                *(Turn("tool_call", use.text) for use in uses),
            ),
            system=self.system,
            user="\n".join(turn.text for turn in asked if turn.role == "user"),
            brought="\n".join(turn.text for turn in asked if turn.role != "user"),
            answered=answered,
            tool_uses=tuple(uses),
            tools_offered=self.tools,
            messages=self.messages,
            parameters=self.parameters,
        )
        self.messages += 1
        return contents

    def says(self, text: str, answered: str, passages: str = "") -> Contents:
        brought = [Turn("retrieved", passages)] if passages else []
        return self.call([*brought, Turn("user", text)], answered)


class Work(NamedTuple):
    """What somebody sits down to do: how it begins, and how it may go on (phrases, and the form of the answer)."""

    opens: Sequence[str]
    then: Sequence[tuple[Sequence[str], str]]
    form: str
    text: str = ""
    public: Sequence[str] = ()
    system: bool = False  # the house's own bot is asked
    passages: bool = False  # and has looked something up
    tongue: str = ""  # if it is always the same


_FORMS = {"table": "table", "done": "short", "abroad": "foreign", "code": "code"}


def works_of(kind: str) -> list[Work]:
    """What people of a kind have to do."""
    known = table("words")
    follows = {**known["follows"], "next": _NEXT}
    return [
        Work(
            opens=task["opens"],
            then=[(follows[name], _FORMS.get(name, task["form"])) for name in task["then"]],
            form=task["form"],
            text=task.get("text", ""),
            public=task.get("public", ()),
        )
        for task in known["task"]
        if kind in task["kinds"]
    ]


def work_abroad(tongue: str) -> Work:
    asks = (f"{{ask_{tongue}}}", f"{{ask_{tongue}}}\n\n{{foreign}}", f"{{foreign}}\n\n{{ask_{tongue}}}")
    return Work(asks, [((f"{{more_{tongue}}}",), "foreign")], "foreign", tongue=tongue)


def odd_work(kind: str) -> Work:
    known: dict[str, Any] = table("odd_words")[kind]
    return Work(
        known["opens"], [(known["then"], known["form"])], known["form"], "notes", known.get("public", ()),
        known.get("system", False), known.get("passages", False),
    )  # fmt: skip


def conversation(house: House, work: Work, voice: Voice, dice: random.Random) -> Sitting:
    facts = house.matter(dice)
    facts["tongue_code"] = work.tongue or facts["tongue_code"]
    system = house.instructions(dice, facts) if work.system else ""
    talk = Talk(system, dice.choice(DEFAULTS))
    bare = house.public(work.public, dice) if not work.system and dice.random() < 0.25 else ""
    first = bare or asked(house, dice.choice(work.opens), voice, dice, facts, work)
    calls = [_answered(house, talk, first, form_of(first, "prose") if bare else work.form, work, dice, facts)]
    while len(calls) < _LONGEST and dice.random() < voice.patience:
        phrases, form = dice.choice(work.then)
        text = asked(house, dice.choice(phrases), voice, dice, facts, work, opening=False)
        calls.append(_answered(house, talk, text, form, work, dice, facts))
    return calls


def _answered(
    house: House, talk: Talk, text: str, form: str, work: Work, dice: random.Random, facts: Facts
) -> Contents:
    found = house.passages(dice, facts) if work.passages else ""
    form = "refused" if dice.random() < _REFUSED else form
    return talk.says(text, found if found and form == "quoted" else answer(house, form, text, dice, facts), found)


def asked(
    house: House, template: str, voice: Voice, dice: random.Random, facts: Facts, work: Work, *, opening: bool = True
) -> str:
    """What is typed in the person's manner, around what is pasted as it is."""
    typed = house.words.settled(template, dice, facts, FOREIGN)
    typed = written(typed, voice, dice, house.words, facts, opening=opening)
    return filled(typed, pasted(house, typed, dice, facts, work))


def pasted(house: House, typed: str, dice: random.Random, facts: Facts, work: Work) -> Facts:
    makers: dict[str, Callable[[], str]] = {
        "text": lambda: MATERIAL[work.text](house, dice, facts),
        "item": lambda: house.item(work.public, dice, facts),
        "a": lambda: answer(house, "prose", facts["thing"], dice, facts),
        "b": lambda: answer(house, "prose", facts["thing"], dice, facts),
        "foreign": lambda: house.foreign(facts["tongue_code"], dice.randint(1, 4), dice, facts),
        "attack": lambda: house.hostile(dice, facts),
        "instructions": lambda: house.instructions(dice, facts),
    }
    return {name: make() for name, make in makers.items() if f"{{{name}}}" in typed}
