"""Who takes part: benign callers of each class, and the callers of a campaign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tidegate_local.simulation.callers import caller
from tidegate_local.simulation.calls import Caller, Model
from tidegate_local.simulation.families import Family
from tidegate_local.simulation.profiles import CLASSES, Profile
from tidegate_local.simulation.voice import Speaker, Voice


@dataclass(slots=True)
class Actor:
    """One caller through all days. `family` None: benign. `begins`: the first day of the attack."""

    label: str
    profile: Profile
    who: Caller
    speaker: Speaker
    attacker: Speaker  # how the attack is asked: not in the manner of the caller it hides behind
    seed: str
    zone: int
    models: tuple[Model, ...]
    system: str
    guardrail: str
    pace: float  # this caller's own calls a day, median
    parameters: dict[str, object]  # of its requests, where a script doesn't need others
    family: Family | None = None
    share: float = 0.0
    begins: int = 0
    ends: int = 1 << 30
    sleeps: bool = False  # does nothing before it begins
    joins: int = 0  # the first day it calls at all
    group: str = ""  # of a campaign

    @property
    def kind(self) -> str:
        return self.family.name if self.family else self.profile.name

    def attacks(self, day: int) -> bool:
        return self.family is not None and self.begins <= day < self.ends


def actor(
    label: str,
    profile: Profile,
    voice: Voice,
    seed: str,
    account: str,
    *,
    family: Family | None = None,
    share: float = 0.0,
    begins: int = 0,
    ends: int = 1 << 30,
    sleeps: bool = False,
    group: str = "",
    part: tuple[int, int] = (0, 1),
) -> Actor:
    """`part`: which of how many accounts of the campaign `group`, which ask in one manner from one pool."""
    own = f"{seed}/{label}"
    dice = Random(own)
    identity = caller(
        label,
        profile.name,
        family.who if family else profile.who,
        dice,
        account,
        stranger=bool(family and family.new_origin),
    )
    used = 1 if profile.machine or dice.random() < 0.7 else 2
    zone = (-5, 0, 1, 1, 2, 8)[int(dice.random() * 6)]
    first = int(dice.random() * len(profile.models))
    speaker = voice.speaker(Random(f"{own}/speaker"))
    guarded = dice.random() < profile.guarded or (family is not None and family.guarded)
    return Actor(
        label=label,
        profile=profile,
        who=identity,
        speaker=speaker,
        attacker=voice.speaker(Random(f"{seed}/{group or label}/attacker"), part),
        seed=own,
        zone=zone,
        models=tuple(profile.models[(first + step) % len(profile.models)] for step in range(used)),
        system=speaker.system(profile.system, dice),
        guardrail=f"gr{dice.getrandbits(40):010x}" if guarded else "",
        parameters=_habits(dice),
        pace=profile.calls * math.exp(dice.gauss(0, profile.spread * 0.7)),
        family=family,
        share=(family.share if family and family.share is not None else share),
        begins=begins,
        ends=ends,
        sleeps=sleeps,
        group=group,
    )  # fmt: skip


def _habits(dice: Random) -> dict[str, object]:
    """What a client sets once and leaves: drawn alike for benign callers and attackers."""
    found: dict[str, object] = {"maxTokens": (512, 1024, 1024, 2048, 4096, 8192)[int(dice.random() * 6)]}
    if dice.random() < 0.6:
        found["temperature"] = (0.0, 0.2, 0.5, 0.7, 1.0)[int(dice.random() * 5)]
    return found


def campaign(
    family: Family,
    voice: Voice,
    seed: str,
    account: str,
    label: str,
    *,
    share: float,
    begins: int = 0,
    ends: int = 1 << 30,
    sleeps: bool | None = None,
) -> list[Actor]:
    """The callers of one attack: one, or the accounts it is spread over."""
    dice = Random(f"{seed}/{label}/campaign")
    cover = CLASSES[family.cover[int(dice.random() * len(family.cover))]]
    new = (dice.random() < 0.5 or family.new_origin) if sleeps is None else sleeps
    return [
        actor(
            f"{label}-{number}" if family.accounts > 1 else label,
            cover, voice, seed, account, family=family, share=share, begins=begins, ends=ends, sleeps=new,
            group=label if family.accounts > 1 else "", part=(number, family.accounts),
        )
        for number in range(family.accounts)
    ]  # fmt: skip


def benign_callers(
    profiles: Sequence[Profile], count: int, voice: Voice, seed: str, account: str, prefix: str = ""
) -> list[Actor]:
    """`count` callers, spread over the classes in turn."""
    return [
        actor(
            f"{prefix}{profiles[number % len(profiles)].name.replace('_', '-')}-{number:04d}",
            profiles[number % len(profiles)],
            voice,
            seed,
            account,
        )
        for number in range(count)
    ]
