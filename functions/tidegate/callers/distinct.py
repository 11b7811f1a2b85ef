"""How many different things within a sliding hour, in a few hundred bytes: linear counting by step of event time.

A step is a bitmap; a thing sets the bit that its hash names, so seeing it again changes nothing and neither order nor
redelivery matters. The share of bits that stayed zero tells how many things there were: n = -m ln(zeros / m) (Whang,
Vander-Zanden, Taylor: A linear-time probabilistic counting algorithm, 1990). With 512 bits the standard error is 4 %
at 500 things and 9 % at 1,500; more than `MOST` can't be told apart.
"""

from __future__ import annotations

import hashlib
from math import log

import msgspec

SECONDS = 900  # length of a step
WINDOW = 4  # steps: the hour that is counted
KEPT = 8  # steps: another hour for what arrives late
MOST = 1_500
_BITS = 512


class Distinct(msgspec.Struct, array_like=True):
    latest: int = 0  # the newest step, counted since the epoch
    steps: list[bytes] = []  # bitmaps, the newest last; empty ones are b""

    def add(self, thing: str, time: float) -> bool:
        """Whether this changed anything: news, and not older than what is kept."""
        step = int(time) // SECONDS
        if step > self.latest:
            ahead = step - self.latest
            self.steps = [*self.steps, *[b""] * ahead][-KEPT:] if self.steps and ahead < KEPT else [b""]
            self.latest = step
        age = self.latest - step
        if age >= KEPT:
            return False
        if age >= len(self.steps):
            self.steps = [b""] * (age + 1 - len(self.steps)) + self.steps
        digest = hashlib.blake2b(thing.encode("utf-8", "surrogatepass"), digest_size=2).digest()
        bit = 1 << int.from_bytes(digest) % _BITS
        before = int.from_bytes(self.steps[-1 - age])
        if before & bit:
            return False
        self.steps[-1 - age] = (before | bit).to_bytes(_BITS // 8)
        return True

    def ending(self, step: int) -> int:
        """How many different things in the window whose last step this is; `MOST` stands for any more."""
        together = 0
        for past in range(step - WINDOW + 1, step + 1):
            age = self.latest - past
            if 0 <= age < len(self.steps):
                together |= int.from_bytes(self.steps[-1 - age])
        zeros = _BITS - together.bit_count()
        return min(MOST, round(-_BITS * log(zeros / _BITS))) if zeros else MOST

    def windows(self, time: float) -> range:
        """The last steps of the windows that hold `time`."""
        step = int(time) // SECONDS
        return range(step, min(step + WINDOW - 1, self.latest) + 1)
