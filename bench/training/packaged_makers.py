"""Prompts that make training data, judge answers or run as batches: templates of packages, filled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import PurePosixPath
from typing import Any

from jinja2.sandbox import SandboxedEnvironment
from packaged import FILLERS, Given, Row, drawn, fill, plain
from packaged_literals import assigned, literal

_PAIRS = FILLERS["judged"]["pairs"]  # a question, a good answer, a poor one
_STEPS = "distilabel/steps/tasks"
_EMBEDDINGS = "improving_text_embeddings"
_SYNTHESIZER = {"EvolutionTemplate": "distill_evolved", "ConversationalEvolutionTemplate": "distill_evolved"}
_SYNTHESIZER |= {"FilterTemplate": "distill_judge", "SynthesizerTemplate": "distill_synthetic"}


def distilabel(given: Given) -> Iterator[Row]:
    """Evol-Instruct on seed instructions; then the pipeline's other tasks."""
    evolved, quality = (
        assigned(ast.parse(given.wheels["distilabel"].text(f"{_STEPS}/{name}/utils.py")).body)
        for name in ("evol_instruct", "evol_quality")
    )
    for table in (evolved["MUTATION_TEMPLATES"], evolved["GENERATION_MUTATION_TEMPLATES"]):
        for name, template in table.items():
            for seed in given.dice.sample(given.seeds, min(30, len(given.seeds))):
                words = plain(seed).split()
                start = name == "FRESH_START"  # asks for a question with some words in it
                filler = ", ".join(given.dice.sample(words, min(2, len(words)))) if start else seed
                yield Row(template.replace("<PROMPT>", filler), "distill_evolved", template=f"evol_instruct/{name}")
    for name, template in quality["MUTATION_TEMPLATES"].items():
        for question, _, poor in _PAIRS:
            text = template.replace("<PROMPT>", question).replace("<RESPONSE>", poor)
            yield Row(text, "distill_evolved", template=f"evol_quality/{name}")
    yield from _distilabel_judges(given)
    yield from _distilabel_synthetic(given)


def _rendered(given: Given, name: str, **values: Any) -> str:
    source = given.wheels["distilabel"].text(f"{_STEPS}/templates/{name}.jinja2")
    return SandboxedEnvironment(autoescape=False).from_string(source).render(values)


def _distilabel_judges(given: Given) -> Iterator[Row]:
    wheel, templates = given.wheels["distilabel"], f"{_STEPS}/templates"
    names = wheel.names(f"{templates}/ultrafeedback/*", f"{templates}/prometheus/*")
    judging = [name.removeprefix(f"{templates}/").removesuffix(".jinja2") for name in names]
    judging += ["quality-scorer", "instruction-backtranslation", "complexity-scorer", "clair"]
    for question, good, poor in _PAIRS:
        answers = given.dice.sample([good, poor], 2)
        values = {
            "instruction": question, "task": question, "instructions": given.dice.sample(given.seeds, 4),
            "generation": answers[0], "generations": answers, "responses": answers, "student_solution": poor,
            "reference": good, "rubric": FILLERS["judged"]["rubric"],
        }  # fmt: skip
        for name in judging:
            text = _rendered(given, name, **values)
            if name == "clair":  # it is formatted a second time, by the names of what it asks for
                text = re.sub(r"\{(\w+)\}", lambda slot: slot[1].replace("_", " "), text)
            yield Row(text, "distill_judge", template=name)
        asked = _rendered(given, "urial", messages=[{"role": "user", "content": question}])
        yield Row(asked, "distill_selfinstruct", template="urial")


def _distilabel_synthetic(given: Given) -> Iterator[Row]:
    table, dice, wheel = FILLERS["distilabel"], given.dice, given.wheels["distilabel"]
    for application in table["applications"]:
        for topic in table["inputs"]:
            values = {
                "application_description": application,
                "input": topic,
                "num_instructions": dice.choice([5, 10, 20]),
            }
            text = _rendered(given, "self-instruct", criteria_for_query_generation=table["criteria"], **values)
            yield Row(text, "distill_selfinstruct", template="self-instruct")
    folder = f"{_STEPS}/templates/{_EMBEDDINGS}"
    for name in wheel.names(f"{folder}/*.jinja2", f"{folder}/brainstorming/*.jinja2"):
        template = name.removeprefix(f"{_STEPS}/templates/").removesuffix(".jinja2")
        for language in table["languages"]:
            for task in table["retrieval_tasks"]:
                values = {**drawn(table["embedding"], dice), "language": language, "target_language": language}
                text = _rendered(given, template, task=task, num_tasks=20, flatten_tasks=False, **values)
                yield Row(text, "distill_synthetic", template=template)
    for name, description in table["functions"]:
        for number in (3, 5, 10):
            values = {"examples": table["function_example"], "format_inst": table["function_format"], "number": number}
            values |= {"parallel_queries": "It can be a single request.", "func_name": name, "func_desc": description}
            yield Row(_rendered(given, "apigen/generator", **values), "distill_synthetic", template="apigen")


