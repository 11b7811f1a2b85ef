"""`tidegate detectors`: what is found, from what, and what it covers."""

from __future__ import annotations

import json

import pytest
from command_line_builders import Tidegate

from tidegate.detectors import ALL, BY_ID


def _listed(tidegate: Tidegate, *arguments: str) -> set[str]:
    return {one["id"] for one in json.loads(tidegate("detectors", *arguments, "--json").out)}


def test_every_detector_is_listed(tidegate):
    said = tidegate("detectors").out

    assert all(name in said for name in BY_ID)


def test_a_family_a_source_and_a_technique_narrow_it_down(tidegate):
    assert _listed(tidegate, "--family", "tampering") == {o.about.id for o in ALL if o.about.family == "tampering"}
    assert "training_data_poisoned" in _listed(tidegate, "--source", "events")
    assert "quota_abuse" not in _listed(tidegate, "--source", "events")
    assert _listed(tidegate, "--technique", "LLM10:2023", "--family", "exfiltration") >= {"data_exfiltration"}


def test_a_technique_finds_its_parts(tidegate):
    assert _listed(tidegate, "--technique", "aml.t0024") >= _listed(tidegate, "--technique", "AML.T0024.002")


def test_one_is_shown_with_names_beside_ids(tidegate):
    said = tidegate("detectors", "show", "training_data_poisoned").out

    for part in ("Poison Training Data", "LLM04:2025", "What to do", "Known blind spots", "DE.AE-02"):
        assert part in said


def test_what_is_shown_as_json_is_whole(tidegate):
    told = json.loads(tidegate("detectors", "show", "self_tampering", "--json").out)

    assert told["severity"] == "high"
    assert told["covers"]["MITRE ATT&CK"]["T1562.008"] == "Disable or Modify Cloud Logs"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "tampering"), "Did you mean"),
        (("show", "nothing_like_it"), "lists them"),
        (("--family", "other"), "not one of"),
        (("--source", "kafka"), "not one of"),
        (("--technique", "T9999"), "no detector covers it"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(tidegate, arguments, message):
    ran = tidegate("detectors", *arguments)

    assert ran.code == 2
    assert message in ran.problems.replace("\n", " ")
