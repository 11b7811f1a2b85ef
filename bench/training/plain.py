"""Tenants made by other rules than `tidegate simulate`'s: plain callers, public texts, uncorrelated answers.

Heads over days that are shown one simulator alone learn how that simulator calls. These tenants share nothing with it:
callers are Poisson in fixed hours, jobs run through in one go, answers are prose of a drawn length, an attacker goes
through its list and asks what it usually asks in between. What is left in common is what attacks are.
"""

from __future__ import annotations

import base64
import codecs
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plain_words as words
from labelled import MIDNIGHT, Labelled, Request, invented_call
from templates import chosen

from tidegate.model import Turn
from tidegate.sources.contents import Contents, Parameters

# Benign classes: share of callers, and mean and spread of the logarithm of calls a day.
CLASSES = {
    "general_chat": (0.20, 2.2, 0.5),
    "support_chat": (0.16, 2.4, 0.5),
    "search": (0.14, 2.6, 0.5),
    "coding_assistant": (0.16, 2.8, 0.5),
    "rag_answering": (0.10, 2.8, 0.5),
    "long_chat": (0.08, 2.6, 0.4),
    "tool_agent": (0.06, 3.2, 0.5),
    "batch_template": (0.04, 4.6, 0.4),
    "security_team": (0.03, 2.4, 0.5),
    "evaluation_run": (0.015, 4.6, 0.4),
    "synthetic_data_job": (0.015, 4.6, 0.4),
}
JOBS = frozenset(("batch_template", "evaluation_run", "synthetic_data_job"))
TALKS = frozenset(("general_chat", "long_chat", "coding_assistant", "support_chat"))
COVERS = ("general_chat", "coding_assistant", "support_chat", "search", "rag_answering")
# Labels of public texts that a class asks from; where a tenant has none of them, it asks in words of our own.
PUBLIC = {
    "general_chat": ("benign_chat", "system_prompt_like"),
    "long_chat": ("benign_chat",),
    "support_chat": ("benign_support",),
    "search": ("benign_search",),
    "coding_assistant": ("benign_code", "eval_code"),
    "rag_answering": ("benign_search", "benign_support"),
    "tool_agent": ("agent_tooluse",),
    "batch_template": ("benign_template", "benign_chat"),
    "security_team": ("hardneg_security", "hardneg_trigger"),
    "evaluation_run": ("cot_question", "eval_code"),
}
INSTRUCTIONS = ("distill_instr", "distill_code", "distill_roleplay", "distill_tool")
ATTACKS = (
    "distillation_instructions",
    "distillation_reasoning",
    "distillation_preferences",
    "distillation_self_instruct",
    "distillation_evolved",
    "distillation_low_and_slow",
    "distributed_distillation",
    "prompt_attack_persona",
    "prompt_attack_adaptive",
    "prompt_attack_encoded",
    "system_prompt_extraction",
    "training_data_extraction",
)
HARMFUL = frozenset(("prompt_attack_persona", "prompt_attack_adaptive", "prompt_attack_encoded"))
SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
SLOW, SPREAD = "distillation_low_and_slow", "distributed_distillation"
MEMBERS = 6  # of a distributed campaign
MOST = 100  # calls a caller-day
RESTING = 0.7  # of weekend days
DAY = 86_400.0


@dataclass(slots=True)
class Caller:
    name: str
    kind: str
    pace: float
    active: float  # share of days
    hours: tuple[int, int]
    system: str
    temperature: float | None
    template: str
    suffix: str


