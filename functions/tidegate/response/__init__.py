"""The response: plan, ask, keep evidence, act, prove, close, release. Logic over ports; no AWS of its own."""

from __future__ import annotations

from tidegate.actions import Family
from tidegate.model import Incident, Receipt, Run
from tidegate.response import acting, approval, cleaning, closing, evidence, holding, planning, releasing
from tidegate.response.world import World, digest_of, run_of

__all__ = ["Response", "World", "digest_of", "run_of"]


class Response:
    """One method for each state of `respond`, its playbooks and `release`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, incident_id: str, generation: int) -> dict[str, object]:
        return planning.plan(self._world, incident_id, generation)

    def request_approval(self, run_id: str, task_token: str) -> None:
        approval.request_approval(self._world, run_id, task_token)

    def unanswered(self, run_id: str) -> str:
        return approval.unanswered(self._world, run_id)

    def decide(self, approval_id: str, *, decision: str, by: str) -> Run:
        return approval.decide(self._world, approval_id, decision=decision, by=by)

    def why_not_decide(self, run: Run, requested_by: str, by: str) -> str:
        return approval.why_not(self._world, run, requested_by, by)

    def preserve_evidence(self, run_id: str) -> str:
        return evidence.preserve_evidence(self._world, run_id)

    def act(self, run_id: str, step_id: str, phase: str, family: Family, by: str = "") -> Receipt:
        return acting.act(self._world, run_id, step_id, phase, family, by)

    def close(self, incident_id: str, generation: int, outcome: str, error: str = "") -> Run:
        return closing.close(self._world, incident_id, generation, outcome, error)

    def close_incident(self, incident_id: str, *, reason: str) -> Incident:
        return closing.close_incident(self._world, incident_id, reason=reason)

    def begin_release(self, run_id: str, reason: str) -> list[dict[str, str]]:
        return releasing.begin(self._world, run_id, reason)

    def end_release(self, run_id: str, reason: str, by: str) -> Run:
        return releasing.end(self._world, run_id, reason, by)

    def leave_release(self, run_id: str, reason: str, by: str) -> Run:
        return releasing.incomplete(self._world, run_id, reason, by)

    def check(self) -> holding.Checked:
        return holding.check(self._world)

    def standing_runs(self, incident_id: str) -> list[Run]:
        return releasing.standing_runs(self._world, incident_id)

    def sweep(self) -> list[str]:
        return releasing.sweep(self._world)

    def delete_stopped_keys(self) -> list[str]:
        return cleaning.delete_due(self._world)
