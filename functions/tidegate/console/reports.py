"""Reports for people who were not there: a page an incident, and an index of all, that need nothing else to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tidegate.console import case_page
from tidegate.console.case import Case
from tidegate.console.in_short import glossary, in_short
from tidegate.console.incidents_page import incident_table
from tidegate.console.markup import Content, Html, join, tag
from tidegate.console.page import report_page
from tidegate.console.words import moment
from tidegate.model import Incident, Run, Severity

PAGE = 100  # incidents on a page of the index


def report(shown: Case, *, about: str) -> str:
    """One incident. `about`: of which installation it is."""
    incident = shown.incident
    head = tag("p", f"Report of {about}, made ", moment(shown.now), ". ", tag("a", "All incidents", href="index.html"))
    page = case_page.case(shown, lead=[head, in_short(shown)], interactive=False)
    return report_page(incident.title or incident.id, page, glossary(page.text)).text


def index_pages(
    incidents: Sequence[Incident], runs: Mapping[str, Run | None], now: datetime, *, about: str
) -> Iterator[tuple[str, str]]:
    """Names of files and pages: index.html, index-2.html and so on, the worst incidents first."""
    ordered = sorted(incidents, key=lambda one: (-one.severity.rank, -one.last_seen.timestamp(), one.id))
    count = max(1, -(-len(ordered) // PAGE))
    for number in range(1, count + 1):
        shown = ordered[(number - 1) * PAGE : number * PAGE]
        content: list[Content] = [
            tag("h1", "Incidents"),
            tag("p", f"Report of {about}, made ", moment(now), f". {len(ordered)} incidents: ", _counted(ordered), "."),
            incident_table(shown, runs, now, address=lambda one: f"{one.id}.html", ages=False) if shown else None,
            _pages(number, count),
        ]
        yield index_name(number), report_page("Incidents", *content).text


def index_name(number: int) -> str:
    return "index.html" if number == 1 else f"index-{number}.html"


def _counted(incidents: Sequence[Incident]) -> str:
    counts = [(one.value, sum(each.severity is one for each in incidents)) for one in reversed(Severity)]
    return ", ".join(f"{count} {name}" for name, count in counts if count) or "none"


def _pages(number: int, count: int) -> Html | None:
    if count == 1:
        return None
    links = [
        tag("li", tag("a", str(one), href=index_name(one), aria_current="page" if one == number else None))
        for one in range(1, count + 1)
    ]
    return tag("nav", join("Page"), tag("ul", links), aria_label="Pages of the index", class_="pages")
