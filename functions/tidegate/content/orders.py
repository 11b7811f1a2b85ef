"""Orders to a model inside text that was only to be read: tool results, retrieved documents.

Mail and web pages are full of imperatives for people ("click here", "reply to this mail"). An order to a model gives
itself away otherwise: it speaks of the model's instructions, to an assistant, past the user, or in the markup of a
prompt. Phrases are those of published attacks: Greshake et al. 2023 (arXiv 2302.12173), InjecAgent (arXiv 2403.02691),
AgentDojo (arXiv 2406.13352), BIPIA (arXiv 2312.14197).
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Order(NamedTuple):
    kind: str
    start: int
    text: str


class _Kind(NamedTuple):
    name: str
    anchors: tuple[str, ...]  # lower case; without any of them the expressions aren't tried
    shape: re.Pattern[str]


def _kind(name: str, anchors: str, *shapes: str) -> _Kind:
    return _Kind(name, tuple(anchors.split(";")), re.compile("(?im)" + "|".join(shapes)))


_SOME = r"[^.!?\n]{0,60}?"  # words between, within a sentence
_MODEL = r"(?>ai|llm|language model|assistant|chatgpt|gpt|claude|gemini|copilot|chatbot|bot|agent)s?+"
_TELL = (
    r"(?>telling|tell|informing|inform|mentioning|mention|notifying|notify|alerting|alert|revealing|reveal|showing|show"
    r"|asking|ask|disclosing|disclose|let)"
)
_KINDS = (
    _kind(
        "sets_instructions_aside",
        "ignore;disregard;forget;override;bypass;discard",
        rf"(?>\b(?>ignore|disregard|forget|override|bypass|discard)\b{_SOME}\b(?>previous|prior|above|earlier|preceding"
        rf"|former|existing|original|all|any|your|system|safety)\b){_SOME}\b(?:instructions?|prompts?|rules|guidelines"
        r"|directions?|directives?|commands|guardrails|training|programming)\b",
    ),
    _kind(
        "new_instructions",
        "instruction;your new;your real;your actual;your only",
        r"\b(?:new|updated|revised|real|actual|true|hidden|secret|important) instructions? ?(?::|are\b|for you\b"
        r"|for the (?:ai|assistant|model)\b|from (?:the )?+(?:system|developer|admin))",
        r"\byour (?:new|real|actual|only) (?:task|goal|objective|instructions?|role|purpose)\b",
        r"\bfollow (?:these|the following|my) instructions? (?:instead|exactly|first)\b",
    ),
    _kind(
        "speaks_to_a_model",
        "assistant; ai ;ai:;ai,;llm;language model;gpt;claude;chatbot;agent;copilot;gemini",
        r"\b(?>to|attention|dear|hey|hello|note (?:to|for)|instructions? (?:to|for)|message (?:to|for)|if you are|when)"
        rf" (?:the |any |all |an? )?+{_MODEL}(?: model| assistant| agent)?+s?+(?:[:,!]| (?:reading|processing"
        r"|summari[sz]ing|analy[sz]ing|parsing|seeing|must|should|please|is asked))",
        r"\b(?:ai|llm|language) (?:model|assistant|agent)s? (?:must|should|shall|ha(?:s|ve) to|needs? to)\b",
        r"\byou,? (?:gpt-?[0-9]|chatgpt|claude|gemini|the (?:ai|assistant|model|llm))\b",
        r"\bas an ai (?:model|assistant|agent)?,? ?you (?:must|should|will)\b",
    ),
    _kind(
        "past_the_user",
        "user;before ;do the following first;in your ",
        rf"(?>\b(?>do not|don't|never|without) {_TELL}\b){_SOME}\b(?:the |this to (?:the )?+)?+users?\b",
        r"(?>\bbefore (?:you )?+(?:answer|respond|can solve|solve|continu|proceed))[^.!?\n]{0,60}?"
        r"\b(?:must|first|call|use|send|visit|execute|run)\b",
        r"\bdo the following first\b",
        r"\bin your (?:answer|response|reply|summary|output),? (?:always |also |you must |please )?+"
        r"(?:include|add|insert|append|state|write|say|tell|render|embed)\b",
    ),
    _kind(
        "prompt_markup",
        "<|;[inst;[/inst;<system;</system;[system;[admin;[developer;# instruction;#instruction;# system;#system"
        ";<important;<information>;<instruction;</instruction;system prompt;initial prompt;hidden prompt;system message"
        ";system notice;system override;system instruction;<<sys",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id)\|>|\[/?INST\]|<<SYS>>",
        r"</?(?:system|important|information|system[_-]prompt|instructions?)>",
        r"\[(?:system|admin|developer)(?: (?:message|note|prompt|instructions?|override))?\][:\s]",
        r"^#{2,4} ?(?:system|instructions?)\b",
        r"\bsystem (?:override|message|notice|prompt|instruction)s?:",
        r"\b(?:reveal|print|repeat|show|output|leak|send) (?:me )?+(?:your|the) (?:system|initial|hidden) prompt\b",
    ),
    _kind(
        "names_a_tool",
        "tool;function",
        r"\b(?:call|use|invoke|execute|run|trigger) (?:the |your )?+[`'\"]?+[a-z][a-z0-9]{1,30}+[_.-][a-z0-9_.-]{1,40}+"
        r"[`'\"]?+ (?:tool|function)\b",
        r"\b(?:call|use|invoke) (?:the |your )[`'\"]?[a-z0-9_-]{2,40}+[`'\"]? (?:tool|function) (?:to|with|and)\b",
    ),
)


def orders_in(text: str) -> list[Order]:
    """In the order of the text. Hand over `hidden.visible(text)`: words may be split by what isn't seen."""
    if not text:
        return []
    low = text.lower()
    found = [
        Order(kind.name, match.start(), match[0])
        for kind in _KINDS
        if any(anchor in low for anchor in kind.anchors)
        for match in kind.shape.finditer(text)
    ]
    return sorted(found, key=lambda order: order.start)
