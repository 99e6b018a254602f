"""The programs that have a GPU open, with names where they can be read. For the probe's child only."""

from __future__ import annotations

import os
from typing import Any

from specprof.telemetry.own_processes import in_pid_namespace

MOST = 64
MAX_NAME = 80
MAX_BYTES = 1 << 50

# the newest form that pynvml and the driver both have
_COMPUTE = ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2")
_GRAPHICS = ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2")


def processes_on(nvml: Any, device: Any) -> list[dict[str, Any]] | None:
    """Those that compute and those that draw, the largest first; None where they cannot be read.

    In a container the driver may give the host's numbers: there psutil would name another program, so
    names are then the driver's own only.
    """
    computing = _listed(nvml, device, _COMPUTE)
    if computing is None:
        return None
    found: dict[int, int | None] = {}
    for process in [*computing, *(_listed(nvml, device, _GRAPHICS) or [])]:
        used = process.usedGpuMemory
        found.setdefault(process.pid, used if used is not None and 0 <= used <= MAX_BYTES else None)
    largest = sorted(found.items(), key=lambda item: (-(item[1] or 0), item[0]))
    return [{"pid": pid, "name": _name(nvml, pid), "memory_bytes": used} for pid, used in largest[:MOST]]


def _listed(nvml: Any, device: Any, questions: tuple[str, ...]) -> list[Any] | None:
    for question in questions:
        try:
            return list(getattr(nvml, question)(device))
        except (AttributeError, nvml.NVMLError):
            continue
    return None


def _name(nvml: Any, pid: int) -> str | None:
    """The program's file name: what the driver says, else what the system says."""
    try:
        path = str(nvml.nvmlSystemGetProcessName(pid))
    except (AttributeError, UnicodeError, nvml.NVMLError):
        path = ""
    name = os.path.basename(path.split(" ", 1)[0].rstrip("/"))
    if not name and not in_pid_namespace():
        name = _name_here(pid)
    return name[:MAX_NAME] or None


def _name_here(pid: int) -> str:
    import psutil

    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""
