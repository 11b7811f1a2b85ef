"""Put model invocation logging back to what it was before it was deleted, redirected or narrowed.

AWS keeps no history of it: `parameters["former"]` is the last configuration that our own snapshots know from before
the incident. `parameters["since"]` (ISO 8601) is when it was weakened: from then until the proof nothing can be read
back, and the proof says how long that was.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidegate.actions import switch
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.switch import Changed, Found, Setting, State
from tidegate.errors import Refused
from tidegate.model import Difference, Step

about = Action(
    id="restore_invocation_logging",
    summary="Put model invocation logging back to its configuration from before the incident.",
    family=Family.PROTECTIONS,
    reads=("bedrock:GetModelInvocationLoggingConfiguration",),
    changes=(
        "bedrock:PutModelInvocationLoggingConfiguration",
        "bedrock:DeleteModelInvocationLoggingConfiguration",
        "iam:PassRole",
    ),
    calls=("bedrock:PutModelInvocationLoggingConfiguration",),
    limits="One configuration a Region: only that of the stack's own Region. The destination must still take it: AWS "
    "refuses a bucket or log group that is gone. What was invoked meanwhile can't be logged afterwards.",
    reach=Reach.NOBODY,
    undo="Logging is configured again as it was found, or deleted if there was none: only on a person's word.",
    for_good=True,
)

# A delivery flag that isn't named is on (Bedrock API reference, LoggingConfig).
_FLAGS = (
    "textDataDeliveryEnabled",
    "imageDataDeliveryEnabled",
    "embeddingDataDeliveryEnabled",
    "videoDataDeliveryEnabled",
    "audioDataDeliveryEnabled",
)


def snapshot(step: Step, clients: Clients) -> Found:
    """Raises Refused in another Region, and without a former configuration that can be put back."""
    region = step.target.id.rpartition("/")[2]
    own = clients.named("bedrock").meta.region_name
    if region != own:
        raise Refused(f"logging of Region {region}: this stack acts in {own}. Deploy it there, or restore it by hand.")
    former = step.parameters.get("former")
    if not former or former.get("deleted"):
        raise Refused(f"no configuration of {step.target.id} is known from before: switch logging on by hand.")
    if switch.hides(former):
        raise Refused(f"the former configuration of {step.target.id} is hidden by CloudTrail: switch it on by hand.")
    return switch.found(_setting(step, clients), former)


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return switch.difference(step.target.id, found)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return switch.applied(_setting(step, clients), found)


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    return switch.proven(_setting(step, clients), found)


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    return switch.undone(_setting(step, clients), found, changed)


def _setting(step: Step, clients: Clients) -> Setting:
    bedrock = clients.named("bedrock")

    def write(value: Any) -> None:
        if value is None:
            bedrock.delete_model_invocation_logging_configuration()
        else:
            bedrock.put_model_invocation_logging_configuration(loggingConfig=value)

    def read() -> State:
        return State(bedrock.get_model_invocation_logging_configuration().get("loggingConfig") or None)

    return Setting(step.target.id, read, write, same=lambda wanted, now: _whole(wanted) == _whole(now))


def _whole(configuration: dict[str, Any] | None) -> dict[str, Any] | None:
    """With every flag, and without what is empty."""
    if not configuration:
        return None
    named = {name: _filled(value) for name, value in configuration.items() if name not in _FLAGS}
    flags = {name: configuration.get(name) is not False for name in _FLAGS}
    return {name: value for name, value in named.items() if value} | flags


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each) for name, each in value.items() if each not in ("", None, {})}
    return value
