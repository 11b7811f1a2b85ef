"""A playbook's picture: its real Amazon States Language file drawn as SVG, each step in the state it reached.

States are laid out in layers from the first to the last: a state stands below everything that leads to it. Edges
that span several layers pass through empty places of the layers between, so that they run beside the boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from tidegate.console.playbook_way import MARKS

BOX, HEIGHT, PLACE = 196, 42, 16  # pixels: width and height of a state, width of a passing edge
GAP_X, GAP_Y, MARGIN = 18, 38, 14


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    caught: bool = False  # taken when the state failed


def edges_of(machine: Mapping[str, Any]) -> list[Edge]:
    """Every transition of a definition: Next, Choices, Default and Catch."""
    edges: list[Edge] = []
    for name, state in machine["States"].items():
        nexts = [state.get("Next"), state.get("Default"), *(choice.get("Next") for choice in state.get("Choices", ()))]
        edges += [Edge(name, target) for target in dict.fromkeys(nexts) if target]
        edges += [Edge(name, catch["Next"], caught=True) for catch in state.get("Catch", ())]
    return list(dict.fromkeys(edges))


def progress(history: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """State name -> running, succeeded, caught or failed, from the events of GetExecutionHistory.

    A state that failed and was caught is entered and left like any other in the history: what tells is the event
    of failure between the two.
    """
    reached: dict[str, str] = {}
    current, failed = "", False
    for event in history:
        kind = str(event["type"])
        if kind.endswith("StateEntered"):
            current, failed = event["stateEnteredEventDetails"]["name"], False
            reached[current] = "running"
        elif kind.endswith("StateExited"):
            name = event["stateExitedEventDetails"]["name"]
            reached[name] = "caught" if failed and name == current else "succeeded"
        elif kind in ("TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut"):
            failed = True
        elif kind in ("ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted") and current:
            reached[current] = "failed"
    return reached


def draw(machine: Mapping[str, Any], reached: Mapping[str, str], *, title: str) -> str:
    """The SVG element as text. Everything in it is escaped by the serialiser; it holds no script and no style."""
    edges = edges_of(machine)
    layer = _layers(machine["StartAt"], list(machine["States"]), edges)
    rows, links = _rows(layer, edges)
    at = _places(rows)
    width = max(x + _width(item) for item, (x, _) in at.items()) + MARGIN
    height = len(rows) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:.0f} {height}",
            "width": f"{width:.0f}",
            "role": "img",
            "class": "playbook",
        },
    )
    ElementTree.SubElement(svg, "title").text = title
    for edge, path in links:
        taken = edge.source in reached and edge.target in reached
        kind = "edge caught" if edge.caught else "edge"
        line = ElementTree.SubElement(svg, "path", {"d": _curve([at[item] for item in path], path)})
        line.set("class", f"{kind} taken" if taken else kind)
    for name, state in machine["States"].items():
        _box(svg, name, state, at[name], reached.get(name, "waiting"))
    return ElementTree.tostring(svg, encoding="unicode")


def _box(svg: ElementTree.Element, name: str, state: Mapping[str, Any], at: tuple[float, float], reached: str) -> None:
    group = ElementTree.SubElement(svg, "g", {"class": f"state {reached}"})
    ElementTree.SubElement(group, "title").text = f"{name}: {state['Type']}, {reached}. {state.get('Comment', '')}"
    corner = {"Choice": "20", "Succeed": "20", "Fail": "20"}.get(state["Type"], "5")
    ElementTree.SubElement(
        group,
        "rect",
        {"x": f"{at[0]:.0f}", "y": f"{at[1]:.0f}", "width": str(BOX), "height": str(HEIGHT), "rx": corner},
    )
    label = ElementTree.SubElement(
        group, "text", {"x": f"{at[0] + BOX / 2:.0f}", "y": f"{at[1] + HEIGHT / 2 + 4:.0f}", "text-anchor": "middle"}
    )
    mark = f"{MARKS[reached]} " if reached in MARKS else ""
    label.text = mark + (name if len(name) <= 26 else name[:25] + "…")


def _width(item: str) -> int:
    return PLACE if item.startswith("\0") else BOX


def _layers(start: str, names: list[str], edges: list[Edge]) -> dict[str, int]:
    """Longest way from the start; edges that lead back up (a wait that polls) don't count."""
    after: dict[str, list[str]] = {}
    for edge in edges:
        after.setdefault(edge.source, []).append(edge.target)
    layer: dict[str, int] = {}
    order: list[str] = []
    open_states: set[str] = set()
    backward: set[tuple[str, str]] = set()

    def visit(name: str) -> None:
        open_states.add(name)
        for target in after.get(name, ()):
            if target in open_states:
                backward.add((name, target))
            elif target not in order:
                visit(target)
        open_states.discard(name)
        order.append(name)

    for name in (start, *names):
        if name not in order:
            visit(name)
    for name in reversed(order):
        layer.setdefault(name, 0)
        for target in after.get(name, ()):
            if (name, target) not in backward and target != name:
                layer[target] = max(layer.get(target, 0), layer[name] + 1)
    return layer


