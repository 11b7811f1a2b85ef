"""A case for each detector, to prove it alive where it runs: native records, and the finding they must raise.

`probe_cases.json` is made of events/ (`python -m tidegate_local.probe_cases`), which is not deployed: of each detector
the smallest case that fires. A test compares them. A case is a list of steps in order of arrival, see events/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tidegate.detection import Delivery
from tidegate.errors import DamagedRecord, Permanent
from tidegate.model import Record
from tidegate.sources import read_any

FILE = Path(__file__).with_name("probe_cases.json")


class Case(msgspec.Struct):
    detector: str
    path: str  # where its last record arrives: see probing.PATHS
    name: str
    records: list[dict[str, Any]]
    rules: str = ""  # TOML, where a case needs some


@cache
def cases() -> tuple[Case, ...]:
    return tuple(msgspec.json.decode(FILE.read_bytes(), type=list[Case]))


def steps(name: str, records: list[dict[str, Any]]) -> Iterator[Delivery | datetime]:
    """Deliveries, and moments at which the watch over the sources looks at what came.

    Raises Permanent for a record that can't be read.
    """
    for number, given in enumerate(records):
        if "watch" in given:
            yield datetime.fromisoformat(given["watch"]).astimezone(UTC)
        else:
            yield Delivery(f"{name}-{number}", [_read(record) for record in repeated(given)])


def repeated(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{repeat, record}`: an invocation or API call so many times, so many seconds apart, each with its own id.

    `{n}` in it is its number, and is one where nothing else is in the string.
    """
    if "repeat" not in given:
        yield given
        return
    for number in range(given["repeat"]["times"]):
        record = _numbered(given["record"], number)
        told = record.get("detail", record)  # an API call lies in its envelope
        when, request = ("eventTime", "requestID") if "eventTime" in told else ("timestamp", "requestId")
        time = datetime.fromisoformat(told[when]) + timedelta(seconds=number * given["repeat"]["seconds"])
        told[when] = time.isoformat().replace("+00:00", "Z")
        told[request] = f"{told[request]}-{number}"
        if "eventID" in told:
            told["eventID"] = f"{told['eventID']}-{number}"
        yield record


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {str(_numbered(name, number)): _numbered(held, number) for name, held in value.items()}
    if isinstance(value, list):
        return [_numbered(held, number) for held in value]
    if value == "{n}":
        return number
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def _read(record: dict[str, Any]) -> Record:
    (read,) = read_any(msgspec.json.encode(record), "case")
    if isinstance(read, DamagedRecord):
        raise Permanent(f"a case holds what is no record: {read}")
    return read
