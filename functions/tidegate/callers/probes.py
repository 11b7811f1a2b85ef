"""Which probes were sent, and when each path answered last: one item.

A probe is known by the hash of what was sent, which holds a number that nobody can guess. What isn't in here is no
probe, whatever it calls itself.
"""

from __future__ import annotations

import hashlib

import msgspec

from tidegate.errors import Permanent

KEY = "tidegate/probes"
_KEPT = 2 * 86_400  # seconds that a probe is still known; queues deliver again for hours
_MARK_BYTES = 16


class Sent(msgspec.Struct, array_like=True):
    path: str
    mark: bytes
    at: int  # epoch seconds
    answered: int = 0


class Probes(msgspec.Struct, array_like=True):
    sent: list[Sent] = []
    answers: dict[str, int] = {}  # path -> when a probe came out there last
    silent: dict[str, list[str]] = {}  # path -> detectors that didn't fire on their own case then
    account: str = ""  # of the stack
    region: str = ""

    def send(self, path: str, content: bytes, now: float) -> None:
        self.sent = [one for one in self.sent if one.at > now - _KEPT]
        self.sent.append(Sent(path, mark_of(content), int(now)))

    def find(self, path: str, content: bytes) -> Sent | None:
        mark = mark_of(content)
        return next((one for one in self.sent if one.mark == mark and one.path == path), None)

    def answer(self, probe: Sent, now: float, silent: list[str]) -> None:
        probe.answered = probe.answered or int(now)
        self.answers[probe.path] = max(int(now), self.answers.get(probe.path, 0))
        self.silent[probe.path] = silent

    def overdue(self, now: float, *, wait: int) -> list[Sent]:
        """Of each path the oldest probe since its last answer that has had its time."""
        late: dict[str, Sent] = {}
        for one in self.sent:
            if not one.answered and one.at > self.answers.get(one.path, 0) and one.at + wait <= now:
                late.setdefault(one.path, one)
        return list(late.values())

    def last_sent(self) -> int:
        return max((one.at for one in self.sent), default=0)


def mark_of(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_MARK_BYTES]


_decode = msgspec.msgpack.Decoder(Probes).decode
_encode = msgspec.msgpack.Encoder().encode


def probes_of(data: bytes) -> Probes:
    """Raises Permanent when the stored bytes aren't ours."""
    if not data:
        return Probes(sent=[], answers={}, silent={})
    try:
        return _decode(data)
    except msgspec.MsgspecError as error:
        raise Permanent(f"{KEY}: can't be read ({error}). Delete the item: probing begins anew.") from error


def bytes_of(probes: Probes) -> bytes:
    return _encode(probes)
