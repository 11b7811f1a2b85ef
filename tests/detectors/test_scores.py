"""Of two findings the larger score is looked at first: bands by severity, and within one how far beyond."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.detectors.scores import BANDS, RARE, counted, measured, rare, usual
from tidegate.model import Severity


def test_no_band_reaches_into_the_next():
    for (_, high), (low, _) in pairwise(BANDS[one] for one in sorted(Severity, key=lambda one: one.rank)):
        assert high < low


@given(st.sampled_from(list(BANDS)), st.floats(0, 50), st.floats(0, 50))
def test_further_beyond_scores_no_lower_and_stays_in_its_band(severity: Severity, one: float, other: float):
    near, far = sorted((one, other))
    for way in (measured, counted, rare):
        assert BANDS[severity][0] <= way(severity, near) <= way(severity, far) <= BANDS[severity][1]


@pytest.mark.parametrize("severity", list(BANDS))
def test_a_rule_comes_before_what_lies_just_beyond_its_threshold(severity: Severity):
    assert measured(severity, 0.0) <= counted(severity, 1.0) <= usual(severity)
    if severity is Severity.MEDIUM:
        assert measured(severity, 0.0) < counted(severity, 1.0) < usual(severity)


@pytest.mark.parametrize("severity", [Severity.MEDIUM, Severity.HIGH])
def test_a_tail_that_is_drawn_on_never_comes_before_a_rule_of_the_same_severity(severity: Severity):
    assert rare(severity, 0.0) == BANDS[severity][0] < rare(severity, RARE) <= rare(severity, 100.0) == usual(severity)
