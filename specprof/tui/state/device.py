"""The device's readings of the last minute, as lines of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specprof.plan.memory import format_bytes
from specprof.run.clock_verdict import INVALID_REASONS, WARN_REASONS
from specprof.run.reduce import Reduction
from specprof.run.telemetry import TelemetrySample

WINDOW_S = 60.0
MOST_READINGS = 1500

_QUIET = {"gpu_idle": "idle", "display_clocks": "display clocks"}


@dataclass(frozen=True)
class Reading:
    """One quantity: its latest value in words and the values of the window, oldest first."""

    name: str
    now: str
    values: tuple[float | None, ...]
    low: float | None = None
    high: float | None = None
    """Bounds of the scale, where it has some by itself."""


@dataclass(frozen=True)
class DeviceNow:
    name: str
    source: str
    """`host` or `GPU`."""
    readings: tuple[Reading, ...]
    limits: tuple[tuple[str, bool], ...]
    """What holds the clocks down, in words, each with whether it spoils the measurement."""
    missing: tuple[str, ...]
    """What cannot be read, and why."""


def device_now(reduction: Reduction) -> DeviceNow:
    """The GPU's readings where there are any, else the host's."""
    recent = _recent(reduction)
    gpu = [reading for reading in recent if reading.source != "host"]
    host = [reading for reading in recent if reading.source == "host"]
    environment = reduction.environment
    name = environment.device.name if environment else ""
    on_gpu = environment is not None and environment.device.kind == "cuda"
    missing = tuple(_missing(reduction))
    if gpu:
        total = environment.device.memory_bytes if environment else None
        return DeviceNow(name, "GPU", _gpu_readings(gpu, total), _limits(gpu[-1]), missing)
    return DeviceNow(name, "host of the GPU" if on_gpu else "host", _host_readings(host), (), missing)


def _recent(reduction: Reduction) -> list[TelemetrySample]:
    readings = reduction.telemetry[-MOST_READINGS:]
    since = (readings[-1].t_s if readings else 0.0) - WINDOW_S
    return [reading for reading in readings if reading.t_s >= since]


def _gpu_readings(readings: list[TelemetrySample], total_bytes: int | None) -> tuple[Reading, ...]:
    def memory(used: float) -> str:
        return format_bytes(used) + (f" of {format_bytes(total_bytes)}" if total_bytes else "")

    return (
        _reading(readings, "util", "utilization_pct", "{:.0f} %".format, 0.0, 100.0),
        _reading(readings, "memory", "memory_used_bytes", memory, 0.0, total_bytes),
        _reading(readings, "power", "power_w", "{:.0f} W".format),
        _reading(readings, "temp", "temperature_c", "{:.0f} °C".format),
        _reading(readings, "SM clock", "sm_clock_mhz", "{:.0f} MHz".format),
    )


def _host_readings(readings: list[TelemetrySample]) -> tuple[Reading, ...]:
    return (
        _reading(readings, "CPU", "utilization_pct", "{:.0f} %".format, 0.0, 100.0),
        _reading(readings, "others", "other_cpu_pct", "{:.0f} %".format, 0.0, 100.0),
        _reading(readings, "memory", "memory_used_bytes", format_bytes),
    )


def _reading(
    readings: list[TelemetrySample],
    name: str,
    field: str,
    words: Callable[[float], str],
    low: float | None = None,
    high: float | None = None,
) -> Reading:
    values = tuple(getattr(reading, field) for reading in readings)
    now = values[-1] if values else None
    return Reading(name, "-" if now is None else words(now), values, low, high)


def _limits(now: TelemetrySample) -> tuple[tuple[str, bool], ...]:
    if now.throttle_reasons is None:
        return ()
    found = []
    for reason in now.throttle_reasons:
        spoils = reason in INVALID_REASONS
        words = INVALID_REASONS.get(reason) or WARN_REASONS.get(reason) or _QUIET.get(reason) or reason
        found.append((words, spoils))
    return tuple(found)


def _missing(reduction: Reduction) -> list[str]:
    said = []
    for source in reduction.sources:
        if not source.available:
            remedy = f" ({source.remedy})" if source.remedy else ""
            said.append(f"no {source.source.upper()} telemetry: {source.reason}{remedy}")
    return said
