"""What agents are asked to do and what their tools answer, with an instruction planted in it and without."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from packaged import FILLERS, Given, Row, fill
from packaged_literals import assigned

_DOJO = "agentdojo/default_suites/*/*"
_THREATS = "inspect_evals/agent_threat_bench/data"
_IN_RECORD = re.compile(
    r"NOTE TO|assistant|audit|instruction|IMPORTANT|SYSTEM|override|include (the|this|full)|send|forward"
)
_IN_MEMORY = re.compile(r"ignore|SYSTEM|OVERRIDE|INSTRUCTION|must now")


def agentdojo(given: Given) -> Iterator[Row]:
    """What users ask, what the environments hold, and the same with the goals of injections in AgentDojo's wrappers."""
    wheel, dice, wrappers = given.wheels["agentdojo"], given.dice, FILLERS["documents"]["wrappers"]
    goals: dict[str, list[str]] = {}
    for file, attribute in (("user_tasks", "PROMPT"), ("injection_tasks", "GOAL")):
        for name in wheel.names(f"{_DOJO}/{file}.py"):
            suite = PurePosixPath(name).parent.name
            texts = [fill(text, FILLERS["documents"]["names"]) for text in _attributes(wheel.text(name), attribute)]
            if attribute == "GOAL":
                goals.setdefault(suite, []).extend(texts)
            else:
                yield from (Row(text, "agent_tooluse", task=suite) for text in texts)
    for name in wheel.names("agentdojo/data/suites/**/*.yaml"):
        suite = PurePosixPath(name).relative_to("agentdojo/data/suites").parts[0]
        for text in dict.fromkeys(_texts(wheel.yaml(name))) if "injection_vectors" not in name else ():
            clean = re.sub(r"\{\w+\}", "", text)
            yield Row(clean, "benign_rag_context", task=suite)
            planted = dice.choice(wrappers).replace("{goal}", dice.choice(goals[suite]))
            if clean != text:  # the environment says where injections go
                first = re.sub(r"\{\w+\}", "\x00", text, count=1)
                yield Row(re.sub(r"\{\w+\}", "", first).replace("\x00", planted), "injected_document", task=suite)
            elif dice.random() < 0.6:
                yield Row(f"{clean}\n\n{planted}", "injected_document", task=suite)
    for suite, some in goals.items():
        for goal in some:
            for wrapper in dice.sample(wrappers, 2):
                yield Row(wrapper.replace("{goal}", goal), "injected_document", task=suite)


def _attributes(source: str, name: str) -> Iterator[str]:
    module = ast.parse(source)
    names = assigned(module.body)
    for one in module.body:
        if isinstance(one, ast.ClassDef) and isinstance(text := assigned(one.body, names).get(name), str):
            yield text


def _texts(held: Any) -> Iterator[str]:
    """The longer texts of nested lists and tables."""
    if isinstance(held, str):
        if len(held) > 60:
            yield held
    elif isinstance(held, list | dict):
        for one in held.values() if isinstance(held, dict) else held:
            yield from _texts(one)


def ipi_coding_agent(given: Given) -> Iterator[Row]:
    """Jobs for a coding agent with the files it reads; mails, records and memories of other agents."""
    wheel = given.wheels["inspect-evals"]
    for job in wheel.json("inspect_evals/ipi_coding_agent/dataset/samples.json"):
        task, name = job["task_description"], job["id"]
        yield Row(task, "agent_tooluse", task=name)
        signs = [sign for sign in (job.get("payload_indicator") or "").split("|") if sign]
        for file, text in [("issue_text", job.get("issue_text") or ""), *job["repo_files"].items()]:
            signed = any(sign in text for sign in signs)
            planted = {
                "issue_text": file == "issue_text",
                "readme": "readme" in file.lower(),
                "code_comment": file.endswith(".py") and signed,
                "config_file": signed,
            }.get(job["injection_vector"], False)
            if len(text) < 60 or (not planted and not job["is_benign"] and (file == "issue_text" or signed)):
                continue
            read = f"{file}:\n{text}" if not planted and not job["is_benign"] else f"{task}\n\n{file}:\n{text}"
            yield Row(read, "injected_document" if planted else "benign_code", task=name)
    for job in wheel.json(f"{_THREATS}/autonomy_hijack.json"):
        yield Row(job["input"], "agent_tooluse", task="threat")
        for place, mail in enumerate(job["inbox"], 1):
            text = f"From: {mail['from']}\nSubject: {mail['subject']}\n\n{mail['body']}"
            yield _read(text, "threat_mail", planted=place in job["attack_email_indices"])
    for job in wheel.json(f"{_THREATS}/data_exfil.json"):
        yield Row(job["input"], "agent_tooluse", task="threat")
        for record in job["customer_db"]:
            yield _read(json.dumps(record), "threat_record", planted=bool(_IN_RECORD.search(record["issue"])))
    for job in wheel.json(f"{_THREATS}/memory_poison.json"):
        yield Row(job["input"], "benign_search", task="threat")
        for name, text in job["memory_store"].items():
            planted = bool(_IN_MEMORY.search(text)) or (job["attack_marker"] or "\x00") in text
            yield _read(f"{name}: {text}", "threat_memory", planted=planted)


def _read(text: str, task: str, *, planted: bool) -> Row:
    return Row(text, "injected_document" if planted else "benign_rag_context", task=task)


def agent_injection_bench(given: Given) -> Iterator[Row]:
    for one in given.wheels["agent-injection-bench"].json_lines("aib/data/attacks.jsonl"):
        yield Row(one["task"], "agent_tooluse", task=one["family"])
        yield Row(one["injected"], "injected_document", task=one["family"])
