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


class Moment(NamedTuple):
    """What the witnesses said when a step began."""

    at_s: float
    asleep_s: float
    continued: int


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
        self._continued = 0
        self._heartbeat: Heartbeat | None = None

    def watch(self) -> None:
        """Calls the witnesses."""
        signal.signal(signal.SIGCONT, self._on_continue)
        signal.siginterrupt(signal.SIGCONT, False)  # no call of the measured code may end early for it
        self._heartbeat = Heartbeat()

    def _on_continue(self, *_: object) -> None:
        self._continued += 1

    def begin(self) -> Moment:
        return Moment(time.monotonic(), self._asleep_s(), self._continued)

    def since(self, began: Moment) -> bool:
        """Whether the process stood still since that moment."""
        if self._continued != began.continued or self._asleep_s() - began.asleep_s > ASLEEP_S:
            return True
        return self._heartbeat is not None and self._heartbeat.stood_still(began.at_s, time.monotonic())


def machine_asleep_s() -> float:
    """Seconds that the machine has slept since it was booted; 0 where the system does not tell."""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    except (AttributeError, OSError):
        return 0.0
