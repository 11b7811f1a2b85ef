"""Orders to a model inside text that was only to be read: tool results, retrieved documents.

Mail and web pages are full of imperatives for people ("click here", "reply to this mail"). An order to a model gives
itself away otherwise: it speaks of the model's instructions, to an assistant, past the user, or in the markup of a
prompt. Phrases are those of published attacks: Greshake et al. 2023 (arXiv 2302.12173), InjecAgent (arXiv 2403.02691),
AgentDojo (arXiv 2406.13352), BIPIA (arXiv 2312.14197).

Documents are long. So a phrase is looked for by a literal in it, and its expression is tried there and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Order(NamedTuple):
    kind: str
    start: int
    text: str


class _Phrase(NamedTuple):
    kind: str
    literals: tuple[str, ...]  # lower case
    shape: re.Pattern[str]
    back: int  # characters before the literal in which the phrase may begin; 0: it begins with the literal
    needs: str  # a character that all of the literals hold, found fastest; "" for none


_AHEAD = 240  # characters after the literal that belong to a phrase


def _phrase(kind: str, literals: str, shape: str, *, back: int = 0, needs: str = "") -> _Phrase:
    return _Phrase(kind, tuple(literals.split(";")), re.compile("(?i)" + shape), back, needs)


_SOME = r"[^.!?\n]{0,60}?"  # words between, within a sentence
_MODEL = r"(?>ai|llm|language model|assistant|chatgpt|gpt|claude|gemini|copilot|chatbot|bot|agent|model)s?+"
_TELL = (
    r"(?>telling|tell|informing|inform|mentioning|mention|notifying|notify|alerting|alert|revealing|reveal|showing|show"
    r"|asking|ask|disclosing|disclose|let)"
)
_PHRASES = (
    _phrase(
        "sets_instructions_aside",
        "ignore;disregard;forget;override;bypass;discard",
        rf"(?>[a-z]{{6,9}}+\b{_SOME}\b(?>previous|prior|above|earlier|preceding|former|existing|original|all|any|your"
        rf"|system|safety|users?)\b){_SOME}\b(?:instructions?|prompts?|rules|guidelines|directions?"
        rf"|directives?|commands"
        r"|guardrails|training|programming|questions?|requests?|tasks?)\b",
    ),
    _phrase(
        "sets_instructions_aside",
        "cancelled;canceled;superseded;over;ended;no longer ;void;complete",
        r"\b(?>previous|prior|current|original|earlier|user's|user|above) (?>task|question|conversation|assignment"
        r"|prompt)s?+ (?>is|are|was|were|has been|have been|has) (?>now )?+(?>cancell?ed|superseded|over\b|void"
        r"|complete\b|ended|no longer (?>valid|applies))",
        back=60,
    ),
    _phrase(
        "new_instructions",
        "end of ",
        r"end of (?>the )?+(?>document|context|file|page|passage|data|input|results?|search results|e?mail|text)s?+"
        r"[^\w]{0,20}+(?>new |begin |start of )?+(?>(?>system|user) )?+"
        r"(?>instruction|task|command|order|prompt)s?+ ?+[:>]",
    ),
    _phrase(
        "asks_for_what_the_model_holds",
        " your memory; your context; your system prompt; your instructions",
        r"\b(?>api keys?|passwords?|credentials?|secrets?|tokens?|conversation|chat history|everything)\b[^.\n]{0,40}?"
        r"\b(?>in|from|of) your (?>memory|context|system prompt|instructions)\b(?! cards?\b)",
        back=100,
    ),
    _phrase(
        "past_the_user",
        " only with ",
        r"\b(?:reply|respond|answer)(?: to (?:the user|this|them))? only with\b",
        back=30,
    ),
    _phrase(
        "new_instructions",
        "instruction",
        r"\b(?:(?:new|updated|revised|real|actual|true|hidden|secret|important) instructions? ?+(?::|are\b|for you\b"
        r"|for the (?:ai|assistant|model)\b|from (?:the )?+(?:system|developer|admin))"
        r"|follow (?:these|the following|my) instructions? (?:instead|exactly|first)\b)",
        back=24,
    ),
    _phrase(
        "new_instructions",
        "your new ;your real ;your actual ;your only ",
        r"your (?:new|real|actual|only) (?:task|goal|objective|instructions?|role|purpose)\b",
    ),
    _phrase(
        "speaks_to_a_model",
        "assistant; ai;llm;language model;gpt;claude;gemini;copilot;chatbot; bot;agent; model",
        r"(?:\b(?>to|attention|dear|hey|hello|(?:note|instructions?|message) (?:to|for)|if you are|when)"
        rf" (?:the |any |all |an? )?+(?:ai )?+{_MODEL}(?: model| assistant| agent| system| reader)?+s?+(?:[:,!]"
        r"| (?:reading|processing|summari[sz]ing|analy[sz]ing|parsing|seeing|must|should|please|is asked))"
        r"|\b(?:ai|llm|language) (?:model|assistant|agent)s?+(?: [^.!?\n]{0,40}?)? (?:must|should"
        r"|shall|has to|have to)\b"
        rf"|\b(?:important|attention|urgent|warning|note)[:!,]{{1,3}}+ (?:the |any |all )?+{_MODEL}[:,]"
        r"|\byou,? (?:gpt-?[0-9]|chatgpt|claude|gemini|the (?:ai|assistant|model|llm))\b"
        r"|\bas an ai (?:model|assistant|agent)?,? ?you (?:must|should|will)\b)",
        back=32,
    ),
    _phrase(
        "past_the_user",
        "do not ;don't ;never ;without ",
        rf"(?>do not|don't|never|without) {_TELL}\b{_SOME}\b(?:the |this to (?:the )?+)?+users?\b",
    ),
    _phrase(
        "past_the_user",
        "without asking;without telling",
        r"without [a-z]{6,7}+(?: (?:for|anyone|them|first)\b|[.!\n]|$)",
    ),
    _phrase(
        "past_the_user",
        "before ",
        rf"before (?:you )?+(?>answer|respond|can solve|solve|continu|proceed){_SOME}"
        r"\b(?:must|first|call|use|send|visit|execute|run)\b",
    ),
    _phrase(
        "speaks_to_a_model",
        "automated ;automatic ",
        r"(?:for|to|note to|attention) (?:any |all |the )?+automat(?:ed|ic) (?:readers?|agents?|assistants?|systems?"
        r"|summari[sz]ers?|processors?|tools?)[:,]",
        back=24,
    ),
    _phrase(
        "past_the_user",
        "before anything else",
        r"before anything else,? (?:call|use|run|send|fetch|visit|open|execute|forward)\b",
    ),
    _phrase("past_the_user", "do the following first", "do the following first"),
    _phrase(
        "past_the_user",
        "in your ",
        r"in your (?:answer|response|reply|summary|output),? (?:always |also |you must |please )?+"
        r"(?:include|add|insert|append|state|write|say|tell|render|embed)\b",
    ),
    _phrase(
        "past_the_user",
        "when ",
        r"when (?:you |the (?:ai|model|assistant) )?+(?>summari[sz]|answer|respond|read|translat|process)[a-z]{0,5}+\b"
        r"[^.!?\n]{0,40}?\b(?>also|always|first|instead) (?:run|call|fetch|send|visit|include|add"
        r"|execute|open|append)\b",
    ),
    _phrase(
        "prompt_markup", "<|", r"<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id)\|>", needs="<"
    ),
    _phrase(
        "prompt_markup",
        "<system;</system;<important;<information;<instruction;</instruction;<<sys",
        r"(?:</?(?:system|important|information|system[_-]prompt|instructions?)>|<<sys>>)",
        needs="<",
    ),
    _phrase(
        "prompt_markup",
        "[inst;[/inst;[system;[admin;[developer",
        r"(?:\[/?inst\]|\[(?:system|admin|developer)(?: (?:message|note|prompt|instructions?|override))?+\][:\s])",
        needs="[",
    ),
    _phrase(
        "headed_like_a_prompt",
        "# system;# instruction;#system;#instruction",
        r"(?m)^#{2,4}+ ?(?:system|instructions?)\b",
        back=4,
        needs="#",
    ),
    _phrase("prompt_markup", "system ", r"system (?:override|message|notice|prompt|instruction)s?:"),
    _phrase(
        "prompt_markup",
        " prompt",
        r"\b(?:reveal|print|repeat|show|output|leak|send) (?:me )?+(?:your|the) (?:system|initial|hidden) prompt\b",
        back=32,
    ),
    _phrase(
        "names_a_tool",
        " tool; function",
        r"\b(?:call|use|invoke|execute|run|trigger)(?:ing)?+ (?:(?:the |your )?+[`'\"]?+[a-z][a-z0-9]{1,30}+[_.-]"
        r"[a-z0-9_.-]{1,40}+[`'\"]?+ (?:tool|function)"
        r"|(?:the |your )[`'\"]?+[a-z0-9_-]{2,40}+[`'\"]?+ (?:tool|function) (?:to|with|and))\b",
        back=100,
    ),
)


def orders_in(text: str) -> list[Order]:
    """In the order of the text. Hand over `hidden.visible(text)`: words may be split by what isn't seen."""
    if not text:
        return []
    low = text.lower()
    if len(low) != len(text):  # a letter that is two in lower case moves what follows
        text = low
    found = {(kind, match.start()): match[0] for kind, match in _matches(low, text)}
    return sorted((Order(kind, start, said) for (kind, start), said in found.items()), key=lambda order: order.start)


def _matches(low: str, text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for phrase in _PHRASES:
        if phrase.needs not in low:
            continue
        for literal in phrase.literals:
            place = low.find(literal)
            while place >= 0:
                if phrase.back:
                    match = phrase.shape.search(text, max(0, place - phrase.back), place + _AHEAD)
                else:
                    match = phrase.shape.match(text, place, place + _AHEAD)
                if match:
                    yield phrase.kind, match
                place = low.find(literal, place + len(literal))
