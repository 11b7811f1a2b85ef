"""The watch over our own sight: calls without a log record, sources that fell silent, probes without an answer.

Runs on a schedule, and in a replay as event time goes by. What it finds depends on what arrived and on the time it is
given, so looking twice finds the same: the findings go out first, then how far it looked is written down. A crash in
between looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tidegate.callers.absence import Rhythm
from tidegate.callers.heard import INVOCATION_LOG, KEY, MODEL_CALLS, STEP, Heard, Source, heard_of
from tidegate.callers.pages import PAGE
from tidegate.callers.probes import KEY as PROBES
from tidegate.callers.probes import probes_of
from tidegate.callers.watches import KEY as WATCH
from tidegate.callers.watches import PAGES_AN_HOUR, PageCount, RegionWatch, bytes_of, counted, watched_of
from tidegate.detectors import telemetry_gap
from tidegate.detectors.about import Known, Signal
from tidegate.detectors.findings import finding_of
from tidegate.detectors.telemetry_gap import Counted, Gap, Mute, Quiet, Unanswered
from tidegate.index.documents import suppression_document
from tidegate.joining import Joining
from tidegate.model import Finding, derived_id
from tidegate.ports import CallerStates, Clock, ConfigurationSnapshots, FindingQueue, Outbox
from tidegate.rules import Rules
from tidegate.settings import Settings
from tidegate.suppression import count_suppressed, judged

_MOST_PAGES = 48  # compared a run and Region: four hours, so that a backlog is caught up with, in several runs
_OLDEST = 14 * 86_400 // PAGE  # as long as a rhythm knows when models were called
_FORGET = 30 * 86_400
PROBE_SECONDS = 1800  # a probe takes two minutes; a queue that is behind has its own alarm
UNSENT_SECONDS = 3 * 3600  # probes are sent every hour
_UNTOLD = (MODEL_CALLS,)  # heard for the comparison; that nobody calls models is nobody's trouble


class Watch:
    def __init__(
        self,
        states: CallerStates,
        snapshots: ConfigurationSnapshots,
        findings: FindingQueue,
        outbox: Outbox,
        rules: Rules,
        settings: Settings,
        clock: Clock,
        *,
        on_suppressed: Callable[[Sequence[Finding]], None] = count_suppressed,
    ) -> None:
        self._on_suppressed = on_suppressed
        self._states = states
        self._snapshots = snapshots
        self._findings = findings
        self._outbox = outbox
        self._rules = rules
        self._wait = settings.join_minutes * 60
        self._joining = Joining(states, minutes=settings.join_minutes, clock=clock)
        self._clock = clock
        self.unanswered = 0  # at the last look: paths that owe an answer, and those whose detectors stay silent

    def look(self, now: float | None = None) -> list[Finding]:
        """Looks at all that is due at `now` (epoch seconds; the clock's where none is given); sends what it found."""
        moment = self._clock().timestamp() if now is None else now
        stored = self._states.load([KEY, WATCH])
        heard, watched = heard_of(stored[KEY].data), watched_of(stored[WATCH].data)
        self.unanswered = 0
        signals = [*self._silences(heard, moment), *self._probes(moment)]
        for source, rhythm in heard.sources():
            if source.name == MODEL_CALLS:
                place = f"{source.account}/{source.region}"
                region = watched.regions.setdefault(place, RegionWatch(rhythm.first * STEP // PAGE - 1, hour=[]))
                signals += self._gaps(source, rhythm, region, heard, moment)
        stated = {finding.id: finding for finding in map(self._finding, signals)}
        new = {name: finding for name, finding in stated.items() if watched.untold(name)}
        found = {name: finding for name, finding in new.items() if finding.suppressed is None}
        if found:
            self._findings.send(found.values())
        if kept := [finding for finding in new.values() if finding.suppressed]:
            batch = derived_id("suppressions", *sorted(finding.id for finding in kept))
            self._outbox.write(batch, map(suppression_document, kept))
            self._on_suppressed(kept)
        data = bytes_of(watched)
        if data != stored[WATCH].data:
            forget_at = self._clock().timestamp() + _FORGET
            self._states.save(WATCH, data, revision=stored[WATCH].revision, forget_at=forget_at)
        return list(found.values())

    def _finding(self, signal: Signal) -> Finding:
        return judged(finding_of(telemetry_gap.about, signal), signal, self._rules)

    def _silences(self, heard: Heard, now: float) -> Iterator[Signal]:
        for source, rhythm in heard.sources():
            if source.name not in _UNTOLD and (silence := rhythm.silence(now)):
                yield from telemetry_gap.detect(Quiet(source.name, source.account, source.region, silence), Known())

    def _probes(self, now: float) -> Iterator[Signal]:
        probes = probes_of(self._states.load([PROBES])[PROBES].data)
        place = probes.account, probes.region
        for sent in probes.overdue(now, wait=PROBE_SECONDS):
            self.unanswered += 1
            last = float(probes.answers.get(sent.path, 0))
            yield from telemetry_gap.detect(Unanswered(sent.path, *place, sent.at, last, PROBE_SECONDS), Known())
        newest = float(probes.last_sent())
        if newest and newest + UNSENT_SECONDS <= now:
            self.unanswered += 1
            yield from telemetry_gap.detect(Unanswered("probes", *place, newest, newest, UNSENT_SECONDS), Known())
        for path, silent in sorted(probes.silent.items()):
            if silent:
                self.unanswered += 1
                mute = Mute(path, *place, float(probes.answers[path]), tuple(silent))
                yield from telemetry_gap.detect(mute, Known())

    def _gaps(
        self, source: Source, called_at: Rhythm, watch: RegionWatch, heard: Heard, now: float
    ) -> Iterator[Signal]:
        """Compares the pages that are due, oldest first; each is judged with the hour that it ends."""
        account, region = source.account, source.region
        log = heard.rhythms.get(f"{INVOCATION_LOG}/{account}/{region}")
        log_heard = float((log.latest + 1) * STEP) if log else 0.0
        due = int(now - self._wait) // PAGE - 2  # the page after it is over, and its log has had its time
        read = 0
        for page in range(max(watch.compared, due - _OLDEST) + 1, due + 1):
            if read == _MOST_PAGES:
                return
            watch.compared = page
            if not called_at.heard_in(page * PAGE):
                continue
            read += 1
            called = self._joining.calls(account, region, "trail", [page])
            logged = self._joining.calls(account, region, "log", [page - 1, page, page + 1])
            count = counted(page, called, logged)
            watch.hour = [*(one for one in watch.hour if one.page > page - PAGES_AN_HOUR), count]
            if count.missing:
                gap = _gap(account, region, watch.hour, self._wait, log_heard)
                yield from telemetry_gap.detect(gap, Known(before=self._snapshots.before))


def _gap(account: str, region: str, hour: list[PageCount], waited: int, log_heard: float) -> Gap:
    callers: dict[str, Counted] = {}
    for page in hour:
        for name, one in page.callers.items():
            before = callers.get(name, Counted(0, 0, one.principal))
            callers[name] = Counted(before.calls + one.calls, before.missing + one.missing, one.principal)
    until = (hour[-1].page + 1) * PAGE
    missing = [page for page in hour if page.missing]
    first, last = min(page.first for page in missing), max(page.last for page in missing)
    return Gap(account, region, until - 3600.0, float(until), callers, first, last, waited, log_heard)
