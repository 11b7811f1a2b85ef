"""Messages of the finding queue become incidents; only what failed comes back."""

from __future__ import annotations

from collections.abc import Sequence

from contract_builders import a_finding

from tidegate.errors import Conflict
from tidegate.finding_intake import take_findings
from tidegate.messages import Message
from tidegate.model import Finding


class Folding:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.findings: list[Finding] = []

    def take(self, findings: Sequence[Finding]) -> None:
        if self.error:
            raise self.error
        self.findings += findings


def message(number: int) -> Message:
    return Message(f"m-{number}", a_finding(number).model_dump_json())


def test_findings_are_folded_as_one_batch_and_what_is_none_goes_back() -> None:
    correlation = Folding()
    failed = take_findings([message(1), Message("m-odd", '{"id": 7}'), message(2)], correlation)  # type: ignore[arg-type]
    assert failed == ["m-odd"]
    assert correlation.findings == [a_finding(1), a_finding(2)]


def test_a_contended_batch_comes_back_whole() -> None:
    contended = Folding(Conflict("inc-1: someone else wrote first"))
    assert take_findings([message(1), message(2)], contended) == ["m-1", "m-2"]  # type: ignore[arg-type]
