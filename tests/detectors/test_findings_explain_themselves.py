"""A finding says why it is as severe as it is: the facts, the threshold, the history that a person can check."""

from __future__ import annotations

import re

import pytest
from event_cases import Case, cases, happens, steps

from tidegate.model import Finding, Severity

# How facts call what was compared with: a number that decides, or what it was before.
THRESHOLD = re.compile(r"threshold|needed|limit|exceeded|window|within|bad_below|quiet_from|points|share|form")
HISTORY = re.compile(r"history|before|former|usual|since|days|last_|known_as|could_agree|trust|role|decided_by")
AMOUNT = re.compile(r"\btimes\b|\bmore than\b|\bor more\b|\bover\b|\blimit\b|\bbelow\b|%")
HABIT = re.compile(r"\bnew\b|\bnever (?!expires)|\bfirst\b|\busual|\bbefore\b")
FIRING = [case for case in cases() if case.fires]


def _grave(case: Case) -> list[Finding]:
    world = case.world
    for step in steps(case.told):
        happens(step, world)
    return [finding for finding in world.found if finding.severity.rank >= Severity.MEDIUM.rank]


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.id)
def test_every_finding_that_matters_says_where_its_severity_comes_from(case: Case):
    for finding in _grave(case):
        reason = finding.evidence["severity_from"]

        assert isinstance(reason, str)
        assert len(reason) >= 10
        assert reason != f"usual for {finding.detector}", "a sentence of its own"


@pytest.mark.parametrize("case", FIRING, ids=lambda case: case.id)
def test_where_a_number_decides_the_number_and_what_it_was_compared_with_are_there(case: Case):
    """A reason that speaks of an amount rests on a threshold; one that speaks of habits on a history."""
    for finding in _grave(case):
        facts = [name for name, value in finding.evidence.items() if value not in (None, "", [])]
        reason = finding.evidence["severity_from"]

        if AMOUNT.search(reason):
            assert any(THRESHOLD.search(name) for name in facts), (finding.detector, reason, facts)
        if HABIT.search(reason):
            assert any(HISTORY.search(name) for name in facts), (finding.detector, reason, facts)