def alpaca_eval_judges(given: Given) -> Iterator[Row]:
    """Which of two answers is better; templates with many slots take one pair after the other."""
    wheel = given.wheels["alpaca-eval"]
    for name in wheel.names("alpaca_eval/evaluators_configs/**/*.txt"):
        template = re.sub(r"<\|im_start\|>\w*\n?|<\|\w+\|>", "", wheel.text(name))
        for first in range(len(_PAIRS)):
            text = template
            pairs = [*_PAIRS[first:], *_PAIRS[:first]]
            for place, slot in enumerate(("instruction", "output_1", "output_2")):
                start, *rest = text.split(f"{{{slot}}}")
                text = start + "".join(pair[place] + part for pair, part in zip(cycle(pairs), rest, strict=False))
            yield Row(text, "distill_judge", template="/".join(PurePosixPath(name).parts[-2:]))


def airoboros(given: Given) -> Iterator[Row]:
    """Batches of questions, characters, stories; ten fillings a template."""
    wheel, table, dice = given.wheels["airoboros"], FILLERS["airoboros"], given.dice
    for name in wheel.names("airoboros/instructors/prompts/*.txt"):
        template, text = PurePosixPath(name).stem, wheel.text(name)
        for question, answer, _ in _PAIRS[:10]:
            subjects = dice.sample(table["subjects"], 5)
            numbered = "\n".join(f"{place}. {subject}" for place, subject in enumerate(subjects, 1))
            values = drawn(table["slots"], dice) | {"topics": numbered, "topic": subjects[0]}
            filled = fill(text, values | {"instruction": question, "response": answer})
            yield Row(filled, "distill_judge" if template == "filter" else "distill_selfinstruct", template=template)


def deepeval_synthesizer(given: Given) -> Iterator[Row]:
    """Functions that each return one f-string of their parameters: twelve fillings each."""
    wheel, table, dice = given.wheels["deepeval"], FILLERS["deepeval"], given.dice
    module = ast.parse(wheel.text("deepeval/synthesizer/templates/template.py"))
    for group in (one for one in module.body if isinstance(one, ast.ClassDef)):
        shared = {group.name: assigned(group.body)}
        for function in (one for one in group.body if isinstance(one, ast.FunctionDef)):
            for _ in range(12):
                known = drawn(table, dice) | {"context": dice.sample(table["contexts"], 2)}
                known |= dict.fromkeys(("input", "query", "original_query", "evolved_input"), dice.choice(given.seeds))
                parameters = {arg.arg: known[arg.arg] for arg in function.args.args}
                names = assigned(function.body, shared | parameters)
                (answer,) = (one.value for one in function.body if isinstance(one, ast.Return))
                template = f"{group.name}.{function.name}"
                yield Row(literal(answer, names), _SYNTHESIZER[group.name], template=template)


def promptbench(given: Given) -> Iterator[Row]:
    """Task prompts of batch jobs in many phrasings, each with two short inputs."""
    wheel, inputs = given.wheels["promptbench"], FILLERS["promptbench"]
    for file in ("task_oriented", "role_oriented", "semantic_atk_prompts"):
        (table, *_) = assigned(ast.parse(wheel.text(f"promptbench/prompts/{file}.py")).body).values()
        for name, prompts in table.items():
            task = name.removeprefix("translation_")
            every = [one for some in prompts.values() for one in some] if isinstance(prompts, dict) else prompts
            for prompt in every:
                for content in given.dice.sample(inputs[task], min(2, len(inputs[task]))):
                    yield Row(_asked(prompt, content), "benign_template", task=task, template=f"{file}/{name}")


def _asked(prompt: str, content: str) -> str:
    if "{" not in prompt:
        return f"{prompt.rstrip()} {content}"
    if prompt.count("{}") > 1:  # from a language, into a language, and perhaps the text
        prompt = prompt.replace("{}", "English", 1).replace("{}", "German", 1)
        prompt += "" if "{" in prompt else " {}"
    languages = {"source": "English", "target": "German", "0": "English", "1": "German"}
    text = prompt.replace("{content}", content).replace("{}", content)
    return re.sub(r"\{(\w+)\}", lambda slot: languages.get(slot[1], slot[1]), text)
