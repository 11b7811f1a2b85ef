"""Cold start, warm call and import time of each function, from the built artefact; and what the artefact weighs.

    make build-here && .venv/bin/python bench/cold_start/measure.py [--rounds 5] [--json FILE]

Cold: from starting the process under AWS's runtime client (awslambdaric) to its first answer, with every AWS client of
that first call built and, where its event needs AWS, one call over loopback to the account in memory. Import: the
handler's module alone, timed inside a fresh process. Both without byte code of the artefact, as Lambda's read-only
/var/task has none, and with it, as a build that compiles it would have. Medians; beside the wall clock the CPU time
of the process, which another load on the machine does not stretch as much.

Not measured: what AWS does before the process starts (fetching the artefact, the sandbox).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from tidegate_local.clock import RunClock
from tidegate_local.embedded import Embedded
from tidegate_local.isolated import artefact_for_this_machine

PROJECT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"  # an index that is never asked: it makes the template create the function that indexes
PARAMETERS = {"InvocationLogSource": "CloudWatchLogs"}  # so that every function of the template is there

# The smallest event that makes a function build what it needs. A run that does not exist is an error, after a look.
NO_MESSAGES: dict[str, Any] = {"Records": []}
EVENTS: dict[str, dict[str, Any]] = {
    "AcceptLogSubscription": {"awslogs": {"data": ""}},
    "DetectInvocations": NO_MESSAGES,
    "DetectApiCalls": NO_MESSAGES,
    "DetectThreats": NO_MESSAGES,
    "Correlate": NO_MESSAGES,
    "Index": NO_MESSAGES,
    "PlanResponse": {"incident_id": "inc-none", "generation": 1},
    "RequestApproval": {"run_id": "run-none", "task_token": "none"},
    "PreserveEvidence": {"run_id": "run-none"},
    "ActOnCallers": {"run_id": "run-none", "step_id": "step-none", "phase": "verify"},
    "ActOnCredentials": {"run_id": "run-none", "step_id": "step-none", "phase": "verify"},
    "ActOnModels": {"run_id": "run-none", "step_id": "step-none", "phase": "verify"},
    "CloseRun": {"incident_id": "inc-none", "generation": 1, "outcome": "observed"},
    "SweepExpired": {},
}

_IMPORT = """
import sys, time
before = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - before)
"""


@dataclass
class Times:
    """Seconds, one figure a round."""

    cold: list[float] = field(default_factory=list)
    cold_cpu: list[float] = field(default_factory=list)  # of the process: what an idle machine would need at least
    cold_compiled: list[float] = field(default_factory=list)
    cold_compiled_cpu: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    imported: list[float] = field(default_factory=list)
    imported_compiled: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    artefact = artefact_for_this_machine(PROJECT)
    if not artefact.is_dir():
        sys.exit(f"{artefact} does not exist: run `make build-here`")
    times = {name: Times() for name in EVENTS}
    for done in range(given.rounds):
        forget_byte_code(artefact)
        a_round(times, compiled=False)  # leaves its byte code for the next
        handlers = a_round(times, compiled=True)
        for name, handler in handlers.items():
            times[name].imported_compiled.append(import_seconds(artefact / name, handler))
        forget_byte_code(artefact)
        for name, handler in handlers.items():
            times[name].imported.append(import_seconds(artefact / name, handler))
        if sys.stderr.isatty():
            print(f"\rround {done + 1} of {given.rounds}", end="", file=sys.stderr, flush=True)
    report = {
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "load": os.getloadavg()[0],
        "artefact": str(artefact.relative_to(PROJECT)),
        "artefact_megabytes": round(megabytes(artefact / "Correlate"), 2),
        "largest": largest(artefact / "Correlate"),
        "bare_interpreter_ms": round(1000 * median(bare_interpreter() for _ in range(given.rounds)), 1),
        "functions": {
            name: {f"{what}_ms": round(1000 * median(values), 1) for what, values in vars(figures).items()}
            for name, figures in times.items()
        },
    }
    show(report)
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(report, indent=2) + "\n")


def a_round(times: dict[str, Times], *, compiled: bool) -> dict[str, str]:
    """One fresh process a function, called twice. Returns each function's handler."""
    handlers = {}
    template, clock = PROJECT / "template.yaml", RunClock()
    nowhere = {"opensearch_url": NOBODY, "out_of_reach": ["InstalledIndex"]}
    with Embedded(template, PARAMETERS, clock=clock, isolated=True, **nowhere) as aws:
        for name, event in EVENTS.items():
            configuration = aws.client("lambda").get_function_configuration(FunctionName=aws.resource(name))
            handlers[name] = str(configuration["Handler"]).rpartition(".")[0]
            cold = timed(aws, name, event)
            cpu = cpu_seconds(aws, name)
            (times[name].cold_compiled if compiled else times[name].cold).append(cold)
            (times[name].cold_compiled_cpu if compiled else times[name].cold_cpu).append(cpu)
            times[name].warm.append(timed(aws, name, event))
    return handlers


def timed(aws: Embedded, name: str, event: dict[str, Any]) -> float:
    """Raises when the process itself failed: an error of the handler is an answer."""
    before = time.perf_counter()
    answer = aws.invoke(name, event)
    seconds = time.perf_counter() - before
    if isinstance(answer, dict) and str(answer.get("errorType", "")).startswith(("Runtime.", "Sandbox.", "Import")):
        raise RuntimeError(f"{name}: {answer}")
    return seconds


def cpu_seconds(aws: Embedded, name: str) -> float:
    """Of the function's process so far, in hundredths of a second as Linux counts."""
    process = aws._children._children[aws.resource(name)]._process
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def import_seconds(code: Path, module: str) -> float:
    """Of a handler's module in a fresh process that sees the artefact and the runtime's packages."""
    spec = find_spec("boto3")
    assert spec is not None
    assert spec.origin is not None
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join([str(code), str(Path(spec.origin).parents[1])]),
        "AWS_REGION": "us-east-1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-S", "-c", _IMPORT, module]
    return float(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)


def bare_interpreter() -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    return time.perf_counter() - before


def forget_byte_code(artefact: Path) -> None:
    for folder in artefact.rglob("__pycache__"):
        shutil.rmtree(folder)


def megabytes(folder: Path) -> float:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files) / 1e6


def largest(folder: Path, count: int = 6) -> dict[str, float]:
    sizes = {entry.name: round(megabytes(entry), 2) for entry in folder.iterdir() if entry.is_dir()}
    return dict(sorted(sizes.items(), key=lambda entry: -entry[1])[:count])


def show(report: dict[str, Any]) -> None:
    print(
        f"artefact {report['artefact']}: {report['artefact_megabytes']} MB; bare interpreter "
        f"{report['bare_interpreter_ms']} ms; load {report['load']:.1f} on {report['machine']['cores']} cores\n"
    )
    print("| function | cold ms (CPU) | with byte code (CPU) | import ms | with byte code | warm ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, figures in report["functions"].items():
        ms = {what.removesuffix("_ms"): f"{value:.0f}" for what, value in figures.items()}
        print(
            f"| {name} | {ms['cold']} ({ms['cold_cpu']}) | {ms['cold_compiled']} ({ms['cold_compiled_cpu']}) | "
            f"{ms['imported']} | {ms['imported_compiled']} | {ms['warm']} |"
        )


if __name__ == "__main__":
    main()