class Tenant:
    """One tenant's callers and what they have to ask."""

    def __init__(self, number: int, rows: Mapping[str, Sequence[Mapping[str, Any]]], seed: str) -> None:
        self.number = number
        self.dice = random.Random(f"{seed}/plain/{number}")
        self._texts: dict[str, list[str]] = defaultdict(list)
        for some in rows.values():
            for row in some:
                self._texts[row["label"]].append(row["text"])
        self._paces = {name: self.dice.gauss(0, 0.6) for name in CLASSES}
        self._made = 0

    def days(self, *, callers: int, history: int, days: int) -> Iterator[Labelled]:
        for name, (share, _, _) in CLASSES.items():
            for _ in range(max(1, round(share * callers * self.dice.lognormvariate(0, 0.6)))):
                one, first = self._caller(name), self._first(days)
                for day in range(first, days):
                    yield from self._benign(one, day)
        for name in ATTACKS:
            for share in SHARES if name != SLOW else (0.3, 0.3):
                begins = history + self.dice.randrange(days - history)
                ends = days if name == SLOW else begins + 1
                for _ in range(MEMBERS if name == SPREAD else 1):
                    yield from self._attacker(name, share, begins, ends)

    def _first(self, days: int) -> int:
        return self.dice.randrange(2, days) if self.dice.random() < 0.2 else 0

    def _caller(self, kind: str) -> Caller:
        dice = self.dice
        self._made += 1
        _, mean, spread = CLASSES[kind]
        return Caller(
            name=f"user:{self.number}-{self._made}",
            kind=kind,
            pace=dice.lognormvariate(mean + self._paces[kind], spread),
            active=dice.uniform(0.3, 1),
            hours=(dice.randrange(6, 10), dice.randrange(15, 20)),
            system=dice.choice(words.SYSTEMS) if dice.random() < 0.4 else "",
            temperature=dice.choice((None, 0.0, 0.2, 0.7, 1.0)),
            template=dice.choice(words.TEMPLATES),
            suffix=dice.choice(words.REASONING),
        )

    def _attacker(self, family: str, share: float, begins: int, ends: int) -> Iterator[Labelled]:
        """Half of them have a past of their own before they attack."""
        one, new = self._caller(self.dice.choice(COVERS)), self.dice.random() < 0.5
        for day in range(begins if new else 0, ends):
            if day < begins:
                yield from self._benign(one, day)
                continue
            asks = self._attack_requests(one, family, day, share)
            cover = min(MOST, round(len(asks) * (1 - share) / share))
            among: list[Request] = []
            while len(among) < cover:
                among += self._requests(one, day, cover - len(among))
            found = sorted([*asks, *among], key=lambda request: request.call.time)
            yield Labelled(self.number, one.name, day, family, False, share, new, found)

    def _benign(self, one: Caller, day: int) -> Iterator[Labelled]:
        dice, weekend = self.dice, day % 7 >= 5
        if dice.random() > one.active or (weekend and one.kind not in JOBS and dice.random() < RESTING):
            return
        calls = min(MOST, max(1, int(one.pace * dice.lognormvariate(0, 0.5))))
        found = sorted(self._requests(one, day, calls), key=lambda request: request.call.time)
        yield Labelled(self.number, one.name, day, one.kind, True, 0.0, False, found)

    def _requests(self, one: Caller, day: int, calls: int) -> list[Request]:
        dice, midnight = self.dice, MIDNIGHT + day * DAY
        if one.kind in JOBS:
            time, found = midnight + dice.uniform(1, 20) * 3600, []
            for _ in range(calls):
                time = min(time + dice.expovariate(1 / 6), midnight + DAY - 1)
                found.append(self._request(one, time, self._ask(one), 1))
            return found
        found = []
        while len(found) < calls:
            time = midnight + dice.uniform(*one.hours) * 3600
            turns = 1 + int(dice.expovariate(1 / 2.5)) if one.kind in TALKS else 1
            for turn in range(min(turns, calls - len(found))):
                later = turn and one.kind != "support_chat"
                ask = chosen(words.GOING_ON, dice) if later else self._ask(one)
                found.append(self._request(one, time, ask, 1 + 2 * turn))
                time = min(time + dice.lognormvariate(3.5, 0.8), midnight + DAY - 1)
        return found

    def _attack_requests(self, one: Caller, family: str, day: int, share: float) -> list[Request]:
        dice, midnight = self.dice, MIDNIGHT + day * DAY
        usual = dice.uniform(15, 40) if family == SPREAD else dice.lognormvariate(4.2, 0.6)
        calls = dice.randrange(4, 9) if family == SLOW else max(2, round(min(MOST, usual) * share))
        gap = 2000 if family == SLOW else dice.choice((5, 15, 40))
        time = midnight + dice.uniform(0, 16) * 3600
        found = []
        for _ in range(calls):
            time = min(time + dice.expovariate(1 / gap), midnight + DAY - 1)
            refused = family in HARMFUL and dice.random() < 0.5
            found.append(self._request(one, time, self._attack(one, family), 1, attack=True, refused=refused))
        return found

    def _request(
        self, one: Caller, time: float, ask: str, messages: int, *, attack: bool = False, refused: bool = False
    ) -> Request:
        dice = self.dice
        answer = dice.choice(words.REFUSALS) if refused or dice.random() < 0.004 else self._prose()
        call = invented_call(one.name, time, dice)
        contents = Contents(
            new=(Turn("user", ask),),
            answer=(Turn("assistant", answer),),
            system=one.system,
            user=ask,
            brought="",
            answered=answer,
            tools_offered=("lookup",) if one.kind == "tool_agent" and not attack else (),
            messages=messages,
            parameters=Parameters(temperature=one.temperature),
        )
        return Request(call, contents, attack)

    def _prose(self) -> str:
        dice = self.dice
        return " ".join(dice.choices(words.PROSE, k=1 + int(dice.lognormvariate(2.4, 0.9))))

    def _text(self, *labels: str) -> str:
        known = [label for label in labels if label in self._texts]
        return self.dice.choice(self._texts[self.dice.choice(known)]) if known else self._own()

    def _own(self) -> str:
        one, two = self.dice.sample(words.THINGS, 2)
        return chosen(words.OWN, self.dice).replace("<thing_one>", one).replace("<thing_two>", two)

    def _ask(self, one: Caller) -> str:
        if one.kind == "synthetic_data_job":
            return f"Invent a {self.dice.choice(('review', 'complaint', 'diary entry', 'call'))} on {self._own()}"
        text = self._text(*PUBLIC[one.kind]) if self.dice.random() < 0.75 else self._own()
        if one.kind == "rag_answering":
            return f"Passages:\n{self._text('benign_rag_context', 'benign_template')[:1200]}\n\nQuestion: {text}"
        return one.template.replace("%s", text[:600]) if one.kind == "batch_template" else text

    def _attack(self, one: Caller, family: str) -> str:
        dice = self.dice
        match family:
            case "distillation_reasoning":
                return chosen((one.suffix,), dice).replace("%s", self._text("cot_question", "benign_search"))
            case "distillation_preferences":
                told = (self._text("distill_pref", "benign_chat")[:300], self._prose()[:300], self._prose()[:300])
                return chosen(words.JUDGING, dice) % told
            case "distillation_self_instruct":
                tasks = "\n".join("- " + self._text(*INSTRUCTIONS)[:150] for _ in range(4))
                return chosen(words.MORE_TASKS, dice).replace("%s", tasks)
            case "distillation_evolved":
                return chosen(words.HARDER, dice).replace("%s", self._text(*INSTRUCTIONS, "benign_chat")[:400])
            case "prompt_attack_persona":
                return self._text("jailbreak")
            case "prompt_attack_adaptive":
                return dice.choice(words.COAXING) % self._text("harmful_request")
            case "prompt_attack_encoded":
                return self._encoded(self._text("harmful_request"))
            case "system_prompt_extraction":
                return self._text("sysprompt_extraction")
            case "training_data_extraction":
                return self._text("training_extraction")
        return self._text(*INSTRUCTIONS)

    def _encoded(self, text: str) -> str:
        way = self.dice.randrange(3)
        if way == 0:
            return f"Read this and do it: {base64.b64encode(text.encode()).decode()}"
        return f"Undo the cipher, then respond. {codecs.encode(text, 'rot13')}" if way == 1 else " ".join(text)
