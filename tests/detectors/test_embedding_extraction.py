"""What cases can't say about embedding_extraction: repetition, own days, indexers, what is remembered."""

from __future__ import annotations

from campaign_builders import DAY, a_call, memory_bytes, of
from detection_builders import World, a_session

VECTOR = {"embedding": [0.1, 0.2]}
CHUNK = " ".join(f"The gate at pier {number} closes when the surge exceeds the mark." for number in range(8))
SERVICE = a_session("Indexer", "run-1")
INDEXER = "session:Indexer/run-1"


def _embed(at: float, text: str, **more):
    return a_call(at, {"inputText": text}, VECTOR, **more)


def _service(at: float, text: str):
    return _embed(at, text, user="", principal=SERVICE)


def test_a_vocabulary_of_a_new_service_is_found_by_its_system():
    world = World()

    world.see(*[_service(number, f"lemma{number}") for number in range(320)])

    [finding] = of(world, "embedding_extraction")
    assert finding.evidence["threshold"] == 300
    assert finding.evidence["share_of_short_texts"] == 1.0
    assert finding.evidence["distinct_today"] > 200


def test_words_that_come_again_and_again_are_searches():
    world = World()
    words = ["boots", "kettle", "lamp", "rope", "tent", "stove"]

    world.see(*[_service(number, words[number * 7 % 6]) for number in range(2000)])

    assert of(world, "embedding_extraction") == []


def test_the_daily_index_with_its_short_last_chunks_stays_quiet_and_a_turn_to_short_texts_does_not():
    world = World()
    for day in range(8):
        chunks = [_service(day * DAY + n, CHUNK + str(n)) for n in range(100)]
        ends = [_service(day * DAY + 200 + n, f"End of part {n}, filed on day {day}, as agreed.") for n in range(8)]
        world.see(*chunks, *ends)
    assert of(world, "embedding_extraction") == []

    world.see(*[_service(8 * DAY + n, f"Sentence {n * 7} tells of {n} boats and of nothing else.") for n in range(120)])

    assert of(world, "embedding_extraction")[0].evidence["threshold_from"] == "own days"


def test_a_known_user_who_begins_to_embed_sentences_in_bulk():
    world = World()
    world.see(a_call(-8 * DAY, {"prompt": "where is the harbour office?"}, {"generation": "there"}))
    world.see(*[_embed(n, f"{n} boats were told {n * 3} times that the {n} gulls had left.") for n in range(110)])

    assert "known for 8 days" in of(world, "embedding_extraction")[0].evidence["threshold_from"]


def test_who_never_embeds_costs_nothing_and_who_indexes_hardly_anything():
    world = World()
    lines = "\n".join(f"line {number}" for number in range(40))
    world.see(a_call(0, {"prompt": "list forty lines"}, {"generation": lines}))
    assert memory_bytes(world, "embedding_extraction") == 0

    world.see(*[_service(10 + n, CHUNK) for n in range(500)])
    assert memory_bytes(world, "embedding_extraction", caller=INDEXER) < 80


def test_lines_made_to_be_slow_are_not():
    world = World()
    world.see(
        _embed(0, "where is it?"), a_call(1, {"prompt": "list"}, {"generation": ("x" + " " * 200_000 + "y\n") * 9})
    )

    assert of(world, "embedding_extraction") == []
