"""The telemetry child's work: NVML's samples as events on a pipe, at a steady rate, while anyone listens."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator

from specprof.run.events import EventModel, Fatal, Notice, TelemetryOpened, TelemetryTaken, line_of
from specprof.telemetry.nvml import NvmlReader
from specprof.telemetry.nvml_library import GpuLost, NvmlUnavailable

_PR_SET_PDEATHSIG = 1


class ParentGone(Exception):
    """Nobody reads the pipe any more."""


class Pipe:
    """The way to the parent, and the run's clock."""

    def __init__(self, descriptor: int, origin_s: float) -> None:
        self._descriptor = descriptor
        self._origin_s = origin_s
        self._poll = select.poll()
        self._poll.register(descriptor, 0)  # POLLERR comes unasked when the last reader closes

    def now_s(self) -> float:
        """Seconds since the run's start."""
        return round(max(0.0, time.monotonic() - self._origin_s), 6)

    def say(self, event: EventModel) -> None:
        """Writes one event. Raises ParentGone."""
        data = (line_of(event) + "\n").encode("ascii")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BrokenPipeError:
            raise ParentGone from None

    def wait(self, seconds: float) -> None:
        """Sleeps; raises ParentGone as soon as nobody listens."""
        if self._poll.poll(max(0.0, seconds) * 1000):
            raise ParentGone


def ticks(hz: float) -> Iterator[float]:
    """How long to sleep before each reading: no drift, and readings missed are left out, not made up for."""
    start = time.monotonic()
    tick = 0
    while True:
        elapsed = (time.monotonic() - start) * hz
        tick = max(tick + 1, math.ceil(elapsed))
        yield (tick - elapsed) / hz


def tell(pipe: Pipe, uuid: str, hz: float, own_pids: Iterable[int]) -> int:
    """Opens the device and speaks its samples until nobody listens. Returns the exit code."""
    reader = None
    try:
        try:
            reader = NvmlReader.open(uuid, own_pids)
        except NvmlUnavailable as problem:
            pipe.say(TelemetryOpened(t_s=pipe.now_s(), telemetry=problem.telemetry_source(uuid)))
            return 0
        pipe.say(TelemetryOpened(t_s=pipe.now_s(), telemetry=reader.source()))
        for pause_s in ticks(hz):
            pipe.wait(pause_s)
            now_s = pipe.now_s()
            pipe.say(TelemetryTaken(t_s=now_s, sample=reader.sample(now_s)))
            for field, reason in reader.newly_missing().items():
                pipe.say(Notice(t_s=now_s, level="warning", text=f"telemetry lacks {field}: {reason}"))
    except GpuLost as lost:
        with contextlib.suppress(ParentGone):
            if reader is None:
                pipe.say(TelemetryOpened(t_s=pipe.now_s(), telemetry=lost.telemetry_source(uuid)))
            pipe.say(Notice(t_s=pipe.now_s(), level="error", text=str(lost)))
            pipe.say(Fatal(t_s=pipe.now_s(), exit_code=lost.exit_code, what=lost.what, remedy=lost.remedy))
        return lost.exit_code
    except ParentGone:
        pass
    return 0


def die_with_parent() -> None:
    """SIGKILL when the parent dies, however it dies; a driver call may not let anything less through.

    The kernel means the thread that started this program: it must outlive the telemetry.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
