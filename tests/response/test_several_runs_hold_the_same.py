"""Two incidents, one key, address or boundary: what stands stays until the last of them lets go, in any order."""

from __future__ import annotations

from typing import Any

import pytest
from dying_ports import Died, Fate, Mortal
from response_builders import FAMILIES, Account, an_incident, run_playbook

from tidegate.actions import ACTIONS
from tidegate.model import Mode, Plan, Run, RunStatus, Step, Target

ORDERS = [(0, 1, 2), (2, 1, 0), (1, 0, 2)]


def held(account: Account, number: int, action: str, kind: str, name: str, **parameters: Any) -> Run:
    """A run that has taken one step."""
    incident = account.has(an_incident(id=f"incident-{number}", caller="user:mallory"))
    run_id = account.response.plan(incident.id, 1)["run_id"]
    run = account.ledger.run(str(run_id))
    assert run is not None
    assert run.plan is not None
    target = Target(kind=kind, id=name, account=incident.account, region=incident.region)
    step = Step(id=f"step-{number}", action=action, target=target, parameters=parameters)
    plan: Plan = run.plan.model_copy(update={"steps": (step,)})
    ours = run.model_copy(update={"plan": plan, "mode": Mode.AUTO, "status": RunStatus.ACTING})
    run = account.ledger.save_run(ours)
    receipt = account.ledger.receipts(run.id)[0]
    account.ledger.save_receipt(receipt.model_copy(update={"id": step.id, "step": step, "revision": 0}))
    run_playbook(account, {"run_id": run.id, "rounds": [{"steps": {action: step.id}}]})
    account.clock.advance(minutes=1)
    return account.ledger.save_run(run.model_copy(update={"status": RunStatus.CONTAINED}))


def let_go(account: Account, run: Run) -> None:
    """What `release` does with the step that was taken."""
    account.response.begin_release(run.id, "undone")
    step = run.plan.steps[0]  # type: ignore[union-attr]
    account.response.act(run.id, step.id, "undo", FAMILIES[step.action], "olga")


class Gateway:
    def __init__(self, account: Account) -> None:
        self.gateway = account.clients.named("apigateway")
        self.first = self.key(enabled=True)
        self.off = self.key(enabled=False)
        self.step: tuple[str, str, str] = ("disable_gateway_key", "gateway_key", "mallory")
        self.parameters: dict[str, Any] = {}

    def key(self, *, enabled: bool) -> str:
        return str(self.gateway.create_api_key(name="key", customerId="mallory", enabled=enabled)["id"])

    def state(self) -> Any:
        return {key["id"]: key["enabled"] for key in self.gateway.get_api_keys()["items"]}


class AddressSet:
    def __init__(self, account: Account) -> None:
        self.waf = account.clients.named("wafv2")
        made = self.waf.create_ip_set(
            Name="blocked", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"]
        )["Summary"]
        self.which = {"Name": "blocked", "Id": made["Id"], "Scope": "REGIONAL"}
        self.step = ("block_address", "address", "198.51.100.7")
        self.parameters = {"address_set": made["ARN"]}

    def state(self) -> Any:
        return self.waf.get_ip_set(**self.which)["IPSet"]["Addresses"]


class Boundary:
    def __init__(self, account: Account) -> None:
        self.iam = account.clients.iam
        self.step = ("put_permissions_boundary", "role", "app")
        self.parameters: dict[str, Any] = {}

    def state(self) -> Any:
        return self.iam.get_role(RoleName="app")["Role"].get("PermissionsBoundary")


class Pool:
    def __init__(self, account: Account) -> None:
        self.cognito = account.clients.named("cognito-idp")
        self.pool = self.cognito.create_user_pool(PoolName="app")["UserPool"]["Id"]
        self.cognito.admin_create_user(UserPoolId=self.pool, Username="mallory")
        self.step = ("sign_out_cognito_user", "cognito_user", "mallory")
        self.parameters = {"pool": self.pool}

    def state(self) -> Any:
        return self.cognito.admin_get_user(UserPoolId=self.pool, Username="mallory")["Enabled"]


SHARED: dict[str, Any] = {
    "disable_gateway_key": Gateway,
    "block_address": AddressSet,
    "put_permissions_boundary": Boundary,
    "sign_out_cognito_user": Pool,
}


def test_every_action_that_several_runs_may_hold_is_tried_here() -> None:
    assert {name for name, action in ACTIONS.items() if action.about.shared} == set(SHARED)


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
def test_the_last_to_let_go_restores_what_the_first_found(account: Account, name: str, order: tuple[int, ...]) -> None:
    thing = SHARED[name](account)
    before = thing.state()
    runs = [held(account, number, *thing.step, **thing.parameters) for number in range(3)]
    stopped = thing.state()
    assert stopped != before
    for number in order[:-1]:
        let_go(account, runs[number])
        assert thing.state() == stopped
    let_go(account, runs[order[-1]])
    assert thing.state() == before


def test_a_key_made_in_between_is_enabled_again_too(account: Account) -> None:
    gateway = Gateway(account)
    first = held(account, 1, *gateway.step)
    later = gateway.key(enabled=True)
    second = held(account, 2, *gateway.step)
    let_go(account, first)
    let_go(account, second)
    assert gateway.state() == {gateway.first: True, gateway.off: False, later: True}


def test_the_receipt_says_who_holds_it_on(account: Account) -> None:
    thing = Boundary(account)
    first, second = (held(account, number, *thing.step) for number in (1, 2))
    release_step = first.plan.steps[0].id  # type: ignore[union-attr]
    let_go(account, first)
    receipt = account.ledger.receipt(first.id, release_step)
    assert receipt is not None
    assert f"run {second.id} holds it, too" in str(receipt.restored)


def test_two_that_let_go_at_the_same_moment_both_restore(account: Account) -> None:
    """Both runs are being undone before either step is: nobody inherits, and what the first found is put back."""
    thing = Boundary(account)
    runs = [held(account, number, *thing.step) for number in (1, 2)]
    for run in runs:
        account.response.begin_release(run.id, "undone")
    for run in reversed(runs):
        let_go(account, run)
    assert thing.state() is None


@pytest.mark.parametrize("at", range(1, 8))
def test_a_death_after_any_call_of_the_ledger_while_it_is_handed_over_loses_nothing(account: Account, at: int) -> None:
    thing = Boundary(account)
    first, second = (held(account, number, *thing.step) for number in (1, 2))
    account.response.begin_release(first.id, "undone")
    alive, fate = account.ledger, Fate(at, after=True)
    account.__dict__["ledger"] = Mortal(alive, fate)
    try:
        let_go(account, first)
    except Died:
        account.__dict__["ledger"] = alive
        let_go(account, first)
    account.__dict__["ledger"] = alive
    assert thing.state() is not None
    let_go(account, second)
    assert thing.state() is None
