"""What cases can't say about knowledge_base_tampered."""

from __future__ import annotations

from detection_builders import World, a_session, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.knowledge_base_tampered import detect
from tidegate.model import Severity

PIPELINE = a_session("DeploymentPipeline", "release-1")
ANY = st.recursive(
    st.none() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["dataSourceConfiguration", "s3Configuration", "bucketArn", "inclusionPrefixes", "documents"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


def _source(bucket: str, *prefixes: str) -> dict[str, object]:
    reads = {"bucketArn": f"arn:aws:s3:::{bucket}", "inclusionPrefixes": list(prefixes)}
    source = {"type": "S3", "s3Configuration": reads}
    return {"knowledgeBaseId": "KB1", "dataSourceId": "DS1", "dataSourceConfiguration": source}


def test_the_evidence_says_what_was_read_and_what_is():
    world = World()
    world.see(an_api_call("UpdateDataSource", parameters=_source("handbook"), principal=PIPELINE))
    world.see(an_api_call("UpdateDataSource", at=5, parameters=_source("drop", "inbox/")))

    [finding] = world.found
    assert finding.severity == Severity.HIGH
    assert finding.evidence["losses"] == ["it reads drop (inbox/) instead of handbook"]
    assert finding.resource == "arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB1/data-source/DS1"


def test_a_change_of_what_was_never_seen_is_medium():
    world = World()
    world.see(an_api_call("UpdateDataSource", parameters=_source("handbook")))

    assert world.found[0].severity == Severity.MEDIUM
    assert not world.found[0].evidence["former_state_known"]


@given(st.sampled_from(["UpdateDataSource", "UpdateKnowledgeBase", "IngestKnowledgeBaseDocuments"]), ANY, ANY)
def test_no_request_is_too_odd(name, parameters, former):
    call = an_api_call(name, parameters=parameters if isinstance(parameters, dict) else None)
    known = Known(before=lambda _resource, _time: former if isinstance(former, dict) else None)

    assert isinstance(list(detect(call, known)), list)
