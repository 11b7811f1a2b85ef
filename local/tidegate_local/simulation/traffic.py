"""A caller's day: which requests, when, in which conversations, at what size and with what outcome."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from tidegate_local.simulation import arrivals
from tidegate_local.simulation.actors import Actor
from tidegate_local.simulation.arrivals import DAY, Shape
from tidegate_local.simulation.calls import Call, Exchange, Message, Model, Part, says
from tidegate_local.simulation.families import Family
from tidegate_local.simulation.profiles import DEFAULT, Profile
from tidegate_local.simulation.scripts.scene import Scene

SIGN_TOKENS = 4.2  # characters a token, English text
HISTORY = 24  # messages that an application sends along at most
THROTTLED, TIMED_OUT = 0.004, 0.001  # of calls; assumed
GUARDRAIL_ERRS = 0.002  # blocks of benign requests; assumed
GUARDRAIL_HITS = 0.35  # of attack prompts, where the application has a guardrail; assumed
UNEVEN = 2.5  # coefficient of variation of one machine's gaps: between the two traces of arrivals.py, which mix many
LATENCY = (350.0, 14.0)  # milliseconds to begin, and a token
CACHED_FROM = 1024  # tokens of prefix from which an application caches


def day_of(
    who: Actor, day: int, midnight: float, *, shape: Shape = arrivals.CONVERSATION, most: int | None = None
) -> list[Call]:
    """The calls of one day, in the order of their times. `day` counts from the simulation's first.

    Deterministic by seed, label and day alone: callers and days may be made in any order. `most` caps a day's calls.
    """
    dice = Random(f"{who.seed}/{day}")
    weekend = (int(midnight // DAY) + 4) % 7 in (0, 6)  # the epoch began on a Thursday
    attacking = who.attacks(day)
    if day < who.joins or (who.sleeps and not attacking):
        return []
    plans = _plans(who, day, dice, weekend, attacking, most or who.profile.most)
    calls = [call for plan in plans for call in _conversation(who, plan, day, midnight, dice, shape)]
    calls.sort(key=lambda call: call.time)
    return calls


@dataclass(slots=True)
class _Plan:
    """A conversation to be had: who speaks how, from when on, how often."""

    profile: Profile
    family: Family | None
    start: float  # seconds after midnight UTC
    turns: int
    gap: float  # mean seconds between a machine's calls; 0: a person
    model: Model


def _plans(who: Actor, day: int, dice: Random, weekend: bool, attacking: bool, most: int) -> list[_Plan]:
    profile = who.profile
    working = 1.0 if profile.weekends or not weekend else arrivals.WEEKEND
    drift = 1.0 + 0.01 * day * (Random(who.seed).random() - 0.4)  # a caller's use grows or shrinks slowly
    usual = who.pace * drift * math.exp(dice.gauss(0, profile.spread * 0.6))
    benign = round(usual * min(1.0, working))
    if dice.random() > profile.active * working and not attacking:
        return []
    benign = max(1, min(most, benign))
    wanted = 0
    if attacking and who.family is not None:
        wanted = max(1, int(who.family.calls * math.exp(dice.gauss(0, who.family.spread))))
        cover = wanted * (1 - who.share) / who.share if who.share else 0.0
        total = min(most, wanted + cover)
        wanted = max(1, round(total * who.share))
        benign = round(total - wanted)
    plans = _split(who, day, None, benign, dice)
    if wanted and who.family is not None:
        plans += _split(who, day, who.family, wanted, dice)
    return plans


def _split(who: Actor, day: int, family: Family | None, calls: int, dice: Random) -> list[_Plan]:
    """So many calls as conversations. A machine's run begins once and goes on; people come back through their day."""
    profile = who.profile
    turns_mean = family.turns if family else profile.turns
    machine = family.machine if family else profile.machine
    hours = profile.hours if not machine else arrivals.FLAT if family else profile.hours
    models = family.models if family and (family.models is not DEFAULT or dice.random() < 0.5) else who.models
    plans: list[_Plan] = []
    if calls <= 0:
        return plans
    if machine:
        # A campaign's accounts begin together.
        together = Random(f"{who.group}/{day}") if family and who.group else dice
        start = arrivals.hour_of(together, hours, 0 if family and who.group else who.zone)
        gap = min(60.0, max(0.4, (DAY - start) * 0.5 / calls)) * (0.3 + dice.random())
        at = start
        for _ in range(calls):
            plans.append(_Plan(profile, family, at, 1, gap, models[int(dice.random() * len(models))]))
            at += arrivals.machine_gap(dice, gap, UNEVEN)
        return plans
    while calls > 0:
        turns = min(
            calls, 1 if turns_mean <= 1 else 1 + int(dice.expovariate(1 / (turns_mean - 1))) if turns_mean > 1 else 1
        )
        plans.append(
            _Plan(
                profile,
                family,
                arrivals.hour_of(dice, hours, who.zone),
                turns,
                0.0,
                models[int(dice.random() * len(models))],
            )
        )
        calls -= turns
    return plans


