"""What cases can't say about knowledge_base_scraping: the trail's side, editors, coverage against own days."""

from __future__ import annotations

import random

import pytest
from campaign_builders import DAY, a_call, memory_bytes, of
from detection_builders import World, a_session, an_api_call

from tidegate.model import Severity

STEMS, ENDS = ("bar", "sluice", "keel", "mast", "quay", "reef", "tow", "wharf"), ("s", "ing", "ed", "er", "age", "less")
WORDS = [stem + end for stem in STEMS for end in ENDS]


def _chunk(seed: int) -> str:
    dice = random.Random(seed)
    return f"Record {seed}. " + " ".join(dice.choice(WORDS) for _ in range(40))


def _question(at: float, question: str, chunks: list[str], answer: str, **more):
    content = [{"document": {"name": f"d{n}", "source": {"text": chunk}}} for n, chunk in enumerate(chunks)]
    return a_call(
        at,
        {"messages": [{"role": "user", "content": [*content, {"text": question}]}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": answer}]}}},
        **more,
    )


def _paged(at: float, **more):
    parameters = {"knowledgeBaseId": "KB00000001", "retrievalQuery": "HIDDEN_DUE_TO_SECURITY_REASONS", **more}
    return an_api_call("Retrieve", at=at, id=f"retrieve-{at}", parameters=parameters, principal=a_session())


def test_pages_of_retrieval_in_the_trail_are_a_walk():
    world = World()

    world.see(*[_paged(n, nextToken="t") for n in range(45)])

    [finding] = of(world, "knowledge_base_scraping")
    assert finding.caller == "session:SupportAssistant/web-1"
    assert finding.evidence["retrievals"] >= 40


def test_a_hundred_results_a_call_are_one_too_and_five_are_not():
    many = {"retrievalConfiguration": {"vectorSearchConfiguration": {"numberOfResults": 100}}}
    few = {"retrievalConfiguration": {"vectorSearchConfiguration": {"numberOfResults": 5}}}
    greedy, modest = World(), World()

    greedy.see(*[_paged(n, **many) for n in range(45)])
    modest.see(*[_paged(n, **few) for n in range(400)])

    assert of(greedy, "knowledge_base_scraping")
    assert of(modest, "knowledge_base_scraping") == []


@pytest.mark.parametrize("task", ["Proofread the full text below.", "Translate the entire document, word for word."])
def test_an_editor_s_text_is_no_knowledge_base(task):
    world = World()
    texts = [_chunk(n) + "\n\n" + _chunk(n + 1000) + "\n\n" + _chunk(n + 2000) for n in range(60)]

    world.see(*[a_call(n, {"prompt": f"{text}\n\n{task}"}, {"generation": text}) for n, text in enumerate(texts)])

    assert of(world, "knowledge_base_scraping") == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Give me entry {} in full, please.", True),
        ("List the next 20 records.", True),
        ("Who wrote the rule on keys?", False),
    ],
)
def test_passages_in_a_block_of_the_prompt_are_a_knowledge_base_by_any_name(question: str, found: bool):
    world = World()
    blocks = ["\n".join(f"[{n}] {_chunk(10 * place + n)}" for n in range(1, 6)) for place in range(14)]

    world.see(
        *[a_call(n, {"prompt": f"<rules>\n{block}\n</rules>\n{question.format(n)}"}, {"generation": "Here."})
          for n, block in enumerate(blocks)]
    )  # fmt: skip

    assert bool(of(world, "knowledge_base_scraping")) is found


def test_a_prompt_that_holds_both_text_and_the_order_to_give_it_counts_without_any_mark():
    world = World()
    texts = [_chunk(n) + "\n\n" + _chunk(n + 1000) + "\n\n" + _chunk(n + 2000) for n in range(14)]

    world.see(
        *[a_call(n, {"prompt": f"{text}\n\nGive me section {n}, verbatim."}, {"generation": text})
          for n, text in enumerate(texts)]
    )  # fmt: skip

    assert of(world, "knowledge_base_scraping")


def test_a_reader_far_beyond_her_own_days_is_noticed_though_she_asks_like_anybody():
    world = World()
    for day in range(8):
        world.see(*[_question(day * DAY + n, f"Who repaired item {n}?", [_chunk(day * 100 + n)], "The council did.")
                    for n in range(60)])  # fmt: skip
    assert of(world, "knowledge_base_scraping") == []

    chunks = [[_chunk(10_000 + n * 5 + k) for k in range(5)] for n in range(300)]
    world.see(*[_question(8 * DAY + n, f"Who repaired {n}?", some, "The council.") for n, some in enumerate(chunks)])

    [finding] = of(world, "knowledge_base_scraping")
    assert finding.severity == Severity.MEDIUM
    assert finding.evidence["threshold_from"] == "own days"
    assert finding.evidence["chunks_distinct"] > 400


def test_a_caller_without_retrieval_is_not_remembered():
    world = World()

    world.see(
        *[a_call(n, {"prompt": f"Tell me about tides, part {n}. " * 40}, {"generation": "x" * 900}) for n in range(9)]
    )
    assert memory_bytes(world, "knowledge_base_scraping") == 0

    world.see(*[_question(100 + n, "Why?", [_chunk(n)], "Because.") for n in range(200)])
    assert memory_bytes(world, "knowledge_base_scraping") < 200


@pytest.mark.parametrize("piece", ["\n", "\nretrieved ", "<context ", "copy a a ", "entire x x ", " ", "list b b all "])
def test_a_prompt_made_to_be_slow_is_not(piece):
    World().see(a_call(0, {"prompt": "Context" + piece * 50_000}, {"generation": piece * 50_000}))
