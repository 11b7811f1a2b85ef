"""Documents that the index refused, sent again from the originals that were kept.

Only what the sender kept (`source` is `index`) is ready bulk bytes. Records that no reader could read are named and
left: they are not documents. The notes stay as they are; a document refused again has its note already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from opensearchpy import OpenSearch

from tidegate.index.documents import ERRORS
from tidegate.index.sender import Message, Sender
from tidegate.messages import LogFiles

PAGE = 500


class Replayed(NamedTuple):
    found: int
    indexed: int
    already_there: int
    refused: int
    not_documents: int
    failed: dict[str, str]  # note id -> reason


def replay(
    client: OpenSearch, sender: Sender, originals: LogFiles, *, since: str, remaining: Callable[[], float]
) -> Replayed:
    """`since`: a time as OpenSearch reads it (`now-7d`, ISO). Raises Permanent for an original that is gone."""
    found = indexed = there = refused = others = 0
    failed: dict[str, str] = {}
    for notes in _pages(client, since):
        messages = []
        for note in notes:
            ours = note["_source"]["tidegate"]
            found += 1
            if ours["source"] != "index":
                others += 1
                continue
            place = urlsplit(ours["original_ref"])
            data = originals.read(place.netloc, place.path.lstrip("/"))
            messages.append(Message(note["_id"], ours["original_ref"], data))
        sent = sender.send(messages, remaining=remaining)
        indexed, there, refused = indexed + sent.indexed, there + sent.already_there, refused + sent.damaged
        failed |= sent.failed
    return Replayed(found, indexed, there, refused, others, failed)


def _pages(client: OpenSearch, since: str) -> Iterator[list[dict[str, Any]]]:
    """By the state at the beginning: notes that a replay itself writes are not met."""
    newest = {"range": {"time": {"gte": since, "lte": "now"}}}
    after: list[Any] | None = None
    while True:
        body: dict[str, Any] = {
            "size": PAGE,
            "query": {"bool": {"filter": [newest]}},
            "sort": [{"time": "asc"}, {"metadata.uid": "asc"}],
        }
        if after:
            body["search_after"] = after
        hits = client.search(
            index=f"{ERRORS}*", body=body, params={"ignore_unavailable": "true", "allow_no_indices": "true"}
        )["hits"]["hits"]
        if not hits:
            return
        yield hits
        after = hits[-1]["sort"]
