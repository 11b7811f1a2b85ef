"""Requests that learn a model, its training data, its embeddings or its knowledge base."""

from __future__ import annotations

from tidegate_local.simulation import answering
from tidegate_local.simulation.calls import Exchange
from tidegate_local.simulation.scripts.scene import Scene


def instruction(scene: Scene) -> Exchange:
    return taken(scene, _instruction(scene), 7.0)


def self_instruct(scene: Scene) -> Exchange:
    ask = scene.say("self_instruct").replace("{task_text}", _instruction(scene))
    return Exchange(ask, answering.listed(scene.who, scene.dice, 10), attack=True)


def evolved(scene: Scene) -> Exchange:
    ask = _around(scene, "evolved")
    return taken(scene, ask, 6.0)


def reasoning(scene: Scene) -> Exchange:
    """A question with the same suffix every time, which asks for the whole chain of thought."""
    question = scene.say("evaluation") if scene.dice.random() < 0.7 else _instruction(scene)
    ask = question + scene.say("reasoning_suffix")
    answer = answering.rationale(scene.who, scene.dice, scene.sentences(9))
    return Exchange(ask, answer, attack=True, follows=scene.turn > 0)


def preference(scene: Scene) -> Exchange:
    ask = _around(scene, "preference")
    score = f"{scene.dice.random():.2f}" if scene.dice.random() < 0.5 else ("A", "B")[int(scene.dice.random() * 2)]
    return Exchange(ask, score, attack=True, parameters={"maxTokens": 32, "temperature": 0.0})


def training_data(scene: Scene) -> Exchange:
    if scene.who.has("training"):
        ask = scene.say("training")
    else:
        kind = ("divergence", "cloze", "membership")[int(scene.dice.random() * 3)]
        ask = scene.say(kind)
    word = ask.split()[-1]
    answer = (
        " ".join([word] * (20 + int(scene.dice.random() * 400)))
        if "repeat" in ask.lower()
        else answering.prose(scene.who, scene.dice, 1 + int(scene.dice.random() * 4))
    )
    return Exchange(ask, answer, attack=True, cut=len(answer) > 2000)


def logits(scene: Scene) -> Exchange:
    ask = scene.say("probe")
    parameters: dict[str, object] = {"maxTokens": 1, "temperature": 0.0, "logprobs": 5}
    if scene.dice.random() < 0.6:
        parameters["logitBias"] = {str(int(scene.dice.random() * 100_000)): scene.dice.choice((-100, 40, 100))}
    if scene.dice.random() < 0.4:
        parameters["seed"] = int(scene.dice.random() * 1_000_000)
    return Exchange(
        ask,
        answering.one_of(scene.who, scene.dice, "colour"),
        attack=True,
        parameters=parameters,
        output_tokens=1,
        cut=True,
    )


def embeddings(scene: Scene) -> Exchange:
    """Generated text in bulk, one record each, to learn the embedding model from its answers."""
    text = (
        answering.prose(scene.who, scene.dice, 1 + int(scene.dice.random() * 3))
        if scene.dice.random() < 0.5
        else _instruction(scene)
    )
    return Exchange(text, attack=True, embed=True)


def scraping(scene: Scene) -> Exchange:
    passages = tuple(" ".join([scene.say("note"), scene.say("note")]) for _ in range(4 + int(scene.dice.random() * 4)))
    ask = scene.say("scrape")
    return Exchange(ask, "\n\n".join(passages), retrieved=passages, attack=True, grounding=0.99)


def _instruction(scene: Scene) -> str:
    return scene.say("instruction")


def _around(scene: Scene, kind: str) -> str:
    """A wrapper with an instruction of the caller's own pool in it."""
    wrapper = scene.say(kind)
    task = scene.say("preferred") if scene.who.has("preferred") else _instruction(scene)
    return wrapper.replace("{task_text}", task)


def taken(scene: Scene, ask: str, middle: float) -> Exchange:
    answer = answering.prose(scene.who, scene.dice, scene.sentences(middle), ask)
    return Exchange(ask, answer, attack=True, follows=scene.turn > 0)
