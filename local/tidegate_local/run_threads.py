"""Threads and events of moto's Step Functions interpreter, on the run's clock.

The interpreter starts a thread per execution, task and branch, and waits with time-outs. Here a time-out is in the
run's seconds, and it is known when every thread waits for something that has not happened: then the executions
are at rest, and only the clock, a task token or another call can move them.
"""

from __future__ import annotations

import threading
import time as wall
import traceback
from collections.abc import Callable
from typing import Any

from tidegate_local.account import current
from tidegate_local.clock import RunClock

PATIENCE = 60.0  # real seconds without any execution making progress: then something hangs


class AbandonedRun(BaseException):
    """The account was closed while an execution waited: its threads end. Not an Exception: states must not catch it."""


class Interpreter:
    """All live threads of all executions, and what each of them waits for."""

    def __init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.clock: RunClock | None = None
        self.ended = 0  # executions ended so far
        self._run = 0  # which account's threads are awaited
        self._live: set[threading.Thread] = set()
        self._waiting: dict[threading.Thread, Callable[[], bool]] = {}
        self._deadlines: dict[threading.Thread, float] = {}

    def use(self, clock: RunClock) -> None:
        """A new run: threads of a former one end. The lock is the clock's, so that moving it wakes us."""
        self.abandon()
        self.lock = clock.changed
        self.clock = clock
        self.ended = 0

    def abandon(self) -> None:
        """Ends every waiting thread of the account that is closed."""
        with self.lock:
            self._run += 1
            self._live.clear()
            self._waiting.clear()
            self._deadlines.clear()
            self.lock.notify_all()

    def time(self) -> float:
        return self.clock.time() if self.clock else wall.time()

    def wait(self, ready: Callable[[], bool], timeout: float | None = None) -> bool:
        """Blocks until ready, or until the run's clock has moved by `timeout` seconds. Returns ready()."""
        thread = threading.current_thread()
        deadline = None if timeout is None else self.time() + timeout
        lock, run = self.lock, self._run
        with lock:
            if thread in self._live:
                self._waiting[thread] = lambda: ready() or (deadline is not None and self.time() >= deadline)
                if deadline is not None:
                    self._deadlines[thread] = deadline
            lock.notify_all()
            while not ready() and not (deadline is not None and self.time() >= deadline):
                lock.wait()
                if self._run != run:
                    raise AbandonedRun
            self._waiting.pop(thread, None)
            self._deadlines.pop(thread, None)
            return ready()

    def changed(self, change: Callable[[], None] = lambda: None) -> None:
        with self.lock:
            change()
            self.lock.notify_all()

    def started(self, thread: threading.Thread) -> None:
        self.changed(lambda: self._live.add(thread))

    def stopped(self, thread: threading.Thread) -> None:
        self.changed(lambda: self._live.discard(thread))

    def next_due(self) -> float | None:
        """The nearest moment at which a waiting thread goes on by itself (epoch seconds)."""
        with self.lock:
            return min((due for thread, due in self._deadlines.items() if thread in self._live), default=None)

    def at_rest(self) -> bool:
        with self.lock:
            return all(thread in self._waiting and not self._waiting[thread]() for thread in self._live)

    def settle(self) -> None:
        """Waits, in real time, until every execution rests. Raises TimeoutError when one does not."""
        with self.lock:
            if not self.lock.wait_for(self.at_rest, PATIENCE):
                busy = [t.name for t in self._live if t not in self._waiting]
                raise TimeoutError(f"executions still run after {PATIENCE:.0f} s: {', '.join(busy) or 'unknown'}")


interpreter = Interpreter()


class RunEvent:
    """threading.Event, with time-outs in the run's seconds."""

    def __init__(self) -> None:
        self._set = False
        self._times_set = 0  # set and cleared at once still wakes who waits, as threading.Event does

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        def change() -> None:
            self._set = True
            self._times_set += 1

        interpreter.changed(change)

    def clear(self) -> None:
        def change() -> None:
            self._set = False

        interpreter.changed(change)

    def wait(self, timeout: float | None = None) -> bool:
        with interpreter.lock:
            before = self._times_set
            return interpreter.wait(lambda: self._set or self._times_set != before, timeout)


class RunThread(threading.Thread):
    """A thread of the interpreter: counted from start to end; `join` times out on the run's clock."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._over = False

    def start(self) -> None:
        interpreter.started(self)
        super().start()

    def run(self) -> None:
        try:
            super().run()
        except AbandonedRun:
            return
        except BaseException as error:
            account = current()
            if account is None:
                raise
            account.failed("step functions interpreter", error, trace=traceback.format_exc())
        finally:
            self._over = True
            interpreter.stopped(self)

    def join(self, timeout: float | None = None) -> None:
        interpreter.wait(lambda: self._over, timeout)

    def is_alive(self) -> bool:
        return not self._over and super().is_alive()


class RunThreading:
    """Takes the place of the module `threading` inside the interpreter."""

    Event = RunEvent
    Thread = RunThread
    Lock = staticmethod(threading.Lock)
    RLock = staticmethod(threading.RLock)
    Condition = threading.Condition


class RunTime:
    """Takes the place of the module `time` inside the interpreter."""

    @staticmethod
    def time() -> float:
        return interpreter.time()

    @staticmethod
    def sleep(seconds: float) -> None:
        interpreter.wait(lambda: False, seconds)
