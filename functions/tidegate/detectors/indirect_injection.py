"""Text that a tool or a search brought gives orders to the model, and the model follows them.

Orders alone are in many documents, and most models ignore most of them: LOW. What decides is an effect that the user
did not ask for: a tool called that the user's words don't imply, with arguments out of the injected text; an address
out of it in the answer. Only what is new in the conversation is looked at, by role.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from tidegate.callers.sightings import day_of
from tidegate.content.commands import strings_of
from tidegate.content.hidden import visible
from tidegate.content.hosts import addresses_in
from tidegate.content.numbers import numbers_in
from tidegate.content.orders import Order, orders_in
from tidegate.content.personal import mail_addresses_in
from tidegate.content.redaction import redacted
from tidegate.content.retrieved import without_retrieved
from tidegate.content.tools import sends
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import asked_text
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents, ToolUse

about = Detector(
    id="indirect_injection",
    title="Orders in retrieved text, followed",
    severity=Severity.HIGH,
    family="prompt_attack",
    reads=(invocations(),),
    covers=(Atlas("AML.T0051.001"), Atlas("AML.T0053"), Attack("T1566"), Owasp("LLM01:2025"), Owasp("LLM06:2025")),
    false_positives="Documents about prompt injection and prompts kept in a knowledge base (LOW, as nothing follows). "
    "Agents whose tools are driven by what documents say: tickets that name whom to answer, for example.",
    blind_spots="Orders in other words, languages, images or encodings than those known: then only a sending tool "
    "with an address out of the text shows (MEDIUM). Effects within the answer's wording (an opinion, an omission). "
    "Orders that take effect in a later turn. Text that the application puts into the user's turn without a tool "
    "result, a document block or tags around it: to us the user says it.",
    runbook="Find the document or page by its excerpt and take it out of the index, or block its source. Undo what "
    "the tool did. Let the application ask its user before tools that send, pay or delete.",
    playbook="throttle_caller",
)

_NEAR = 1_500  # characters on either side of an order in which its target stands
_WEAK = ("names_a_tool",)  # manuals do, too: counts only beside another order or an effect
_ALIKE = {
    "email": {"mail", "email", "send", "reply", "forward", "write", "message", "invite"},
    "send": {"send", "mail", "email", "message", "forward", "share", "notify", "tell", "reply", "post"},
    "post": {"post", "publish", "share", "submit", "send", "comment", "create"},
    "fetch": {"open", "read", "visit", "look", "fetch", "browse", "page", "site", "link", "summarize", "check", "http"},
    "search": {"search", "find", "look", "what", "who", "when", "which", "where", "how", "show", "list"},
    "delete": {"delete", "remove", "cancel", "clean", "drop", "erase"},
    "transfer": {"transfer", "pay", "send", "payment", "invoice", "bill", "money"},
    "create": {"create", "add", "make", "new", "schedule", "book", "write", "open", "file"},
    "update": {"update", "change", "edit", "set", "modify", "correct", "fix"},
}
_WORDS = re.compile(r"[^\W_]{2,40}+")
_PIECES = re.compile(r"[A-Z]?[a-z]{2,30}+|[A-Z]{2,30}+")


class Effect(NamedTuple):
    kind: str  # tool_call, address_in_answer
    tool: str
    taken: tuple[str, ...]  # what stands in the brought text and not in the user's
    implied: bool  # whether the user's words imply the tool


def detect(call: Invocation, known: Known) -> Iterator[Signal]:
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
        implied = _implied(use, asked)
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


def _implied(use: ToolUse, asked: str) -> bool:
    """Whether the user's words say what the tool's name says, or something like it."""
    pieces = {piece.lower() for piece in _PIECES.findall(use.name)}
    wanted = pieces.union(*(_ALIKE.get(piece, ()) for piece in pieces))
    words = {word.lower() for word in _WORDS.findall(asked)}
    return any(word == want or (len(word) > 3 and word.startswith(want[:5])) for want in wanted for word in words)


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
    first = orders[0].text.lower().encode("utf-8", "surrogatepass")
    alone = ("order", hashlib.sha256(first).hexdigest()[:16], str(day_of(call.time)))
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
