"""How many different things were seen, in 64 bytes: HyperLogLog (Flajolet et al. 2007), with linear counting below.

Seeing a thing again changes nothing, order does not matter, and two sketches merge by the larger register: what a
redelivered batch needs. 64 registers err by 13 % (1.04 / sqrt(64)); thresholds must leave room for that.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable

import msgspec

REGISTERS = 64  # a power of two
_INDEX_BITS = REGISTERS.bit_length() - 1
_REST_BITS = 64 - _INDEX_BITS
_ALPHA = 0.709  # the paper's constant for 64 registers


class HyperLogLog(msgspec.Struct, array_like=True):
    """Empty until the first thing: one byte for who has seen nothing."""

    registers: bytes = b""

    def add(self, hashes: Iterable[int]) -> None:
        """`hashes`: 64 evenly spread bits each, see `hash64`."""
        registers = bytearray(self.registers or REGISTERS)
        for value in hashes:
            place = value & (REGISTERS - 1)
            rank = _REST_BITS - ((value >> _INDEX_BITS) & ((1 << _REST_BITS) - 1)).bit_length() + 1
            if rank > registers[place]:
                registers[place] = rank
        if any(registers):
            self.registers = bytes(registers)

    def merge(self, other: HyperLogLog) -> None:
        if not self.registers:
            self.registers = other.registers
        elif other.registers:
            self.registers = bytes(map(max, self.registers, other.registers))

    def estimate(self) -> float:
        if not self.registers:
            return 0.0
        empty = self.registers.count(0)
        raw = _ALPHA * REGISTERS * REGISTERS / sum(2.0**-rank for rank in self.registers)
        return REGISTERS * math.log(REGISTERS / empty) if raw <= 2.5 * REGISTERS and empty else raw


def hash64(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
