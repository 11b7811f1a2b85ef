"""What leaves the response: documents for the index, and words for people."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tidegate.content import configurations
from tidegate.index.documents import receipt_document, run_document
from tidegate.model import Difference, Plan, Receipt, Run, RunStatus, Step
from tidegate.response.caps import may_tell
from tidegate.response.world import Records, World

LONGEST = 300  # characters of one value in a message
LONGEST_CHANGE = 4_000  # of what becomes what: a policy as it is written, whole
SUBJECT = 100  # characters of an SNS subject


def write_documents(world: World, run: Run, receipts: Sequence[Receipt]) -> None:
    """The run and its receipts as they stand; the revisions name the batch, so that a rerun overwrites itself."""
    state = "-".join(str(revision) for revision in (run.revision, *(receipt.revision for receipt in receipts)))
    world.outbox.write(f"{run.id}-{state}", [run_document(run), *(receipt_document(receipt) for receipt in receipts)])


def tell(world: World, run: Run, subject: str, lines: Sequence[str], *, state: str = "") -> None:
    """One message for each state of a run (`state`, where the run's own status doesn't say it).

    What was logged may be hostile: callers escape values by `plain`.
    """
    world.news(run.incident_id)
    key = f"{run.id}-{state or run.status.value}"
    goes, first_held_back = may_tell(world, key, asking=run.status is RunStatus.AWAITING_APPROVAL)
    if first_held_back:
        say_held_back(world, key)
    if not goes:
        return
    title = plain(f"Tidegate: {subject}").encode("ascii", "replace").decode()[:SUBJECT]
    text = "\n".join(
        [*lines, f"run {run.id}, incident {run.incident_id}, playbook {run.playbook}, mode {run.mode.value}"]
    )
    world.notifier.tell(title, text, deduplication=key)


def say_held_back(world: Records, key: str, *, where: str = "") -> None:
    """`where`: the channel in which they are; empty for the topic itself."""
    world.notifier.tell(
        f"Tidegate: more messages are held back{f' in {where}' if where else ''}",
        f"{world.settings.messages_per_hour} were sent in the last hour, as many as MessagesPerHour allows. Everything "
        "is on record: `tidegate incidents`. So many at once may be meant to hide one of them.",
        deduplication=f"held-back-{key}",
    )


def line_of(receipt: Receipt) -> str:
    """A step's state in one line, and why something was left changed on purpose."""
    kept = (receipt.restored or {}).get("kept")
    remark = f" ({plain(kept)})" if kept else ""
    return f"- {receipt.step.action} on {plain(receipt.step.target)}: {receipt.status.value}{remark}"


def reason_lines(plan: Plan) -> list[str]:
    """Why a person is asked and what was put in another's place, a line each: none is cut off because of the others."""
    return [*(f"a person decides, because {why}" for why in plan.must_ask), *plan.remarks]


def change_line(difference: Difference) -> str:
    """What becomes what; of a list of names, what it names. What a configuration says freely is masked."""
    before, after = configurations.shown(difference.before), configurations.shown(difference.after)
    if difference.resource.endswith("/what-differs") and isinstance(before, list):
        return f"what differs from before: {', '.join(map(str, before))}"
    return f"{difference.resource}: {value_line(before)} becomes {value_line(after)}"


def value_line(value: object) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def reach_line(step: Step) -> str:
    """Whom a step would hit besides its target."""
    if step.reach < 0:
        return "how many others it reaches could not be counted"
    if not step.reach:
        return "nobody else is reached"
    more = step.reach - len(step.reached)
    return f"others reached: {step.reach} ({plain(', '.join(step.reached))}{f' and {more} more' if more else ''})"


def plain(value: object, longest: int = LONGEST) -> str:
    """A value as text that no terminal, mail or chat program takes for markup: one line, no control characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    for mark, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, escaped)
    return text if len(text) <= longest else text[:longest] + "..."
