"""Programs that call: templates over rows, reviews of changes, evaluation runs, data made up for tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from enterprise_grammar import Pieces
from enterprise_house import Conversation, Habit, House, Pool, Said
from enterprise_people import Kind
from enterprise_talking import bare, conversations
from enterprise_texts import diff, log

DAYS_AHEAD = 12  # within which a job may be given another template


def _job(house: House, dice: random.Random, keys: Sequence[str], rows: Pool, wants: Sequence[str]) -> Habit:
    """One template or a few over rows, until somebody changes it: another version, another task, one more step."""
    system = house.product(dice).system if dice.random() < 0.5 else ""
    heat = dice.choice((None, 0.0, 0.0, 0.2, 0.7))
    fill = _filling(house, rows)
    changes = dice.randint(1, DAYS_AHEAD) if dice.random() < 0.4 else 1_000
    versions = [[_template(house, keys, dice) for _ in range(dice.choice((1, 1, 1, 2, 3)))] for _ in range(2)]
    length = dice.uniform(0.2, 1.5)

    def day(dice: random.Random, number: int) -> Iterator[Conversation]:
        while True:
            for template, want in versions[number >= changes]:
                text = fill(template, dice)
                answered = house.answer(dice, want or dice.choice(wants), text, length)
                yield [Said(text, answered, system, temperature=heat)]

    return day


def _template(house: House, keys: Sequence[str], dice: random.Random) -> tuple[Pieces, str]:
    key = dice.choice(keys)
    return house.grammar.settled(key, dice, "doc", "q", "a", "b", "question", "nnn", "id"), _WANTS.get(key, "")


def _filling(house: House, rows: Pool) -> Callable[[Pieces, random.Random], str]:
    """Rows go in where the template has a place for them; a template without one is asked for another number."""

    def filled(template: Pieces, dice: random.Random) -> str:
        row = rows(dice)
        return house.grammar.fill(template, dice, {"doc": row, "q": row})

    return filled


_WANTS = {"classify": "label", "extract": "json", "judge": "verdict", "synthesise": "list", "evaluate": ""}


def batch(house: House, dice: random.Random) -> Habit:
    key = dice.choice(("classify", "extract", "summarise", "translate", "draft", "check"))
    labels = dice.choice((("benign_support",), ("benign_rag_context",), ("benign_chat",), ()))
    kind = dice.choice(("ticket", "mail", "paper", "row", "turn"))
    return _job(house, dice, [key], house.pool(dice, kind, *labels), ("prose", "label", "json"))


def public_templates(house: House, dice: random.Random) -> Habit:
    """Many small tasks in fixed frames, as older programs send them."""
    return conversations(house, bare(dice), house.pool(dice, "classify", "benign_template"), dice, again=0)


def builder(house: House, dice: random.Random) -> Habit:
    """Bots of the build: summaries of changes, reviews, reasons of failures."""
    failures = dice.random()

    def rows(dice: random.Random) -> str:
        return (log if dice.random() < failures else diff)(house.grammar, dice)

    return _job(house, dice, ["review"], rows, ("prose", "json", "list"))


def evaluation(house: House, dice: random.Random) -> Habit:
    """The same set of questions for every version of a model or a prompt, and a model that grades."""
    questions = house.pool(
        dice, "question", *dice.choice((("cot_question",), ("eval_code",), ("benign_search", "distill_instr"), ()))
    )
    keys = dice.choice((["evaluate"], ["judge"], ["evaluate", "judge"]))
    return _job(house, dice, keys, questions, dice.choice((("label",), ("worked", "label"), ("code",), ("prose",))))


def synthesis(house: House, dice: random.Random) -> Habit:
    """Utterances, mails and records for tests and for training small classifiers: a product's own intents."""
    rows = house.pool(dice, "question", "benign_support")
    return _job(house, dice, ["synthesise"], rows, ("list", "prose", "json"))


def knowledge_check(house: House, dice: random.Random) -> Habit:
    """Asks a library the same questions each night, to see whether answers still hold."""
    library = dice.choice(house.libraries)
    questions = [house.say("question", dice) for _ in range(dice.randint(10, 120))]
    return conversations(house, library, lambda dice: dice.choice(questions), dice, again=0)


JOBS: Mapping[str, tuple[Kind, float]] = {
    "batch_job": (batch, 4),
    "template_job": (public_templates, 1),
    "build_bot": (builder, 2),
    "evaluation_run": (evaluation, 1.5),
    "synthetic_data": (synthesis, 1),
    "knowledge_check": (knowledge_check, 0.7),
}
