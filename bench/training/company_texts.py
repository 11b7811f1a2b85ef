"""What is said in the company of company.py: public texts by label, and the words of company_words.toml.

A tenant gets one half of the public sources. Of what a half has none of, the company asks in words of its own; its
documents, notes, code and answers are put together from sentences, a few hundred a tenant, and cut as answers are.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

WORDS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("company_words.toml").read_text())
# Labels of public texts by what they are asked as.
LABELS = {
    "chat": ("benign_chat", "system_prompt_like"),
    "support": ("benign_support",),
    "search": ("benign_search",),
    "code": ("benign_code",),
    "eval_code": ("eval_code",),
    "bench": ("cot_question",),
    "security": ("hardneg_security",),
    "trigger": ("hardneg_trigger",),
    "tool": ("agent_tooluse",),
    "instructions": ("distill_instr", "distill_code", "distill_roleplay", "distill_tool"),
    "preferences": ("distill_pref",),
    "system_prompt": ("sysprompt_extraction",),
    "training": ("training_extraction",),
    "jailbreak": ("jailbreak",),
    "harmful": ("harmful_request",),
}
STANDS_FOR = {"instructions": "preferences", "preferences": "instructions"}  # where a half has none of the one
LONGEST = 9000  # characters of what is asked
PARAGRAPHS, DOCUMENTS, SNIPPETS = 400, 120, 80  # a tenant has
LEAST_FILLED = 25  # rows of a public template that make a job's work
_NAMED = re.compile(r"\{(\w+)\}")
_NUMBERED = re.compile(r"^\d+,\"?")  # rows of harmful requests that carry the index of the table they came from
# Tokens of an answer: the mean and spread of the logarithm, near those of the public traces of Azure's conversations.
ANSWER = (4.9, 0.9)


class Passage(NamedTuple):
    document: str
    section: int
    title: str
    text: str


class Texts:
    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], dice: random.Random) -> None:
        self.dice = dice
        by_label: dict[str, list[str]] = defaultdict(list)
        filled: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for some in rows.values():
            for row in some:
                text, label = str(row["text"]), str(row["label"])
                if not 8 < len(text) < LONGEST:
                    continue
                by_label[label].append(_NUMBERED.sub("", text) if label == "harmful_request" else text)
                if label == "benign_template":
                    done = str(row.get("completion", "")).replace("<|endoftext|>", "").strip()
                    filled[str(row.get("template", ""))].append((text, done))
        self._pools = {kind: [text for label in labels for text in by_label[label]] for kind, labels in LABELS.items()}
        self.filled = [some for _, some in sorted(filled.items()) if len(some) > LEAST_FILLED]
        made = [self._prose() for _ in range(PARAGRAPHS)]
        public = _paragraphs([*by_label["benign_rag_context"], *by_label["benign_template"]])
        self.paragraphs = made + dice.sample(public, min(len(public), PARAGRAPHS))
        self._brought = by_label["benign_rag_context"]
        self.documents = [self._document() for _ in range(DOCUMENTS)]
        self.code = [self.fill(dice.choice(WORDS["prose"]["code"])) for _ in range(SNIPPETS)]
        self.code += by_label["eval_code"][:SNIPPETS]
        self.words = sorted({word for text in self.documents for word in re.findall(r"[a-z]{4,12}", text)})
        self.passages = [
            Passage(name, place + 1, title, f"{name} - {place + 1}. {title}\n{self._section()}")
            for name in WORDS["documents"]
            for place, title in enumerate(WORDS["sections"])
        ]
        self.by_place = {(passage.document, passage.section): passage for passage in self.passages}

    def pool(self, kind: str) -> list[str]:
        """Every public text of a kind, or of what stands for it; texts of our own where there are none."""
        found = self._pools[kind] or self._pools.get(STANDS_FOR.get(kind, kind), [])
        return found or [self._own(kind) for _ in range(200)]

    def pick(self, kind: str) -> str:
        return self.dice.choice(self._pools[kind]) if self._pools[kind] else self._own(kind)

    def _own(self, kind: str) -> str:
        return self.fill(self.dice.choice(WORDS["own"]["instructions" if kind == "preferences" else kind]))

    def fill(self, template: str, team: str = "data", **given: object) -> str:
        """What is given, and else a draw, for each name in braces; other braces stay as they are."""
        values: dict[str, str] = {name: str(value) for name, value in given.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in values:
                values[name] = self._value(name, team) or match[0]
            return values[name]

        return _NAMED.sub(value, template)

    def _value(self, name: str, team: str) -> str:
        dice = self.dice
        match name:
            case "o":
                return str(dice.choice(WORDS["teams"][team]["things"]))
            case "a":
                return str(dice.choice(WORDS["teams"][team]["audiences"]))
            case "n":
                return str(dice.randint(12, 240))
            case "k":
                return str(dice.randint(2, 9))
            case "h":
                return str(dice.randint(7, 19))
            case "d":
                return self.note()
            case "name":
                return f"{dice.choice(WORDS['names'])} {dice.choice(WORDS['last_names'])}"
            case "f1" | "f2" | "f3":
                return self.fact()
            case "t" | "l" | "day" | "subject" | "other" | "x" | "y":
                return str(dice.choice(_LISTS[name]))
        return ""

    def fact(self) -> str:
        return self.fill(self.dice.choice(WORDS["facts"]))

    def facts(self, count: int) -> str:
        told = [self.fact() for _ in range(count)]
        return " ".join(f"{one[0].upper()}{one[1:]}." for one in told)

    def note(self) -> str:
        """What somebody pastes: facts, a paragraph, a mail, a document."""
        dice = self.dice
        kind = dice.random()
        if kind < 0.45:
            return self.facts(dice.randint(2, 9))
        if kind < 0.75:
            return dice.choice(self.paragraphs)
        if kind < 0.9 or not self._brought:
            names = WORDS["names"]
            return f"Hi {dice.choice(names)},\n\n{self.facts(dice.randint(2, 6))}\n\nBest,\n{dice.choice(names)}"
        return dice.choice(self._brought)

    def office(self, team: str) -> str:
        kind = self.dice.random()
        if kind < 0.72:
            return self.fill(self.dice.choice(WORDS["asked"]["office"]), team)
        return self.pick("chat" if kind < 0.86 else "search" if kind < 0.95 else "trigger")

    def coding(self) -> str:
        dice, asked = self.dice, WORDS["asked"]
        return self.fill(
            dice.choice(asked["code"]),
            c=dice.choice(self.code)[: dice.randint(200, 1800)],
            s=self.pick("code").split("\n\n    Only")[0],
            lang=dice.choice(WORDS["programming_languages"]),
            err=dice.choice(asked["errors"]),
        )

    def answer(self, tokens: int = 0, *, code: bool = False) -> str:
        """Text of about so many tokens of four characters, cut at the end of a paragraph; 0: of a drawn length."""
        dice = self.dice
        want = 4 * (tokens or max(4, min(1400, int(dice.lognormvariate(*ANSWER)))))
        if code:
            lead, snippet = dice.choice(WORDS["prose"]["leads"]), dice.choice(self.code)[: max(80, want)]
            found = f"{lead}\n\n```\n{snippet}\n```"
            return found if len(found) > want * 0.6 else f"{found}\n\n{dice.choice(self.paragraphs)}"
        if want < 400:
            return dice.choice(self.paragraphs)[: max(want, 20)]
        found = dice.choice(self.documents)
        found = found[dice.randrange(0, max(1, len(found) // 3)) if dice.random() < 0.4 else 0 :]
        while len(found) < want:
            found += "\n\n" + dice.choice(self.documents)
        cut = found.rfind("\n", int(want * 0.7), want)
        return found[: cut if cut > 0 else want]

    def refusal(self) -> str:
        return str(self.dice.choice(WORDS["prose"]["refusals"]))

    def _prose(self) -> str:
        dice, prose = self.dice, WORDS["prose"]["sentences"]
        team = dice.choice(sorted(WORDS["teams"]))
        said = [self.fill(dice.choice(prose), team) for _ in range(dice.randint(1, 6))]
        return " ".join(f"{one[0].upper()}{one[1:]}" for one in said)

    def _document(self) -> str:
        """Paragraphs under headings, some of them lists, as models answer."""
        dice, found = self.dice, []
        for _ in range(dice.randint(3, 14)):
            if dice.random() < 0.3:
                found.append(dice.choice(WORDS["prose"]["headings"]))
            if dice.random() < 0.25:
                found.append("\n".join("- " + self.fill(dice.choice(WORDS["prose"]["sentences"])) for _ in range(4)))
            else:
                found.append(dice.choice(self.paragraphs))
        return "\n\n".join(found)

    def _section(self) -> str:
        dice = self.dice
        return " ".join(
            dice.choice(self.paragraphs) if dice.random() < 0.25 else self.facts(dice.randint(2, 4))
            for _ in range(dice.randint(2, 5))
        )


def _paragraphs(texts: Sequence[str]) -> list[str]:
    """Prose of public documents and templates, without what is asked about it."""
    pieces = [piece.strip() for text in texts for piece in text.split("\n")]
    return [piece for piece in pieces if 120 < len(piece) < 900 and not piece.endswith(("?", ":"))]


_LISTS: Mapping[str, Sequence[str]] = {
    "t": WORDS["tones"],
    "l": WORDS["languages"],
    "day": WORDS["days"],
    "subject": WORDS["subjects"],
    "other": WORDS["subjects"],
    "x": WORDS["prose"]["identifiers"],
    "y": WORDS["prose"]["identifiers"],
}
