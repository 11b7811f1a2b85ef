"""An answer carries data out: in the address of an image or link, in a blob, in characters nobody sees, through a tool.

An application that renders Markdown fetches an image without a click, so its address is a message to whoever runs the
host: the usual last step of an injection. What decides is that the address carries something out of this conversation,
not that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tidegate.content.commands import strings_of
from tidegate.content.encodings import blobs_in, decode
from tidegate.content.hidden import Hidden, hidden_in, visible
from tidegate.content.hosts import Address, Reach, addresses_in, draws, reach, without_addresses
from tidegate.content.links import Link, carried, links_in
from tidegate.content.overlap import taken_from, words_of
from tidegate.content.personal import personal_data_in
from tidegate.content.redaction import redacted
from tidegate.content.secrets import secrets_in
from tidegate.content.tools import sends
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import Said, given_text
from tidegate.model import Invocation, Severity

about = Detector(
    id="output_exfiltration",
    title="Data carried out by an answer",
    severity=Severity.HIGH,
    family="exfiltration",
    reads=(invocations(),),
    covers=(Atlas("AML.T0057"), Atlas("AML.T0086"), Attack("T1567"), Owasp("LLM02:2025"), Owasp("LLM05:2025")),
    false_positives="Chart, map and image services that draw what stands in the address (a sentence in it is enough, "
    "but for the well-known ones): write their hosts down as `[[host]]`. Applications that encode text for their users "
    "without being asked in the same turn.",
    blind_spots="Data paraphrased, translated or encrypted before it is put into an address; data cut over many "
    "answers; a host that is allowed and belongs to the attacker's account there; names that are only resolved (DNS), "
    "unless the data stands in the host's name. A host in a text that the user pasted without any mark is the user's.",
    runbook="Stop the application from rendering images and links to hosts that it does not know. `host_came_from` "
    "says whether the address was brought by a document or tool: take that out of the index. See what was carried "
    "out, and treat it as known to the host's owner.",
    playbook="contain_exfiltration",
)

_ASKED_TO_ENCODE = re.compile(
    r"(?i)base.?(?:64|32)|\bhex|\bencod|\bdecod|\bobfusc|\bcipher|\bserial|zero.?width|unicode|\bjwt\b|data.?ur[il]"
)
_LARGE = 20_000  # characters in one argument of a tool that sends: a document, not a message
_SENTENCE = 4  # words
_PROSE_WORD = re.compile(r"(?<!\S)[^\W_]{1,40}(?:['\u2019-][^\W_]{1,20})?[.,;:!?]?(?!\S)")
_MOSTLY = 0.6  # of the words
_WORTH_SENDING = 8  # characters
_SHOWN = 160


class Way(NamedTuple):
    how: str
    what: str
    severity: Severity
    why: str
    facts: dict[str, Any]


def detect(call: Invocation, known: Known) -> Iterator[Signal]:
    contents = known.contents(call)
    text = given_text(contents)
    if not text or contents.embedding:
        return
    said = Said(call, contents)
    answered = visible(contents.answered)
    ways = _hidden(text, said)
    if "//" in answered:
        ways += _in_links(answered, said, known)
        answered = without_addresses(answered)
    ways += _in_blobs(answered, said, known)
    for use in contents.tool_uses:
        ways += _in_tool(use.name, use.input, said, known)
    if not ways:
        return
    worst = max(ways, key=lambda way: way.severity.rank)
    yield signal_of_invocation(
        call,
        title=f"Answer carries data out: {worst.how}",
        facts={
            "ways": [{"how": way.how, "carried": way.what, **way.facts} for way in ways[:10]],
            "severity_from": worst.why,
        },
        severity=worst.severity,
        resource=str(worst.facts.get("host", "")),
    )


def _hidden(text: str, said: Said) -> list[Way]:
    """What nobody sees, unless the user sent it along."""
    return [_of_hidden(hidden, said) for hidden in hidden_in(text) if text[hidden.start : hidden.end] not in said.user]


def _of_hidden(hidden: Hidden, said: Said) -> Way:
    if not hidden.says:
        severity, why = Severity.LOW, "a run that can't be read"
    elif secrets_in(hidden.says) or taken_from(hidden.says, said.withheld):
        severity, why = Severity.HIGH, "it spells what was to stay inside"
    else:
        severity, why = Severity.MEDIUM, "it spells text"
    length = hidden.end - hidden.start
    why = f"{length} invisible characters: {why}"
    return Way(f"invisible {hidden.kind}", _shown(hidden.says), severity, why, {"characters": length})


def _in_links(text: str, said: Said, known: Known) -> Iterator[Way]:
    """Also addresses without any markup: many applications make links of them."""
    links = links_in(text)
    linked = {(link.to.host, link.to.rest) for link in links}
    bare = [to for to in addresses_in(text) if (to.host, to.rest) not in linked]
    for link in (*links, *(Link(False, "", to) for to in bare)):
        if not known.outputs.expects(link.to.host):
            yield from _address("image" if link.fetched else "link", link.to, said, known, fetched=link.fetched)


def _address(how: str, to: Address, said: Said, known: Known, *, fetched: bool) -> Iterator[Way]:
    """What an address takes along, judged by whether this conversation can be read from it."""
    values = carried(to)
    if not to.host or not values or said.whole(to):
        return
    origin, place = said.origin(to.host), reach(to.host)
    suspicious = origin == "brought" or (place in (Reach.COLLECTOR, Reach.NUMBER) and origin != "user")
    facts = {"host": to.host, "host_came_from": origin, "host_is": place.value}
    unasked = "what is fetched unasked" if fetched else "a link"
    for value in values:
        encoding, plain = decode(value) or ("", value)
        if _sensitive(plain, known):
            severity = Severity.CRITICAL if fetched or suspicious else Severity.HIGH
            why = f"a secret or personal data in the address of {unasked}"
        elif origin == "user":
            continue
        elif encoding and taken_from(plain, said.all):
            severity, why = Severity.HIGH, f"words of this conversation, as {encoding}, in the address of {unasked}"
        elif suspicious and taken_from(plain, said.all):
            severity, why = Severity.HIGH, f"words of this conversation to a host that is {place}, named by: {origin}"
        elif fetched and origin == "nowhere" and taken_from(plain, said.withheld):
            severity, why = Severity.MEDIUM, f"words of prompt or documents in the address of {unasked}"
        elif encoding and (suspicious or (fetched and origin == "nowhere")):
            severity = Severity.HIGH if suspicious else Severity.MEDIUM
            why = f"text as {encoding} in the address of {unasked}; its host is {place}, named by: {origin}"
        elif encoding and origin == "nowhere" and len(words_of(plain)) >= _SENTENCE:
            severity, why = Severity.MEDIUM, f"sentences as {encoding} in the address of {unasked} to an unnamed host"
        elif fetched and not draws(to.host) and _is_sentence(value) and not _of_the_user(value, said):
            severity, why = Severity.MEDIUM, f"a sentence in the address of {unasked}; its host was named by: {origin}"
        elif place is Reach.COLLECTOR and len(value) >= _WORTH_SENDING:
            severity, why = Severity.MEDIUM, "data to a host that is made to collect it"
        else:
            continue
        yield Way(how, _shown(plain), severity, why, facts | ({"encoding": encoding} if encoding else {}))


def _in_blobs(text: str, said: Said, known: Known) -> Iterator[Way]:
    for blob in blobs_in(text):
        facts = {"encoding": blob.encoding}
        if _sensitive(blob.says, known):
            yield Way(
                "encoded blob", _shown(blob.says), Severity.HIGH, f"a secret or personal data as {blob.encoding}", facts
            )
        elif not _ASKED_TO_ENCODE.search(said.user) and taken_from(blob.says, said.withheld):
            why = f"text of prompt, tool or document as {blob.encoding}, and the user asked for no encoding"
            yield Way("encoded blob", _shown(blob.says), Severity.MEDIUM, why, facts)


def _in_tool(name: str, given: Any, said: Said, known: Known) -> Iterator[Way]:
    if not sends(name):
        return
    rule = known.outputs.tool(name, said.call.caller)
    hosts = rule.hosts if rule else ()
    for argument, value in strings_of(given):
        for to in addresses_in(value):
            if not known.outputs.expects(to.host) and to.host not in hosts:
                for way in _address(f"tool {name}", to, said, known, fetched=True):
                    yield way._replace(facts=way.facts | {"argument": argument})
        for blob in blobs_in(without_addresses(value)):
            if _sensitive(blob.says, known) or taken_from(blob.says, said.withheld):
                why = f"prompt, document or secret as {blob.encoding} in an argument of a tool that sends"
                facts = {"argument": argument, "encoding": blob.encoding}
                yield Way(f"tool {name}", _shown(blob.says), Severity.HIGH, why, facts)
        if len(value) >= _LARGE and rule is None and taken_from(value, said.withheld):
            why = f"over {_LARGE:,} characters of prompt or documents in an argument of a tool that sends"
            yield Way(
                f"tool {name}", _shown(value), Severity.MEDIUM, why, {"argument": argument, "characters": len(value)}
            )


def _is_sentence(value: str) -> bool:
    """Whether a value is prose: words with spaces between, most in lower case, as no title is."""
    words = _PROSE_WORD.findall(value)
    return len(words) >= _SENTENCE and sum(not word[0].isupper() for word in words[1:]) >= len(words) // 2


def _of_the_user(value: str, said: Said) -> bool:
    """Whether most of its words are the user's own: a picture of what was asked for."""
    own = words_of(value)
    return len(own & words_of(said.user)) >= _MOSTLY * len(own)


def _sensitive(text: str, known: Known) -> bool:
    return (
        any(known.outputs.finds(text))
        or bool(secrets_in(text))
        or any(find.kind != "email" for find in personal_data_in(text))
    )


def _shown(text: str) -> str:
    """The beginning, with what must not be written down masked."""
    return " ".join(redacted(text).split())[:_SHOWN]
