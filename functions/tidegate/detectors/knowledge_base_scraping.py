"""A knowledge base is copied out through the application that answers from it.

Retrieval that walks through the corpus: ever new chunks, hardly one twice, in an order no reader would have; questions
that ask for the whole text, word for word, the next section, the list of all documents; answers that repeat what was
retrieved instead of answering from it. Each alone happens, an analyst reads widely and a student asks for the next
chapter; together, or far beyond a caller's own days, they are a copy in the making.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tidegate.callers.hyperloglog import HyperLogLog, hash64
from tidegate.callers.past_days import PastDays
from tidegate.callers.sightings import day_of
from tidegate.content.retrieved import passages_of, without_retrieved
from tidegate.detectors.about import (
    Atlas,
    Attack,
    Detector,
    Known,
    Owasp,
    Signal,
    api_calls,
    invocations,
    signal_of_call,
    signal_of_invocation,
)
from tidegate.detectors.campaigns import Beyond, beyond, deciding, first_today
from tidegate.model import ApiCall, Invocation, Severity
from tidegate.sources.contents import Contents
from tidegate.sources.parts import opened, part

COPIED, COPIED_NEW = 8, 10  # questions for whole texts within a day, of a known caller and of a new one
WALKED = 400  # distinct chunks within a day, of a known caller without a history of retrieval; new ones 1,000
PAGED = 20  # retrievals of a page after the first, or of fifty results and more
RETRIEVED = 2000  # calls of Retrieve within a day, of a known caller without a history of it
_LEAST_NEW = 0.6  # of the chunks retrieved, were not seen before on the day
_LEAST_COPIED = 0.3  # of the questions: whole texts asked for, or answers that repeat what was retrieved
_CHUNK = 80  # characters; less is a title
_PASSAGE = 40  # the same of a passage in a block that says what it holds
_SLICES, _SLICE = 12, 40  # an answer is looked for in what was retrieved at so many places, of so many characters
_VERBATIM = 0.5  # of them
_QUESTION = 600  # characters at either end of a prompt that holds both a question and the text to answer from
_MANY_RESULTS = 50  # AWS allows 100 a call; applications ask for 5 to 20

_CONTEXT = re.compile(
    r"<(?:context|documents?|search_results?|passages?|sources?|chunks?|excerpts?)\b[^>]{0,200}>|"
    r"(?:^|\n)\W{0,8}(?:context|documents?|search results?|passages?|sources?|excerpts?|retrieved[ \w]{0,30})"
    r"\W{0,4}[:\n]",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\bverbatim\b|\bword[ -](?:for|by)[ -]word\b|\bwithout (?:summari[sz]ing|changing|omitting|paraphras|leaving)|"
    r"\b(?:do not|don't) (?:summari[sz]e|shorten|paraphrase|leave (?:\w+ )?out|omit)|\bin full\b|"
    r"\bas (?:it is )?written\b|"
    r"\b(?:full|entire|complete|whole|exact|original|raw) (?:\w+ ){0,2}?(?:text|content|wording|document|section|"
    r"chapter|article|page|passage|file|chunk|transcript|note|guideline|polic|entr|record|manual|handbook|memo|protocol|"
    r"procedure|clause)|"
    r"\blist (?:\w+ ){0,3}?(?:all|every|each) (?:\w+ ){0,3}?(?:document|file|source|article|title|record|section|topic|"
    r"page|polic|entr)|"
    r"\b(?:next|following|remaining) (?:\w+ )?(?:documents?|sections?|chapters?|pages?|chunks?|parts?|articles?|"
    r"entry|entries|passages?|paragraphs?|records?|items|rows|policies)\b|"
    r"\b(?:document|section|chapter|page|chunk|article|paragraph|record|entry|part) (?:number |no\.? |#)?\d+\b|"
    r"\bnumbers? \d+ (?:to|through|until|-) \d+|"
    r"\bcontinue (?:from|where|with|exactly)|\b(?:reproduce|copy|dump|quote|output|print|repeat|paste) (?:\w+ ){0,3}?"
    r"(?:document|section|context|text|passage|chunk|source|content|everything)",
    re.IGNORECASE,
)
_HINTS = ("ontext", "ocument", "earch", "assage", "ource", "hunk", "xcerpt", "etrieved", "CONTEXT", "DOCUMENT")
_EDITS = re.compile(
    r"\b(?:proof-?read|correct|rewrite|rephrase|edit|translat|improv|summar|format|fix|polish|shorten|review|refactor)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
RULES = ASKED_WHOLE, GIVEN_WHOLE, WALKED_ALL, FURTHER_PAGES, RETRIEVALS = (
    "knowledge_base_scraping/whole_texts",
    "knowledge_base_scraping/whole_texts_given",
    "knowledge_base_scraping/chunks",
    "knowledge_base_scraping/further_pages",
    "knowledge_base_scraping/retrievals",
)


class Memory(msgspec.Struct, array_like=True):
    day: int = 0
    chunks: HyperLogLog = msgspec.field(default_factory=HyperLogLog)  # distinct ones of `day`
    walked: PastDays = msgspec.field(default_factory=PastDays)  # distinct chunks a day
    seen: PastDays = msgspec.field(default_factory=PastDays)  # chunks, each time
    asked: PastDays = msgspec.field(default_factory=PastDays)  # questions with something retrieved
    copied: PastDays = msgspec.field(default_factory=PastDays)  # of those, for whole texts or answered with them
    given: PastDays = msgspec.field(default_factory=PastDays)  # of those, both asked for and given
    retrieved: PastDays = msgspec.field(default_factory=PastDays)  # calls of Retrieve
    paged: PastDays = msgspec.field(default_factory=PastDays)
    raised: list[str] = []


about = Detector(
    id="knowledge_base_scraping",
    title="A knowledge base is copied out",
    severity=Severity.MEDIUM,
    family="extraction",
    reads=(
        invocations(),
        api_calls("bedrock", "Retrieve", "RetrieveAndGenerate"),
        api_calls("bedrock-agent-runtime", "Retrieve", "RetrieveAndGenerate"),
    ),
    covers=(
        Atlas("AML.T0024"),
        Atlas("AML.T0085.000"),
        Atlas("AML.T0057"),
        Attack("T1213"),
        Attack("T1119"),
        Owasp("LLM08:2025"),
        Owasp("LLM02:2025"),
    ),
    false_positives="A proofreader or translator who asks for section after section; an evaluation run over a whole "
    "corpus; a migration. Allow the principal for that time; one that does it daily has a history after five days. "
    "`tidegate calibrate` learns how far several callers go by nature.",
    blind_spots="Retrieval that is not in the prompt and not in the trail: data events for Retrieve are off unless "
    "switched on, and their query text is never logged. A reader with the patience to stay within a usual day.",
    runbook="See which documents were read, and whether the caller's role needs them. Throttle the caller; limit what "
    "one answer may quote, and filter retrieval by the caller's own permissions.",
    playbook="throttle_caller",
    memory=Memory,
    counts=True,
)


def detect(records: Sequence[ApiCall | Invocation], memory: Memory, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for record in records:
        if record.error:
            continue
        if isinstance(record, ApiCall):
            _paged(record, memory)
            yield from _judge_retrievals(record, memory, known)
        elif _answered_from_text(record, known.contents(record), memory):
            yield from _judge(record, memory, known)


def _answered_from_text(call: Invocation, contents: Contents, memory: Memory) -> bool:
    """Counts a question that something was retrieved for; whether it was one."""
    if contents.embedding:
        return False
    question, chunks, is_marked = _taken_apart(contents)
    if not chunks:
        return False
    whole, repeats = _WHOLE.search(question) is not None, _repeats(contents.answered, chunks)
    if not is_marked and not (whole and repeats):
        return False  # a long prompt of any kind
    memory.asked.add(call.time)
    if whole or repeats:
        memory.copied.add(call.time)
    if whole and repeats:
        memory.given.add(call.time)
    if memory.seen.add(call.time, len(chunks)) and (day := day_of(call.time)) >= memory.day:
        if day > memory.day:
            memory.day, memory.chunks = day, HyperLogLog()
        memory.chunks.add(hash64(chunk[: 4 * _CHUNK]) for chunk in chunks)
        memory.walked.raise_to(call.time, round(memory.chunks.estimate()))
    return True


def _taken_apart(contents: Contents) -> tuple[str, list[str], bool]:
    """The question, the chunks of text that it is to be answered from, and whether the call says that they are that.

    Applications send them as documents or tool results, or write both into one prompt: then the chunks are the
    passages of a block, or the paragraphs of what follows a word such as "context", and the question stands at either
    end. A long prompt without
    such a word may be anything.
    """
    retrieved = [turn.text for turn in contents.new if turn.role in ("retrieved", "tool_result")]
    if retrieved:
        return contents.user[: 2 * _QUESTION], _bare(retrieved), True
    asked, blocks = without_retrieved(contents.user)
    if blocks and (passages := _bare(passages_of(blocks), _PASSAGE)):
        return asked.strip()[: 2 * _QUESTION], passages, True
    for text in (contents.user, contents.system):
        if len(text) > _QUESTION and any(map(text.__contains__, _HINTS)) and (mark := _CONTEXT.search(text)):
            head = text[: min(mark.start(), _QUESTION)] if text is contents.user else contents.user[:_QUESTION]
            return f"{head}\n{contents.user[-_QUESTION // 2 :]}", _bare(text[mark.end() :].split("\n\n")), True
    question = contents.user[-_QUESTION // 2 :]
    if len(contents.user) <= _QUESTION or not _WHOLE.search(question) or _EDITS.search(question):
        return "", [], False
    return question, _bare(contents.user[: -_QUESTION // 4].split("\n\n")), False


def _bare(chunks: list[str], least: int = _CHUNK) -> list[str]:
    bare = (_SPACE.sub(" ", chunk).strip() for chunk in chunks)
    return [chunk for chunk in bare if len(chunk) >= least]


def _repeats(answer: str, chunks: list[str]) -> bool:
    bare = _SPACE.sub(" ", answer).strip()
    if len(bare) < 2 * _CHUNK:
        return False
    step = max(1, (len(bare) - _SLICE) // _SLICES)
    slices = [bare[place : place + _SLICE] for place in range(0, len(bare) - _SLICE + 1, step)]
    found = sum(any(piece in chunk for chunk in chunks) for piece in slices)
    return found >= _VERBATIM * len(slices)


def _judge(call: Invocation, memory: Memory, known: Known) -> Iterator[Signal]:
    time = call.time
    asked = max(1.0, memory.asked.recent(time))
    share = memory.copied.recent(time) / asked
    fresh = memory.walked.recent(time) / max(1.0, memory.seen.recent(time))
    facts = {
        "questions": round(asked),
        "whole_texts": round(memory.copied.recent(time)),
        "chunks_retrieved": round(memory.seen.recent(time)),
        "chunks_distinct": round(memory.walked.recent(time)),
    }
    if share >= _LEAST_COPIED and (
        found := beyond(ASKED_WHOLE, memory.copied, time, known, begun=COPIED, new=COPIED_NEW)
    ):
        what = "questions for whole texts, or answered with them"
        yield from _signal(call, memory, known, found, what, facts)
    if found := beyond(GIVEN_WHOLE, memory.given, time, known, begun=COPIED, new=COPIED_NEW):
        what = "questions for whole texts that were answered with them"
        yield from _signal(call, memory, known, found, what, facts)
    found = beyond(WALKED_ALL, memory.walked, time, known, begun=WALKED, new=2.5 * WALKED)
    far = found and found.usual and found.times * found.multiplier >= 2  # an agent's busy day stays within
    if found and fresh >= _LEAST_NEW and (share >= _LEAST_COPIED / 3 or far):
        yield from _signal(call, memory, known, found, "distinct chunks retrieved", facts)


def _paged(call: ApiCall, memory: Memory) -> None:
    memory.retrieved.add(call.time)
    asked = opened(call.parameters)
    search = part(part(asked, "retrievalConfiguration"), "vectorSearchConfiguration")
    results = search.get("numberOfResults")
    if asked.get("nextToken") or (isinstance(results, int) and results >= _MANY_RESULTS):
        memory.paged.add(call.time)


def _judge_retrievals(call: ApiCall, memory: Memory, known: Known) -> Iterator[Signal]:
    facts = {"retrievals": round(memory.retrieved.recent(call.time)), "paged": round(memory.paged.recent(call.time))}
    for rule, days, begun, new, what in (
        (FURTHER_PAGES, memory.paged, PAGED, 2 * PAGED, "retrievals of further pages, or of fifty results and more"),
        (RETRIEVALS, memory.retrieved, RETRIEVED, 5 * RETRIEVED, "retrievals"),
    ):
        if found := beyond(rule, days, call.time, known, begun=begun, new=new):
            yield from _signal(call, memory, known, found, what, facts)


def _signal(
    record: ApiCall | Invocation,
    memory: Memory,
    known: Known,
    found: Beyond,
    what: str,
    facts: dict[str, Any],
) -> Iterator[Signal]:
    if not (identity := first_today(memory.raised, found, record.time, known)):
        return
    title = f"{known.name} walks through a knowledge base: {round(found.recent):,} {what} in a day"
    told: dict[str, Any] = {"identity": (identity,), "title": title, "severity": found.severity, "score": found.score}
    told["facts"] = {**found.facts(what), **facts}
    if isinstance(record, ApiCall):
        yield signal_of_call(record, **told)
    else:
        told["facts"] |= deciding(record, known)
        yield signal_of_invocation(record, **told)