def _rows(layer: Mapping[str, int], edges: list[Edge]) -> tuple[list[list[str]], list[tuple[Edge, list[str]]]]:
    """Layers as rows of states and passing places, ordered so that neighbours stand near; and each edge's way."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name, row in layer.items():
        rows[row].append(name)
    links: list[tuple[Edge, list[str]]] = []
    for number, edge in enumerate(edges):
        first, last = layer[edge.source], layer[edge.target]
        step = 1 if last > first else -1
        places = [f"\0{number}/{row}" for row in range(first + step, last, step)] if first != last else []
        for place, row in zip(places, range(first + step, last, step), strict=False):
            rows[row].append(place)
        links.append((edge, [edge.source, *places, edge.target]))
    near: dict[str, list[str]] = {}
    for _, path in links:
        for left, right in pairwise(path):
            near.setdefault(left, []).append(right)
            near.setdefault(right, []).append(left)
    for sweep in range(6):
        order = range(1, len(rows)) if sweep % 2 == 0 else range(len(rows) - 2, -1, -1)
        for number in order:
            beside = rows[number - 1] if sweep % 2 == 0 else rows[number + 1]
            place_of = {name: position / max(len(beside), 1) for position, name in enumerate(beside)}
            own = {name: position / len(rows[number]) for position, name in enumerate(rows[number])}

            def middle(name: str, place_of: dict[str, float] = place_of, own: dict[str, float] = own) -> float:
                known = [place_of[other] for other in near.get(name, ()) if other in place_of]
                return sum(known) / len(known) if known else own[name]

            rows[number].sort(key=middle)
    return rows, links


def _places(rows: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Upper left corner of every item; each row centred."""
    widths = [sum(_width(item) for item in row) + GAP_X * (len(row) - 1) for row in rows]
    at: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        x = MARGIN + (max(widths) - widths[number]) / 2
        for item in row:
            at[item] = (x, MARGIN + number * (HEIGHT + GAP_Y))
            x += _width(item) + GAP_X
    return at


def _curve(corners: list[tuple[float, float]], path: list[str]) -> str:
    """From the bottom of the first box to the top of the last, or the other way round for an edge that leads back."""
    down = corners[-1][1] > corners[0][1]
    centres = [(x + _width(item) / 2, y) for (x, y), item in zip(corners, path, strict=True)]
    leave, arrive = (HEIGHT, 0) if down else (0, HEIGHT)
    parts = [f"M{centres[0][0]:.0f},{centres[0][1] + leave:.0f}"]
    last_x, last_y = centres[0][0], centres[0][1] + leave
    for number, (x, y) in enumerate(centres[1:], 1):
        end_y = y + arrive
        bend = (end_y - last_y) / 2
        parts.append(f"C{last_x:.0f},{last_y + bend:.0f} {x:.0f},{end_y - bend:.0f} {x:.0f},{end_y:.0f}")
        last_x, last_y = x, end_y
        if number < len(centres) - 1:
            last_y = y + leave
            parts.append(f"L{x:.0f},{last_y:.0f}")
    return " ".join(parts)
