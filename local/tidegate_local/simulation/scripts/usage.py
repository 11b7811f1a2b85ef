"""Requests that use what others pay for."""

from __future__ import annotations

from tidegate_local.simulation import answering
from tidegate_local.simulation.calls import Exchange
from tidegate_local.simulation.scripts.extraction import taken
from tidegate_local.simulation.scripts.scene import Scene


def burst(scene: Scene) -> Exchange:
    """Far more of what the caller asks anyway."""
    return taken(scene, scene.say("chat"), 5.0)


def storm(scene: Scene) -> Exchange:
    found = burst(scene)
    if scene.dice.random() < 0.6:
        found.error = "ThrottlingException"
    return found


def wallet(scene: Scene) -> Exchange:
    ask = scene.say("long_output")
    padding = " ".join([scene.say("note")] * int(20 + scene.dice.random() ** 4 * 1800))
    ask = f"{padding}\n{ask}" if scene.dice.random() < 0.5 else ask
    answer = answering.prose(scene.who, scene.dice, 40)
    return Exchange(
        ask,
        answer,
        attack=True,
        parameters={"maxTokens": 8192},
        output_tokens=4096 + int(scene.dice.random() * 4096),
        cut=True,
    )


def resale(scene: Scene) -> Exchange:
    """What the customers of a stolen key ask: stories, translations, anything; models that were never used before."""
    if scene.turn == 0 and scene.dice.random() < 0.06:
        return Exchange(
            "hi",
            error=("AccessDeniedException", "ValidationException")[int(scene.dice.random() * 2)],
            attack=True,
            parameters={"maxTokens": -1},
        )
    return taken(scene, scene.say("resale"), 9.0)
