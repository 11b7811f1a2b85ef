"""Detectors that fire on their own cases go on doing so in the same process: asked once, not at every hourly probe.

A probe plays every detector's own case, some 400 records: four fifths of what an hour of the run's clock costs. All
else of a probe happens each time. What the self-test finds is tested by detection/test_probing.py, which calls it
itself; who tests probes in the whole account calls `ask_again` first.
"""

from __future__ import annotations

from functools import cache

from tidegate import intake

_silent_detectors = cache(intake._silent_detectors)  # by path; its cases, rules and clock are its own


def keep() -> None:
    intake._silent_detectors = _silent_detectors


def ask_again() -> None:
    _silent_detectors.cache_clear()
