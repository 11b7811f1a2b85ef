"""`tidegate prompt`: what one call asked and was answered, masked; the original only with a reason that is kept."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from tidegate.errors import Permanent
from tidegate.index.prompts import PREFIX, original_in
from tidegate.wiring import Services
from tidegate_local import asking
from tidegate_local import stack as stacks
from tidegate_local.command_line.incidents import AsJson, By, StackName
from tidegate_local.command_line.originals import Reason, given, note_reading
from tidegate_local.command_line.showing import answers, plain, print_json

FOLDER = "prompts-read/"  # in the evidence bucket


def show_prompt(
    event: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The id of an invocation's event.")],
    reason: Reason = None,
    by: By = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """What a call asked and was answered: masked, or with --reason the original, which is recorded as evidence."""
    found = stacks.find(stack)
    services = found.services()
    document = _document(services, event)
    shown = {name: document.get(name, "") for name in ("event_uid", "caller", "prompt", "response", "labels")}
    if reason is not None:
        shown |= _original(services, document, reason=given(reason), by=by or found.person())
    if as_json:
        print_json(shown)
        return
    labels = ", ".join(document.get("labels", ())) or "nothing"
    answers.print(plain(f"{shown['event_uid']} by {shown['caller']}; masked: {labels}", "bold"))
    answers.print(plain(f"\nasked\n{shown['prompt']}\n\nanswered\n{shown['response']}"))


def _document(services: Services, event: str) -> dict[str, str]:
    body = {"size": 1, "query": {"term": {"tidegate.event_uid": event}}}
    answer = asking.client_of(services).search(
        index=f"{PREFIX}*", body=body, params={"ignore_unavailable": "true", "allow_no_indices": "true"}
    )
    hits = answer["hits"]["hits"]
    if not hits:
        raise Permanent(
            f"no prompt of event {event!r} is in the index: PromptIndex is off, it is older than its index is kept, "
            "or you may not read it."
        )
    document: dict[str, str] = hits[0]["_source"]["tidegate"]
    return document


def _original(services: Services, document: dict[str, str], *, reason: str, by: str) -> dict[str, str]:
    reference = document.get("original_ref", "")
    event = document["event_uid"]
    if not reference:
        raise Permanent(f"the original of {event} was not kept: the stack's PromptIndex keeps none.")
    note_reading(services, FOLDER, {"event_uid": event, "original_ref": reference}, reason=reason, by=by)
    place = urlsplit(reference)
    original = original_in(services.logs.read(place.netloc, place.path.lstrip("/")), event)
    if original is None:
        raise Permanent(f"{reference} does not hold the original of {event}.")
    return {"prompt": original.prompt, "response": original.response}
