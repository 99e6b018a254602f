"""Clocks: how long a step takes, on the CPU by the monotonic clock, on CUDA by events.

Where layers are sliced, a sample is taken in two parts: the whole step and its head, the part outside
the decoder layers. Run eagerly, one forward gives both, marked where it enters the first layer and
leaves the last; a replayed graph cannot be marked from inside, so the head is timed as a graph of its
own right after.
"""

from __future__ import annotations

import time
from typing import NamedTuple, Protocol

import torch

from specprof.measure.step import Step


class Sample(NamedTuple):
    """One timed step, ms. `head_ms` is None where no head was asked for.

    `suspended` is not the clock's to say: whether the process stood still meanwhile.
    """

    measured_ms: float
    head_ms: float | None
    suspended: bool = False
    timed_s: tuple[float, float] | None = None
    """Monotonic time, s, at which the clock was started and stopped."""


class Clock(Protocol):
    def sample(self, step: Step, *, with_head: bool) -> Sample:
        """Runs the step once and times it."""


class CpuClock:
    """Host time around the step: on the CPU nothing runs on after it returns."""

    def sample(self, step: Step, *, with_head: bool) -> Sample:
        moments: list[int] = []
        if with_head:
            step.marks.append(lambda: moments.append(time.monotonic_ns()))
        try:
            start = time.monotonic_ns()
            step.run()
            end = time.monotonic_ns()
        finally:
            step.marks.clear()
        layers_ns = moments[-1] - moments[0] if moments else 0
        total_ns = end - start
        head_ms = (total_ns - layers_ns) / 1e6 if with_head else None
        return Sample(total_ns / 1e6, head_ms, timed_s=(start / 1e9, end / 1e9))


class CudaClock:
    """CUDA events around one step, on the stream that runs it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def _event(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.device))
        return event

    def _timed(self, run) -> float:
        torch.cuda.synchronize(self.device)
        start = self._event()
        run()
        end = self._event()
        end.synchronize()
        return start.elapsed_time(end)

    def sample(self, step: Step, *, with_head: bool) -> Sample:
        start_s = time.monotonic()
        taken = self._sample(step, with_head=with_head)
        return taken._replace(timed_s=(start_s, time.monotonic()))

    def _sample(self, step: Step, *, with_head: bool) -> Sample:
        if not with_head:
            return Sample(self._timed(step.run), None)
        if step.run_head is not None:
            total = self._timed(step.run)
            return Sample(total, self._timed(step.run_head))
        boundaries: list[torch.cuda.Event] = []
        step.marks.append(lambda: boundaries.append(self._event()))
        try:
            total = self._timed(step.run)
        finally:
            step.marks.clear()
        return Sample(total, total - boundaries[0].elapsed_time(boundaries[-1]))
