"""Evidence: what a finding rests on, why it fired, and the caller's usual range beside what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tidegate.console.markup import Content, Html, tag
from tidegate.console.words import badge, facts, label, moment, pretty, said, table

# What decides, in the order in which a person asks; everything else follows as it is.
_WHY = (
    "decided_by",
    "meaning",
    "value",
    "threshold",
    "threshold_shipped",
    "threshold_from",
    "times",
    "times_rarer",
    "one_benign_day_in",
    "usual",
    "usual_a_day",
    "usual_spread",
    "history",
    "history_days",
    "severity_from",
)
_MOST_EVENTS = 20  # ids that are listed
_SMALL = 0.01  # below it two digits that tell are shown: a chance of 0.0024 is not 0


def finding(document: Mapping[str, Any], *, open_: bool) -> Html:
    """One finding, from its document of the index."""
    ours = document.get("tidegate") or {}
    title = (document.get("finding_info") or {}).get("title", "")
    seen = ours.get("evidence") or {}
    time = datetime.fromtimestamp(document.get("time", 0) / 1000, UTC)
    heading = tag(
        "summary",
        tag("strong", said(ours.get("detector", "finding"))),
        " ",
        badge(str(document.get("severity", "")).lower()),
        " ",
        tag("span", title),
    )
    return tag(
        "details",
        heading,
        facts({"When": moment(time), "Score": f"{document.get('risk_score', 0):.0f} of 100", "By": ours.get("caller")}),
        _why(seen),
        _telling(seen),
        _ranges(seen),
        _rest(seen),
        _events(ours.get("event_ids") or ()),
        open=open_,
        class_="finding",
    )


def _why(seen: Mapping[str, Any]) -> Html | None:
    known = {label(name): _value(seen[name]) for name in _WHY if seen.get(name) not in (None, "", [], {})}
    return tag("section", tag("h3", "Why it fired"), facts(known)) if known else None


def _telling(seen: Mapping[str, Any]) -> Html | None:
    """The features that decided, beside what is usual for the tenant and for the caller."""
    rows = [row for row in _list(seen.get("telling")) if isinstance(row, Mapping)]
    lines = [
        [
            said(row.get("feature", "")),
            _number(row.get("today", "")),
            _number(row.get("furthest_record", "")),
            _between(row.get("usual_of_tenant")),
            _between(row.get("usual_of_caller")) or "no past",
            _picture(row.get("usual_of_tenant"), row.get("today")),
            _number(row.get("weighs", "")),
        ]
        for row in rows
    ]
    if not lines:
        return None
    heads = ["Feature", "Today", "Furthest record", "Nine in ten callers here", "This caller", "Picture", "Weighs"]
    return tag("section", tag("h3", "What told"), table("Features of the day that decided", heads, lines))


def _between(known: Any) -> str:
    return f"{_number(known[0])} to {_number(known[1])}" if _is_range(known) else ""


def _picture(known: Any, today: Any) -> Content:
    return _bar(float(known[0]), float(known[1]), float(today)) if _is_range(known) and _is_number(today) else ""


def _ranges(seen: Mapping[str, Any]) -> Html | None:
    """Features of the day beside what is usual for this caller, as numbers and as a picture."""
    rows = [row for row in _list(seen.get("unusual")) if isinstance(row, Mapping) and _is_range(row.get("usual"))]
    if not rows:
        return None
    lines: list[list[Content]] = []
    for row in rows:
        today = row.get("today", 0)
        feature = said(row.get("feature", ""))
        lines.append([feature, _number(today), _between(row["usual"]), _picture(row["usual"], today)])
    shown = table("What differs from this caller's usual days", ["Feature", "Today", "Usual range", "Picture"], lines)
    return tag("section", tag("h3", "The caller's usual range"), shown)


def _bar(low: float, high: float, today: float) -> Html:
    """The usual range as a bar and today as a mark, on one scale."""
    least, most = min(low, today), max(high, today)
    width = (most - least) or 1.0

    def at(value: float) -> float:
        return 6 + 148 * (value - least) / width

    return tag(
        "svg",
        tag("title", f"usual {_number(low)} to {_number(high)}, today {_number(today)}"),
        tag("rect", x=6, y=9, width=148, height=2, class_="axis"),
        tag("rect", x=f"{at(low):.1f}", y=5, width=f"{max(at(high) - at(low), 2):.1f}", height=10, class_="usual"),
        tag("circle", cx=f"{at(today):.1f}", cy=10, r=5, class_="today"),
        width=160,
        height=20,
        role="img",
        class_="range",
    )


def _rest(seen: Mapping[str, Any]) -> Html | None:
    known = {label(name): _value(value) for name, value in seen.items() if name not in {*_WHY, "unusual", "telling"}}
    shown = {name: value for name, value in known.items() if value is not None}
    return tag("section", tag("h3", "Evidence"), facts(shown)) if shown else None


def _events(ids: Any) -> Html | None:
    every = [str(one) for one in ids]
    if not every:
        return None
    more = f" and {len(every) - _MOST_EVENTS} more" if len(every) > _MOST_EVENTS else ""
    listed = tag("ul", (tag("li", tag("code", one)) for one in every[-_MOST_EVENTS:]))
    return tag("details", tag("summary", f"Event ids ({len(every)})"), listed, tag("p", more) if more else None)


def _value(value: Any) -> Content:
    """None for what is empty."""
    if value in (None, "", [], {}, ()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return tag("span", value, class_="text")
    if _is_range(value):
        return f"{_number(value[0])} to {_number(value[1])}"
    if isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value):
        return tag("ul", (tag("li", str(one)) for one in value))
    return tag("pre", pretty(value), tabindex=0)


def _is_range(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(one) for one in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> str:
    if not _is_number(value):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2g}" if 0 < abs(value) < _SMALL else f"{value:,.2f}".rstrip("0").rstrip(".")


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
