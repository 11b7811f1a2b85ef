"""`tidegate replay`: logs in, findings, incidents and actions out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from tidegate.errors import ConfigurationError, DamagedRecord
from tidegate.model import Mode
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate_local import calibration as calibrations
from tidegate_local.command_line.showing import answers, plain, print_json, problems, progress, table
from tidegate_local.native_files import files_under
from tidegate_local.replay import Outcome, Replay, actions_of, json_lines

Output = Annotated[Path | None, typer.Option(metavar="FILE", help="Write JSON lines there; - is standard output.")]


def replay(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders as AWS wrote them.")],
    findings: Output = None,
    incidents: Output = None,
    actions: Output = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Budgets learned by `tidegate calibrate`.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="observe plans and changes nothing; approve and auto act on an account in memory.")
    ] = Mode.OBSERVE,
    rules: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of *.toml files with allow-lists and budgets.")
    ] = None,
    pipeline: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="kind:value or ARN pattern that may change models; repeatable."),
    ] = None,
    end_user_key: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Key of requestMetadata naming the end user; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Run exported logs through the pipeline in event-time order.

    Reads Bedrock invocation logs, CloudTrail files, EventBridge envelopes and findings, gzipped or not.
    A damaged record is reported on standard error and counted; the rest goes on.
    """
    settings = Settings(response_mode=mode, pipeline_principals=tuple(pipeline or ()))
    if end_user_key:
        settings = settings.model_copy(update={"end_user_keys": tuple(end_user_key)})
    learned = calibrations.load(calibration) if calibration else None
    files = files_under(paths)
    run = Replay(settings=settings, rules=rules_in(rules), calibration=learned, damaged=_report_damage)
    with run:
        with progress("reading", sum(file.stat().st_size for file in files)) as advance:
            for file in files:
                run.read(file, roots=paths)
                advance(file.stat().st_size)
        with progress("detecting", len(run)) as advance:
            outcome = run.play(advance)
    _report_allowances(outcome)
    for failure in outcome.failures:
        problems.print(plain(f"failed: {failure[:500]}", "red"))
    _write(findings, json_lines(outcome.findings))
    _write(incidents, json_lines(outcome.incidents))
    _write(actions, actions_of(outcome))
    if Path("-") not in (findings, incidents, actions):
        print_json(summary(outcome)) if as_json else _show(outcome)


def rules_in(folder: Path | None) -> Rules:
    """All *.toml files of a folder as one set of rules. Raises ConfigurationError naming the file."""
    if folder is None:
        return Rules()
    if not folder.is_dir():
        raise ConfigurationError(f"--rules {folder}: no such folder.")
    parts = [Rules.from_toml(_text_of(file), where=str(file)) for file in sorted(folder.glob("*.toml"))]
    if not parts:
        raise ConfigurationError(f"--rules {folder}: there is no *.toml file in it.")
    return Rules.together(parts)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: not UTF-8: {error}. Save it as UTF-8.") from error
    except OSError as error:
        raise ConfigurationError(f"{file}: can't be read: {error}") from error


def summary(outcome: Outcome) -> dict[str, Any]:
    by_detector: dict[str, int] = {}
    for finding in outcome.findings:
        by_detector[finding.detector] = by_detector.get(finding.detector, 0) + 1
    return {
        "records": outcome.records,
        "damaged": outcome.damaged,
        "repeated": outcome.repeated,
        "findings": len(outcome.findings),
        "findings_by_detector": dict(sorted(by_detector.items())),
        "suppressed": len(outcome.suppressed),
        "incidents": len(outcome.incidents),
        "actions": sum(len(receipts) for _, receipts in outcome.runs),
        "calibrated": outcome.calibrated,
    }


def _show(outcome: Outcome) -> None:
    counts = summary(outcome)
    answers.print(
        f"{counts['records']:,} records ({counts['damaged']:,} damaged, {counts['repeated']:,} repeated): "
        f"{counts['findings']:,} findings, {counts['incidents']:,} incidents, {counts['actions']:,} planned steps"
    )
    responses = {run.incident_id: run.error or run.status.value for run, _ in outcome.runs}
    rows = [
        (
            one.severity,
            f"{one.first_seen:%Y-%m-%d %H:%M}",
            one.caller,
            ", ".join(one.detectors),
            one.playbook or "",
            responses.get(one.id, ""),
        )
        for one in outcome.incidents
    ]
    columns = ("severity", "first seen", "caller", "detectors", "playbook", "response")
    if rows:
        answers.print(table("Incidents", columns, rows))
    if not outcome.calibrated and "quota_abuse" in counts["findings_by_detector"]:
        answers.print("Budgets are the shipped ones: not learned from these callers. See `tidegate calibrate`.")


def _report_allowances(outcome: Outcome) -> None:
    """On standard error: what was kept back by which rule, and which rules no longer keep anything back."""
    kept = Counter((finding.suppressed, finding.detector) for finding in outcome.suppressed if finding.suppressed)
    for (rule, detector), number in kept.most_common():
        line = f"suppressed: {number:,} of {detector} by {rule.rule}, until {rule.expires:%Y-%m-%d}: {rule.reason}"
        problems.print(plain(line))
    for allowance in outcome.expired:
        line = f"expired on {allowance.expires:%Y-%m-%d}: the allowance {allowance.as_written}: {allowance.reason}"
        problems.print(plain(line, "yellow"))


def _report_damage(record: DamagedRecord) -> None:
    problems.print(plain(f"damaged: {record}"))


def _write(path: Path | None, lines: Iterable[str]) -> None:
    if path is None:
        return
    if path == Path("-"):
        sys.stdout.writelines(line + "\n" for line in lines)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be written: {error}") from error
