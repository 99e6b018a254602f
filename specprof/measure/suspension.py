"""Whether this process stood still while a step was timed: stopped, frozen, or the whole machine asleep.

Three witnesses, since none of them sees everything:
- SIGCONT tells of a stop by signal, however short;
- CLOCK_BOOTTIME runs on while the machine sleeps, CLOCK_MONOTONIC does not;
- a heartbeat that comes late tells of what sends no signal: a debugger, a frozen cgroup, a virtual machine
  that was not run. It only speaks of standstills longer than any scheduler's delay.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

BEAT_S = 0.25
STANDSTILL_S = 2.0
ASLEEP_S = 0.1
"""Least growth of CLOCK_BOOTTIME over CLOCK_MONOTONIC that is sleep and not the time between reading both."""


HANDLED_S = 0.001
"""Python calls a signal's handler between two of its own calls, so a little late. A stop shorter than this is
not told from one just before the step."""


class Moment(NamedTuple):
    """When a step began, and how long the machine had slept until then."""

    at_s: float
    asleep_s: float


def leave_to_main_thread() -> None:
    """No thread that is started between this and `Suspension.watch` hears SIGCONT.

    The kernel hands it to any thread that listens. One of a pool may get to run milliseconds after the
    main thread went on, and the stop would then be put down to the sample after it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})


class Heartbeat:
    """A thread that wakes four times a second and remembers when it last did so late."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()
        self._late = (0.0, 0.0)
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_S)
            now = time.monotonic()
            if now - self._last_s >= STANDSTILL_S:
                self._late = (self._last_s, now)
            self._last_s = now

    def stood_still(self, start_s: float, end_s: float) -> bool:
        """Whether a standstill lay in this span, or was still unnoticed at its end.

        It happened somewhere between two beats. So only a span that shares at least a whole standstill
        with those beats holds it for sure.
        """
        return any(
            min(end_s, to_s) - max(start_s, from_s) >= STANDSTILL_S
            for from_s, to_s in (self._late, (self._last_s, end_s))
        )


class Suspension:
    """Asked before and after each step. `watch` must have been called by the main thread."""

    def __init__(self, asleep_s: Callable[[], float] | None = None) -> None:
        """`asleep_s` tells how long the machine has slept since it was booted."""
        self._asleep_s = asleep_s or machine_asleep_s
        self._continued_s = float("-inf")
        self._heartbeat: Heartbeat | None = None

    def watch(self) -> None:
        """Calls the witnesses. From then on the main thread hears SIGCONT."""
        signal.signal(signal.SIGCONT, self._on_continue)
        signal.siginterrupt(signal.SIGCONT, False)  # no call of the measured code may end early for it
        self._heartbeat = Heartbeat()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCONT})

    def _on_continue(self, *_: object) -> None:
        self._continued_s = time.monotonic()

    def begin(self) -> Moment:
        """The moment before a step."""
        return Moment(time.monotonic(), self._asleep_s())

    def since(self, began: Moment, timed_s: tuple[float, float] | None = None) -> bool:
        """Whether the process stood still since that moment, or in the timed span where one is given.

        `timed_s` is the monotonic time at which the clock was started and stopped: a stop a hair before or
        after lengthened nothing.
        """
        start_s, end_s = timed_s or (began.at_s, time.monotonic())
        if start_s + HANDLED_S <= self._continued_s <= end_s + HANDLED_S:
            return True
        if self._asleep_s() - began.asleep_s > ASLEEP_S:
            return True
        return self._heartbeat is not None and self._heartbeat.stood_still(start_s, end_s)


def machine_asleep_s() -> float:
    """Seconds that the machine has slept since it was booted; 0 where the system does not tell."""
    try:
        tries = [_asleep_between_clocks() for _ in range(2)]
    except (AttributeError, OSError):
        return 0.0
    return min(tries)[1]


def _asleep_between_clocks() -> tuple[float, float]:
    """How long the reading took, s, and what it read: a process set aside in between reads nonsense."""
    before = time.monotonic()
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    after = time.monotonic()
    return after - before, since_boot - after
