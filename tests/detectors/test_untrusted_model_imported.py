"""What cases can't say about untrusted_model_imported: sources, memory, allow-lists."""

from __future__ import annotations

from detection_builders import World, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.untrusted_model_imported import Memory, detect
from tidegate.rules import Rules

DAY = 86_400
ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(["modelDataSource", "s3DataSource", "s3Uri", "customModelDataSource", "modelSourceIdentifier"]),
        inner,
    ),
    max_leaves=6,
)


def _import(bucket: str, at: float = 0.0):
    source = {"s3DataSource": {"s3Uri": f"s3://{bucket}/weights/"}}
    return an_api_call("CreateModelImportJob", at=at, parameters={"modelDataSource": source})


def test_each_new_source_is_news_and_a_known_one_is_not():
    world = World()
    for day, bucket in enumerate(("ours", "ours", "theirs", "ours")):
        world.see(_import(bucket, DAY * day))

    assert [finding.resource for finding in world.found] == ["s3://ours", "s3://theirs"]


def test_a_source_can_be_allowed():
    rules = Rules.from_toml(
        '[[allow]]\ndetector = "untrusted_model_imported"\nmodel = "s3://ours*"\n'
        'expires = 2026-12-31T00:00:00Z\nreason = "our bucket of weights"\n'
    )
    world = World(rules=rules)
    world.see(_import("ours-1"), _import("theirs", 5))

    assert [finding.resource for finding in world.found] == ["s3://theirs"]


def test_many_sources_stay_small():
    world = World()
    for n in range(40):
        world.see(_import(f"bucket-{n}", DAY * n))

    assert len(next(iter(world.states._stored.values())).data) < 500


@given(ANY)
def test_no_request_is_too_odd(parameters):
    call = an_api_call("CreateModelImportJob", parameters=parameters if isinstance(parameters, dict) else None)

    assert len(list(detect([call], Memory(), Known()))) == 1
