"""Every detector is mapped to five catalogues, and every id has its name beside it."""

from __future__ import annotations

import re

import pytest

from tidegate import detectors
from tidegate.detectors.catalogue import CATALOGUES, NIST, OWASP_V1_1, mapped, name_of
from tidegate.detectors.catalogue_names import NAMES

FORMS = {
    "MITRE ATLAS": r"AML\.T\d{4}(\.\d{3})?",
    "MITRE ATT&CK": r"T\d{4}(\.\d{3})?",
    "OWASP LLM": r"LLM(0\d|10):2025",
    OWASP_V1_1: r"LLM(0\d|10):2023",
    NIST: r"(GV|ID|PR|DE|RS|RC)\.[A-Z]{2}-\d{2}",
}


@pytest.mark.parametrize("registered", detectors.ALL, ids=lambda registered: registered.about.id)
def test_a_detector_is_mapped_to_every_catalogue_by_ids_of_its_form_with_a_name(registered):
    every = mapped(registered.about)

    assert {technique.catalogue for technique in every} == set(CATALOGUES)
    assert all(re.fullmatch(FORMS[technique.catalogue], technique.id) for technique in every)
    assert [technique.id for technique in every if not name_of(technique)] == []
    assert set(registered.about.covers) <= set(every)


def test_what_is_stated_decides_what_follows():
    ids = {one.id for one in mapped(detectors.BY_ID["trail_blinded"].about)}

    assert {"PR.PS-04", "PR.PS-01", "DE.CM-03", "LLM04:2023"} <= ids


def test_who_contains_says_so():
    contained = {one.about.id for one in detectors.ALL if "RS.MI-01" in {found.id for found in mapped(one.about)}}

    assert contained == {one.about.id for one in detectors.ALL if one.about.playbook}


def test_theft_of_a_model_is_in_the_first_list_too():
    assert "LLM10:2023" in {one.id for one in mapped(detectors.BY_ID["data_exfiltration"].about)}


def test_no_name_is_empty_or_twice_in_a_catalogue():
    assert all(NAMES.values())
    owasp = [name for id, name in NAMES.items() if id.endswith(":2025")]
    assert len(owasp) == len(set(owasp)) == 10
