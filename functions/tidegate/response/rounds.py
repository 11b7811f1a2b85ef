"""Rounds: the parts of a plan that stand or fall alone.

An incident may name two guardrails, or three keys of two users. What is done about each is a round of its own: it runs
as an execution of the playbook, which takes each action once, and its failure keeps no other round from being taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from tidegate.errors import Permanent
from tidegate.model import Receipt, Step, StepStatus
from tidegate.playbooks import Lever

MOST_ROUNDS = 20  # of one plan: whoever can make an incident name resources decides how many it names


def of_levers(levers: Iterable[Lever]) -> list[list[Lever]]:
    """In the order in which the playbook names them first."""
    found: dict[str, list[Lever]] = {}
    for lever in levers:
        found.setdefault(lever.round, []).append(lever)
    return list(found.values())


def told(run_id: str, steps: Sequence[Step]) -> list[dict[str, object]]:
    """What `respond` takes: the name of each round's execution, and the step id of each action.

    The first round has the run's own name. Raises Permanent for a playbook that takes an action twice in one round.
    """
    rounds: list[dict[str, object]] = []
    for number, each in groupby(steps, key=lambda step: step.round):
        actions = list(each)
        named = {step.action: step.id for step in actions}
        if len(named) != len(actions):
            raise Permanent(f"run {run_id}: round {number} takes an action twice, and a state machine takes it once.")
        rounds.append({"name": execution_of(run_id, number), "steps": named})
    return rounds


def executions(run_id: str, steps: Sequence[Step]) -> list[str]:
    """Names of the executions that take the rounds, in their order."""
    return [execution_of(run_id, number) for number in dict.fromkeys(step.round for step in steps)]


def execution_of(run_id: str, number: int) -> str:
    """Name of the execution that takes the run's round of this number, from 1."""
    return run_id if number == 1 else f"{run_id}-{number}"


def proven(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Those of rounds of which every step is proven."""
    open_rounds = {receipt.step.round for receipt in receipts if receipt.status is not StepStatus.VERIFIED}
    return [receipt for receipt in receipts if receipt.step.round not in open_rounds]


def held_in_part(receipts: Sequence[Receipt]) -> list[Receipt]:
    """Those of proven rounds, while others are not: what stays although the run failed. Empty when all or none are."""
    stay = proven(receipts)
    return stay if len(stay) < len(receipts) else []


def reached(steps: Sequence[Step]) -> int:
    """How many others the steps reach together; -1: unknown, as soon as one step's is.

    Whoever two steps reach counts once where everybody is named. Where the names are too many, steps of one round are
    taken to reach the same callers, and those of two rounds different ones.
    """
    if any(step.reach < 0 for step in steps):
        return -1
    if all(step.reach == len(step.reached) for step in steps):
        return len({caller for step in steps for caller in step.reached})
    rounds = groupby(steps, key=lambda step: step.round)
    return sum(max(step.reach for step in each) for _, each in rounds)
