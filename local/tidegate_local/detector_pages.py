"""docs/detectors/: a page for each detector, made of what it says of itself and of its events file.

`python -m tidegate_local.detector_pages` writes them; a test compares them with what lies there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from textwrap import dedent

from tidegate.detectors import ALL, Registered
from tidegate.detectors.about import EVERY, Detector, Reads
from tidegate.detectors.catalogue import CATALOGUES, mapped, name_of
from tidegate_local.pages import ROOT, write

PAGES = ROOT / "docs" / "detectors"
EVENTS = ROOT / "events"
_WRITTEN = "<!-- Written by `python -m tidegate_local.detector_pages`: change the detector, not this page. -->"
_SOURCES = {
    "invocation": "Bedrock model invocation log",
    "threat": "GuardDuty findings",
    "joined": "calls joined by request id: the log's model and tokens with CloudTrail's address and agent",
    "caller_day": "summaries of callers' days, told by what is remembered of each as its day grows",
}


_WATCH = "no record by itself: the watch over the sources asks it, every quarter of an hour"


def pages() -> dict[str, str]:
    """File name -> text, of every page."""
    return {"README.md": _overview()} | {f"{detector.about.id}.md": _page(detector) for detector in ALL}


def _overview() -> str:
    rows = [
        f"| [{about.id}]({about.id}.md) | {about.title} | {about.severity} | {about.family} | {about.playbook or '-'} |"
        for about, _, _ in ALL
    ]
    return "\n".join(
        [
            _WRITTEN,
            "# Detectors",
            "",
            "One bad state each. What fires and what stays quiet is written as cases in `events/`, and tested.",
            "",
            "| detector | bad state | severity | family | playbook |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            "What they cover of ATLAS, ATT&CK, OWASP and NIST is in [coverage](../coverage.md).",
            "",
        ]
    )


def _page(detector: Registered) -> str:
    about = detector.about
    cases = json.loads((EVENTS / f"{about.id}.json").read_text())
    facts = {
        "severity": f"{about.severity} (a finding may carry its own, with the reason in its evidence)",
        "family": about.family,
        "reads": "; ".join(dict.fromkeys(_source(reads) for reads in about.reads)) or _WATCH,
        "remembers": _memory(detector),
        "covers": "<br>".join(_covered(about)),
        "playbook": about.playbook or "none: a person decides",
        "version": str(about.version),
    }
    return "\n".join(
        [
            _WRITTEN,
            f"# {about.title}",
            "",
            f"`{about.id}`",
            "",
            dedent(detector.prose).strip(),
            "",
            "| | |",
            "| --- | --- |",
            *(f"| {name} | {value} |" for name, value in facts.items()),
            "",
            "## What to do",
            "",
            about.runbook,
            "",
            "## Known false positives",
            "",
            about.false_positives,
            "",
            "## Known blind spots",
            "",
            about.blind_spots,
            "",
            "## Fires",
            "",
            *(f"- **{case['name']}**: {case['why']}" for case in cases["fires"]),
            "",
            "## Stays quiet",
            "",
            *(f"- **{case['name']}**: {case['why']}" for case in cases["quiet"]),
            "",
        ]
    )


def _source(reads: Reads) -> str:
    if reads.source == "service_event":
        return f"events of {reads.service}: {', '.join(reads.names) or 'all of them'}"
    if reads.source != "api_call":
        return _SOURCES[reads.source] + _some(reads)
    if reads.service == EVERY:
        return "CloudTrail: every call"
    return f"CloudTrail: {reads.service} {', '.join(reads.names) or '(every name)'}{', failed' if reads.failed else ''}"


def _some(reads: Reads) -> str:
    return ", failed calls" if reads.failed else ", where a guardrail intervened" if reads.intervened else ""


def _covered(about: Detector) -> Iterator[str]:
    """A line for each catalogue: ids with their names."""
    every = mapped(about)
    for catalogue in CATALOGUES:
        of_it = [f"{one.id} {name_of(one)}" for one in every if one.catalogue == catalogue]
        if of_it:
            yield f"{catalogue}: {', '.join(of_it)}"


def _memory(detector: Registered) -> str:
    about = detector.about
    if about.memory is None:
        return "nothing; what it compares with is a configuration snapshot, where it compares"
    whose = "principal, resource or address it is about" if about.whose == "resource" else about.whose
    return f"a little for each {whose}, in its state" + (f", shared as `{about.shares}`" if about.shares else "")


if __name__ == "__main__":
    sys.exit(write(PAGES, pages()))
