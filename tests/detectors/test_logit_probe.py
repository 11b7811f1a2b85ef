"""What cases can't say about logit_probe: history, the price of innocence, hostile bodies."""

from __future__ import annotations

from campaign_builders import DAY, a_call, answered, asked, memory_bytes, of
from detection_builders import World
from hypothesis import given
from hypothesis import strategies as st

from tidegate.model import Severity

PROMPT = "The keeper of the lighthouse climbed the stairs once more and at the top he found the"


def _sweep(count: int, *, at: float = 0.0, prompt: str = PROMPT, **more):
    return [
        a_call(
            at + number,
            asked(prompt, max_tokens=1, logprobs=True, logit_bias={str(number): 100}),
            answered("a"),
            output_tokens=1,
            **more,
        )
        for number in range(count)
    ]


def test_a_sweep_names_its_points_threshold_and_history():
    world = World()

    world.see(*_sweep(30))

    finding = of(world, "logit_probe")[0]
    assert finding.severity == Severity.MEDIUM
    assert finding.evidence["threshold"] == 20
    assert finding.evidence["threshold_from"] == "a caller known for fewer than 5 days"
    assert finding.evidence["history_days"] == 0
    assert "times the threshold" in finding.evidence["severity_from"]
    assert finding.playbook == "throttle_caller"


def test_a_sweep_that_goes_on_is_told_twice_in_a_day_not_more():
    world = World()
    for hour in range(6):
        world.see(*_sweep(60, at=hour * 600))

    assert [finding.severity for finding in of(world, "logit_probe")] == [Severity.MEDIUM, Severity.HIGH]


def test_who_sweeps_every_day_has_days_to_be_compared_with():
    world = World()
    for day in range(10):
        world.see(*_sweep(7, at=day * DAY))  # a daily test of sampling, 18 points: below what a known caller may begin
    quiet = len(of(world, "logit_probe"))
    world.see(*_sweep(12, at=10 * DAY))

    assert quiet == 0
    assert of(world, "logit_probe") == [], "33 points, and 54 would be three times the usual day"


def test_seeds_that_an_application_draws_anew_for_other_prompts_are_its_habit():
    world = World()
    stems = ["order", "parcel", "invoice", "kettle", "ferry", "museum", "ticket", "umbrella"]

    world.see(
        *[
            a_call(
                number,
                asked(
                    f"Label the mood of ticket {number} about the {stems[number % 8]} {number * 7} as good or bad, and "
                    "nothing else, as the manual of the desk tells you to",
                    max_tokens=3,
                    seed=number,
                ),
                answered("good"),
                output_tokens=1,
            )
            for number in range(300)
        ]
    )

    assert of(world, "logit_probe") == []


def test_embeddings_and_refused_calls_are_none_of_it():
    world = World()

    world.see(*_sweep(60, error="ThrottlingException"))

    assert of(world, "logit_probe") == []


def test_who_asks_for_text_is_not_remembered_and_who_probes_costs_little():
    world = World()
    world.see(*[a_call(n, asked(f"question {n}", max_tokens=500), answered("text"), user="u-2") for n in range(50)])
    world.see(*_sweep(200))

    assert memory_bytes(world, "logit_probe", caller="user:u-2") == 0
    assert memory_bytes(world, "logit_probe") < 400


@given(
    st.dictionaries(
        st.sampled_from(["max_tokens", "temperature", "logit_bias", "logprobs", "seed", "n", "messages", "prompt"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
    )
)
def test_whatever_a_caller_sends_is_read(body):
    World().see(a_call(0, body | {"max_tokens": 1}), a_call(1, body))
