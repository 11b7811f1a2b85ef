"""The time line as a picture: when calls came, when something was found, and when something was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.console.markup import Content, Html, tag
from tidegate.console.timeline import Moment
from tidegate.console.words import clock

WIDTH, LEFT, LANE, TOP = 900, 110, 34, 10  # pixels; LEFT: room for the lanes' names
LANES = {
    "Calls": ("call", "incident"),
    "Found": ("finding",),
    "Decided": ("plan", "decision", "run"),
    "Done": ("step", "release"),
}
_SLOTS = 240  # moments that fall into one are one mark: a thousand calls stay one picture


def time_picture(moments: Sequence[Moment]) -> Html | None:
    """None for fewer than two points in time: a picture of one says nothing."""
    times = [one.time for one in moments]
    if not times or min(times) == max(times):
        return None
    first, last = min(times), max(times)
    lanes = {lane: kinds for lane, kinds in LANES.items() if any(one.kind in kinds for one in moments)}
    drawn: list[Content] = [
        tag("title", f"Time line from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"),
        *(_lane(row, lane, [one for one in moments if one.kind in kinds], first, last)
          for row, (lane, kinds) in enumerate(lanes.items())),
    ]  # fmt: skip
    bottom = TOP + LANE * len(lanes)
    picture = tag("svg", *drawn, tag("text", f"{first:%H:%M:%S}", x=LEFT, y=bottom + 14),
                  tag("text", f"{last:%H:%M:%S}", x=WIDTH - 10, y=bottom + 14, text_anchor="end"),
                  viewbox=f"0 0 {WIDTH} {bottom + 22}", role="img", class_="moments")  # fmt: skip
    caption = tag("figcaption", "From ", clock(first), " to ", clock(last), " UTC")
    return tag("figure", caption, picture, class_="picture")


def _lane(row: int, name: str, moments: Sequence[Moment], first: datetime, last: datetime) -> Html:
    middle = TOP + LANE * row + LANE / 2
    slots: dict[int, list[Moment]] = {}
    for one in moments:
        slots.setdefault(round((one.time - first) / (last - first) * _SLOTS), []).append(one)
    marks = [
        tag(
            "circle",
            tag("title", some[0].what if len(some) == 1 else f"{len(some)} times, the first: {some[0].what}"),
            cx=f"{LEFT + (WIDTH - LEFT - 14) * slot / _SLOTS:.1f}",
            cy=f"{middle:.1f}",
            r=5 if len(some) == 1 else 7,
        )
        for slot, some in sorted(slots.items())
    ]
    return tag(
        "g",
        tag("text", f"{name} ({len(moments):,})", x=4, y=f"{middle + 4:.1f}"),
        tag("rect", x=LEFT, y=f"{middle - 0.5:.1f}", width=WIDTH - LEFT - 14, height=1, class_="axis"),
        marks,
        class_=f"lane {name.lower()}",
    )
