"""What was asked and answered, masked, for an index of its own that fewer people may read.

A document per invocation, with the id of its event, created once. Secrets and personal data are masked before
anything is written; what the masks don't know (names, street addresses, what only its owner knows to be secret) stays
readable, which is why this index has its own role and a short life. Originals are kept only where the owner of the
stack asked for it: in the evidence bucket, under its key, one object a batch, named by each document.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from tidegate.content.hidden import visible
from tidegate.content.personal import personal_data_in
from tidegate.content.redaction import masked
from tidegate.content.secrets import secrets_in
from tidegate.index.document_shapes import DocumentMetadata, PromptDocument, PromptExtension
from tidegate.index.event_shapes import OCSF_VERSION, Cloud, CloudAccount, Product
from tidegate.index.events import INDEX_PREFIX
from tidegate.index.events import index_name as event_index_name
from tidegate.model import Invocation, Record, Turn

if TYPE_CHECKING:
    from tidegate.ports import Evidence
    from tidegate.sources.contents import Contents

type PromptIndex = Literal["off", "redacted", "redacted-with-originals"]

PREFIX = "tidegate-prompts-"
FOLDER = "prompts/"  # in the evidence bucket
LONGEST = 24_000  # characters of a prompt or an answer that are indexed; the log has the rest
# A text that is cut can end in the middle of a secret, which no mask knows any more: this much of its end goes, too.
# The longest secrets that are known, private keys in PEM, have some 3,300 characters.
MARGIN = 4_096

_PRODUCT = Product("Amazon Bedrock")
_INFORMATIONAL, _OTHER = 1, 99
_encode = msgspec.json.Encoder().encode


class Original(msgspec.Struct, frozen=True, gc=False):
    """A line of an object of originals."""

    event_uid: str
    caller: str
    prompt: str
    response: str


def prompt_bytes(call: Invocation, contents: Contents, *, original_ref: str = "", also: Iterable[str] = ()) -> bytes:
    """Action and document line for `_bulk`; empty where nothing was asked or answered in words.

    `also`: further values to mask, of canaries and the organisation's own patterns.
    """
    asked, answered = _text(contents.new), _text(contents.answer)
    if not asked and not answered:
        return b""
    also = tuple(also)
    prompt, found = _masked(asked, also)
    response, told = _masked(answered, also)
    document = PromptDocument(
        time=int(call.time * 1000),
        class_uid=0,
        category_uid=0,
        activity_id=_OTHER,
        type_uid=_OTHER,
        severity_id=_INFORMATIONAL,
        metadata=DocumentMetadata(call.id, OCSF_VERSION, _PRODUCT),
        cloud=Cloud("AWS", CloudAccount(call.account) if call.account else None, call.region),
        tidegate=PromptExtension(
            event_uid=call.id,
            caller=call.caller,
            prompt=prompt,
            response=response,
            prompt_hash=_digest(prompt),
            response_hash=_digest(response),
            labels=tuple(sorted(found | told)),
            original_ref=original_ref,
        ),
    )
    where = {"create": {"_index": index_name(call), "_id": call.id}}
    return b"%b\n%b\n" % (_encode(where), _encode(document))


def index_name(call: Invocation) -> str:
    """The week of the event, as its event document's."""
    return PREFIX + event_index_name(call.time).removeprefix(INDEX_PREFIX)


class Prompts:
    """The prompt documents of a batch, by what the owner of the stack chose."""

    def __init__(self, chosen: PromptIndex, evidence: Evidence | None = None, *, also: Iterable[str] = ()) -> None:
        """`evidence`: where originals go; needed for `redacted-with-originals` only."""
        self._chosen = chosen
        self._evidence = evidence
        self._also = tuple(also)

    def documents(
        self, batch_id: str, records: Iterable[Record], opened: Callable[[Invocation], Contents]
    ) -> Iterator[bytes]:
        """Originals first, then the documents that name them: a reference never leads nowhere."""
        if self._chosen == "off":
            return
        calls = [(record, opened(record)) for record in records if isinstance(record, Invocation)]
        if not calls:
            return
        reference = ""
        if self._chosen == "redacted-with-originals" and self._evidence is not None:
            reference = self._evidence.keep(f"{FOLDER}{batch_id}.ndjson.gz", _originals(calls))
        for call, contents in calls:
            yield prompt_bytes(call, contents, original_ref=reference, also=self._also)


def original_in(data: bytes, event_id: str) -> Original | None:
    """The original of one event in an object of originals (gzipped); None if it isn't there."""
    decode = msgspec.json.Decoder(Original).decode
    found = (decode(line) for line in gzip.decompress(data).splitlines())
    return next((original for original in found if original.event_uid == event_id), None)


def _originals(calls: Iterable[tuple[Invocation, Contents]]) -> bytes:
    lines = [
        _encode(Original(call.id, call.caller, _text(contents.new), _text(contents.answer))) for call, contents in calls
    ]
    return gzip.compress(b"\n".join(lines), compresslevel=1, mtime=0)


def _text(turns: Iterable[Turn]) -> str:
    """Each turn with who speaks. What can't be written as UTF-8 is replaced."""
    return "\n".join(f"{turn.role}: {turn.text}" for turn in turns).encode("utf-8", "replace").decode()


def _masked(text: str, also: Sequence[str]) -> tuple[str, set[str]]:
    """(the text as it may be shown, kinds of what was masked)."""
    shown = visible(text[:LONGEST])
    finds = [*secrets_in(shown), *personal_data_in(shown)]
    clean = masked(shown, finds, also)
    if len(text) > LONGEST:
        clean = clean[:-MARGIN] + f"… ({len(text)} characters)"
    return clean, {find.kind for find in finds}


def _digest(text: str) -> str:
    """Of the masked text: the same words are found again, and a secret can't be guessed from it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32] if text else ""
