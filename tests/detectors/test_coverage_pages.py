"""docs/coverage.md and docs/coverage/ are what the detectors cover, in the form that the Navigators read."""

from __future__ import annotations

import json

import pytest

from tidegate.detectors import ALL
from tidegate_local.coverage_pages import LAYERS, PAGE, covered, layers, page


def test_the_table_is_current():
    """`make docs` writes it anew."""
    assert PAGE.read_text() == page()


def test_the_layers_are_current():
    assert {layer.name: layer.read_text() for layer in LAYERS.glob("*.json")} == layers()


@pytest.mark.parametrize(
    ("name", "catalogue", "domain", "format"),
    [
        ("attack.json", "MITRE ATT&CK", "enterprise-attack", "4.5"),
        ("atlas.json", "MITRE ATLAS", "atlas-atlas", "4.3"),
    ],
)
def test_a_layer_holds_every_technique_once_with_its_detectors(name, catalogue, domain, format):
    """The required fields of the layer format, and what the Navigator refuses: an id twice, a value of another type."""
    layer = json.loads(layers()[name])
    scored = {one["techniqueID"]: one for one in layer["techniques"] if "score" in one}
    every = {technique.id: names for technique, names in covered().items() if technique.catalogue == catalogue}

    assert (layer["domain"], layer["versions"]["layer"]) == (domain, format)
    assert len({one["techniqueID"] for one in layer["techniques"]}) == len(layer["techniques"])
    assert {id: one["comment"].split(", ") for id, one in scored.items()} == every
    assert all(one["score"] == len(every[id]) <= layer["gradient"]["maxValue"] for id, one in scored.items())


def test_a_part_of_a_technique_is_shown_under_its_parent():
    by_id = {one["techniqueID"]: one for one in json.loads(layers()["atlas.json"])["techniques"]}

    assert by_id["AML.T0024"]["showSubtechniques"]
    assert not by_id["AML.T0024.000"]["showSubtechniques"]


def test_the_page_links_every_detector():
    text = page()

    assert all(f"(detectors/{registered.about.id}.md)" in text for registered in ALL)
