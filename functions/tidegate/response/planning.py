"""Plan: the narrowest lever, how far it reaches, and exactly what it would change. Nothing is changed here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from tidegate.actions import Reach, action_named
from tidegate.actions.answers import understood
from tidegate.actions.deactivate_access_key import owner_of
from tidegate.errors import AsItWas, HeldAlready, Refused, TidegateError
from tidegate.incidents import SETTLES
from tidegate.model import (
    Incident,
    Minted,
    Mode,
    Plan,
    Receipt,
    Run,
    RunStatus,
    Severity,
    Step,
    StepStatus,
    Target,
    derived_id,
)
from tidegate.playbooks import Continuity, Lever, Means, PlaybookModule, Surroundings, held_as, playbook_named
from tidegate.response import rounds
from tidegate.response.approval import MOST_ASKED
from tidegate.response.caps import too_many_containments, untrusted_metadata
from tidegate.response.cleaning import announced
from tidegate.response.minted import living
from tidegate.response.newer_keys import newer, replacement
from tidegate.response.people import excluded
from tidegate.response.preflight import blast_of, refuse_elsewhere, refuse_protected, refuse_root
from tidegate.response.record import write_documents
from tidegate.response.world import UNDER_WAY, World, need_incident, planned_receipt, run_of, runs_of

HOLDS = (StepStatus.APPLIED, StepStatus.VERIFIED)
ACTS_WITHIN = timedelta(minutes=10)  # after the approval: evidence, rounds, what IAM takes to hold everywhere
NARROWEST = (Reach.ONE_END_USER, Reach.ONE_KEY, Reach.ONE_API_KEY)


def plan(world: World, incident_id: str, generation: int) -> dict[str, object]:
    """What `respond` goes on with. Planned once: a rerun finds the plan in the ledger and completes its receipts."""
    run = world.ledger.run(run_of(incident_id, generation))
    if run is None:
        run = world.ledger.save_run(_planned(world, need_incident(world, incident_id), generation))
    receipts = _receipts(world, run)
    write_documents(world, run, receipts)
    return {
        "run_id": run.id,
        "incident_id": incident_id,
        "playbook": run.playbook,
        "mode": run.mode.value if run.plan else "refused",
        "rounds": rounds.told(run.id, [receipt.step for receipt in receipts]),
        "approval_seconds": world.settings.approval_minutes * 60,
    }


def _planned(world: World, incident: Incident, generation: int) -> Run:
    now = world.clock()
    incident = incident.model_copy(update={"playbook": incident.playbook_of(generation)})
    run = Run(
        id=run_of(incident.id, generation),
        incident_id=incident.id,
        playbook=incident.playbook or "",
        mode=Mode.OBSERVE,
        status=RunStatus.PLANNED,
        heard=incident.first_heard if generation == 1 else incident.last_heard,
        started_at=now,
    )
    try:
        refuse_root(incident)
        playbook = playbook_named(incident.playbook)
        steps, remarks, asks = _steps(world, incident, playbook, generation)
    except Refused as refusal:
        enough = isinstance(refusal, HeldAlready) and not _goes_on(incident)
        status = RunStatus.NOT_NEEDED if enough else RunStatus.REFUSED
        return run.model_copy(update={"status": status, "error": str(refusal)})
    must_ask = _must_ask(world, incident, generation, steps, asks)
    mode, reason = _mode(world, incident, must_ask, remarks)
    made = Plan(
        run_id=run.id,
        incident_id=incident.id,
        playbook=playbook.about.id,
        mode=mode,
        steps=steps,
        reason=f"{incident.severity.value} incident of {', '.join(incident.detectors)} by {incident.caller}",
        reach=rounds.reached(steps),
        mode_reason=reason,
        must_ask=must_ask,
        remarks=remarks,
        created=now,
        expires=now + timedelta(minutes=world.settings.containment_minutes) if _expires(playbook, steps) else None,
        undo=" ".join(filter(None, (playbook.about.undo, announced(steps, world.settings.delete_stopped_keys_days)))),
        may_not_decide=excluded(incident, "tidegate", [person.names for person in world.rules.person]),
        stops=tuple(dict.fromkeys(str(said) for step in steps if (said := step.parameters.get("stops")))),
    )
    return run.model_copy(update={"plan": made, "mode": mode})


def _expires(playbook: PlaybookModule, steps: tuple[Step, ...]) -> bool:
    """Not when every step is right for good: logging that was restored is not switched off again."""
    return playbook.about.expires and not all(action_named(step.action).about.for_good for step in steps)


def _steps(
    world: World, incident: Incident, playbook: PlaybookModule, generation: int
) -> tuple[tuple[Step, ...], tuple[str, ...], tuple[str, ...]]:
    """The steps that may be taken, what has to be said about the others, and why a person must be asked.

    Raises Refused when nothing may be done: no round of the playbook has a step, or the only one lacks a required one.
    """
    steps: list[Step] = []
    remarks: list[str] = []
    asks: list[str] = []
    refused: list[Target] = []
    with understood(f"planning {playbook.about.id} for {incident.id}"):
        known = replace(
            _known(world, incident, generation),
            minted=partial(_minted, world, incident, remarks),
            ours=partial(_ours, world, incident, generation, remarks),
            newer=partial(newer, world, incident, generation),
        )
        try:
            levers = playbook.levers(incident, known)
        except HeldAlready as enough:
            raise HeldAlready("; ".join([str(enough).removesuffix("."), *dict.fromkeys(remarks)])) from enough
        taken = _taken(world, incident, generation)
        wanted = rounds.of_levers(lever for lever in levers if (lever.action, lever.target) not in taken)
        for each in wanted[: rounds.MOST_ROUNDS]:
            try:
                possible, said, ask = _round(world, incident, each, run_of(incident.id, generation), steps)
            except Refused as refusal:
                if len(wanted) == 1:
                    raise
                remarks.append(f"{_nothing_done(each[0].target)}{str(refusal).removesuffix('.')}")
                if not isinstance(refusal, AsItWas):
                    refused.append(each[0].target)
                continue
            steps += possible
            remarks += said
            asks += ask
        if left := wanted[rounds.MOST_ROUNDS :]:
            remarks.append(f"{len(left)} more are named, from {left[0][0].target} on: a person looks at them")
    held = [by for by, _ in _held(world, incident.id, generation)]
    if not steps and (taken or playbook.about.id in held) and not _news(world, incident, generation, refused):
        raise HeldAlready(
            "; ".join(["an earlier response to the incident holds, or is about to do, what this one would", *remarks])
        )
    if not steps:
        raise Refused("; ".join(remarks) or f"{playbook.about.id} has no lever for incident {incident.id}.")
    return tuple(steps), tuple(dict.fromkeys(remarks)), tuple(dict.fromkeys(asks))


def _news(world: World, incident: Incident, generation: int, refused: list[Target]) -> bool:
    """Whether nothing is done about something that no earlier response holds, or has told people of: they decide."""
    held = {str(step.target) for _, steps in _held(world, incident.id, generation) for step in steps}
    runs = runs_of(world, incident.id, until=generation - 1)
    said = "\n".join(line for run in runs for line in (run.error, *(run.plan.remarks if run.plan else ())))
    return any(str(target) not in held and _nothing_done(target) not in said for target in refused)


def _nothing_done(target: Target) -> str:
    return f"nothing is done about {target}: "


def _acts_within(world: World, incident: Incident) -> timedelta:
    """How long after it was made a plan has acted at the latest: a person may answer in the last minute."""
    asked = MOST_ASKED if incident.severity is Severity.CRITICAL else 1
    return asked * timedelta(minutes=world.settings.approval_minutes) + ACTS_WITHIN


def _round(
    world: World, incident: Incident, levers: list[Lever], run_id: str, before: list[Step]
) -> tuple[list[Step], list[str], list[str]]:
    """One round's steps, remarks and reasons to ask. Raises Refused when a required step can't be taken.

    A step that an earlier round takes already is left to that one.
    """
    steps: list[Step] = []
    remarks: list[str] = []
    asks: list[str] = []
    number = max((step.round for step in before), default=0) + 1
    for lever in levers:
        if lever.unless in {step.action for step in steps}:
            continue
        try:
            step, said, ask = _first_possible(world, incident, lever, run_id)
        except Refused as refusal:
            if lever.required:
                raise
            remarks.append(f"{lever.action} was left out: {str(refusal).removesuffix('.')}")
            continue
        if step.id not in {taken.id for taken in before}:
            steps.append(step.model_copy(update={"round": number}))
            remarks += said
            asks += ask
    return steps, remarks, asks


def _goes_on(incident: Incident) -> bool:
    """Calls succeeded once the latest containment had had time to hold."""
    since, through = incident.contained_at, incident.got_through_at
    return since is not None and through is not None and through > since + SETTLES


def _known(world: World, incident: Incident, generation: int) -> Surroundings:
    settings, held = world.settings, _held(world, incident.id, generation)
    return Surroundings(
        stack=settings.stack,
        key_owner=lambda key: owner_of(key, world.clients),
        standing=frozenset(
            held_as(step.action, step.target.id, step.parameters) for _, steps in held for step in steps
        ),
        goes_on=_goes_on(incident),
        means=Means(
            containment_policy=settings.containment_policy,
            address_set=settings.address_set,
            user_pool=settings.user_pool,
            identity_center=settings.identity_center,
            gateway_keys=settings.gateway_keys,
            secrets=settings.rotated_secrets,
            surge_guardrail=settings.surge_guardrail,
        ),
        now=world.clock(),
        acts_by=world.clock() + _acts_within(world, incident),
        continuity=tuple(Continuity(**rule.model_dump()) for rule in world.rules.continuity),
        before=lambda resource, time: world.snapshots.before(resource, time),
    )


def _first_possible(world: World, incident: Incident, lever: Lever, run_id: str) -> tuple[Step, list[str], list[str]]:
    """The lever, or the first that takes its place. Raises Refused with every reason when none can be used.

    What is protected is protected from the wider levers as well: nothing takes their place.
    """
    refuse_protected(lever.target, world.settings)
    refuse_elsewhere(lever.target, incident)
    reasons: list[str] = []
    for each in (lever, *lever.otherwise):
        try:
            step, remark = _step(world, incident, each, run_id)
        except Refused as refusal:
            reasons.append(f"{each.action}: {refusal}" if lever.otherwise else str(refusal))
            continue
        instead = [f"{each.action} instead of {'; '.join(reasons)}"] if reasons else []
        return step, [*instead, *([remark] if remark else [])], [each.asks] if each.asks else []
    raise Refused("; ".join(reasons))


def _minted(world: World, incident: Incident, remarks: list[str], key: str) -> tuple[Minted, ...]:
    """What was made out of a key and still lives. Where nobody can tell, the plan says so and goes on without."""
    try:
        return living(world, incident.account, key, since=incident.first_seen)
    except TidegateError as error:
        remarks.append(f"what was made out of key {key} could not be looked for: {error}")
    return ()


def _ours(world: World, incident: Incident, generation: int, remarks: list[str], key: str) -> str:
    """Why a key is left alone, which the plan says."""
    why = replacement(world, incident, generation, key)
    remarks += [why] if why else []
    return why


def _taken(world: World, incident: Incident, generation: int) -> list[tuple[str, Target]]:
    """What earlier runs of the incident, which have not ended, are about to do: left to them while they can."""
    runs, since = runs_of(world, incident.id, until=generation - 1), world.clock() - _acts_within(world, incident)
    plans = [run.plan for run in runs if run.plan and run.status in UNDER_WAY and run.started_at > since]
    return [(step.action, step.target) for plan in plans for step in plan.steps]


def _held(world: World, incident_id: str, generation: int) -> list[tuple[str, list[Step]]]:
    """What earlier runs of the incident still hold: playbook and steps of each run that holds any."""
    runs = runs_of(world, incident_id, until=generation - 1)
    held = ((run.playbook, world.ledger.receipts(run.id)) for run in runs)
    steps = ((by, [receipt.step for receipt in receipts if receipt.status in HOLDS]) for by, receipts in held)
    return [(by, standing) for by, standing in steps if standing]


def _step(world: World, incident: Incident, lever: Lever, run_id: str) -> tuple[Step, str]:
    refuse_protected(lever.target, world.settings)
    action = action_named(lever.action)
    blast = blast_of(world, incident, lever)
    step = Step(
        id=derived_id("step", run_id, lever.action, str(lever.target)),
        action=lever.action,
        target=lever.target,
        parameters=lever.parameters,
        calls=action.about.calls,
        reach=blast.reach,
        reached=blast.reached,
    )
    found = action.snapshot(step, world.clients)
    return step.model_copy(update={"difference": tuple(action.differences(step, found))}), blast.remark


def _must_ask(
    world: World, incident: Incident, generation: int, steps: tuple[Step, ...], asks: tuple[str, ...]
) -> tuple[str, ...]:
    """Why a person has to decide, whatever the mode."""
    mode = world.settings.mode_of(incident.playbook or "")
    limit = world.settings.reach_limit
    reasons = []
    far = rounds.reached([step for step in steps if step.reach >= 0])
    if far > limit:
        levers = "the lever" if len(steps) == 1 else "the levers"
        reasons.append(f"{far} others use {levers}, more than the {limit} that auto may reach")
    if uncounted := [step.action for step in steps if step.reach < 0 and not _may_go_uncounted(world, step)]:
        reasons.append(f"how many others {', '.join(uncounted)} would reach is unknown")
    if held := _held_down(world, incident.id, generation):
        reasons.append(held)
    reasons += asks
    reasons += [why for why in (incident.asks, untrusted_metadata(world, incident)) if why]
    if mode is Mode.AUTO and not reasons:
        capped = too_many_containments(world, incident, rounds.executions(run_of(incident.id, generation), steps))
        reasons += [capped] if capped else []
    return tuple(reasons)


def _mode(world: World, incident: Incident, must_ask: tuple[str, ...], remarks: tuple[str, ...]) -> tuple[Mode, str]:
    """The mode that was asked for, unless a reason makes auto ask a person first."""
    asked = world.settings.mode_of(incident.playbook or "")
    if asked is not Mode.AUTO:
        return asked, "; ".join(remarks)
    reasons = [f"auto became approve: {reason}" for reason in must_ask]
    return Mode.APPROVE if must_ask else asked, "; ".join([*reasons, *remarks])


def _may_go_uncounted(world: World, step: Step) -> bool:
    """Only what reaches one end user or one key, and only where the settings say so."""
    return world.settings.uncounted_auto and action_named(step.action).about.reach in NARROWEST


def _held_down(world: World, incident_id: str, generation: int) -> str:
    """After a release the same incident isn't contained again by itself for as long as a containment lasts."""
    hold = timedelta(minutes=world.settings.containment_minutes)
    for run in runs_of(world, incident_id, until=generation - 1):
        if run.released_at and world.clock() < run.released_at + hold:
            return f"run {run.id} of this incident was released at {run.released_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _receipts(world: World, run: Run) -> list[Receipt]:
    receipts = []
    for step in run.plan.steps if run.plan else ():
        receipt = world.ledger.receipt(run.id, step.id)
        receipts.append(receipt or world.ledger.save_receipt(planned_receipt(run, step, run.started_at)))
    return receipts
