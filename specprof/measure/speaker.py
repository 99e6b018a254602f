"""The child's voice: events as JSON lines on a pipe of its own, never stdout."""

from __future__ import annotations

import os
import time
from typing import Any

from specprof.run.events import EventModel, line_of


class ParentGone(Exception):
    """Nobody reads the events any more: the child has no reason to live."""


class Speaker:
    """Writes events stamped with the run's time."""

    def __init__(self, descriptor: int, origin_s: float) -> None:
        self._descriptor = descriptor
        self._origin_s = origin_s

    def now_s(self) -> float:
        """Seconds since the run's start."""
        return max(0.0, time.monotonic() - self._origin_s)

    def say(self, event: type[EventModel], **fields: Any) -> None:
        """Builds and writes one event. Raises ParentGone where the pipe's other end is closed."""
        data = (line_of(event(t_s=round(self.now_s(), 6), **fields)) + "\n").encode("ascii")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BrokenPipeError:
            raise ParentGone from None
