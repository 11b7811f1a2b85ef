"""Reasoning asked for of one question after another is told before any calibration; a form with steps in it is not."""

from __future__ import annotations

import random

import msgspec
import pytest
from detection_builders import World, an_invocation

_TASKS = (
    "Which {a} would you take to a {b} in {c}, and what does it weigh?",
    "A {a} costs three times as much as a {b}. How much do both cost if the {c} is free?",
    "Why did the {a} replace the {b} in the history of the {c}?",
    "Write the rule by which a {a}, a {b} and a {c} are sorted.",
    "What happens to a {a} when a {b} meets a {c} at night?",
)
_SUFFIX = "Think step by step and show your whole reasoning before the answer."


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("bdfgklmnprst") + dice.choice("aeiou") for _ in range(dice.choice((2, 3, 4))))


def questions(count: int, seed: int = 1) -> list[str]:
    """Of every kind: each brings words that the others don't have."""
    dice = random.Random(seed)
    made = []
    for place in range(count):
        own = " ".join(_word(dice) for _ in range(8))
        task = _TASKS[place % len(_TASKS)].format(a=_word(dice), b=_word(dice), c=_word(dice))
        made.append(f"{task} Consider {own}.")
    return made


def form(count: int) -> list[str]:
    dice = random.Random(2)
    things = ["card", "transfer", "fee", "limit", "account", "payment", "refund"]
    return [
        f"Decide which team handles this message. My {dice.choice(things)} is wrong since {dice.choice(things)} number "
        f"{place}, please help. {_SUFFIX}"
        for place in range(count)
    ]


def seen(texts: list[str], *, tokens: int = 200, system: str = "") -> World:
    world = World()
    calls = []
    for place, text in enumerate(texts):
        body = {"messages": [{"role": "user", "content": [{"text": text}]}]}
        if system:
            body["system"] = [{"text": system}]
        calls.append(
            an_invocation(
                60.0 * place, id=f"call-{place}", output_tokens=tokens,
                input_body=msgspec.Raw(msgspec.json.encode(body)),
            )
        )  # fmt: skip
    world.see(*calls)
    return world


def elicited(world: World) -> list[str]:
    """Where it decided, or was beyond its threshold beside what did."""
    return [
        one.detector for one in world.found if "elicited" in (one.evidence["decided_by"], *one.evidence.get("also", ()))
    ]


@pytest.mark.parametrize(
    "asks",
    [
        lambda question: f"{question}\n\nLay out every intermediate step in detail, verify it, then answer.",
        lambda question: f"Explain your reasoning in full before you answer. {question}",
        lambda question: f"{question} Write between <think> and </think> first.",
    ],
)
def test_one_suffix_or_prefix_on_different_questions_is_a_harvest(asks):
    assert elicited(seen([asks(question) for question in questions(30)])) != []


def test_a_suffix_that_the_text_heads_know_is_a_harvest_as_well():
    assert "distillation" in seen([f"{question} {_SUFFIX}" for question in questions(30)]).detectors


def test_a_harvest_among_other_requests_is_told_all_the_same():
    suffix = "Lay out every intermediate step in detail, then answer."
    texts = [f"{text} {suffix}" if place % 4 == 0 else text for place, text in enumerate(questions(160))]

    assert elicited(seen(texts)) != []


def test_a_form_of_an_application_that_asks_for_steps_is_quiet():
    assert elicited(seen(form(200))) == []


def test_steps_asked_for_in_the_application_s_own_system_prompt_are_quiet():
    assert elicited(seen(questions(60), system=f"You help with everything. {_SUFFIX}")) == []


def test_questions_answered_in_a_word_are_quiet():
    assert elicited(seen([f"{question} {_SUFFIX}" for question in questions(60)], tokens=12)) == []


def test_somebody_who_asks_for_steps_a_few_times_is_quiet():
    texts = [f"{text} {_SUFFIX}" if place < 5 else text for place, text in enumerate(questions(40))]

    assert elicited(seen(texts)) == []
