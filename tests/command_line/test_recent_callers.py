from __future__ import annotations

import pytest

from tidegate.errors import Permanent
from tidegate.model import ApiCall, Principal
from tidegate_local.recent_callers import RecentCallers

SHARED = Principal(kind="AssumedRole", name="App", session="web-1")


def a_call(caller: str, time: float) -> ApiCall:
    return ApiCall(
        id=f"{caller}{time}",
        time=time,
        account="1",
        region="r",
        service="bedrock",
        name="Converse",
        caller=caller,
        principal=SHARED,
    )


def test_those_who_went_through_a_session_lately_are_counted() -> None:
    recent = RecentCallers()
    for call in (a_call("user:old", 10), a_call("user:a", 100), a_call("user:b", 110), a_call("user:a", 120)):
        recent.note(call)

    assert recent.other_callers("1", "session:App/web-1", since=90, until=200) == ["user:a", "user:b"]
    assert recent.other_callers("2", "session:App/web-1", since=90, until=200) == []


def test_a_caller_is_not_another_one_of_itself() -> None:
    recent = RecentCallers()
    recent.note(a_call("session:App/web-1", 1))

    assert recent.other_callers("1", "session:App/web-1", since=0, until=2) == []


def test_what_it_cannot_answer_it_says() -> None:
    with pytest.raises(Permanent, match="replay"):
        RecentCallers().calls("1", "user:a", since=0, until=1)
