"""Samples of the host: how busy it is, and how much of that is not specprof's own doing.

Cheap enough for the program that draws the screen: well under a millisecond each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.telemetry.process_tree import ProcessTree

# psutil's own errors, files of /proc that are hidden, and files in a form that it does not know.
_UNREADABLE = (psutil.Error, OSError, ValueError, LookupError, AttributeError, RuntimeError)

# Clock ticks are counted at different moments for the system and for each process.
_TICK_SLACK_S = 0.1
_STANDSTILL_S = 2.0


@dataclass(frozen=True)
class CpuReading:
    """CPU seconds over all cores since boot: all of them, those not idle, those of specprof's tree.

    `own_before_s` is what the tree as it is now had used at the reading before; null where unknown.
    """

    total_s: float
    busy_s: float
    own_s: float | None = None
    own_before_s: float | None = None


@dataclass(frozen=True)
class CpuShares:
    """What became of the CPU time between two readings, % of all cores.

    `excess_s` (≤ 0) is own time beyond the busy time, an artefact of coarse ticks: it is taken off the
    next interval, so that the mean of many short intervals stays right.
    """

    utilization_pct: float | None = None
    other_pct: float | None = None
    excess_s: float = 0.0


def cpu_shares(before: CpuReading, now: CpuReading, excess_s: float = 0.0) -> CpuShares:
    """Shares between two readings; null where no time has passed or own time is unknown or fell."""
    total_s = now.total_s - before.total_s
    if total_s <= 0:
        return CpuShares()
    busy_s = min(max(now.busy_s - before.busy_s, 0.0), total_s)
    utilization_pct = 100 * busy_s / total_s
    if now.own_s is None or now.own_before_s is None or now.own_s < now.own_before_s:
        return CpuShares(utilization_pct)
    other_s = busy_s - (now.own_s - now.own_before_s) + excess_s
    return CpuShares(
        utilization_pct,
        100 * min(max(other_s, 0.0), busy_s) / total_s,
        max(min(other_s, 0.0), -_TICK_SLACK_S),
    )


class HostSampler:
    """Reads the host. The first sample only primes the CPU shares, which need two readings."""

    def __init__(self, own_pids: Callable[[], Iterable[int]] = tuple) -> None:
        """specprof's own are this process, the pids that `own_pids` gives, and all their descendants.

        `own_pids` is called at every sample; a child of this process is found without it.
        """
        self._own_pids = own_pids
        self._tree: ProcessTree | None = None
        self._before: CpuReading | None = None
        self._advanced_at_s = 0.0
        self._excess_s = 0.0
        self._missing: dict[str, str] = {}

    def source(self) -> TelemetrySource:
        """What is read from; `missing` holds what was found unreadable so far."""
        return TelemetrySource(source="host", available=True, missing=dict(self._missing))

    def sample(self, t_s: float) -> TelemetrySample:
        """One reading of the host. Never raises for what cannot be read: that field is null."""
        shares = self._shares(t_s)
        return TelemetrySample(
            t_s=t_s,
            source="host",
            utilization_pct=shares.utilization_pct,
            memory_used_bytes=self._memory_used(),
            other_cpu_pct=shares.other_pct,
        )

    def _shares(self, t_s: float) -> CpuShares:
        try:
            now = self._read_cpu()
        except _UNREADABLE as error:
            self._say_missing("utilization_pct", error)
            self._say_missing("other_cpu_pct", error)
            return CpuShares()
        before, self._before = self._before, now
        if before is None:
            self._advanced_at_s = t_s
            return CpuShares()
        shares = cpu_shares(before, now, self._excess_s)
        self._excess_s = shares.excess_s
        if shares.utilization_pct is not None:
            self._advanced_at_s = t_s
        elif t_s - self._advanced_at_s > _STANDSTILL_S:
            for field in ("utilization_pct", "other_cpu_pct"):
                self._missing.setdefault(field, "the system's CPU times stand still")
        return shares

    def _read_cpu(self) -> CpuReading:
        times = psutil.cpu_times()
        # Linux counts a guest's time in `user` and `nice` already.
        total_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        busy_s = total_s - times.idle - getattr(times, "iowait", 0.0)
        try:
            if self._tree is None:
                self._tree = ProcessTree([os.getpid(), *self._own_pids()])
            own_before_s, own_s = self._tree.cpu_seconds(self._own_pids())
        except _UNREADABLE as error:
            self._say_missing("other_cpu_pct", error)
            return CpuReading(total_s, busy_s)
        return CpuReading(total_s, busy_s, own_s, own_before_s)

    def _memory_used(self) -> int | None:
        try:
            memory = psutil.virtual_memory()
        except _UNREADABLE as error:
            self._say_missing("memory_used_bytes", error)
            return None
        return max(0, memory.total - memory.available)

    def _say_missing(self, field: str, error: Exception) -> None:
        self._missing.setdefault(field, f"cannot be read: {error or type(error).__name__}"[:4096])
