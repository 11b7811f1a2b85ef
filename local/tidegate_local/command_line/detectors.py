"""`tidegate detectors`: which bad states are found, from what, and what they cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from tidegate.detectors import ALL, BY_ID, Registered
from tidegate.detectors.about import EVERY, Reads
from tidegate.detectors.catalogue import CATALOGUES, mapped, name_of
from tidegate.errors import ConfigurationError
from tidegate_local.command_line import completing
from tidegate_local.command_line.showing import answers, plain, print_json, table

app = typer.Typer(help="List the detectors, or show one of them.")
# How a source is called on the command line; CloudTrail is the one that most read.
SOURCES = {
    "invocation": "log",
    "api_call": "cloudtrail",
    "threat": "guardduty",
    "service_event": "events",
    "joined": "joined",
    "caller_day": "caller-day",
}
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.callback(invoke_without_command=True)
def show_list(
    context: typer.Context,
    family: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="extraction, quota_abuse, tampering, ...",
            autocompletion=completing.families_of_detectors,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"What they read: {', '.join(SOURCES.values())}.",
            autocompletion=lambda: list(SOURCES.values()),
        ),
    ] = None,
    technique: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="An id of ATLAS, ATT&CK, OWASP or NIST; a parent finds its parts too.",
            autocompletion=completing.techniques,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the detectors: all of them, or those of a family, source or technique."""
    if context.invoked_subcommand:
        return
    _known("--family", family, {one.about.family for one in ALL})
    _known("--source", source, set(SOURCES.values()))
    found = [one for one in ALL if _asked_for(one, family, source, technique)]
    if technique and not found:
        raise ConfigurationError(
            f"--technique {technique}: no detector covers it. See docs/coverage.md for those that are."
        )
    if as_json:
        print_json([_told(one) for one in found])
        return
    columns = ("detector", "severity", "family", "reads", "covers", "playbook")
    answers.print(table(f"{len(found)} of {len(ALL)} detectors", columns, map(_row, found)))


@app.command("show")
def show(
    detector: Annotated[
        str, typer.Argument(metavar="ID", help="The detector's id.", autocompletion=completing.detectors)
    ],
    as_json: AsJson = False,
) -> None:
    """Show what one detector finds, how it errs, and what to do."""
    if detector not in BY_ID:
        near = [name for name in BY_ID if detector.lower() in name]
        hint = f" Did you mean {', '.join(near)}?" if near else " `tidegate detectors` lists them."
        raise ConfigurationError(f"{detector}: no detector is called that.{hint}")
    registered = BY_ID[detector]
    if as_json:
        print_json(_told(registered))
        return
    about = registered.about
    answers.print(plain(f"{about.title} ({about.id}, {about.severity}, {about.family})", "bold"))
    answers.print(plain(registered.prose.strip()))
    for heading, text in (
        ("What to do", about.runbook),
        ("Known false positives", about.false_positives),
        ("Known blind spots", about.blind_spots),
        ("Playbook", about.playbook or "none: a person decides"),
        ("Reads", "; ".join(_reads(registered))),
    ):
        answers.print(plain(f"\n{heading}", "bold"))
        answers.print(plain(text))
    rows = [(one.catalogue, one.id, name_of(one)) for one in mapped(about)]
    answers.print()
    answers.print(table("Covers", ("catalogue", "id", "name"), rows))


def _asked_for(registered: Registered, family: str | None, source: str | None, technique: str | None) -> bool:
    about = registered.about
    return (
        family in (None, about.family)
        and source in (None, *_sources(registered))
        and (technique is None or any(_is(one.id, technique) for one in mapped(about)))
    )


def _is(covered: str, asked: str) -> bool:
    return covered.lower() == asked.lower() or covered.lower().startswith(f"{asked.lower()}.")


def _known(option: str, given: str | None, possible: set[str]) -> None:
    if given is not None and given not in possible:
        raise ConfigurationError(f"{option} {given}: not one of {', '.join(sorted(possible))}.")


def _sources(registered: Registered) -> list[str]:
    return list(dict.fromkeys(SOURCES[reads.source] for reads in registered.about.reads))


def _row(registered: Registered) -> tuple[object, ...]:
    about = registered.about
    covers = ", ".join(technique.id for technique in about.covers)
    return about.id, about.severity, about.family, ", ".join(_sources(registered)), covers, about.playbook or ""


def _told(registered: Registered) -> dict[str, Any]:
    about = registered.about
    return {
        "id": about.id,
        "version": about.version,
        "title": about.title,
        "severity": about.severity.value,
        "family": about.family,
        "sources": _sources(registered),
        "reads": list(_reads(registered)),
        "remembers": None if about.memory is None else about.whose,
        "covers": {
            catalogue: {one.id: name_of(one) for one in mapped(about) if one.catalogue == catalogue}
            for catalogue in CATALOGUES
        },
        "false_positives": about.false_positives,
        "blind_spots": about.blind_spots,
        "runbook": about.runbook,
        "playbook": about.playbook,
        "prose": registered.prose.strip(),
    }


def _reads(registered: Registered) -> Iterator[str]:
    yield from dict.fromkeys(_read(reads) for reads in registered.about.reads)


def _read(reads: Reads) -> str:
    of = "" if reads.service == EVERY else f" {reads.service}"
    which = f": {', '.join(reads.names)}" if reads.names else ""
    condition = ", failed" if reads.failed else ", where a guardrail intervened" if reads.intervened else ""
    return f"{SOURCES[reads.source]}{of}{which}{condition}"
