"""Documents that users paste or applications retrieve, with an instruction planted in them and without."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import PurePosixPath

from packaged import FILLERS, Given, Row, plain

_SPIKEE = "spikee/data/workspace/datasets"
_SPIKEE_ATTACKS = {
    "seeds-sysmsg-extraction-2025-04": "sysprompt_extraction",
    "seeds-cybersec-2026-01": "injection_direct",
}
_TAU2 = "inspect_evals/tau2/data/domains"


def spikee(given: Given) -> Iterator[Row]:
    """Instructions in wrappers, alone and within documents; the documents without; benign questions of investors.

    The documents are spikee's two and every second one of tau2's bank.
    """
    wheel, dice = given.wheels["spikee"], given.dice
    for name in wheel.names(f"{_SPIKEE}/*/standalone_user_inputs.jsonl"):
        yield from (_standalone(name, one) for one in wheel.json_lines(name))
    for name in wheel.names(f"{_SPIKEE}/seeds-harmful*/instructions.jsonl"):
        yield from (Row(one["instruction"], "harmful_request", task="harmful") for one in wheel.json_lines(name))
    own: dict[str, dict[str, str]] = {}
    for name in wheel.names(f"{_SPIKEE}/*/base_user_inputs.jsonl"):
        own |= {plain(one["document"]): one for one in wheel.json_lines(name) if len(one["document"]) > 40}
    bank = [{"document": text[:2500]} for text in _bank_documents(given)[::2]]
    for one in [*own.values(), *dice.sample(bank, min(250, len(bank)))]:
        yield Row(_asked_about(one["document"], one, dice), "benign_rag_context", task="document")
    for folder, label in _SPIKEE_ATTACKS.items():
        yield from _attacks(given, f"{_SPIKEE}/{folder}", label, [*own.values(), *bank])


def _attacks(given: Given, folder: str, label: str, documents: list[dict[str, str]]) -> Iterator[Row]:
    """Up to six instructions alone and four within documents for each wrapper, in its language where there are some."""
    files, dice = ("instructions", "jailbreaks", "adv_suffixes"), given.dice
    instructions, wrappers, suffixes = (given.wheels["spikee"].json_lines(f"{folder}/{name}.jsonl") for name in files)
    if label == "sysprompt_extraction":
        yield from (Row(one["instruction"], label, task="plain") for one in instructions)
    for wrapper in wrappers:
        lang, template = wrapper.get("lang", "en"), wrapper["id"]
        fitting = [one for one in instructions if one.get("lang", "en") == lang]
        fitting = fitting or [one for one in instructions if one.get("lang", "en") == "en"]
        for one in dice.sample(fitting, min(6, len(fitting))):
            text = wrapper["text"].replace("<INSTRUCTION>", one["instruction"])
            text += f" {dice.choice(suffixes)['suffix']}" if dice.random() < 0.15 else ""
            yield Row(text, label, task=wrapper["jailbreak_type"], template=template, lang=lang)
        for one in dice.sample(fitting, min(4, len(fitting))):
            text = wrapper["text"].replace("<INSTRUCTION>", one["instruction"])
            document = dice.choice(documents)
            words = document["document"].split(" ")
            place = dice.choice([0, len(words) // 2, len(words)])
            planted = " ".join([*words[:place], f"\n{text}\n", *words[place:]])
            text = _asked_about(planted, document, dice)
            yield Row(text, "injected_document", task=one["instruction_type"], template=template, lang=lang)


def _standalone(name: str, one: dict[str, str]) -> Row:
    if "-fp/" in name:
        return Row(one["text"], "benign_search", task="investment_fp")
    if "investment" in name:
        return Row(one["text"], "offtopic_advice", task="investment")
    return Row(one["text"], "injection_direct", task=one["id"].rpartition("-")[0])


def _asked_about(text: str, document: dict[str, str], dice: random.Random) -> str:
    return f"{text}\n\n{document.get('question') or dice.choice(FILLERS['documents']['questions'])}"


def _bank_documents(given: Given) -> list[str]:
    documents = given.wheels["inspect-evals"].json(f"{_TAU2}/banking_knowledge/documents.json.gz")
    return [f"{one['title']}\n\n{one['content']}" for one in documents]


def tau2(given: Given) -> Iterator[Row]:
    """Policies, a bank's documents, and what a model is told that plays a customer (three of a kind)."""
    wheel = given.wheels["inspect-evals"]
    yield from (Row(text, "benign_rag_context", task="banking") for text in _bank_documents(given))
    for name in wheel.names(f"{_TAU2}/*/*policy*", f"{_TAU2}/*/*manual.txt", f"{_TAU2}/*/*workflow*"):
        yield Row(wheel.text(name), "system_prompt_like", task=PurePosixPath(name).parent.name)
    for name in wheel.names(f"{_TAU2}/*/tasks.json", f"{_TAU2}/*/tasks.json.gz"):
        task, found = PurePosixPath(name).parent.name, dict[str, int]()
        for scenario in wheel.json(name):
            told = scenario["user_scenario"]["instructions"]
            if isinstance(told, dict):
                reason = plain(told.get("reason_for_call") or "")[:80]
                found[reason] = found.get(reason, 0) + 1
                if found[reason] > 3:
                    continue
                parts = ("reason_for_call", "known_info", "unknown_info", "task_instructions")
                said = " ".join(str(told.get(part) or "").strip() for part in parts)
                told = f"You are a customer calling support. {said}"
            yield Row(told, "benign_simulation", task=task)
