"""The many names behind one principal, judged together: sessions of a role, users of a key, principals of an account.

Whoever takes another name for each request is nobody for long enough to be judged by a name. What stays the same is
who signs for them. Folding all of a principal's calls would drown an attack in its application's traffic, cost a second
fold a record, and accuse twice; so a crowd takes the first records of each name and day only. From there on a name is
judged by itself. The same holds one level up: an account's crowd takes the first records of each principal.

Only new names count: names that are made up for an attack have no past, and who has one is judged by it. So a crowd is
what is new below a principal, however large its application is.

The names whose records stood out most are kept, so that whoever judges the crowd knows whom it is about.

Whoever is accused by a narrower name adds nothing. Counting names costs two bits in one of `PLACES`; names that share
a place are one, and whenever half of the places are taken they are emptied, so that names count again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec

from tidegate.callers.behaviour.day import UNIT
from tidegate.callers.behaviour.memory import Behaviour, Observation, short_id
from tidegate.callers.behaviour.past_day import PastDay
from tidegate.callers.behaviour.record import Record, read
from tidegate.model import Invocation, narrowest_caller
from tidegate.scoring.calibration import Calibrated
from tidegate.scoring.scale import Scale
from tidegate.scoring.statistics import ATTACKS, RULE, deviance
from tidegate.sources.contents import Contents

if TYPE_CHECKING:
    from tidegate.detectors.about import Known

LIGHT = 2  # records of a name and day; heads are asked about a name from its fifth on, sums and phrases tell sooner
NEW_DAYS = 3  # since the first record of a name, in which it is new
FEWEST_NAMES = 8  # of a day, below which nobody is accused: some callers are not a crowd
PLACES = 512
_BITS = 2
_MASK = (1 << _BITS) - 1
_PHRASES = 0.01  # of a crowd's records that hold one, whoever they are
MEMBERS = 8  # names kept, about sixty bytes each
_LONGEST = 100  # characters of a name that is kept: cut off it would be another's
_ACCOUNT = "account:"
_DAY = 86_400


class Named(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Of today's names one whose record stood out most."""

    units: int  # of the tail, in sixteenths; of its loudest record
    name: str
    id: Any  # of that record: text or sixteen bytes, see id_of
    told: bool = False  # has a finding of its own


class Crowd(Behaviour, array_like=True):
    counts: bytes = b""  # how many records each name had today
    names: int = 0  # of today
    members: list[Named] = msgspec.field(default_factory=list)  # the loudest first

    def observe(self, call: Invocation, known: Known) -> Observation | None:
        if call.error:
            return None
        name = name_below(call, known.name)
        if not name or known.is_accused(call.account, name) or known.is_accused(call.account, call.caller):
            return None
        if known.is_established(call.account, name, call.time, NEW_DAYS):
            return None
        shift = crc32(name.encode("utf-8", "surrogatepass")) % PLACES * _BITS
        asked = 0 if int(call.time) // _DAY > self.day else int.from_bytes(self.counts, "little") >> shift & _MASK
        if asked >= LIGHT:
            return None
        record = known.record_of(call, known.contents(call), known.crowds.scale)
        if record is None:
            return None
        seen = self.fold(record, known.crowds)
        self._keep_member(name, record)
        if not asked:
            if self.names and self.names % (PLACES // 2) == 0:  # half full: too many names look like others
                self.counts = b""
            self.names += 1
        counts = int.from_bytes(self.counts, "little") + (1 << shift)
        self.counts = counts.to_bytes((counts.bit_length() + 7) // 8, "little")
        return seen

    def _keep_member(self, name: str, record: Record) -> None:
        units = round(max(record.tail) * UNIT) + (3 * UNIT if record.phrases else 0)
        full = len(self.members) >= MEMBERS
        if len(name) > _LONGEST or (full and units <= self.members[-1].units):
            return
        mine = Named(units, name, short_id(record.call.id))
        for other in self.members:
            if other.name == name:
                mine = other if other.units >= units else Named(units, name, mine.id, other.told)
        some = [*(other for other in self.members if other.name != name), mine]
        self.members = sorted(some, key=lambda one: (-one.units, one.name))[:MEMBERS]

    def tell_members(self, least: int) -> list[Named]:
        """Those not told of yet whose record stood out by so many units; from now on they are."""
        news = [one for one in self.members if one.units >= least and not one.told]
        self.members = [Named(one.units, one.name, one.id, one.told or one in news) for one in self.members]
        return news

    def measured(self) -> PastDay:
        """Of a day on which it was no crowd, nothing: thresholds are learned from those that can accuse."""
        return super().measured() if self.names >= FEWEST_NAMES else PastDay(self.day)

    def _turn(self, day: int, calibration: Calibrated) -> None:
        super()._turn(day, calibration)
        self.counts, self.names, self.members = b"", 0, []

    @property
    def folds(self) -> tuple[int, int]:
        """What rises with each record taken: a batch that changes nothing needs no write, and may come again."""
        return self.day, self.today.records

    def tell(self, call: Invocation, known: Known, opened: object, *, again: bool) -> None:
        """Nothing: its names tell, those that ask enough."""

    def _count_phrases(self, record: Record, expects_open: bool, values: dict[int, float]) -> None:
        """A crowd has its share of odd prompts every day: what tells is how many more there are than usual."""
        super()._count_phrases(record, expects_open, values)
        today = max(self.today.records, 1)
        for place in range(len(ATTACKS)):
            if RULE + place in values:
                usual = self.usual_hits[place] / 16 / max(self.profile.records, 1)
                values[RULE + place] = deviance(self.hits[place] / 2, (_PHRASES + usual) * today)


def name_below(call: Invocation, crowd: str) -> str:
    """The name that a call goes by in a crowd; empty where it is the crowd's own."""
    signer = signer_of(call)
    if crowd.startswith(_ACCOUNT):
        return signer
    return call.caller if signer == crowd != call.caller else ""


def crowds_of(call: Invocation) -> tuple[str, ...]:
    """Narrowest first."""
    signer = signer_of(call)
    account = _ACCOUNT + call.account
    return (account,) if signer == call.caller else (signer, account)


def signer_of(call: Invocation) -> str:
    """Who signed, without a session's name: a role, a user, a key."""
    principal = call.principal
    return f"role:{principal.name}" if principal.session else narrowest_caller(principal)


class Readings:
    """The records of a batch that a crowd will ask for, opened and scored once: the first ones of each caller."""

    def __init__(self) -> None:
        self._kept: dict[int, Record | None] = {}  # by identity: the batch holds the calls all the while
        self._asked: Counter[tuple[str, str]] = Counter()

    def of(self, call: Invocation, contents: Contents, scale: Scale) -> Record | None:
        if id(call) in self._kept:
            return self._kept[id(call)]
        record = read(call, contents, scale)
        who = call.account, call.caller
        if self._asked[who] < LIGHT:
            self._asked[who] += 1
            # The words themselves aren't asked for again, and are most of a record's memory.
            slim = record and record._replace(text=record.text._replace(plain="", words=[], distinct=frozenset()))
            self._kept[id(call)] = slim
        return record