def _conversation(who: Actor, plan: _Plan, day: int, midnight: float, dice: Random, shape: Shape) -> Iterator[Call]:
    script = plan.family.script if plan.family else plan.profile.script
    messages: tuple[Message, ...] = ()
    tokens = cached = 0
    last: Exchange | None = None
    at = midnight + min(plan.start, DAY - 1)
    for turn in range(plan.turns):
        speaker = who.attacker if plan.family else who.speaker
        exchange = script(Scene(speaker, dice, turn, day, last, shape, who.system))
        system = who.system if exchange.system is None else exchange.system
        exchange.parameters = exchange.parameters or who.parameters
        if not exchange.follows:
            messages, tokens, cached = (), _tokens(system), 0
        said = _said(exchange, last)
        messages = (*messages[-HISTORY:], said)
        fresh = sum(_tokens(part.text) for part in said.parts)
        exchange = _outcome(who, exchange, dice)
        made = _generated(exchange, dice)
        read = tokens - tokens % 64 if cached and tokens >= CACHED_FROM else 0
        kept = tokens + fresh - read if plan.turns > 2 and tokens + fresh >= CACHED_FROM else 0
        yield Call(
            time=at,
            who=who.who,
            model=plan.model,
            request_id=_request_id(dice),
            system=system,
            messages=messages,
            exchange=exchange,
            streamed=not exchange.embed and Random(who.seed).random() < plan.profile.streamed,
            input_tokens=0 if exchange.error or exchange.blocked[0] else tokens + fresh - read - kept,
            output_tokens=made,
            cache_read=read,
            cache_write=kept,
            latency_ms=int(LATENCY[0] + LATENCY[1] * made * math.exp(dice.gauss(0, 0.3))),
        )
        at += arrivals.machine_gap(dice, plan.gap, UNEVEN) if plan.gap else arrivals.pause(dice)
        at = min(at, midnight + DAY - 0.001)
        if exchange.error:
            messages = messages[:-1]
            continue
        messages = (*messages, _answered(exchange))
        tokens += fresh + made
        cached = kept or cached
        last = exchange


def _said(exchange: Exchange, last: Exchange | None) -> Message:
    parts = [Part("document", text, f"passage {number}") for number, text in enumerate(exchange.retrieved, 1)]
    parts += [Part("tool_result", text, use=last.tool if last else None) for text in exchange.tool_results]
    if exchange.ask or not parts:
        parts.append(Part("text", exchange.ask))
    return Message("user", tuple(parts))


def _answered(exchange: Exchange) -> Message:
    if exchange.tool is not None:
        parts = [Part("tool_use", name=exchange.tool.name, use=exchange.tool)]
        return Message("assistant", tuple([Part("text", exchange.answer), *parts] if exchange.answer else parts))
    return says("assistant", exchange.answer or ".")


def _outcome(who: Actor, exchange: Exchange, dice: Random) -> Exchange:
    """Throttles, time-outs and guardrails, which come from outside the script."""
    chance = dice.random()
    if exchange.error:
        return exchange
    if chance < THROTTLED:
        exchange.error = "ThrottlingException"
    elif chance < THROTTLED + TIMED_OUT:
        exchange.error = "ModelTimeoutException"
    elif who.guardrail and not exchange.embed:
        harmful = exchange.attack and who.family is not None and who.family.group == "prompt"
        if dice.random() < (GUARDRAIL_HITS if harmful else GUARDRAIL_ERRS):
            policy = "PROMPT_ATTACK" if harmful else ("MISCONDUCT", "INSULTS", "Legal advice")[int(dice.random() * 3)]
            return replace(
                exchange,
                answer="Sorry, this request can't be answered here.",
                blocked=(who.guardrail, policy),
                tool=None,
            )
        return replace(exchange, blocked=("", who.guardrail))
    return exchange


def _generated(exchange: Exchange, dice: Random) -> int:
    if exchange.error or exchange.embed or exchange.blocked[0]:
        return 0
    if exchange.output_tokens:
        return exchange.output_tokens
    if exchange.tool is not None:
        return 40 + int(dice.random() * 60)
    return max(1, _tokens(exchange.answer))


def _tokens(text: str) -> int:
    return int(len(text) / SIGN_TOKENS) + 3 if text else 0


def _request_id(dice: Random) -> str:
    digits = f"{dice.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
