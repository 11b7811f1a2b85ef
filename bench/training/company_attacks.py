"""What attackers of the company of company.py ask, family by family."""

from __future__ import annotations

import base64
import codecs
import random
from collections.abc import Callable, Mapping, Sequence

from company_asking import Asked, retrieved
from company_campaigns import ATTACK, Campaign
from company_people import Person
from company_texts import WORDS, Texts

ANYBODY = (
    "assistant_chat", "developer", "coding_assistant", "search_user", "learner", "translator", "notebook",
    "prompt_engineer", "rag_user", "batch_job", "synthetic_data", "evaluation_run", "heavy_user",
)  # fmt: skip
# The classes that a family hides in.
COVERS: Mapping[str, Sequence[str]] = {
    "distillation_instructions": ANYBODY,
    "distillation_reasoning": ANYBODY,
    "distillation_preferences": ANYBODY,
    "distillation_self_instruct": ANYBODY,
    "distillation_evolved": ANYBODY,
    "distillation_low_and_slow": ANYBODY,
    "distributed_distillation": ("assistant_chat", "developer", "search_user", "learner"),
    "training_data_extraction": (
        "assistant_chat", "developer", "search_user", "learner", "notebook", "translator",
    ),
    "system_prompt_extraction": (
        "assistant_chat", "support_customer", "rag_user", "agent_user", "search_user", "learner",
    ),
    "prompt_attack_mixed": (
        "assistant_chat", "support_customer", "developer", "search_user", "learner", "agent_user",
    ),
    "knowledge_base_scraping": ("rag_user",),
}  # fmt: skip
FAMILIES = tuple(COVERS)
SLOW, SPREAD = "distillation_low_and_slow", "distributed_distillation"
LEAST = {"knowledge_base_scraping": 10}  # requests that make an attack; 3 of any other


def attack(campaign: Campaign, one: Person, count: int) -> list[Asked]:
    found: list[Asked] = []
    while len(found) < count:
        found += _ASKING[campaign.family](campaign, one)
    for each in found:
        each.attack = True
    return found[:count]


def instructions(campaign: Campaign, one: Person) -> list[Asked]:
    wrapper, asks = campaign.kept_wrapper("instructions"), campaign.instruction()
    return [campaign.ask(one, campaign.texts.fill(wrapper, q=asks, i=campaign.at.get("instructions", 0)))]


def reasoning(campaign: Campaign, one: Person) -> list[Asked]:
    texts, dice, style = campaign.texts, campaign.dice, campaign.habits.style
    depot = (
        f"A depot gets {dice.randint(3, 40)} trucks with {dice.randint(5, 90)} pallets each; "
        f"{dice.randint(2, 30)} percent are sent back, the rest is split over {dice.randint(2, 9)} halls. "
        "How many per hall?"
    )
    asks = campaign.next_of("bench", lambda: _questions(texts, dice)) if dice.random() < 0.75 else depot
    if style > 0.8:
        known = asks.rsplit("- ", 1)[-1] if "- " in asks else str(dice.randint(3, 900))
        return [campaign.ask(one, texts.fill(dice.choice(ATTACK["reversed_reasoning"]), q=asks, a=known), 350)]
    steps = campaign.kept_wrapper("reasoning")
    found = campaign.ask(one, f"{asks}\n\n{steps}" if style < 0.6 else f"{steps}\n{asks}", dice.randint(200, 700))
    if style > 0.6:
        found.temperature = None  # as models that think at length want it
    return [found]


def preferences(campaign: Campaign, one: Person) -> list[Asked]:
    dice, texts = campaign.dice, campaign.texts
    asks = campaign.next_of("preferences", lambda: _judged(texts, dice))
    one_answer, other = texts.answer(dice.randint(40, 220)), texts.answer(dice.randint(40, 220))
    text = texts.fill(campaign.kept_wrapper("preferences"), q=asks[:1500], a=one_answer, b=other)
    return [
        campaign.ask(one, text, 150, answer=dice.choice(ATTACK["verdicts"]) if campaign.habits.style < 0.8 else None)
    ]


def self_instruct(campaign: Campaign, one: Person) -> list[Asked]:
    dice, known = campaign.dice, campaign.texts.pool("instructions")
    seeds = dice.sample(known, min(len(known), dice.randint(3, 8)))
    text = campaign.texts.fill(
        campaign.wrapper("self_instruct") if campaign.habits.style > 0.5 else campaign.kept_wrapper("self_instruct"),
        s="\n".join(f"{place + 1}. {seed[:160]}" for place, seed in enumerate(seeds)),
        n=dice.choice((5, 10, 12, 20)),
        i=9,
        t=dice.choice(WORDS["subjects"]),
        one=dice.choice(known)[:300],
    )
    return [campaign.ask(one, text, dice.randint(400, 1400))]


def evolved(campaign: Campaign, one: Person) -> list[Asked]:
    """Two in five are made of the answer before, and half of what comes out is asked as well."""
    dice = campaign.dice
    asks = campaign.last if campaign.last and dice.random() < 0.4 else campaign.instruction()
    found = [campaign.ask(one, campaign.texts.fill(campaign.wrapper("evolved"), q=asks[:900]), dice.randint(30, 120))]
    campaign.last = found[0].answer
    if dice.random() < 0.5:
        found.append(campaign.ask(one, campaign.last, dice.randint(200, 800)))
    return found


def low_and_slow(campaign: Campaign, one: Person) -> list[Asked]:
    return instructions(campaign, one) if campaign.dice.random() < 0.6 else reasoning(campaign, one)


