"""What is kept of moto's answers is given up as soon as it no longer holds."""

from __future__ import annotations

from moto.core.responses import BaseResponse

from tidegate_local import kept_answers


def names(given: type) -> list[str]:
    from moto.core.utils import method_names_from_class

    return method_names_from_class(given)


def test_a_method_that_a_class_is_given_later_is_among_its_names() -> None:
    kept_answers.install()

    class Answers(BaseResponse):
        def list_things(self) -> str:
            return ""

    class More(Answers):
        """Has what it inherits."""

    before = names(More)
    Answers.stop_thing = Answers.list_things  # type: ignore[attr-defined]
    assert sorted({*names(More)} - {*before}) == ["stop_thing"]
    assert names(More) == names(More)
