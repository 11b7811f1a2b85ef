"""Put a swapped model back: a Bedrock agent's alias to the version that served before the incident's first event."""

from __future__ import annotations

import re

from tidegate.errors import Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, target

about = Playbook(
    id="roll_back_model",
    summary="Put an agent alias back to the version that served before it was moved.",
    answers=("model_swapped", "model_quality_alarm"),
    expires=False,
    undo="The alias is routed again as it was found: only by a person, because that brings the swapped version back.",
)

ALIAS = re.compile(
    r"arn:aws[\w-]*:bedrock:(?P<region>[\w-]+):(?P<account>\d{12}):agent-alias/(?P<agent>\w{1,20})/(?P<alias>\w{1,20})",
    re.ASCII,
)


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:  # noqa: ARG001 -- one signature for all
    """One step per alias that the incident names, in the order of its resources."""
    found = [match for resource in incident.resources if (match := ALIAS.fullmatch(resource))]
    if not found:
        raise Refused(
            f"incident {incident.id} names no agent alias. Roll back endpoints and custom models by hand, to the "
            "former configuration."
        )
    if len({match[0] for match in found}) > 1:
        raise Refused(f"incident {incident.id} names {len(found)} aliases: roll them back one by one, looking at each.")
    match = found[0]
    return (
        Lever(
            "roll_back_agent_alias",
            target(incident, "agent_alias", f"{match['agent']}/{match['alias']}", arn=match[0]),
            {"before": incident.first_seen.isoformat(), "pause": False},
            reach_by=f"agent-alias:{match[0]}",
        ),
    )
