"""Put back the protections that were taken away: invocation logging, a guardrail, the guardrail that is enforced.

What is restored stays: neither the end of a containment nor another step's failure weakens it again. While the
incident is open the account may enforce a surge guardrail on every call, if one is configured; that one expires.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tidegate.errors import Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, target

about = Playbook(
    id="restore_guardrails",
    summary="Restore weakened guardrails and invocation logging from our own snapshots.",
    answers=("guardrail_weakened", "enforced_guardrail_removed", "invocation_logging_disabled"),
    expires=True,
    undo="The surge guardrail is removed at its expiry. What was restored is weakened again only on a person's word.",
)

# resource as findings name it -> kind of target and action
_RESTORED = (
    (re.compile(r"logging/\d{12}/[\w-]+", re.ASCII), "invocation_logging", "restore_invocation_logging"),
    (re.compile(r"arn:aws[\w-]*:bedrock:[\w-]+:\d{12}:guardrail/\w+", re.ASCII), "guardrail", "restore_guardrail"),
    (
        re.compile(r"enforced-guardrail/\d{12}/[\w-]+/\w+", re.ASCII),
        "enforced_guardrail",
        "restore_enforced_guardrail",
    ),
)


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    """The log first: what happens from then on can be seen. Each protection is a round of its own.

    Raises Refused when it names nothing that this playbook restores.
    """
    restored = tuple(_restored(incident, known))
    if not restored:
        raise Refused(
            f"incident {incident.id} names no guardrail and no logging configuration: compare the account's with the "
            "snapshot table and restore by hand."
        )
    surge = tuple(_surge(incident, known))
    if restored[-1].action == "restore_enforced_guardrail":  # one enforced guardrail an account: that, or the other
        return (*restored[:-1], replace(restored[-1], otherwise=surge))
    return (*restored, *surge)


def _restored(incident: Incident, known: Surroundings) -> Iterator[Lever]:
    for form, kind, action in _RESTORED:
        named = dict.fromkeys(resource for resource in incident.resources if form.fullmatch(resource))
        for resource in list(named)[: None if kind == "guardrail" else 1]:  # of the others an account has one
            former = known.before(resource, incident.first_seen.timestamp())
            yield Lever(
                action,
                target(incident, kind, resource),
                {"former": former, "since": incident.first_seen.isoformat()},
                required=False,
                round=resource,
            )


def _surge(incident: Incident, known: Surroundings) -> Iterator[Lever]:
    """Only where calls went through unguarded: a log that was off lets nothing more pass."""
    guardrail, _, version = known.means.surge_guardrail.rpartition(":")
    if guardrail and {"guardrail_weakened", "enforced_guardrail_removed"} & set(incident.detectors):
        place = f"enforced-guardrail/{incident.account}/{incident.region}"
        yield Lever(
            "enforce_surge_guardrail",
            target(incident, "enforced_guardrail", place),
            {"guardrail": guardrail, "version": version},
            required=False,
            round=place,
        )
