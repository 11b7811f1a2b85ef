"""Documents that Bedrock put beside the log: those that are plain text are put back where they were sent.

A document that was part of a call lies in `data/` as `<request id>_input_media_NN.<format>`, and the body names it
(`source.s3Uri`). Text in it reaches the model like any other, so it is read like any other. PDFs, office formats and
images are not opened: of them only the reference and the name remain. What a caller refers to in a bucket of their own
(`s3Location`) is not ours to fetch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tidegate.errors import Permanent
from tidegate.sources.files import inflated
from tidegate.sources.opening import opened_value

_MARK = b"_input_media_"
_TEXTS = ("txt", "md", "csv", "html")
_DEEPEST = 16
_MOST = 25  # Converse takes five documents a message: whoever names hundreds wants us to be busy
_encode = msgspec.json.Encoder().encode


def with_documents(body: msgspec.Raw | None, fetch: Callable[[str], bytes]) -> tuple[msgspec.Raw | None, list[str]]:
    """(the body with its text documents in place, why some of them are lacking)."""
    if body is None or _MARK not in bytes(body):
        return body, []
    value, _ = opened_value(body)
    missing: list[str] = []
    put = False
    for number, source in enumerate(_references(value)):
        path = source["s3Uri"]
        if number == _MOST:
            missing.append(f"more than {_MOST} text documents; the rest was left where it is")
            break
        try:
            data = fetch(path)
        except Permanent as error:
            missing.append(f"the document at {path} could not be fetched: {error}")
            continue
        text, damage = inflated(data, path)
        if damage:
            missing.append(f"the document at {path} is damaged: {damage.reason}")
        source["text"] = text.decode("utf-8", "replace")
        put = True
    return (msgspec.Raw(_encode(value)) if put else body), missing


def _references(value: Any, levels: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """The sources of text documents in Converse's form, wherever they are: also in what a tool answered."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item, levels - 1) if levels else ()
    elif isinstance(value, dict):
        source = value.get("source")
        if value.get("format") in _TEXTS and isinstance(source, dict) and _is_beside(source):
            yield source
        for item in value.values():
            yield from _references(item, levels - 1) if levels else ()


def _is_beside(source: dict[str, Any]) -> bool:
    path = source.get("s3Uri")
    return isinstance(path, str) and _MARK.decode() in path and "text" not in source
