"""How the CPU is set and how busy it is. Reads files and psutil; sets nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from specprof.run.sanitize import clean
from specprof.run.telemetry import TelemetrySample
from specprof.telemetry.cpu_quota import Unreadable, cpu_quota

_ROOT = Path("/")
_NO_CPUFREQ = "cpufreq is not there, as in most virtual machines and containers"


@dataclass(frozen=True)
class CpuHealth:
    """What could not be read is None, its reason in `missing`."""

    missing: Mapping[str, str] = field(default_factory=dict)
    other_cpu_pct: float | None = None
    """Share of all threads that other programs use."""
    load_average: float | None = None
    """Over the last minute, programs that ran or wanted to."""
    governors: tuple[str, ...] | None = None
    """Those of the threads that may be used, each once."""
    quota_cpus: float | None = None
    """None where nobody limits it, unless it is in `missing`."""
    smt: bool | None = None
    swap_used_bytes: int | None = None


def read_cpu_health(
    sample: TelemetrySample | None = None, missing: Mapping[str, str] | None = None, root: Path = _ROOT
) -> CpuHealth:
    """Never raises for what cannot be read.

    `sample` is the second one at least of a `HostSampler`, `missing` what that could not read; `root` is
    where /proc and /sys are.
    """
    found: dict[str, str] = {}
    other = sample.other_cpu_pct if sample is not None else None
    if other is None:
        found["other_cpu_pct"] = (missing or {}).get("other_cpu_pct", "no time was measured")
    load = _load_average(found)
    governors = _governors(root, found)
    quota = _quota(root, found)
    smt, swap = _smt(root, found), _swap_used(found)
    return CpuHealth(found, other, load, governors, quota, smt, swap)


def _load_average(missing: dict[str, str]) -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError as error:
        missing["load_average"] = str(error)
        return None


def _governors(root: Path, missing: dict[str, str]) -> tuple[str, ...] | None:
    folder = root / "sys/devices/system/cpu"
    found: dict[str, None] = {}
    for thread in sorted(os.sched_getaffinity(0)):
        try:
            text = (folder / f"cpu{thread}/cpufreq/scaling_governor").read_text("utf-8", "replace")
        except OSError:
            continue
        found[clean(text.strip(), 40)] = None
    if not found:
        missing["governors"] = _NO_CPUFREQ
        return None
    return tuple(found)


def _quota(root: Path, missing: dict[str, str]) -> float | None:
    try:
        return cpu_quota(root)
    except Unreadable as problem:
        missing["quota_cpus"] = str(problem)
        return None


def _smt(root: Path, missing: dict[str, str]) -> bool | None:
    try:
        text = (root / "sys/devices/system/cpu/smt/active").read_text("ascii").strip()
    except (OSError, ValueError):
        missing["smt"] = "the kernel does not tell"
        return None
    return text == "1"


def _swap_used(missing: dict[str, str]) -> int | None:
    try:
        return int(psutil.swap_memory().used)
    except (psutil.Error, OSError, ValueError, LookupError, AttributeError, RuntimeError) as error:
        missing["swap_used_bytes"] = f"{error or type(error).__name__}"[:200]
        return None
