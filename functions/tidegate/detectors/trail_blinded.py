"""CloudTrail itself was stopped, deleted or made to see less.

Without CloudTrail nothing of what this catalogue reads from it arrives. Stopping is loud; narrowing is quieter: event
selectors that leave out reads, management events or a service. Selectors are compared with the former ones where we
have seen them, else with what a trail records by default: every management event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.configurations.left_by_calls import trail_resource
from tidegate.detectors.about import Atlas, Attack, Detector, Known, Owasp, Signal, api_calls, signal_of_call
from tidegate.model import ApiCall, Severity
from tidegate.sources.parts import opened, rows, text

_ENDED = {
    "StopLogging": "the trail records nothing any more",
    "DeleteTrail": "the trail is gone",
    "StopEventDataStoreIngestion": "the event data store takes nothing in any more",
    "DeleteEventDataStore": "the event data store is gone",
}
_SWITCHES = {
    "isMultiRegionTrail": "other Regions are no longer recorded",
    "includeGlobalServiceEvents": "IAM and STS are no longer recorded",
    "enableLogFileValidation": "log files are no longer protected against change",
}

about = Detector(
    id="trail_blinded",
    title="CloudTrail stopped or narrowed",
    severity=Severity.HIGH,
    family="tampering",
    reads=(api_calls("cloudtrail", *_ENDED, "PutEventSelectors", "UpdateTrail"),),
    covers=(Attack("T1562.008"), Atlas("AML.T0015"), Owasp("LLM10:2025")),
    false_positives="A trail that is replaced by another, or selectors tightened to save money. Allow the principal "
    "that manages trails, with an expiry.",
    blind_spots="The trail's bucket, its policy and its key. A trail of the organization is changed in another "
    "account. Once a trail stopped, EventBridge still delivers management events of the account, but no data events "
    "and no files. Changes of EventBridge rules aren't read.",
    runbook="Start logging again and restore the selectors (the former ones are in the evidence). Read the event "
    "history of the console for the gap: 90 days of management events are kept without a trail.",
    playbook=None,
)


def detect(call: ApiCall, known: Known) -> Iterator[Signal]:
    parameters, resource = opened(call.parameters), trail_resource(call)
    before: dict[str, Any] | None = None
    grave = True
    if call.name in _ENDED:
        losses = [_ENDED[call.name]]
    elif call.name == "UpdateTrail":
        losses = [meaning for switch, meaning in _SWITCHES.items() if parameters.get(switch) is False]
        grave = any(parameters.get(switch) is False for switch in tuple(_SWITCHES)[:2])
    else:
        before = known.before(resource, call.time)
        losses = narrowed(before, parameters)
    if not losses:
        return
    yield signal_of_call(
        call,
        title=f"CloudTrail {'nearly ' if call.error else ''}blinded: {losses[0]}",
        facts={
            "losses": losses,
            "before": before,
            "former_state_known": before is not None,
            "succeeded": not call.error,
            "severity_from": "an attempt only" if call.error else "events are lost" if grave else "events still arrive",
        },
        severity=Severity.MEDIUM if call.error or not grave else None,
        resource=resource,
    )


def narrowed(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """What the new selectors no longer record of management events, and which data events they drop."""
    if not rows(after, "eventSelectors") and not rows(after, "advancedEventSelectors"):
        return []  # CloudTrail shows no selectors: nothing to compare
    former = before or {}
    lost = [gap for gap in _gaps(after) if gap not in (_gaps(former) if before else ())]
    return lost + [f"data events of {kind} are no longer recorded" for kind in sorted(_data(former) - _data(after))]


def _gaps(configuration: dict[str, Any]) -> list[str]:
    """What of the management events a configuration leaves out. Any one selector that records it is enough."""
    selectors = [_basic(row) for row in rows(configuration, "eventSelectors")]
    selectors += [_advanced(row) for row in rows(configuration, "advancedEventSelectors")]
    gaps = [found for found in selectors if found is not None]
    if not gaps:
        return ["no management events are recorded"]
    return [gap for gap in gaps[0] if all(gap in others for others in gaps[1:])]


def _basic(selector: dict[str, Any]) -> list[str] | None:
    if selector.get("includeManagementEvents") is False:
        return None
    kind = text(selector, "readWriteType")
    left_out = selector.get("excludeManagementEventSources")
    sources = left_out if isinstance(left_out, list) else []
    return [
        *([_only(kind)] if kind in ("ReadOnly", "WriteOnly") else []),
        *(f"events of {source} are left out" for source in sources),
    ]


def _advanced(selector: dict[str, Any]) -> list[str] | None:
    fields = {text(row, "field"): row for row in rows(selector, "fieldSelectors")}
    if "Management" not in _words(fields.get("eventCategory"), "equals"):
        return None
    read_only = _words(fields.get("readOnly"), "equals")
    gaps = [_only("ReadOnly" if "true" in read_only else "WriteOnly")] if len(read_only) == 1 else []
    source = fields.get("eventSource")
    gaps += [f"events of {name} are left out" for name in _words(source, "notEquals")]
    if only := _words(source, "equals"):
        gaps.append(f"only events of {', '.join(only)} are recorded")
    return gaps


def _only(kind: str) -> str:
    return "only reads are recorded" if kind == "ReadOnly" else "only writes are recorded: model invocations are reads"


def _words(row: dict[str, Any] | None, operator: str) -> list[str]:
    value = row.get(operator) if row else None
    return [str(word) for word in value] if isinstance(value, list) else []


def _data(configuration: dict[str, Any]) -> set[str]:
    """Resource types whose data events are recorded."""
    kinds = {
        text(resource, "type")
        for selector in rows(configuration, "eventSelectors")
        for resource in rows(selector, "dataResources")
    }
    for selector in rows(configuration, "advancedEventSelectors"):
        for row in rows(selector, "fieldSelectors"):
            if text(row, "field") == "resources.type":
                kinds.update(_words(row, "equals"))
    return kinds - {""}
