"""What the CPU is and how much memory is left, for who plans a run on it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import psutil

_UNREADABLE = (psutil.Error, OSError, ValueError, LookupError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class CpuFacts:
    """What cannot be read is null. `threads` are those that this process may use."""

    name: str
    threads: int | None = None
    threads_total: int | None = None
    cores_total: int | None = None
    memory_bytes: int | None = None
    free_bytes: int | None = None


def read_cpu() -> CpuFacts:
    """Never raises for what cannot be read."""
    memory = free = cores = None
    try:
        found = psutil.virtual_memory()
        memory, free = found.total, min(found.available, _cgroup_free_bytes())
        cores = psutil.cpu_count(logical=False)
    except _UNREADABLE:
        pass
    return CpuFacts(cpu_name(), _usable_threads(), os.cpu_count(), cores, memory, free)


def cpu_name(cpuinfo: str = "/proc/cpuinfo") -> str:
    """The name that the run record has for this CPU too: see `measure.environment`."""
    try:
        with open(cpuinfo, encoding="utf-8", errors="replace") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()[:200]
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _usable_threads() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _cgroup_free_bytes(folder: str = "/sys/fs/cgroup") -> int:
    """What a container's own limit leaves (cgroup v2), as `measure.capacity` asks too."""
    try:
        with open(f"{folder}/memory.max", encoding="ascii") as limit_file:
            limit = limit_file.read().strip()
        with open(f"{folder}/memory.current", encoding="ascii") as used_file:
            used = int(used_file.read())
    except (OSError, ValueError):
        return 1 << 62
    return max(0, int(limit) - used) if limit.isdecimal() else 1 << 62
