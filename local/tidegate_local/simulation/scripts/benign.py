"""One request of each benign class, as its application would send it."""

from __future__ import annotations

from tidegate_local.simulation import answering
from tidegate_local.simulation.calls import Exchange, ToolUse
from tidegate_local.simulation.scripts.scene import TOOLS, Scene


def support(scene: Scene) -> Exchange:
    return _chat(scene, "support", "support_more", 3.0)


def chat(scene: Scene) -> Exchange:
    return _chat(scene, "chat", "chat_more", 6.0)


def _chat(scene: Scene, opening: str, more: str, middle: float) -> Exchange:
    ask = scene.say(more if scene.turn else opening)
    if scene.dice.random() < 0.01:
        return Exchange(ask, answering.refusal(scene.who, scene.dice), follows=scene.turn > 0)
    count = scene.sentences(middle)
    answer = (
        answering.steps(scene.who, scene.dice, count)
        if scene.dice.random() < 0.2
        else answering.prose(scene.who, scene.dice, count, ask)
    )
    return Exchange(ask, answer, follows=scene.turn > 0)


def coding(scene: Scene) -> Exchange:
    ask = scene.say("coding_more" if scene.turn else "coding")
    if not scene.turn and scene.dice.random() < 0.4:
        ask += "\n\n```\n" + answering.one_of(scene.who, scene.dice, "code") + "\n```"
    return Exchange(ask, answering.code(scene.who, scene.dice), follows=scene.turn > 0)


def rag(scene: Scene) -> Exchange:
    passages = scene.passages()
    ask = scene.say("rag_question")
    answer = " ".join(answering.one_of(scene.who, scene.dice, "grounded") for _ in range(scene.sentences(2)))
    return Exchange(
        ask,
        answer,
        retrieved=passages,
        follows=scene.turn > 0,
        grounding=min(1.0, max(0.3, scene.dice.gauss(0.9, 0.08))),
    )


def search(scene: Scene) -> Exchange:
    return Exchange(
        scene.say("search"),
        answering.prose(scene.who, scene.dice, 1 + int(scene.dice.random() * 3)),
    )


def agent(scene: Scene) -> Exchange:
    """A task, tool calls until it is done, then the report."""
    last = scene.last
    results = (f'{{"ok": true, "note": "{scene.say("note")}"}}',) if last and last.tool else ()
    ask = "" if results else scene.say("agent_task")
    if scene.dice.random() < (0.75 if not results else 0.4):
        name = TOOLS[int(scene.dice.random() * len(TOOLS))]
        query = scene.who.grammar(scene.dice, scene.day).one("thing", scene.dice)
        use = ToolUse(f"tooluse_{scene.dice.getrandbits(80):020x}", name, {"query": query, "limit": 5})
        return Exchange(ask, "", tool_results=results, tool=use, follows=scene.turn > 0, offered=TOOLS)
    answer = answering.prose(scene.who, scene.dice, scene.sentences(3))
    return Exchange(ask, answer, tool_results=results, follows=scene.turn > 0, offered=TOOLS)


def batch(scene: Scene) -> Exchange:
    ask = scene.say("batch")
    kind = scene.who.habit("answered", ("label", "label", "json", "sentence"))
    return Exchange(
        ask, answering.one_of(scene.who, scene.dice, kind), parameters={"maxTokens": 64, "temperature": 0.0}
    )


def evaluation(scene: Scene) -> Exchange:
    ask = scene.say("evaluation")
    answer = (
        answering.rationale(scene.who, scene.dice, scene.sentences(4))
        if "step by step" in ask
        else answering.one_of(scene.who, scene.dice, "label")
    )
    return Exchange(ask, answer, parameters={"maxTokens": 512, "temperature": 0.0})


def synthetic(scene: Scene) -> Exchange:
    ask = scene.say("synthetic")
    return Exchange(ask, answering.listed(scene.who, scene.dice, scene.sentences(8)))


def security(scene: Scene) -> Exchange:
    """Mostly explanations and rules; now and then a probe of their own guardrail."""
    if scene.dice.random() < 0.05:
        return Exchange(scene.say("persona"), answering.refusal(scene.who, scene.dice))
    ask = scene.say("chat_more" if scene.turn and scene.dice.random() < 0.5 else "security")
    return Exchange(ask, answering.prose(scene.who, scene.dice, scene.sentences(6), ask), follows=scene.turn > 0)


def index(scene: Scene) -> Exchange:
    return Exchange(scene.say("chunk"), embed=True)


def developer(scene: Scene) -> Exchange:
    """Somebody trying: odd parameters, wrong ones, tiny prompts."""
    parameters: dict[str, object] = {"maxTokens": (16, 64, 256, 1024, 4096)[int(scene.dice.random() * 5)]}
    if scene.dice.random() < 0.3:
        parameters["temperature"] = round(scene.dice.random(), 1)
    kind = ("developer", "chat", "coding")[int(scene.dice.random() ** 1.5 * 3)]
    ask = scene.say(kind)
    error = "ValidationException" if scene.dice.random() < 0.03 else ""
    return Exchange(
        ask,
        answering.prose(scene.who, scene.dice, 1 + int(scene.dice.random() * 3)),
        follows=scene.turn > 0 and kind == "developer",
        parameters=parameters,
        error=error,
    )
