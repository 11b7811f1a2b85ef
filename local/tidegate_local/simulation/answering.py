"""What a model answers, in the manner of the request: prose, code, a label, a rationale, a refusal."""

from __future__ import annotations

from random import Random

from tidegate_local.simulation.voice import Speaker

LONGEST = 40  # sentences


def prose(who: Speaker, dice: Random, sentences: int, asked: str = "") -> str:
    say = who.grammar(dice).one
    parts = [say("opening", dice)]
    if asked and dice.random() < 0.3:
        parts.append(f"You asked about {' '.join(asked.split()[:6])}.")
    parts += [say("sentence", dice) for _ in range(min(LONGEST, sentences))]
    parts.append(say("closing", dice))
    return " ".join(parts).strip()


def steps(who: Speaker, dice: Random, count: int) -> str:
    say = who.grammar(dice).one
    return "\n".join(f"{number}. {say('step', dice)}" for number in range(1, max(3, min(12, count)) + 1))


def code(who: Speaker, dice: Random) -> str:
    say = who.grammar(dice).one
    return f"```\n{who.grammar(dice).one('codeblock', dice)}\n```\n{say('code_talk', dice)}"


def rationale(who: Speaker, dice: Random, sentences: int) -> str:
    say = who.grammar(dice).one
    thoughts = " ".join(say("rationale", dice) for _ in range(max(3, min(LONGEST, sentences))))
    return (
        f"<think>{thoughts}</think>\n{say('label', dice)}"
        if dice.random() < 0.5
        else f"{thoughts}\n{say('label', dice)}"
    )


def listed(who: Speaker, dice: Random, count: int) -> str:
    say = who.grammar(dice).one
    return "\n".join(say("listed", dice) for _ in range(max(2, min(30, count))))


def one_of(who: Speaker, dice: Random, kind: str) -> str:
    return who.grammar(dice).one(kind, dice)


def refusal(who: Speaker, dice: Random) -> str:
    return who.grammar(dice).one("refusal", dice)


def length(dice: Random, middle: float = 5.0) -> int:
    """Sentences of an answer."""
    return max(1, int(dice.lognormvariate(0, 0.6) * middle))
