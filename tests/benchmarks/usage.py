"""What a process holds as time goes by: memory, file handles, threads, children; and whether that is flat."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

MIB = float(1 << 20)


@dataclass(frozen=True)
class Reading:
    t_s: float
    rss_mib: float
    handles: int
    threads: int
    children: int


class Usage:
    """Readings of one process, taken every `every_s` by whoever calls `look` in between."""

    def __init__(self, pid: int, every_s: float) -> None:
        self._process = psutil.Process(pid)
        self._every_s = every_s
        self._began_s = time.monotonic()
        self.readings: list[Reading] = []

    @property
    def t_s(self) -> float:
        return time.monotonic() - self._began_s

    def look(self) -> None:
        """Takes a reading where one is due, and prints it."""
        if self.readings and self.t_s - self.readings[-1].t_s < self._every_s:
            return
        process = self._process
        children = len(process.children(recursive=True))
        with process.oneshot():
            rss_mib = process.memory_info().rss / MIB
            reading = Reading(self.t_s, rss_mib, process.num_fds(), process.num_threads(), children)
        self.readings.append(reading)
        print(
            f"{reading.t_s:7.0f} s  {reading.rss_mib:7.1f} MiB  {reading.handles} handles  "
            f"{reading.threads} threads  {reading.children} children",
            flush=True,
        )


def quarter(readings: Sequence[Reading], number: int) -> Sequence[Reading]:
    """The readings of one quarter of the time, from 1 to 4."""
    begin_s, end_s = readings[0].t_s, readings[-1].t_s
    quarter_s = (end_s - begin_s) / 4
    low_s = begin_s + (number - 1) * quarter_s
    return [one for one in readings if low_s <= one.t_s <= low_s + quarter_s]


def mib_an_hour(readings: Sequence[Reading]) -> float:
    """The slope of the memory, by Theil and Sen: the median of the slopes of all pairs."""
    slopes = [
        (later.rss_mib - one.rss_mib) / (later.t_s - one.t_s)
        for index, one in enumerate(readings)
        for later in readings[index + 1 :]
        if later.t_s > one.t_s
    ]
    return 3600 * statistics.median(slopes)
