"""An answer holds something that runs: script, event handlers, frames, SQL or shell that the user did not ask for.

An application that renders the answer as HTML runs it in its users' browsers; one that hands it on runs it itself.
Code in fences is shown by whatever renders Markdown and doesn't count, nor do answers to those who asked for code, nor
those of callers that are answered with code anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tidegate.content.active import Active, active_in, fenced
from tidegate.content.hidden import visible
from tidegate.content.hosts import addresses_in
from tidegate.content.redaction import redacted
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, invocations, signal_of_invocation
from tidegate.detectors.answers import asked_text
from tidegate.model import Invocation, Severity
from tidegate.sources.contents import Contents
from tidegate.sources.opening import opened
from tidegate.sources.turns import sent_turns

_ANSWERS = 20  # of a caller before its share of code means anything
_SHARE = 0.2  # of answers with code, from which on a caller is a code assistant
_SOMETIMES = 0.03  # from which on code without a fence, of the model's own making, is a matter of form
_REMEMBERED = 400  # answers; then both counts are halved, so that the share follows


class Shown(msgspec.Struct, array_like=True):
    answers: int = 0
    with_code: int = 0

    def add(self, code: bool) -> None:
        self.answers += 1
        self.with_code += code
        if self.answers >= _REMEMBERED:
            self.answers, self.with_code = self.answers // 2, self.with_code // 2

    @property
    def share(self) -> float:
        return self.with_code / self.answers if self.answers >= _ANSWERS else 0.0


about = Detector(
    id="active_content_in_output",
    title="Active content in an answer",
    severity=Severity.MEDIUM,
    family="prompt_attack",
    reads=(invocations(),),
    covers=(Atlas("AML.T0051.001"), Attack("T1059"), Owasp("LLM05:2025")),
    false_positives="Answers with code outside fences to users who asked for it in words that are not recognised, "
    f"until {_ANSWERS} answers of the caller are known. Applications that answer in HTML on purpose: allow their "
    "principal.",
    blind_spots=f"Callers with code in {_SHARE:.0%} of their answers or more are quiet, whatever is in it. Code in "
    "fences, for an application that takes fences away and runs what is in them. After code was shown in a "
    "conversation without documents or tools, more of it is expected. Active content put together out of "
    "several answers.",
    runbook="See where the application puts the answer: it must escape it, or render it without scripts (a content "
    "security policy helps). `came_from` says whether a document or tool brought it: then clean that source.",
    playbook=None,
    memory=Shown,
    counts=True,
)

_ASKED = re.compile(
    r"(?i)\b(?:code|coding|script|html|css|java ?script|typescript|react|vue|svg|web ?(?:page|site|app)|snippet"
    r"|function|program|python|sql|quer(?:y|ies)|database|table|shell|bash|terminal|command|powershell|linux|regex|xss"
    r"|injection|payload|exploit|debug|implement|refactor|button|form|element|iframe|tag|markup|template|component|api"
    r"|docker|kubernetes|deploy|install|configur[a-z]{0,10})\b|```|</?[a-z]{1,12}[ >]"
)
_FOLLOW_UP = 12  # words
_RENDERED = ("script", "event_handler", "frame", "script_address")


def detect(calls: Sequence[Invocation], shown: Shown, known: Known) -> Iterator[Signal]:
    if known.through:
        return
    for call in calls:
        contents = known.contents(call)
        text = contents.answered
        if not text or contents.embedding:
            continue
        found = active_in(visible(text))
        assistant = shown.share >= _SHARE
        shown.add(fenced(text))
        if found and not assistant:
            yield from _judge(call, contents, found, shown, known)


def _judge(call: Invocation, contents: Contents, found: list[Active], shown: Shown, known: Known) -> Iterator[Signal]:
    if _ASKED.search(asked_text(call, contents)) or _spoke_of_code(call, contents):
        return
    brought = [active for active in found if active.text in contents.brought]
    rendered = [active for active in found if active.kind in _RENDERED]
    hosts = sorted(
        {
            to.host
            for active in rendered
            for to in addresses_in(active.text)
            if to.host and not known.outputs.expects(to.host)
        }
    )
    if rendered and (brought or hosts):
        severity = Severity.HIGH
        why = "a tool or document brought it" if brought else f"it loads from a host that is not expected: {hosts[0]}"
    elif rendered and shown.share >= _SOMETIMES:
        severity, why = Severity.LOW, f"the model's own, for a caller with code in {shown.share:.0%} of its answers"
    elif rendered:
        severity, why = Severity.MEDIUM, "it runs where an answer is rendered as HTML, and nobody asked for code"
    elif _is_the_answer(contents.answered, found):
        severity, why = Severity.MEDIUM, "the answer is the command: what takes it on runs it"
    else:
        severity, why = Severity.LOW, "a command in running text"
    kinds = sorted({active.kind for active in found})
    yield signal_of_invocation(
        call,
        title=f"Answer holds active content: {', '.join(kinds)}",
        facts={
            "kinds": kinds,
            "excerpts": [" ".join(redacted(active.text).split())[:160] for active in found[:5]],
            "came_from": "brought" if brought else "the model",
            "hosts": hosts[:10],
            "code_share_of_caller": round(shown.share, 2),
            "answers_known": shown.answers,
            "quiet_from_share": _SHARE,
            "severity_from": why,
        },
        severity=severity,
    )


def _spoke_of_code(call: Invocation, contents: Contents) -> bool:
    """Whether the conversation showed code before, or a short "go on" or "shorter, please" follows a wish for some.

    Where a tool or document brought something, only the user's own last words count."""
    if contents.brought:
        return False
    is_follow_up = len(contents.user.split()) <= _FOLLOW_UP
    return any(
        fenced(turn.text) if turn.role == "assistant" else is_follow_up and _ASKED.search(turn.text)
        for turn in sent_turns(opened(call.input_body))
        if turn.role in ("assistant", "user")
    )


def _is_the_answer(text: str, found: list[Active]) -> bool:
    return len(text.strip()) <= 3 * sum(len(active.text) for active in found) or text.strip().count("\n") <= 1
