from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tidegate.model import ApiCall, Invocation, Principal, Record
from tidegate_local.spool import Spool


def an_invocation(record_id: str, time: float, body: bytes = b'{"messages":[]}') -> Invocation:
    return Invocation(
        id=record_id,
        time=time,
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model="m",
        caller="user:u-1",
        principal=Principal(kind="AssumedRole", name="App", session="s"),
        input_body=msgspec.Raw(body),
    )


def test_records_come_back_as_they_were() -> None:
    call = ApiCall(
        id="e",
        time=1.0,
        account="1",
        region="r",
        service="s3",
        name="GetObject",
        caller="role:a",
        principal=Principal(),
        parameters=msgspec.Raw(b'{"a":1}'),
    )
    with Spool() as spool:
        spool.add(an_invocation("i", 2.0))
        spool.add(call)
        assert list(spool) == [call, an_invocation("i", 2.0)]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), max_size=40))
def test_they_come_in_event_time_order_and_each_once(given_records: list[tuple[int, str]]) -> None:
    with Spool() as spool:
        for time, name in given_records:
            spool.add(an_invocation(name, float(time)))
        out: list[Record] = list(spool)
        assert [record.time for record in out] == sorted(record.time for record in out)
        assert {(record.time, record.id) for record in out} == {(float(time), name) for time, name in given_records}
        assert len(out) + spool.repeated == len(given_records)


def test_it_can_be_read_twice() -> None:
    with Spool() as spool:
        spool.add(an_invocation("a", 1.0))
        assert list(spool) == list(spool)


def test_an_empty_one_is_empty() -> None:
    with Spool() as spool:
        assert list(spool) == []
        assert spool.first_time is None
