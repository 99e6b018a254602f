"""The user's pause: asked for on a pipe, taken between two rounds, left out of the budget's time."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from specprof.measure.speaker import ParentGone, Speaker
from specprof.run import events as ev
from specprof.run.job import PAUSE

LOOK_S = 0.05
"""How often a resting child looks whether it was told to stop: a signal does not end a poll by itself."""


class Pause:
    """Knows what was wished last. Without a pipe nobody can wish for anything."""

    def __init__(self, wishes: int | None = None) -> None:
        """`wishes` is the pipe's read end."""
        self.total_s = 0.0
        """Seconds rested so far."""
        self._wishes = wishes
        self._wanted = False
        self._poll = select.poll()
        if wishes is not None:
            self._poll.register(wishes, select.POLLIN)

    def now_s(self) -> float:
        """A monotonic clock that stands still in pauses: the budget's."""
        return time.monotonic() - self.total_s

    def wanted(self, wait_s: float = 0.0) -> bool:
        """Whether to rest. Waits up to `wait_s` for another wish. Raises ParentGone at the pipe's end."""
        if self._poll.poll(wait_s * 1000):
            wishes = os.read(self._wishes, 4096)
            if not wishes:
                raise ParentGone
            self._wanted = wishes.endswith(PAUSE)
        return self._wanted

    def rest(self, speaker: Speaker, check: Callable[[], None]) -> float:
        """Rests as long as it is wished, and returns the seconds; 0 where it is not.

        `check` is called again and again meanwhile, and may raise to end it.
        """
        if not self.wanted():
            return 0.0
        began = time.monotonic()
        speaker.say(ev.Paused)
        try:
            while self.wanted(LOOK_S):
                check()
        finally:
            rested = time.monotonic() - began
            self.total_s += rested
        speaker.say(ev.Continued)
        return rested
