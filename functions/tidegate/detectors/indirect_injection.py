"""Text that a tool or a search brought gives orders to the model, and the model follows them.

Orders alone are in many documents, and most models ignore most of them: LOW. What decides is an effect that the user
did not ask for: a tool called that the user's words don't imply, with arguments out of the injected text; an address
out of it in the answer. Several different orders within a day, where a caller's documents had none, are somebody who
tries: MEDIUM, before one is followed. Only what is new in the conversation is looked at, by role.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from tidegate.callers.past_days import PastDays
from tidegate.callers.sightings import day_of
from tidegate.content.commands import strings_of
from tidegate.content.hidden import visible
from tidegate.content.hosts import addresses_in
from tidegate.content.implied_tools import is_implied
from tidegate.content.numbers import numbers_in
from tidegate.content.orders import Order, orders_in
from tidegate.content.personal import mail_addresses_in
from tidegate.content.redaction import redacted
from tidegate.content.retrieved import without_retrieved
from tidegate.content.tools import sends
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import asked_text
from tidegate.detectors.campaigns import Beyond, beyond, once_a_day
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents

SEVERAL = 3  # different orders within a day, of a caller whose documents have none otherwise
_RULE = "indirect_injection/orders"
_MARK = 4  # bytes of an order's mark
_MOST_MARKS = 64  # orders of a day that are told apart
_AROUND = 120  # characters on either side of an order that say which text it stands in


class Memory(msgspec.Struct, array_like=True):
    """What was ordered lately. A record that comes twice changes nothing."""

    day: int = 0
    marks: bytes = b""  # of the different orders of `day`
    orders: PastDays = msgspec.field(default_factory=PastDays)  # different ones a day
    raised: list[str] = []


about = Detector(
    id="indirect_injection",
    version=3,
    title="Orders in retrieved text, followed",
    severity=Severity.HIGH,
    family="prompt_attack",
    reads=(invocations(),),
    covers=(Atlas("AML.T0051.001"), Atlas("AML.T0053"), Attack("T1566"), Owasp("LLM01:2025"), Owasp("LLM06:2025")),
    false_positives="Documents about prompt injection and prompts kept in a knowledge base (LOW, as nothing follows; "
    "MEDIUM for the first days on which several are read). Tests of an agent's robustness: allow their principal. "
    "Agents whose tools are driven by what documents say: tickets that name whom to answer, for example.",
    blind_spots="Orders in other words, languages, images or encodings than those known: then only a sending tool "
    "with an address out of the text shows (MEDIUM). Effects within the answer's wording (an opinion, an omission). "
    "Orders that take effect in a later turn. Text that the application puts into the user's turn without a tool "
    "result, a document block or tags around it: to us the user says it.",
    runbook="Find the document or page by its excerpt and take it out of the index, or block its source. Undo what "
    "the tool did. Let the application ask its user before tools that send, pay or delete.",
    playbook="throttle_caller",
    memory=Memory,
)

_NEAR = 1_500  # characters on either side of an order in which its target stands
_WEAK = ("names_a_tool",)  # manuals do, too: counts only beside another order or an effect
_HEADED = (
    "headed_like_a_prompt"  # as many a document is: an order where something follows, and no try where nothing does
)


class Effect(NamedTuple):
    kind: str  # tool_call, address_in_answer
    tool: str
    taken: tuple[str, ...]  # what stands in the brought text and not in the user's
    implied: bool  # whether the user's words imply the tool


def detect(calls: Sequence[Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        yield from _of_call(call, memory, known)


def _of_call(call: Invocation, memory: Memory, known: Known) -> Iterator[Signal]:
    contents = known.contents(call)
    if not contents.answer:
        return
    found = f"{contents.brought}\n{without_retrieved(contents.user)[1]}".strip()
    if not found:
        return
    brought = visible(found)
    orders = orders_in(brought)
    strong = [order for order in orders if order.kind not in _WEAK]
    if not strong and not any(sends(use.name) for use in contents.tool_uses):
        return
    asked = without_retrieved(asked_text(call, contents))[0]
    near = _near(brought, orders) if strong else brought
    effects = list(_effects(contents, near, asked, known))
    if strong:
        yield _ordered(call, orders, effects)
        tried = [order for order in strong if order.kind != _HEADED]
        if tried and not effects and (several := _several(call, tried[0], brought, memory, known)):
            yield several
    elif sending := [effect for effect in effects if effect.taken and sends(effect.tool) and not effect.implied]:
        yield _unordered(call, sending)


def _near(text: str, orders: list[Order]) -> str:
    """What stands around the orders, each part once."""
    pieces: list[str] = []
    place = 0
    for order in orders:
        until = order.start + len(order.text) + _NEAR
        if until > place:
            pieces.append(text[max(place, order.start - _NEAR) : until])
            place = until
    return "\n".join(pieces)


def _effects(contents: Contents, near: str, asked: str, known: Known) -> Iterator[Effect]:
    allowed_text = f"{asked}\n{contents.system}"
    for use in contents.tool_uses:
        taken = tuple(_taken("\n".join(value for _, value in strings_of(use.input)), near, allowed_text, known))
        named = use.name.lower() in near.lower() and use.name.lower() not in asked.lower()
        implied = is_implied(use.name, asked)
        if taken or (not implied and (named or sends(use.name))):
            yield Effect("tool_call", use.name, taken, implied)
    if contents.answered:
        answered = tuple(_taken(contents.answered, near, allowed_text, known))
        if answered:
            yield Effect("address_in_answer", "", answered, False)


def _taken(given: str, near: str, allowed_text: str, known: Known) -> Iterator[str]:
    """Addresses of hosts and people that stand in the brought text, and neither with the user nor in the prompt."""
    low, near_low = allowed_text.lower(), near.lower()
    for to in addresses_in(given):
        if to.host and to.host in near_low and to.host not in low and not known.outputs.expects(to.host):
            yield to.text[:200]
    for _, address in mail_addresses_in(given):
        if address.lower() in near_low and address.lower() not in low:
            yield address
    for find in numbers_in(given):
        if find.value in near and find.value not in allowed_text:
            yield find.value


def _ordered(call: Invocation, orders: list[Order], effects: list[Effect]) -> Signal:
    uncalled = [effect for effect in effects if effect.kind == "tool_call" and not effect.implied]
    tools = [effect for effect in effects if effect.kind == "tool_call" and effect.taken]
    severity, score, why = Severity.LOW, 15.0, "orders, and nothing in the answer that follows them"
    if any(effect.taken for effect in uncalled):
        severity, score = Severity.CRITICAL, 90.0
        why = "a tool that the user's words don't imply, with an address out of the text that gives the orders"
    elif uncalled:
        severity, score = Severity.HIGH, 70.0
        why = "a tool that the user's words don't imply, and that sends or that the text names"
    elif tools:
        severity, score, why = Severity.HIGH, 65.0, "a tool is given an address out of the text that gives the orders"
    elif effects:
        severity, score, why = (
            Severity.MEDIUM,
            45.0,
            "the answer holds an address out of the text that gives the orders",
        )
    alone = (
        "order",
        hashlib.sha256(orders[0].text.lower().encode("utf-8", "surrogatepass")).hexdigest()[:16],
        str(day_of(call.time)),
    )
    return signal_of_invocation(
        call,
        title="Orders in retrieved text" + (", followed" if effects else ""),
        facts={
            "orders": [{"kind": order.kind, "text": redacted(order.text)[:200]} for order in orders[:5]],
            "effects": _shown(effects),
            "severity_from": why,
        },
        severity=severity,
        score=score,
        identity=() if effects else alone,
        resource=next((effect.tool for effect in effects if effect.tool), ""),
    )


def _several(call: Invocation, order: Order, brought: str, memory: Memory, known: Known) -> Signal | None:
    """Once a day, when orders that nothing followed become more than chance and the caller's own days explain.

    The same text that is read again and again counts once; the same words of an order in another text count again.
    """
    day = day_of(call.time)
    if day < memory.day:
        return None  # came late: its day is over
    if day > memory.day:
        memory.day, memory.marks = day, b""
    around = brought[max(0, order.start - _AROUND) : order.start + len(order.text) + _AROUND].lower()
    mark = crc32(around.encode("utf-8", "surrogatepass")).to_bytes(_MARK)
    marks = {memory.marks[place : place + _MARK] for place in range(0, len(memory.marks), _MARK)}
    if mark in marks or len(marks) == _MOST_MARKS:
        return None
    memory.marks += mark
    memory.orders.raise_to(call.time, len(marks) + 1)
    found = beyond(_RULE, memory.orders, call.time, known, begun=SEVERAL, new=SEVERAL)
    if found is None or not once_a_day(memory.raised, Severity.MEDIUM, call.time):
        return None
    return _tried(call, order, found)


def _tried(call: Invocation, order: Order, found: Beyond) -> Signal:
    return signal_of_invocation(
        call,
        title=f"{round(found.recent)} different orders to the model in retrieved text within a day",
        facts={
            **found.facts("different orders in what tools and searches brought, that nothing followed"),
            "orders": [{"kind": order.kind, "text": redacted(order.text)[:200]}],
            "effects": [],
            "severity_from": "somebody tries; nothing in the answers follows yet",
        },
        severity=Severity.MEDIUM,
        score=45.0,
        identity=("orders", str(day_of(call.time))),
    )


def _unordered(call: Invocation, effects: list[Effect]) -> Signal:
    return signal_of_invocation(
        call,
        title=f"Model calls {effects[0].tool} with an address out of retrieved text",
        facts={
            "orders": [],
            "effects": _shown(effects),
            "severity_from": "a tool that sends, that the user's words don't imply, to an address that only a document "
            "or tool named; no order to the model was recognised in it",
        },
        severity=Severity.MEDIUM,
        resource=effects[0].tool,
    )


def _shown(effects: list[Effect]) -> list[dict[str, object]]:
    return [
        {
            "kind": effect.kind,
            "tool": effect.tool,
            "implied_by_the_user": effect.implied,
            "taken": [redacted(value) for value in effect.taken[:5]],
        }
        for effect in effects[:5]
    ]
