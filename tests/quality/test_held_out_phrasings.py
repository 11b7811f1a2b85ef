from __future__ import annotations

from random import Random

import held_out
import variation

from tidegate_local.simulation.families import FAMILIES
from tidegate_local.simulation.grammar import Grammar
from tidegate_local.simulation.phrases import DOMAINS, PHRASES
from tidegate_local.simulation.phrases.attacks import ATTACKS
from tidegate_local.simulation.phrases.benign import BENIGN
from tidegate_local.simulation.profiles import MIX


def test_nothing_that_is_measured_with_is_in_what_may_be_tuned_on() -> None:
    for kind in held_out.REPLACED:
        shared = {text for text in set(held_out.HELD_OUT[kind]) & set(PHRASES[kind]) if text and "{" not in text[:1]}
        assert not shared, kind


def test_every_kind_that_is_asked_by_is_replaced() -> None:
    wrappers = {"sample"}  # made of answers, which are replaced themselves

    assert {*BENIGN, *ATTACKS} - wrappers <= held_out.REPLACED


def test_every_phrasing_can_be_said() -> None:
    grammar = Grammar({**held_out.HELD_OUT, **DOMAINS["travel"]})

    for kind in held_out.REPLACED:
        for template in held_out.HELD_OUT[kind]:
            assert "{thing}" not in grammar.say(template, Random(1))


def test_tenants_differ_in_their_ways_and_keep_every_class_and_family() -> None:
    one, two = (variation.classes(Random(seed)) for seed in (1, 2))

    assert {profile.name for profile in one} == {profile.name for profile in two} == set(MIX)
    assert {profile.calls for profile in one}.isdisjoint({profile.calls for profile in two})
    assert [family.name for family in variation.families(FAMILIES, Random(1))] == [family.name for family in FAMILIES]
