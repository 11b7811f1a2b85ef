"""Put a swapped or poisoned model back: whatever the incident names is pointed again to what it served before.

An agent's alias is paused while it switches, and stays paused when no good version is left; the application then goes
on by its `[[continuity]]` rule: its model pointer moves to the fallback, and it tells its users what is the matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tidegate.errors import Refused
from tidegate.model import Incident
from tidegate.playbooks.playbook import Lever, Playbook, Surroundings, target

about = Playbook(
    id="roll_back_model",
    summary="Put what answers back to the version from before the incident; where none is left, go on by a fallback.",
    answers=(
        "model_swapped",
        "agent_tampered",
        "knowledge_base_tampered",
        "training_data_poisoned",
        "model_quality_alarm",
    ),
    expires=False,
    undo="Everything is pointed again where it was found: only by a person, because that brings the swapped one back.",
)

_ASKS = "what others wrote there since the incident began is taken back too"


class Way(NamedTuple):
    """Which resource is put back by which action. `id_of`: the ARN's parts -> the target's id."""

    form: re.Pattern[str]
    kind: str
    action: str
    id_of: Callable[[re.Match[str]], str]
    asks: str = ""


def _way(resource: str, kind: str, action: str, id_of: Callable[[re.Match[str]], str], asks: str = "") -> Way:
    service, _, place = resource.partition(":")
    return Way(re.compile(rf"arn:aws[\w-]*:{service}:[\w-]*:\d*:{place}", re.ASCII), kind, action, id_of, asks)


def _pair(match: re.Match[str]) -> str:
    return f"{match['one']}/{match['two']}" if match["two"] else match["one"]


def _name(match: re.Match[str]) -> str:
    """A parameter's ARN leaves the first slash of its path out."""
    return f"/{match['one']}" if "/" in match["one"] else match["one"]


WAYS = (
    _way(r"bedrock:agent-alias/(?P<one>\w{1,20})/(?P<two>\w{1,20})", "agent_alias", "roll_back_agent_alias", _pair),
    _way(r"bedrock:flow/(?P<one>\w{1,20})/alias/(?P<two>\w{1,20})", "flow_alias", "roll_back_flow_alias", _pair),
    _way(
        r"bedrock-agentcore:runtime/(?P<one>[\w-]{1,100})/runtime-endpoint/(?P<two>\w{1,48})",
        "runtime_endpoint",
        "roll_back_agent_runtime_endpoint",
        _pair,
    ),
    _way(
        r"bedrock:custom-model-deployment/(?P<one>\w{1,40})",
        "model_deployment",
        "roll_back_custom_model_deployment",
        lambda match: match[0],
    ),
    _way(
        r"bedrock:provisioned-model/(?P<one>\w{1,40})",
        "throughput",
        "roll_back_provisioned_throughput",
        lambda match: match[0],
    ),
    _way(r"ssm:parameter/(?P<one>[\w./-]{1,1000})", "parameter", "roll_back_model_pointer", _name),
    _way(
        r"appconfig:application/(?P<one>\w{4,7})/environment/(?P<two>\w{4,7})(/.*)?",
        "configuration_environment",
        "stop_configuration_deployment",
        _pair,
    ),
    _way(
        r"sagemaker:endpoint/(?P<one>[a-zA-Z0-9-]{1,63})",
        "endpoint",
        "roll_back_sagemaker_endpoint",
        lambda match: match["one"],
    ),
    _way(
        r"sagemaker:model-package/(?P<one>[a-zA-Z0-9-]{1,63}/\d+)",
        "model_package",
        "reject_model_package",
        lambda match: match[0],
    ),
    _way(
        r"bedrock:knowledge-base/(?P<one>\w{1,20})(/data-source/(?P<two>\w{1,20}))?",
        "knowledge_base",
        "clean_knowledge_base",
        _pair,
        _ASKS,
    ),
    _way(r"s3:(?P<one>[a-z0-9.-]{3,63})", "bucket", "restore_training_data", lambda match: match["one"], _ASKS),
)


def levers(incident: Incident, known: Surroundings) -> tuple[Lever, ...]:
    """A round for each resource that the incident names: it is put back, or its application goes on by its rule.

    Raises Refused when it names nothing that can be put back.
    """
    back = list(_put_back(incident, known))
    found = [each for lever in back for each in (lever, *_continued(incident, known, (lever.round,), lever))]
    if not any(lever.unless for lever in found):  # a rule may name what the resources belong to
        found += _continued(incident, known, incident.resources, *back[:1])
    if not found:
        raise Refused(
            f"incident {incident.id} names no agent alias, flow, endpoint, deployment, pointer, knowledge base or "
            "bucket. A changed draft of an agent is served only by its test alias: put it back by hand, from the "
            "snapshot table."
        )
    return tuple(found) if len(found) > 1 else (replace(found[0], required=True),)


def _put_back(incident: Incident, known: Surroundings) -> Iterator[Lever]:
    for way in WAYS:
        found = {match[0]: match for resource in incident.resources if (match := way.form.fullmatch(resource))}
        for arn, match in found.items():
            former = known.before(arn, incident.first_seen.timestamp())
            yield _with_pause(_lever(incident, way, match, former, known), known)


def _lever(
    incident: Incident, way: Way, match: re.Match[str], former: dict[str, Any] | None, known: Surroundings
) -> Lever:
    began = incident.first_seen.isoformat()
    parameters: dict[str, Any] = {"before": began, "since": began}
    if known.now and way.kind == "configuration_environment":
        parameters["now"] = known.now.isoformat()
    if former and not former.get("deleted"):
        parameters["former"] = former
    return Lever(
        way.action,
        target(incident, way.kind, way.id_of(match), arn=match[0]),
        parameters,
        required=False,
        reach_by=f"agent-alias:{match[0]}" if way.kind == "agent_alias" else "",
        asks=way.asks,
        round=match[0],
    )


def _with_pause(lever: Lever, known: Surroundings) -> Lever:
    """An agent's alias takes no calls while it switches; with no good version left, none at all."""
    if lever.action != "roll_back_agent_alias":
        return lever
    arn = lever.target.details["arn"]
    rule = next((each for each in known.continuity if _is_about(each.resources, (arn,))), None)
    said = rule.stops if rule else f"every call of agent alias {lever.target.id}"
    paused = replace(lever, action="pause_agent_alias", parameters={"since": lever.parameters["since"], "stops": said})
    return replace(lever, parameters=lever.parameters | {"pause": True}, otherwise=(paused,))


def _continued(
    incident: Incident, known: Surroundings, resources: tuple[str, ...], unless: Lever | None = None
) -> Iterator[Lever]:
    """By the first rule that is about one of the resources; not when the lever `unless` is pulled."""
    rule = next((each for each in known.continuity if _is_about(each.resources, resources)), None)
    if rule is None:
        return
    said = {"since": incident.first_seen.isoformat(), "stops": rule.stops, "application": rule.application}
    for action, parameter, value in (
        ("switch_to_fallback", rule.pointer, rule.fallback),
        ("announce_maintenance", rule.message_parameter, rule.maintenance_message),
    ):
        if parameter:
            place = target(incident, "parameter", parameter, application=rule.application)
            lever = Lever(action, place, {"value": value, **said}, required=False)
            yield replace(lever, unless=unless.action, round=unless.round) if unless else lever


def _is_about(patterns: tuple[str, ...], resources: tuple[str, ...]) -> bool:
    return any(fnmatchcase(resource, pattern) for resource in resources for pattern in patterns)
