"""Step Functions state machines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tidegate_local.intrinsics import Created, TemplateError
from tidegate_local.permissions import role_allows
from tidegate_local.resources import Making

_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def state_machine(making: Making) -> Created:
    given = making.properties
    kind = given.get("StateMachineType", "STANDARD")
    if kind != "STANDARD":
        raise TemplateError(f"{making.logical_id}: only STANDARD state machines are understood, not {kind}")
    name = making.name(given.get("StateMachineName"))
    definition = _definition(making)
    _check_role(making, definition)
    made = making.client("stepfunctions").create_state_machine(
        name=name, definition=definition, roleArn=given["RoleArn"], type=kind
    )
    return Created(made["stateMachineArn"], {"Arn": made["stateMachineArn"], "Name": name})


def _definition(making: Making) -> str:
    """The definition with DefinitionSubstitutions filled in; one left open or unused is an error."""
    given = making.properties
    if "DefinitionS3Location" in given:
        location = given["DefinitionS3Location"]
        text = making.local_file(location["Bucket"], location["Key"]).read_text(encoding="utf-8")
    elif "DefinitionString" in given:
        text = given["DefinitionString"]
    else:
        text = json.dumps(given["Definition"])
    values: dict[str, Any] = given.get("DefinitionSubstitutions", {})
    wanted = set(_SUBSTITUTION.findall(text))
    if missing := wanted - set(values):
        raise TemplateError(f"{making.logical_id}: no DefinitionSubstitutions for {', '.join(sorted(missing))}")
    if unused := set(values) - wanted:
        raise TemplateError(f"{making.logical_id}: DefinitionSubstitutions not used: {', '.join(sorted(unused))}")
    filled = _SUBSTITUTION.sub(lambda match: str(values[match.group(1)]), text)
    try:
        definition = json.loads(filled)
    except ValueError as error:
        raise TemplateError(f"{making.logical_id}: the definition is not JSON: {error}") from error
    _check_targets(making.logical_id, definition)
    return filled


# What Step Functions itself does with the role, beside the calls of states.
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html#sync-async-iam-policies
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
_WAITS_BY = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
_TO_WAIT = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_TO_LOG = (
    "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
)  # fmt: skip


def _check_role(making: Making, definition: str) -> None:
    """CreateStateMachine refuses a role that can't wait for nested executions or log. Raises TemplateError."""
    needed: list[tuple[str, str]] = []
    if "states:startExecution.sync" in definition:
        needed += [(action, making.arn("events", _WAITS_BY)) for action in _TO_WAIT]
    if making.properties.get("LoggingConfiguration", {}).get("Level", "OFF") != "OFF":
        needed += [(action, "*") for action in _TO_LOG]
    role = making.properties["RoleArn"]
    missing = [
        f"{action} on {resource}"
        for action, resource in needed
        if not role_allows(making.account, role, action, resource)
    ]
    if missing:
        raise TemplateError(f"{making.logical_id}: its role {role} lacks {', '.join(missing)}")


def _check_targets(where: str, definition: dict[str, Any]) -> None:
    """Every StartAt, Next and Default names a state: moto starts a machine with a dangling one."""
    states = definition.get("States", {})
    targets = [definition.get("StartAt")]
    for state in states.values():
        targets += [state.get("Next"), state.get("Default")]
        targets += [one.get("Next") for one in [*state.get("Choices", []), *state.get("Catch", [])]]
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor"), state.get("Iterator")])]:
            _check_targets(where, inner)
    for target in targets:
        if target is not None and target not in states:
            raise TemplateError(f"{where}: no state named {target!r}")


TYPES: dict[str, tuple[str, Callable[[Making], Created]]] = {
    "AWS::StepFunctions::StateMachine": (
        "Definition DefinitionS3Location DefinitionString DefinitionSubstitutions LoggingConfiguration RoleArn "
        "StateMachineName StateMachineType Tags TracingConfiguration",
        state_machine,
    ),
}
