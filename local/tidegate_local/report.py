"""The report of a run: one self-contained HTML file. No script, no outside reference, everything escaped.

What it shows was written by attackers in part (prompts, user agents, names), so autoescape is on for every value,
and a Content Security Policy allows our own style sheet by its hash and nothing else: even a mistake in escaping
could load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tidegate.console import playbook_picture, playbook_way
from tidegate.model import Incident, Receipt, Run
from tidegate.response.world import decisive


@dataclass(frozen=True)
class Moment:
    """One line of the story. `kind`: event, finding, incident, plan, action, verified, undone, record."""

    at: datetime
    kind: str
    text: str
    incident_id: str = ""


@dataclass(frozen=True)
class Found:
    """A finding, as far as a reader wants it."""

    id: str
    detector: str
    title: str
    time: datetime
    score: float
    events: int
    evidence: Mapping[str, Any]
    incident_id: str = ""

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """From the index's document of a finding."""
        ours = document["tidegate"]
        return cls(
            id=document["metadata"]["uid"],
            detector=ours["detector"],
            title=document["finding_info"]["title"],
            time=datetime.fromtimestamp(document["time"] / 1000, UTC),
            score=ours["score"],
            events=len(ours.get("event_ids", ())),
            evidence=ours.get("evidence", {}),
            incident_id=ours.get("incident_uid", ""),
        )


@dataclass(frozen=True)
class Execution:
    """A state machine as it ran: its definition, and how far each state came."""

    machine: str
    definition: Mapping[str, Any]
    reached: Mapping[str, str]

    @property
    def picture(self) -> Markup:
        # ElementTree has escaped every name and text in it.
        return Markup(playbook_picture.draw(self.definition, self.reached, title=self.machine))  # noqa: S704

    @property
    def way(self) -> Markup:
        """The same as a list, for narrow windows; escaped as it was made."""
        return Markup(str(playbook_way.way(self.definition, self.reached)))  # noqa: S704


@dataclass(frozen=True)
class Case:
    """An incident with all that belongs to it."""

    incident: Incident
    findings: Sequence[Found]
    runs: Sequence[Run] = ()  # the first one first
    receipts: Sequence[Receipt] = ()
    executions: Sequence[Execution] = ()

    @property
    def run(self) -> Run | None:
        """The one that says where the incident stands."""
        return decisive(self.runs[::-1])

    @property
    def held_by(self) -> Sequence[str]:
        """The actions that hold now, or did until they were undone."""
        run = self.run
        own = [one for one in self.receipts if run is not None and one.run_id == run.id and one.verified_at]
        return [one.step.action for one in own]

    @property
    def contained_after(self) -> timedelta | None:
        """From the first event that decided to the first verified containment, delivery of the logs included."""
        verified = [receipt.verified_at for receipt in self.receipts if receipt.verified_at]
        decided = [finding.time for finding in self.findings]
        return max(min(verified) - min(decided), timedelta()) if verified and decided else None


@dataclass(frozen=True)
class Answer:
    """A question an analyst asks, and what OpenSearch answered."""

    question: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    took_ms: int = 0


@dataclass
class Report:
    title: str
    started: datetime
    counts: dict[str, int] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    changes: list[tuple[str, str, str, str]] = field(default_factory=list)  # what, before, all states, now
    answers: list[Answer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def render(report: Report) -> str:
    environment = Environment(
        loader=PackageLoader("tidegate_local", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock, "day": _day, "pretty": _pretty, "seconds": _seconds}
    style = (Path(__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    # The style sheet is ours and must arrive byte for byte, or its hash doesn't match.
    page = environment.get_template("report.html.jinja")
    return page.render(report=report, style=Markup(style), policy=policy)  # noqa: S704


def write(report: Report, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(report), encoding="utf-8")
    return path


def _clock(time: datetime) -> str:
    return f"{time:%H:%M:%S}"


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _seconds(span: timedelta) -> str:
    if not span:
        return "at once"  # the run's clock stands still while functions run
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{span.total_seconds():.1f} s"


def _pretty(value: Any) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)  # a policy document, say
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
