"""What is pasted into requests, and what models answer to them: put together, of plausible shapes and lengths."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from enterprise_grammar import Grammar, heavy

type Writer = Callable[[Grammar, random.Random], str]

MOST = 6_000  # characters of a document or an answer


def mail(grammar: Grammar, dice: random.Random) -> str:
    return "\n\n".join(grammar.some("mail", heavy(dice, 1, 0.7, most=6), dice))


def ticket(grammar: Grammar, dice: random.Random) -> str:
    return grammar.say("ticket", dice)


def log(grammar: Grammar, dice: random.Random) -> str:
    return "\n".join(grammar.some("log_line", heavy(dice, 14, 0.9, most=60), dice))


def table(grammar: Grammar, dice: random.Random) -> str:
    return "\n".join(grammar.some("row", heavy(dice, 12, 1.0, most=80), dice))


def code(grammar: Grammar, dice: random.Random) -> str:
    lines = grammar.some("code_line", heavy(dice, 10, 0.8, most=60), dice)
    return "\n".join([grammar.say("code_head", dice), *lines])


def diff(grammar: Grammar, dice: random.Random) -> str:
    changed = [dice.choice("+- ") + line for line in grammar.some("code_line", heavy(dice, 8, 0.7, most=50), dice)]
    name = grammar.say("word", dice)
    return "\n".join([f"--- a/{name}.py", f"+++ b/{name}.py", f"@@ -{dice.randint(1, 300)},7 @@", *changed])


def talk(grammar: Grammar, dice: random.Random) -> str:
    return "\n".join(grammar.some("turn", heavy(dice, 7, 0.6, least=2, most=40), dice))


def article(grammar: Grammar, dice: random.Random) -> str:
    return "\n\n".join(grammar.some("paper", heavy(dice, 3, 0.8, most=16), dice))


def line(grammar: Grammar, dice: random.Random) -> str:
    return " ".join(grammar.some("fact", heavy(dice, 1.5, 0.5, most=5), dice))


DOCUMENTS: Mapping[str, Writer] = {
    one.__name__: one for one in (mail, ticket, log, table, code, diff, talk, article, line)
}


def answer(grammar: Grammar, dice: random.Random, want: str, about: str = "", length: float = 1.0) -> str:
    """`want`: one of ANSWERS. `about`: what was asked, some words of which come back. `length`: to the usual one."""
    text = ANSWERS[want](grammar, dice, heavy(dice, 7 * length, 0.6, most=60))
    if about and want in _ECHOING and dice.random() < 0.6:
        text = f"{_echo(about, dice)}: {text}"
    return text[:MOST]


def _echo(about: str, dice: random.Random) -> str:
    some = about[:400].split()
    start = dice.randrange(max(1, len(some) - 3))
    return " ".join(some[start : start + dice.randint(2, 6)])


def _prose(grammar: Grammar, dice: random.Random, size: int) -> str:
    text = grammar.say("opener", dice)
    for place, said in enumerate(grammar.some("say", size, dice)):
        text += ("\n\n" if place and dice.random() < 0.2 else " ") + said
    return text.strip()


def _list(grammar: Grammar, dice: random.Random, size: int) -> str:
    mark = dice.choice(("- ", "* ", "{}. ", "{}) ", ""))
    key = dice.choice(("say", "note", "fact"))
    return "\n".join(mark.format(place + 1) + one for place, one in enumerate(grammar.some(key, size + 2, dice)))


def _tasks(grammar: Grammar, dice: random.Random, size: int) -> str:
    return "\n".join(f"{place + 1}. {one}" for place, one in enumerate(grammar.some("instruction", size + 2, dice)))


def _worked(grammar: Grammar, dice: random.Random, size: int) -> str:
    last = dice.choice(("Answer: {}", "#### {}", "The answer is {}.", "So: {}", "= {}"))
    return dice.choice((" ", "\n")).join(
        [*grammar.some("step", size + 2, dice), last.format(grammar.say("word", dice) if size % 2 else size * 7)]
    )


def _code(grammar: Grammar, dice: random.Random, size: int) -> str:
    block = f"```\n{code(grammar, dice)}\n```"
    return block if size < 4 else f"{block}\n\n{grammar.say('say', dice)}"


def _json(grammar: Grammar, dice: random.Random, size: int) -> str:
    return json.dumps({grammar.say("word", dice): grammar.say("note", dice) for _ in range(min(size, 8))})


def _label(grammar: Grammar, dice: random.Random, _size: int) -> str:
    return dice.choice((grammar.say("thing", dice), "yes", "no", "other", str(dice.randint(0, 5)), "B"))


def _verdict(grammar: Grammar, dice: random.Random, size: int) -> str:
    winner = dice.choice(("A", "B", "[[A]]", "[[B]]", "The first", "tie", f"{size} and {dice.randint(1, 9)}", "2"))
    return winner if size < 5 else f"{winner}. {_prose(grammar, dice, size // 3)}"


def _refusal(grammar: Grammar, dice: random.Random, size: int) -> str:
    return grammar.say("refusal", dice) + (f" {grammar.say('say', dice)}" if size > 6 else "")


def _run(grammar: Grammar, dice: random.Random, size: int) -> str:
    """A word said on and on until the model falls out of it."""
    return " ".join([grammar.say("word", dice)] * size * 8) + f" {grammar.say('mail', dice)}"


def _recited(grammar: Grammar, dice: random.Random, size: int) -> str:
    """As from a book or somebody's mail."""
    return " ".join([*grammar.some("sentence", size, dice), grammar.say(dice.choice(("mail", "paper", "known")), dice)])


ANSWERS: Mapping[str, Callable[[Grammar, random.Random, int], str]] = {
    "prose": _prose,
    "list": _list,
    "tasks": _tasks,
    "worked": _worked,
    "code": _code,
    "json": _json,
    "label": _label,
    "verdict": _verdict,
    "refusal": _refusal,
    "run": _run,
    "recited": _recited,
}
_ECHOING = ("prose", "list", "worked")