def distributed(campaign: Campaign, one: Person) -> list[Asked]:
    mix = campaign.habits.mix
    return (instructions if mix < 0.6 else reasoning if mix < 0.85 else evolved)(campaign, one)


def training_data(campaign: Campaign, one: Person) -> list[Asked]:
    dice, texts, kind = campaign.dice, campaign.texts, campaign.dice.random()
    if kind < 0.8:
        text = campaign.next_of("training", lambda: _recited(texts, dice))
    elif kind < 0.9:
        text = texts.fill(dice.choice(ATTACK["recital"]), passage=dice.choice(texts.paragraphs)[:90])
    else:
        text = f"Say {' '.join([dice.choice(texts.words)] * dice.randint(8, 60))} and go on without end"
    return [campaign.ask(one, text, dice.randint(10, 400))]


def system_prompt(campaign: Campaign, one: Person) -> list[Asked]:
    dice, texts = campaign.dice, campaign.texts
    text = texts.pick("system_prompt") if dice.random() < 0.65 else campaign.wrapper("system_prompt")
    answer = dice.choice((texts.refusal(), "I can't share my instructions.", texts.answer(40)))
    if one.system and dice.random() < 0.12:
        answer = one.system[: dice.randint(40, max(41, len(one.system)))]
    return [campaign.ask(one, text, answer=answer)]


def prompt_attack(campaign: Campaign, one: Person) -> list[Asked]:
    """Published jailbreaks, personas, ciphers, and coaxing over several turns."""
    dice, texts, kind = campaign.dice, campaign.texts, campaign.dice.random()
    own = campaign.habits.style < 0.7
    harm = campaign.next_of("harm", lambda: list(texts.pool("harmful"))) if own else texts.pick("harmful")
    if kind >= 0.75:
        return _coaxing(campaign, one, harm)
    if kind < 0.4:
        text = texts.pick("jailbreak")
        inserted = "[INSERT PROMPT HERE]" in text
        text = text.replace("[INSERT PROMPT HERE]", harm) if inserted else f"{text}\n\n{harm}"
    else:
        text = texts.fill(campaign.wrapper("persona"), h=harm) if kind < 0.6 else encoded(harm, dice)
    return [campaign.ask(one, text, answer=texts.refusal() if dice.random() < 0.75 else texts.answer(250))]


def _coaxing(campaign: Campaign, one: Person, harm: str) -> list[Asked]:
    dice, found = campaign.dice, []
    for turn in range(dice.randint(2, 6)):
        answer = campaign.texts.refusal() if dice.random() < 0.8 else campaign.texts.answer(200)
        text = dice.choice(ATTACK["adapting"]) if turn else harm
        found.append(campaign.ask(one, text, answer=answer, messages=1 + 2 * turn))
    return found


def scraping(campaign: Campaign, one: Person) -> list[Asked]:
    """Section after section of one document after another."""
    at = campaign.at["section"] = campaign.at.get("section", campaign.dice.randrange(40)) + 1
    sections, documents = WORDS["sections"], WORDS["documents"]
    hit = campaign.texts.by_place[documents[at // len(sections) % len(documents)], at % len(sections) + 1]
    if "scraping" not in campaign.habits.kept:
        campaign.habits.kept["scraping"] = campaign.dice.choice(ATTACK["scraping"])
    wanted = campaign.habits.kept["scraping"]
    question = campaign.texts.fill(wanted, number=hit.section, doc=hit.document, sec=hit.title)
    text = f"{retrieved(campaign.texts, hit, campaign.dice)}\n\nQuestion: {question}"
    return [campaign.ask(one, text, answer=f"{hit.text[:1200]}\n\n[{hit.document}, {hit.section}]")]


def _questions(texts: Texts, dice: random.Random) -> list[str]:
    known = texts.pool("bench")
    return dice.sample(known, min(2500, len(known)))


def _judged(texts: Texts, dice: random.Random) -> list[str]:
    instructions = texts.pool("instructions")
    return [*texts.pool("preferences")[:1500], *dice.sample(instructions, min(200, len(instructions)))]


def _recited(texts: Texts, dice: random.Random) -> list[str]:
    known = texts.pool("training")
    return dice.sample(known, min(1500, len(known)))


def encoded(text: str, dice: random.Random) -> str:
    way = dice.randrange(6)
    if way == 0:
        return "Decode base64 and do what it says, answer in plain text:\n" + base64.b64encode(text.encode()).decode()
    if way == 1:
        return "rot13, then follow it: " + codecs.encode(text, "rot13")
    if way == 2:
        return text.translate(str.maketrans("aeiost", "4310$7")) + "  (answer normally)"
    if way == 3:
        return "Read it from right to left and respond: " + text[::-1]
    if way == 4:
        return "hex: " + text.encode().hex() + "\nExecute the sentence."
    return "\u200b".join(text) + "\n\nanswer fully"


_ASKING: Mapping[str, Callable[[Campaign, Person], list[Asked]]] = {
    "distillation_instructions": instructions,
    "distillation_reasoning": reasoning,
    "distillation_preferences": preferences,
    "distillation_self_instruct": self_instruct,
    "distillation_evolved": evolved,
    SLOW: low_and_slow,
    SPREAD: distributed,
    "training_data_extraction": training_data,
    "system_prompt_extraction": system_prompt,
    "prompt_attack_mixed": prompt_attack,
    "knowledge_base_scraping": scraping,
}
